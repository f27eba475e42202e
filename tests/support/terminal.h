// A program on a terminal of its own.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "support/child_process.h"

namespace sekisho::testing {

// Runs a program to its end (a minute at most) with a new pseudoterminal for its standard streams.
// Its environment is `environment` and PATH, and nothing else. What it printed has "\n" for "\r\n".
Finished RunInTerminal(const std::vector<std::string>& argv, unsigned short columns,
                       const std::vector<std::pair<std::string, std::string>>& environment);

// `text` without SGR sequences ("\x1b[1;31m").
std::string WithoutColour(const std::string& text);

}  // namespace sekisho::testing
