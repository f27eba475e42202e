#include "kube/rfc3339.h"

#include <algorithm>

#include "absl/time/time.h"

namespace sekisho::kube {
namespace {

using std::chrono::sys_days;
using std::chrono::sys_seconds;

// %E4Y: four digits, which %Y would not fill up.
constexpr char kFormat[] = "%E4Y-%m-%dT%H:%M:%SZ";  // NOLINT(modernize-avoid-c-arrays): for Abseil

sys_seconds First() {
  return sys_days(std::chrono::year(1) / 1 / 1);
}
sys_seconds Last() {
  return sys_days(std::chrono::year(10'000) / 1 / 1) - std::chrono::seconds(1);
}

}  // namespace

std::string Rfc3339(sys_seconds time) {
  const sys_seconds written = std::clamp(time, First(), Last());
  return absl::FormatTime(kFormat, absl::FromUnixSeconds(written.time_since_epoch().count()),
                          absl::UTCTimeZone());
}

std::optional<sys_seconds> ParseRfc3339(const std::string& text) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(kFormat, text, &time, &error)) {
    return std::nullopt;
  }
  const sys_seconds seconds(std::chrono::seconds(absl::ToUnixSeconds(time)));
  // Abseil takes more than it writes: spaces around, "infinite-past", one digit for two.
  return Rfc3339(seconds) == text ? std::optional(seconds) : std::nullopt;
}

}  // namespace sekisho::kube
