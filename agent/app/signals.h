// Signals as something to read, not as something that interrupts.
#pragma once

#include <chrono>
#include <optional>

#include "base/unique_fd.h"

namespace sekisho::app {

// Blocks SIGTERM, SIGINT, SIGHUP and SIGUSR1 for this thread and every thread it starts from now
// on, so make it before anything that starts one.
class Signals {
 public:
  Signals();

  // The next signal's number, or nothing after `timeout`.
  std::optional<int> Wait(std::chrono::milliseconds timeout);

  // Whether SIGTERM or SIGINT has come and was not read yet. Leaves it for Wait().
  bool StopIsPending() const;

 private:
  base::UniqueFd fd_;
};

}  // namespace sekisho::app
