// Whether the runtime is there and speaks CRI v1.
#pragma once

#include <chrono>
#include <functional>

#include "absl/status/status.h"
#include "relay/server.h"

namespace sekisho::app {

// Asks the runtime for its version until it answers, for at most `timeout`. The last error when it
// does not. A runtime that answers but does not know runtime.v1 is an error at once. CANCELLED soon
// after `stop` says so.
absl::Status WaitForUpstream(relay::Server& server, std::chrono::seconds timeout,
                             const std::function<bool()>& stop);

}  // namespace sekisho::app
