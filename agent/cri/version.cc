#include "cri/version.h"

#include "base/str_cat.h"
#include "runtime/v1/api.pb.h"

namespace sekisho::cri {

absl::StatusOr<std::string> RuntimeText(std::string_view version_response) {
  runtime::v1::VersionResponse response;
  if (!response.ParseFromArray(version_response.data(),
                               static_cast<int>(version_response.size())) ||
      response.runtime_name().empty()) {
    return absl::FailedPreconditionError("what answers there is no CRI runtime");
  }
  return base::StrCat(response.runtime_name(), " ", response.runtime_version());
}

}  // namespace sekisho::cri
