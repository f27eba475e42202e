#include "verify/messages.h"

#include "base/str_cat.h"
#include "enforce/parse.h"
#include "runtime/v1/api.pb.h"

namespace sekisho::verify {

namespace cri_v1 = runtime::v1;

std::string StartedId(std::string_view start_container_request) {
  cri_v1::StartContainerRequest asked;
  return enforce::Parse(start_container_request, asked) ? asked.container_id() : "";
}

std::string RemovedId(std::string_view remove_container_request) {
  cri_v1::RemoveContainerRequest asked;
  return enforce::Parse(remove_container_request, asked) ? asked.container_id() : "";
}

absl::StatusOr<std::unordered_set<std::string>> IdsIn(std::string_view list_containers_response) {
  cri_v1::ListContainersResponse list;
  if (!enforce::Parse(list_containers_response, list)) {
    return absl::InvalidArgumentError("the list of containers cannot be read");
  }
  std::unordered_set<std::string> ids;
  for (const cri_v1::Container& container : list.containers()) {
    ids.insert(container.id());
  }
  return ids;
}

std::string SoftwareOf(std::string_view version_response) {
  cri_v1::VersionResponse version;
  if (!enforce::Parse(version_response, version) || version.runtime_name().empty()) {
    return "";
  }
  return base::StrCat(version.runtime_name(), " ", version.runtime_version());
}

}  // namespace sekisho::verify
