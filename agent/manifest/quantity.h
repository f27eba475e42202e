// Kubernetes' quantities: "100m", "64Mi", "1.5", "1e3".
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sekisho::manifest {

// In thousandths, rounded up as Kubernetes does; INT64_MAX for more than that. Absent when it is no
// quantity.
std::optional<int64_t> ParseMilli(std::string_view quantity);
// Whole units, rounded up.
std::optional<int64_t> ParseWhole(std::string_view quantity);

}  // namespace sekisho::manifest
