// The agent's units, started and put back.
#pragma once

#include "absl/status/status.h"
#include "install/plan.h"

namespace sekisho::install {

// Enables the units, and (re)starts them so that what runs is what is on disk. Returns once the
// agent has said that it is ready; the error ends with the last lines of its log.
absl::Status StartAgent(const Plan& plan, const NodeAccess& node);

// Running with the files that are on disk now. For taking a run back.
absl::Status RestartAgent(const NodeAccess& node);

// Out of the boot sequence; what runs, runs on.
absl::Status DisableAgent(const NodeAccess& node);

// Stopped, whether or not the units' files are still there.
absl::Status StopAgent(const NodeAccess& node);

}  // namespace sekisho::install
