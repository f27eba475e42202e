// What a runtime calls itself.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace sekisho::cri {

// "containerd 1.7.24" of a serialised VersionResponse (runtime_name 2, runtime_version 3).
absl::StatusOr<std::string> RuntimeText(std::string_view version_response);

}  // namespace sekisho::cri
