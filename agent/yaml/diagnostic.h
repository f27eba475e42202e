// One thing wrong with a file: the type, and how such things are made and ordered.
#pragma once

#include <string>
#include <vector>

namespace sekisho::yaml {

// A place in a file; both count from 1, the column in bytes. {0, 0} is the file itself.
struct Location {
  int line = 0;
  int column = 0;

  friend bool operator==(const Location&, const Location&) = default;
};

// In the shape that an operator (or an editor) can jump to.
struct Diagnostic {
  std::string file;
  int line = 0;         // 1-based; 0 when the problem is the file itself
  int column = 0;       // 1-based
  std::string key;      // dotted path: "rules[0].harden.seccomp"
  std::string message;  // what is wrong
  std::string fix;      // what to write instead; may be empty

  // "policy.yaml:12:5: rules[0].enfroce: unknown key (did you mean \"enforce\"?)"
  std::string ToString() const;
};

Diagnostic MakeDiagnostic(std::string file, Location where, std::string key, std::string message,
                          std::string fix);
// About a file as a whole.
Diagnostic AboutFile(std::string file, std::string message, std::string fix = {});

// Puts diagnostics in the order of `files` (others go last), then of lines and columns; those that
// were found first stay first.
void SortByPlace(const std::vector<std::string>& files, std::vector<Diagnostic>& diagnostics);

}  // namespace sekisho::yaml
