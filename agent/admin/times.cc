#include "admin/times.h"

#include <array>
#include <cstddef>
#include <cstdio>
#include <ctime>
#include <string_view>

#include "base/str_cat.h"

namespace sekisho::admin {
namespace {

using base::StrCat;

// The last millisecond of the year 9999.
constexpr int64_t kLastMs = 253'402'300'799'999;

struct Unit {
  int64_t seconds;
  std::string_view name;
};
constexpr std::array<Unit, 4> kUnits = {{{86400, "d"}, {3600, "h"}, {60, "m"}, {1, "s"}}};

}  // namespace

std::optional<std::string> TimeText(int64_t unix_ms) {
  if (unix_ms <= 0 || unix_ms > kLastMs) {
    return std::nullopt;
  }
  const std::time_t seconds = unix_ms / 1000;
  std::tm utc{};
  (void)::gmtime_r(&seconds, &utc);
  std::array<char, 32> text;
  const size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  const int more = std::snprintf(text.data() + length, text.size() - length, ".%03dZ",
                                 static_cast<int>(unix_ms % 1000));
  return std::string(text.data(), length + static_cast<size_t>(more));
}

std::string Span(int64_t milliseconds) {
  const int64_t seconds = milliseconds / 1000;
  for (size_t i = 0; i < kUnits.size(); ++i) {
    const Unit& unit = kUnits.at(i);
    if (seconds < unit.seconds) {
      continue;
    }
    std::string first = StrCat(seconds / unit.seconds, unit.name);
    if (i + 1 == kUnits.size()) {
      return first;
    }
    const Unit& next = kUnits.at(i + 1);
    const int64_t rest = seconds % unit.seconds / next.seconds;
    return rest == 0 ? first : StrCat(first, " ", rest, next.name);
  }
  return "0s";
}

std::string Ago(int64_t unix_ms, int64_t now_ms) {
  if (unix_ms == 0) {
    return "never";
  }
  return now_ms - unix_ms < 1000 ? "now" : StrCat(Span(now_ms - unix_ms), " ago");
}

}  // namespace sekisho::admin
