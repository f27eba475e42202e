// Other programs, run to their end.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace sekisho::install {

struct CommandResult {
  int exit_code = 0;   // 128 + the signal that ended it
  std::string output;  // stdout and stderr as they came, the first 256 KiB
};

// Looks argv[0] up in PATH and runs it with nothing to read. An error when it cannot be started or
// does not end within `timeout` (it is killed then); any exit code is a result.
absl::StatusOr<CommandResult> RunCommand(const std::vector<std::string>& argv,
                                         std::chrono::seconds timeout);

}  // namespace sekisho::install
