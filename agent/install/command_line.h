// ExecStart= as systemd takes it apart: words, quotes, escapes, specifiers, variables.
// systemd.service(5) "COMMAND LINES", systemd.syntax(7) "QUOTING".
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "install/traced_text.h"

namespace sekisho::install {

enum class Escapes {
  kUnit,      // of a unit file: \n, \t, \x2f, …; an unknown one is an error
  kVariable,  // of a variable that $NAME splits: a backslash stands for the character after it
};

struct Word {
  TracedText text;   // without quotes and escapes
  size_t begin = 0;  // as written: bytes [begin, end) of the text that was split
  size_t end = 0;
};

// The errors of this file name no place; the caller knows it.
absl::StatusOr<std::vector<Word>> SplitWords(const TracedText& text, Escapes escapes);

// The text with %% as %. Every other specifier of systemd (% and a letter) is an error: what it
// stands for is known to systemd alone.
absl::StatusOr<TracedText> ResolveSpecifiers(const TracedText& text);

struct ExecCommand {
  std::string path;              // of the program, without the prefixes - @ : + !
  bool expands = true;           // no prefix ":"
  std::vector<TracedText> argv;  // before variables are put in
  size_t program_end = 0;        // where, in the text, options may begin
};

// One command. An error for several with ";" between them.
absl::StatusOr<ExecCommand> ParseExecCommand(const TracedText& value);

using Environment = std::map<std::string, TracedText, std::less<>>;

bool IsVariableName(std::string_view name);

// The command line with $NAME (a word of its own, which gives any number of words) and ${NAME} put
// in. Names of `outside` have values that no file tells: using one is an error.
absl::StatusOr<std::vector<TracedText>> ExpandVariables(
    const ExecCommand& command, const Environment& environment,
    const std::set<std::string, std::less<>>& outside);

}  // namespace sekisho::install
