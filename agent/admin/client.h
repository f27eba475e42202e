// Asks a running agent.
#pragma once

#include <chrono>
#include <string>

#include "absl/status/statusor.h"
#include "sekisho/v1/admin.pb.h"

namespace sekisho::admin {

// The error names the socket, and what to do about it: no agent, not root, another build.
absl::StatusOr<sekisho::v1::GetStatusResponse> GetStatus(
    const std::string& socket, const sekisho::v1::GetStatusRequest& request,
    std::chrono::milliseconds timeout);

}  // namespace sekisho::admin
