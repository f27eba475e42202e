// A run that failed, or that somebody killed, taken back.
#pragma once

#include <chrono>
#include <string>

#include "absl/status/status.h"
#include "install/install.h"
#include "install/transaction.h"

namespace sekisho::install {

// Where the state and the copies are kept.
inline constexpr const char* kStateDirectory = "/var/lib/sekisho/install";
// The timer that undoes a run whose process is gone.
inline constexpr const char* kGuard = "sekisho-install-guard";

// Puts back what the run of `transaction` changed, the kubelet first, and forgets the run. Goes on
// after an error; an error means that the node is not as it was, and then the run is kept, so that
// it can be tried again.
absl::Status Undo(Transaction& transaction, const std::string& kubelet_unit,
                  std::chrono::seconds timeout, const NodeAccess& node);

// Restarts the kubelet with the files that are on disk and waits until it is well on the endpoint
// that they name.
absl::Status RestartKubelet(const std::string& unit, std::chrono::seconds timeout, bool healthz,
                            const NodeAccess& node);

}  // namespace sekisho::install
