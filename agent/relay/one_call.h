// One call to a CRI socket from outside of the relay: what a command line tool needs.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace sekisho::relay {

// Connects to the unix socket at `socket_path`, makes one unary call and waits for its answer, for
// `timeout` in all. `method` is the whole name, "/runtime.v1.RuntimeService/Version"; messages are
// the serialised protobufs. The error is the call's status.
absl::StatusOr<std::string> CallOnce(const std::string& socket_path, std::string_view method,
                                     std::string request, std::chrono::milliseconds timeout);

}  // namespace sekisho::relay
