// What libcurl says, as a status that a person understands.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace sekisho::kube {

struct HttpFailure {
  int code = 0;           // a CURLcode
  long os_error = 0;      // errno of the last connect; 0 when there is none. NOLINT: libcurl's type
  std::string text = {};  // libcurl's own words; may be empty
};

// OK for CURLE_OK. `where` is the server for the message. What loop.h says of Response::status
// holds for the code.
absl::Status StatusOfFailure(const HttpFailure& failure, std::string_view where);

}  // namespace sekisho::kube
