#include "policy/profile_rule.h"

#include <algorithm>
#include <string>

#include "base/str_cat.h"
#include "policy/paths.h"

namespace sekisho::policy {
namespace {

constexpr std::string_view kAny = "*";
constexpr std::string_view kRuntimeDefault = "RuntimeDefault";
constexpr std::string_view kUnconfined = "Unconfined";
constexpr std::string_view kLocalhost = "Localhost/";

// A name that a pod can write: never empty, and for a file below the root, whatever it says.
bool IsLocal(const SecurityProfile& profile, std::string_view root) {
  return root.empty()
             ? !profile.localhost_ref.empty()
             : IsCleanAbsolutePath(profile.localhost_ref) && IsBelow(profile.localhost_ref, root);
}

bool EntryAllows(std::string_view entry, const SecurityProfile& profile, std::string_view root) {
  if (entry == kAny) {
    return true;
  }
  switch (profile.type) {
    case ProfileType::kAbsent:
    case ProfileType::kRuntimeDefault:
      return entry == kRuntimeDefault;
    case ProfileType::kUnconfined:
      return entry == kUnconfined;
    case ProfileType::kLocalhost:
      if (!entry.starts_with(kLocalhost)) {
        return false;
      }
      return entry.substr(kLocalhost.size()) == kAny
                 ? IsLocal(profile, root)
                 : profile.localhost_ref == ProfileNamed(entry, root).localhost_ref;
  }
  return false;
}

}  // namespace

bool Allows(const ProfileRule& rule, const SecurityProfile& profile, std::string_view root) {
  return std::ranges::any_of(
      rule.allowed, [&](const std::string& entry) { return EntryAllows(entry, profile, root); });
}

SecurityProfile ProfileNamed(std::string_view entry, std::string_view root) {
  if (entry == kUnconfined) {
    return {ProfileType::kUnconfined, ""};
  }
  if (!entry.starts_with(kLocalhost)) {
    return {ProfileType::kRuntimeDefault, ""};
  }
  const std::string_view name = entry.substr(kLocalhost.size());
  return {ProfileType::kLocalhost,
          root.empty() ? std::string(name) : base::StrCat(root, "/", name)};
}

std::string EntryOf(const SecurityProfile& profile, std::string_view root) {
  switch (profile.type) {
    case ProfileType::kAbsent:
    case ProfileType::kRuntimeDefault:
      return std::string(kRuntimeDefault);
    case ProfileType::kUnconfined:
      return std::string(kUnconfined);
    case ProfileType::kLocalhost:
      break;
  }
  const std::string_view name = profile.localhost_ref;
  const bool below_root = !root.empty() && IsBelow(name, root);
  return base::StrCat(kLocalhost, below_root ? name.substr(root.size() + 1) : name);
}

SecurityProfile ProfileOf(const SeccompTarget& target) {
  return target.localhost_path.has_value()
             ? SecurityProfile{ProfileType::kLocalhost, *target.localhost_path}
             : SecurityProfile{ProfileType::kRuntimeDefault, ""};
}

}  // namespace sekisho::policy
