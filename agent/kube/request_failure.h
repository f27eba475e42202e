// Why a request to the API server was of no use, and what that means for the next one.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "base/str_cat.h"
#include "kube/api_object.h"

namespace sekisho::kube {

struct RequestFailure {
  std::string text;
  bool list_anew = false;                          // something may have been missed
  bool version_gone = false;                       // list anew, and not by the version
  std::optional<std::chrono::seconds> asked = {};  // how long the server wants us to wait
};

inline RequestFailure FailureOf(const ApiStatus& status) {
  return {.text = Describe(status),
          .version_gone = VersionIsOfNoUse(status),
          .asked = status.retry_after};
}

inline RequestFailure FailureOf(const absl::Status& status) {
  return {.text = std::string(base::StdView(status.message()))};
}

}  // namespace sekisho::kube
