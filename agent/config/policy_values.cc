#include "config/policy_values.h"

#include <algorithm>
#include <charconv>

#include "absl/strings/ascii.h"
#include "base/nearest_name.h"
#include "base/str_cat.h"
#include "caps/cap_set.h"
#include "caps/cri_caps.h"

namespace sekisho::config {
namespace {

using base::StrCat;

constexpr size_t kLongestLabel = 63;       // RFC 1123 label: namespaces, containers
constexpr size_t kLongestSubdomain = 253;  // RFC 1123 subdomain: pods

bool IsDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

std::optional<int> Number(std::string_view digits) {
  int number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  return whole && IsDigits(digits) ? std::optional(number) : std::nullopt;
}

// The N of Kubernetes' own form, v1.N: no leading zero, no patch number.
std::optional<int> MinorOf(std::string_view version) {
  if (!version.starts_with("v1.")) {
    return std::nullopt;
  }
  version.remove_prefix(3);
  return version.size() > 1 && version[0] == '0' ? std::nullopt : Number(version);
}

bool IsCapability(std::string_view name) {
  return name == "ALL" || caps::NumberOf(name).has_value();
}

// "did you mean …?" over every capability of the kernel.
std::string SuggestCapability(std::string_view name) {
  const std::vector<std::string> all = caps::CapSet::All().Names();
  std::vector<std::string_view> known(all.begin(), all.end());
  known.emplace_back("ALL");
  const std::optional<std::string_view> nearest = base::NearestName(name, known);
  return nearest.has_value() ? StrCat("did you mean \"", *nearest, "\"?")
                             : "see capabilities(7); the name goes without CAP_";
}

// Reads one capability of a list. The name must be spelt exactly; the fix says how.
std::optional<std::string> ReadCapability(const Value& value, Reader& reader,
                                          CapabilityWords words) {
  std::optional<std::string> name = ReadText(value, reader);
  if (name == "ALL" && words == CapabilityWords::kWithoutAll) {
    reader.Error(value, "ALL would give every container every capability", "name them");
    return std::nullopt;
  }
  if (!name.has_value() || IsCapability(*name) ||
      (name == "*" && words == CapabilityWords::kWithAny)) {
    return name;
  }
  const std::string canonical = caps::CanonicalName(*name);
  if (IsCapability(canonical)) {
    reader.Error(value, StrCat("\"", *name, "\" is not spelt as in a pod's capabilities"),
                 StrCat("write ", canonical));
  } else {
    reader.Error(value, StrCat("unknown capability \"", *name, "\""), SuggestCapability(canonical));
  }
  return std::nullopt;
}

struct NameRule {
  std::string_view what;  // "a namespace or container name"
  bool dots = false;
  bool globs = false;
  bool empty = false;
  size_t longest = kLongestLabel;
};

std::optional<std::string> ReadPattern(const Value& value, Reader& reader, const NameRule& rule) {
  if (rule.empty && value.node->kind == YamlNode::Kind::kScalar && value.node->text.empty()) {
    return "";
  }
  std::optional<std::string> text = ReadText(value, reader);
  if (!text.has_value()) {
    return std::nullopt;
  }
  const auto fits = [&](char c) {
    return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-' ||
           (rule.dots && c == '.') || (rule.globs && (c == '*' || c == '?'));
  };
  if (!std::all_of(text->begin(), text->end(), fits)) {
    reader.Error(value, StrCat("\"", *text, "\" can match no ", rule.what),
                 StrCat("use lower-case letters, digits, \"-\"", rule.dots ? ", \".\"" : "",
                        rule.globs ? ", and \"*\" and \"?\" as wildcards" : ""));
    return std::nullopt;
  }
  const auto letters = static_cast<size_t>(
      std::count_if(text->begin(), text->end(), [](char c) { return c != '*'; }));
  if (letters > rule.longest) {
    reader.Error(value, StrCat("is longer than a ", rule.what, " can be (", rule.longest, ")"));
    return std::nullopt;
  }
  return text;
}

std::optional<std::vector<std::string>> ReadPatterns(const Value& value, Reader& reader,
                                                     const NameRule& rule) {
  const std::optional<std::vector<Value>> elements = ReadList(value, reader);
  if (!elements.has_value()) {
    return std::nullopt;
  }
  if (elements->empty()) {
    // To the policy an empty list means "not given", which matches everything: the opposite of what
    // it looks like.
    reader.Error(value, "is an empty list", "name what is meant, or leave the key out");
    return std::nullopt;
  }
  std::vector<std::string> patterns;
  for (const Value& element : *elements) {
    if (std::optional<std::string> pattern = ReadPattern(element, reader, rule)) {
      patterns.push_back(*std::move(pattern));
    }
  }
  std::sort(patterns.begin(), patterns.end());
  patterns.erase(std::unique(patterns.begin(), patterns.end()), patterns.end());
  return patterns;
}

void ReadUnconfinedLocalhost(const Value& value, UnconfinedFile& out, Reader& reader) {
  out.localhost = ReadProfileName(value, reader);
}

}  // namespace

std::optional<policy::Level> ReadLevel(const Value& value, Reader& reader) {
  static constexpr std::array kLevels = {policy::Level::kPrivileged, policy::Level::kBaseline,
                                         policy::Level::kRestricted};
  std::array<std::string_view, kLevels.size()> names;
  std::transform(kLevels.begin(), kLevels.end(), names.begin(), policy::LevelName);
  const std::optional<size_t> index = ReadName(value, reader, names);
  return index.has_value() ? std::optional(kLevels[*index]) : std::nullopt;
}

std::optional<policy::Version> ReadVersion(const Value& value, Reader& reader) {
  const std::optional<std::string> text = ReadText(value, reader);
  if (!text.has_value()) {
    return std::nullopt;
  }
  if (*text == "latest") {
    return policy::Version{};
  }
  const std::optional<int> minor = MinorOf(*text);
  if (!minor.has_value()) {
    reader.Error(value, StrCat("\"", *text, "\" is not a Pod Security version"),
                 StrCat("write latest, or v1.0 to v1.", policy::kLatestMinor));
    return std::nullopt;
  }
  if (*minor > policy::kLatestMinor) {
    reader.Warn(value, StrCat("this build does not know the checks of ", *text,
                              " and uses those of v1.", policy::kLatestMinor));
  }
  return policy::Version{.minor = *minor};
}

std::optional<policy::OnViolation> ReadOnViolation(const Value& value, Reader& reader,
                                                   policy::CheckGroup group) {
  static constexpr std::array<std::string_view, 2> kNames = {"deny", "harden"};
  const std::optional<size_t> index = ReadName(value, reader, kNames);
  if (!index.has_value()) {
    return std::nullopt;
  }
  if (*index == 0) {
    return policy::OnViolation::kDeny;
  }
  if (!policy::IsRepairable(group)) {
    reader.Error(value,
                 StrCat("a violation of ", policy::CheckGroupName(group),
                        " cannot be repaired: the pod would not be the same with another value"),
                 "write deny");
    return std::nullopt;
  }
  return policy::OnViolation::kHarden;
}

std::optional<std::vector<std::string>> ReadDroppedCapabilities(const Value& value,
                                                                Reader& reader) {
  return ReadCapabilities(value, reader, CapabilityWords::kWithAll);
}

std::optional<std::vector<std::string>> ReadCapabilities(const Value& value, Reader& reader,
                                                         CapabilityWords words) {
  const std::optional<std::vector<Value>> elements = ReadList(value, reader);
  if (!elements.has_value()) {
    return std::nullopt;
  }
  std::vector<std::string> names;
  for (const Value& element : *elements) {
    std::optional<std::string> name = ReadCapability(element, reader, words);
    if (name.has_value() && std::find(names.begin(), names.end(), *name) == names.end()) {
      names.push_back(*std::move(name));
    }
  }
  return names;
}

std::optional<ProfileName> ReadProfileName(const Value& value, Reader& reader) {
  const std::optional<std::string> name = ReadText(value, reader);
  if (!name.has_value()) {
    return std::nullopt;
  }
  const bool relative = name->front() != '/';
  if (!relative || !IsCleanPath(StrCat("/", *name))) {
    reader.Error(value, StrCat("\"", *name, "\" is not a clean relative path"),
                 "name a file below the kubelet's seccomp directory, such as web.json");
    return std::nullopt;
  }
  return ProfileName{*name, value.where, value.key};
}

std::optional<UnconfinedFile> ReadUnconfined(const Value& value, Reader& reader) {
  if (value.node->kind == YamlNode::Kind::kMapping) {
    static constexpr std::array<Field<UnconfinedFile>, 1> kFields = {
        {{"localhost", "", "", "", &ReadUnconfinedLocalhost, true, nullptr}}};
    UnconfinedFile unconfined;
    ReadMapping(value, reader, kFields, unconfined);
    return unconfined;
  }
  static constexpr std::array<std::string_view, 2> kNames = {"RuntimeDefault", "deny"};
  const std::optional<size_t> index = ReadName(value, reader, kNames);
  if (!index.has_value()) {
    return std::nullopt;
  }
  return UnconfinedFile{.deny = *index == 1, .localhost = std::nullopt};
}

std::optional<std::vector<std::string>> ReadNamePatterns(const Value& value, Reader& reader) {
  return ReadPatterns(value, reader, {.what = "namespace or container name", .globs = true});
}

std::optional<std::vector<std::string>> ReadPodPatterns(const Value& value, Reader& reader) {
  return ReadPatterns(
      value, reader,
      {.what = "pod name", .dots = true, .globs = true, .longest = kLongestSubdomain});
}

std::optional<std::vector<std::string>> ReadVolumePatterns(const Value& value, Reader& reader) {
  return ReadPatterns(value, reader,
                      {.what = "PersistentVolume's name",
                       .dots = true,
                       .globs = true,
                       .longest = kLongestSubdomain});
}

std::optional<std::vector<std::string>> ReadRuntimeHandlers(const Value& value, Reader& reader) {
  return ReadPatterns(value, reader, {.what = "runtime handler", .empty = true});
}

std::optional<policy::PodSource> ReadSource(const Value& value, Reader& reader) {
  static constexpr std::array<std::string_view, 2> kNames = {"static", "api"};
  const std::optional<size_t> index = ReadName(value, reader, kNames);
  if (!index.has_value()) {
    return std::nullopt;
  }
  return *index == 0 ? policy::PodSource::kStatic : policy::PodSource::kApi;
}

std::optional<std::chrono::sys_seconds> ReadLastDay(const Value& value, Reader& reader) {
  const std::optional<std::string> text = ReadText(value, reader);
  if (!text.has_value()) {
    return std::nullopt;
  }
  const std::string_view date = *text;
  if (date.size() == 10 && date[4] == '-' && date[7] == '-') {
    const std::optional<int> year = Number(date.substr(0, 4));
    const std::optional<int> month = Number(date.substr(5, 2));
    const std::optional<int> day = Number(date.substr(8, 2));
    if (year.has_value() && month.has_value() && day.has_value()) {
      const std::chrono::year_month_day ymd{std::chrono::year(*year),
                                            std::chrono::month(static_cast<unsigned>(*month)),
                                            std::chrono::day(static_cast<unsigned>(*day))};
      if (ymd.ok()) {
        return std::chrono::sys_days(ymd) + std::chrono::days(1);
      }
    }
  }
  reader.Error(value, StrCat("\"", *text, "\" is not a date"), "write YYYY-MM-DD");
  return std::nullopt;
}

}  // namespace sekisho::config
