// How many instructions the agent spends on a call, counted by valgrind's callgrind: a figure that
// a busy machine does not change, so that CI can have a limit for it. It knows nothing of the
// kernel's share, of waiting, and of caches.
#pragma once

#include "absl/status/status.h"
#include "bench/options.h"

namespace sekisho::bench {

// Counts what options.instructions has limits for, and prints it. An error: a limit is passed, the
// file is not one, or the agent does not serve under valgrind.
absl::Status CheckInstructions(const Options& options);

}  // namespace sekisho::bench
