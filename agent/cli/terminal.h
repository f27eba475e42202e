// What the subcommands read and write.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
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
// To the standard error, a line each, behind `kind` ("warning: ").
void PrintDiagnostics(const char* kind, const std::vector<yaml::Diagnostic>& diagnostics);

// The width of the terminal on the standard output; 100 when there is none.
size_t Columns();

}  // namespace sekisho::cli
