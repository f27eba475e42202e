#include "cli/duration_option.h"

#include <charconv>
#include <cstdint>
#include <system_error>

namespace sekisho::cli {
namespace {

// A century: what is longer is a slip, and would leave the clock's range.
constexpr int64_t kLongest = int64_t{100} * 366 * 24 * 3600;

int64_t SecondsOf(char unit) {
  switch (unit) {
    case 's':
      return 1;
    case 'm':
      return 60;
    case 'h':
      return 3600;
    case 'd':
      return int64_t{24} * 3600;
    case 'w':
      return int64_t{7} * 24 * 3600;
    default:
      return 0;
  }
}

}  // namespace

std::optional<std::chrono::seconds> ParseDuration(std::string_view text) {
  const int64_t unit = text.empty() ? 0 : SecondsOf(text.back());
  uint32_t number = 0;
  const char* const end = text.data() + (text.empty() ? 0 : text.size() - 1);
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (unit == 0 || error != std::errc() || stop != end || number == 0 ||
      int64_t{number} > kLongest / unit) {
    return std::nullopt;
  }
  return std::chrono::seconds(int64_t{number} * unit);
}

}  // namespace sekisho::cli
