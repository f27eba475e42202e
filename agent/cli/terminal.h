// What the subcommands read and write.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "yaml/diagnostic.h"

namespace sekisho::cli {

// "<stdin>" for "-".
std::string NameOfInput(const std::string& file);
// Anything that can be read from its beginning to its end, a shell's <(…) too, up to 64 MiB; "-" is
// the standard input. Says on the standard error why not.
std::optional<std::string> ReadInput(const std::string& file);

// To the standard output; false, with a word on the standard error, when that does not take it.
bool WriteOutput(const std::string& text);
// To the standard error, a line each, behind `kind` ("warning: "). `colour`: the kind, or without
// one the place, in colour.
void PrintDiagnostics(std::string_view kind, const std::vector<yaml::Diagnostic>& diagnostics,
                      bool colour = false);

// The width of the terminal on the standard output; 100 when there is none.
size_t Columns();

// Whether the standard output, or another descriptor, may be coloured. `option` is what --color
// says: "always", "never", or "auto", for which there has to be a terminal, TERM must not be
// "dumb", and NO_COLOR must be unset or empty (no-color.org).
bool UseColour(std::string_view option, int descriptor = 1);
// Whether the standard error is a terminal that a progress line may be written to and overwritten.
bool ShowProgress();

}  // namespace sekisho::cli
