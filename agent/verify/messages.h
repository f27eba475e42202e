// What a watcher reads of what passes the agent, and of what the runtime says.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

#include "absl/status/statusor.h"

namespace sekisho::verify {

// Of a serialised StartContainerRequest or RemoveContainerRequest; "" when it cannot be read.
std::string StartedId(std::string_view start_container_request);
std::string RemovedId(std::string_view remove_container_request);

// The containers of a serialised ListContainersResponse.
absl::StatusOr<std::unordered_set<std::string>> IdsIn(std::string_view list_containers_response);

// "containerd 1.6.20" from a serialised VersionResponse; "" when it cannot be read.
std::string SoftwareOf(std::string_view version_response);

}  // namespace sekisho::verify
