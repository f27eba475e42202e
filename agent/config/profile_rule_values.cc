#include "config/profile_rule_values.h"

#include <algorithm>
#include <utility>

#include "base/str_cat.h"

namespace sekisho::config {
namespace {

using base::StrCat;

constexpr std::string_view kLocalhost = "Localhost/";

// One element of a list, or the default, with its place.
struct Entry {
  std::string text;
  Location where;
  std::string key;

  bool IsLocalhost() const { return text.starts_with(kLocalhost); }
  bool HasWildcard() const { return text.ends_with('*'); }
  std::string Name() const { return text.substr(kLocalhost.size()); }
};

struct Written {
  std::vector<Entry> allowed;
  std::optional<Entry> fallback;
};

// What older Kubernetes' annotations wrote for it; nothing for what they did not.
std::string FromAnnotation(std::string_view text) {
  if (text == "runtime/default" || text == "docker/default") {
    return "RuntimeDefault";
  }
  if (text == "unconfined") {
    return "Unconfined";
  }
  return text.starts_with("localhost/") ? StrCat(kLocalhost, text.substr(10)) : "";
}

bool IsName(std::string_view name, ProfileKind kind) {
  if (name == "*") {
    return true;
  }
  return !name.empty() && name.find('*') == std::string_view::npos &&
         (kind == ProfileKind::kAppArmor ||
          (!name.starts_with('/') && IsCleanPath(StrCat("/", name))));
}

template <ProfileKind kKind>
std::optional<Entry> ReadEntry(const Value& value, Reader& reader) {
  const std::optional<std::string> text = ReadText(value, reader);
  if (!text.has_value()) {
    return std::nullopt;
  }
  const Entry entry{*text, value.where, value.key};
  const bool known = *text == "RuntimeDefault" || *text == "Unconfined" || *text == "*" ||
                     (entry.IsLocalhost() && IsName(entry.Name(), kKind));
  if (known) {
    return entry;
  }
  const std::string modern = FromAnnotation(*text);
  reader.Error(value, StrCat("\"", *text, "\" is no profile"),
               modern.empty()
                   ? "one of: RuntimeDefault, Unconfined, Localhost/<name>, Localhost/*, *"
                   : StrCat("write ", modern));
  return std::nullopt;
}

template <ProfileKind kKind>
std::optional<std::vector<Entry>> ReadEntries(const Value& value, Reader& reader) {
  const std::optional<std::vector<Value>> elements = ReadList(value, reader);
  if (!elements.has_value()) {
    return std::nullopt;
  }
  if (elements->empty()) {
    reader.Error(value, "is an empty list: no container could run",
                 "name what is allowed, or leave the control out");
  }
  std::vector<Entry> entries;
  for (const Value& element : *elements) {
    if (std::optional<Entry> entry = ReadEntry<kKind>(element, reader)) {
      entries.push_back(*std::move(entry));
    }
  }
  return entries;
}

template <ProfileKind kKind>
constexpr std::array<Field<Written>, 2> kProfileRule = {{
    {"allowedProfiles", "", "", "", &ReadLeaf<Written, &Written::allowed, ReadEntries<kKind>>, true,
     nullptr},
    {"defaultProfile", "", "", "", &ReadLeaf<Written, &Written::fallback, ReadEntry<kKind>>, false,
     nullptr},
}};

bool Has(const std::vector<Entry>& entries, std::string_view text) {
  return std::ranges::find(entries, text, &Entry::text) != entries.end();
}

bool IsAllowed(const std::vector<Entry>& allowed, const Entry& entry) {
  return Has(allowed, "*") || Has(allowed, entry.text) ||
         (entry.IsLocalhost() && Has(allowed, "Localhost/*"));
}

void CheckFallback(const Written& written, Reader& reader) {
  const Entry& entry = *written.fallback;
  if (entry.HasWildcard() || entry.text == "Unconfined") {
    reader.Error(entry.where, entry.key,
                 StrCat("\"", entry.text, "\" cannot be attached to harden a container"),
                 "write RuntimeDefault or Localhost/<name>");
  } else if (!IsAllowed(written.allowed, entry)) {
    reader.Error(entry.where, entry.key,
                 StrCat("\"", entry.text, "\" is not one of allowedProfiles"),
                 "add it there, or choose one of them");
  }
}

std::optional<Entry> ImplicitFallback(const std::vector<Entry>& allowed) {
  const Entry runtime_default{"RuntimeDefault", {}, {}};
  if (IsAllowed(allowed, runtime_default)) {
    return runtime_default;
  }
  const auto named = std::ranges::find_if(
      allowed, [](const Entry& entry) { return entry.IsLocalhost() && !entry.HasWildcard(); });
  return named == allowed.end() ? std::nullopt : std::optional(*named);
}

}  // namespace

std::optional<ProfileRuleFile> ReadProfileRule(const Value& value, Reader& reader,
                                               ProfileKind kind) {
  const size_t errors_before = reader.ErrorCount();
  Written written;
  if (kind == ProfileKind::kSeccomp) {
    ReadMapping(value, reader, kProfileRule<ProfileKind::kSeccomp>, written);
  } else {
    ReadMapping(value, reader, kProfileRule<ProfileKind::kAppArmor>, written);
  }
  if (reader.ErrorCount() > errors_before) {
    return std::nullopt;  // whatever else is wrong with it would only follow from that
  }
  if (written.fallback.has_value()) {
    CheckFallback(written, reader);
  } else {
    written.fallback = ImplicitFallback(written.allowed);
  }
  ProfileRuleFile file;
  for (const Entry& entry : written.allowed) {
    file.rule.allowed.push_back(entry.text);
  }
  if (written.fallback.has_value()) {
    const Entry& entry = *written.fallback;
    file.rule.fallback = entry.text;
    if (entry.IsLocalhost()) {
      file.localhost = ProfileName{entry.Name(), entry.where, entry.key};
    }
  }
  return file;
}

}  // namespace sekisho::config
