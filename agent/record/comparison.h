// A recorded profile beside the one that RuntimeDefault stands for.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "seccomp/profile.h"

namespace sekisho::record {

struct Comparison {
  size_t allowed = 0;                    // calls of the native architecture, some or all cases of
  size_t allowed_default = 0;            // the same, of RuntimeDefault
  std::vector<std::string> beyond = {};  // what RuntimeDefault refuses, as seccomp::Summary has it
};

// For containerd's default capabilities, since the container's own are not known here.
absl::StatusOr<Comparison> WithRuntimeDefault(const seccomp::Profile& profile);

}  // namespace sekisho::record
