// `--color`, of every subcommand that writes text.
#pragma once

#include <string>

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11 calls itself so
class App;
}

namespace sekisho::cli {

// To be handed to UseColour (cli/terminal.h). `when` has its default, "auto", already.
void AddColor(CLI::App& command, std::string& when);

}  // namespace sekisho::cli
