#include "record/asked.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/str_cat.h"

namespace sekisho::record {
namespace {

using base::StrCat;
using std::chrono::seconds;

constexpr size_t kLabelMax = 63;  // a DNS label: namespaces and containers
constexpr size_t kNameMax = 253;  // a DNS name: pods

bool Has(std::string_view text, std::string_view more, size_t max) {
  return !text.empty() && text.size() <= max && std::ranges::all_of(text, [more](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           more.find(c) != std::string_view::npos;
  });
}

int64_t SecondsIn(char unit) {
  switch (unit) {
    case 's':
      return 1;
    case 'm':
      return 60;
    case 'h':
      return 3600;
    default:
      return 0;
  }
}

}  // namespace

absl::StatusOr<seconds> DurationFrom(std::string_view text) {
  const absl::Status bad = absl::InvalidArgumentError(
      StrCat("\"", text, "\" is no time such as 90s, 10m or 1h30m, from 1s to ",
             std::chrono::duration_cast<std::chrono::hours>(kLongestRecording).count(), "h"));
  int64_t total = 0;
  int64_t smaller_than = INT64_MAX;  // each unit once, the larger first
  while (!text.empty()) {
    int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    const int64_t unit = text.empty() ? 0 : SecondsIn(text.front());
    if (error != std::errc() || unit == 0 || unit >= smaller_than || count < 0 ||
        count > kLongestRecording.count()) {
      return bad;
    }
    text.remove_prefix(1);
    smaller_than = unit;
    total += count * unit;
  }
  return total >= 1 && total <= kLongestRecording.count() ? absl::StatusOr<seconds>(total) : bad;
}

absl::StatusOr<Recording> RecordingOf(const std::string& pod_namespace, const std::string& pod,
                                      const std::string& container) {
  if (!Has(pod_namespace, "", kLabelMax)) {
    return absl::InvalidArgumentError(StrCat("\"", pod_namespace, "\" is no namespace's name"));
  }
  if (!Has(container, "", kLabelMax)) {
    return absl::InvalidArgumentError(StrCat("\"", container, "\" is no container's name"));
  }
  if (!Has(pod, ".*?", kNameMax)) {
    return absl::InvalidArgumentError(
        StrCat("\"", pod, "\" is no pod's name, nor a pattern with * and ?"));
  }
  return Recording{.namespace_ = pod_namespace, .pod = pod, .container = container};
}

}  // namespace sekisho::record
