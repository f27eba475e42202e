// Results as JSON, and back.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "bench/results.h"

namespace sekisho::bench {

std::string ToJson(const Results& results);
absl::StatusOr<Results> FromJson(const std::string& text);

}  // namespace sekisho::bench
