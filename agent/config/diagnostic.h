// Making and ordering diagnostics. The type itself is in snapshot.h.
#pragma once

#include <string>
#include <vector>

#include "config/snapshot.h"

namespace sekisho::config {

// A place in a file; both count from 1, the column in bytes. {0, 0} is the file itself.
struct Location {
  int line = 0;
  int column = 0;

  friend bool operator==(const Location&, const Location&) = default;
};

Diagnostic MakeDiagnostic(std::string file, Location where, std::string key, std::string message,
                          std::string fix);
// About a file as a whole.
Diagnostic AboutFile(std::string file, std::string message, std::string fix = {});

// Puts diagnostics in the order of `files` (others go last), then of lines and columns; those that
// were found first stay first.
void SortByPlace(const std::vector<std::string>& files, std::vector<Diagnostic>& diagnostics);

}  // namespace sekisho::config
