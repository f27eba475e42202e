// Scripts that make a shell complete the command line.
#pragma once

#include <string>

#include "cli/command_tree.h"

namespace sekisho::cli {

// For `source`, or a file below bash-completion/completions. Needs bash 4 and nothing else.
std::string BashCompletion(const CommandShape& root);
// A function file for zsh's fpath, "_sekisho".
std::string ZshCompletion(const CommandShape& root);

}  // namespace sekisho::cli
