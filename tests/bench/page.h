// The results in a page of the documentation.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "bench/results.h"

namespace sekisho::bench {

// Replaces what stands between the two marks in the file ("<!-- results -->", "<!-- /results -->").
absl::Status WriteIntoPage(const Results& results, const std::string& path);

}  // namespace sekisho::bench
