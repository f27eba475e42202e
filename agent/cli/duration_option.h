// A length of time as people write it in an option.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace sekisho::cli {

// "90s", "30m", "24h", "7d", "2w": a number that is not 0, and one unit. Nothing for any other
// text.
std::optional<std::chrono::seconds> ParseDuration(std::string_view text);

}  // namespace sekisho::cli
