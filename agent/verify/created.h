// What passes the agent, as the ledger keeps it; and what else a watcher reads of the runtime.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

#include "absl/status/statusor.h"
#include "policy/facts.h"
#include "verify/expected.h"

namespace sekisho::verify {

// A container that the runtime has made of a request as it was forwarded.
struct Created {
  std::string id;
  policy::PodIdentity pod;
  std::string name;
  Expected expected;
};
// From a serialised CreateContainerRequest and its CreateContainerResponse.
absl::StatusOr<Created> CreatedFrom(std::string_view request, std::string_view response);

// Of a serialised StartContainerRequest or RemoveContainerRequest; "" when it cannot be read.
std::string StartedId(std::string_view start_container_request);
std::string RemovedId(std::string_view remove_container_request);

// The containers of a serialised ListContainersResponse.
absl::StatusOr<std::unordered_set<std::string>> IdsIn(std::string_view list_containers_response);

// "containerd 1.6.20" from a serialised VersionResponse; "" when it cannot be read.
std::string SoftwareOf(std::string_view version_response);

}  // namespace sekisho::verify
