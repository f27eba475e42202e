#include "config/contradictions.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/str_cat.h"
#include "policy/capability_rules.h"
#include "policy/checks.h"
#include "policy/profile_rule.h"

namespace sekisho::config {
namespace {

using base::StrCat;
using policy::CheckGroup;
using policy::Controls;
using policy::Level;
using policy::OnViolation;
using policy::Spec;

bool Has(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

class Found {
 public:
  void AddIf(bool contradictory, std::string message, std::string fix) {
    if (contradictory) {
      list_.push_back({std::move(message), std::move(fix)});
    }
  }
  std::vector<Contradiction> Take() { return std::move(list_); }

 private:
  std::vector<Contradiction> list_;
};

bool LevelAllowsAddition(Level level, std::string_view name) {
  switch (level) {
    case Level::kPrivileged:
      return true;
    case Level::kBaseline:
      return policy::IsBaselineAddition(name);
    case Level::kRestricted:
      return policy::IsRestrictedAddition(name);
  }
  return false;
}

void LookAtCapabilities(const Spec& spec, Found& found) {
  const Controls& controls = spec.controls;
  const Level level = spec.enforce.level;
  for (const std::string& name : controls.default_add_capabilities) {
    found.AddIf(Has(controls.required_drop_capabilities, name),
                StrCat(name, " is in defaultAddCapabilities and in requiredDropCapabilities"),
                "take it out of one of them");
    found.AddIf(!LevelAllowsAddition(level, name),
                StrCat("defaultAddCapabilities adds ", name, ", which ", policy::LevelName(level),
                       " forbids"),
                "take it out, or enforce another level");
    const std::vector<std::string>& dropped = spec.harden.drop_capabilities;
    found.AddIf(
        level != Level::kPrivileged && (Has(dropped, name) || Has(dropped, "ALL")),
        StrCat("defaultAddCapabilities adds ", name, ", which harden.capabilities.drop takes away"),
        "take it out of one of them");
  }
  for (const std::string& name : controls.required_drop_capabilities) {
    found.AddIf(
        controls.allowed_capabilities.has_value() && Has(*controls.allowed_capabilities, name),
        StrCat(name, " is in allowedCapabilities and in requiredDropCapabilities"),
        "take it out of one of them");
  }
}

void LookAtSELinux(const Spec& spec, Found& found) {
  if (!spec.controls.selinux.has_value() || spec.enforce.level == Level::kPrivileged) {
    return;
  }
  const policy::SELinuxOptions& options = *spec.controls.selinux;
  const std::string_view level = policy::LevelName(spec.enforce.level);
  found.AddIf(!options.user.empty() || !options.role.empty(),
              StrCat("seLinux demands a user or a role, which ", level, " forbids"),
              "leave them out, or enforce privileged");
  found.AddIf(!policy::IsAllowedSELinuxType(options.type, spec.enforce.version.Clamped()),
              StrCat("seLinux demands the type ", options.type, ", which ", level, " forbids"),
              "take a type that it allows, or enforce privileged");
}

void LookAtAppArmor(const Spec& spec, Found& found) {
  const std::optional<policy::ProfileRule>& rule = spec.controls.apparmor;
  found.AddIf(rule.has_value() && rule->fallback.empty() &&
                  spec.For(CheckGroup::kAppArmor) == OnViolation::kHarden,
              "onViolation.appArmor is harden, and appArmor allows no profile that could be "
              "attached",
              "give appArmor a defaultProfile, or write onViolation: {appArmor: deny}");
}

void LookAtSeccomp(const Spec& spec, Found& found) {
  if (!spec.controls.seccomp.has_value()) {
    return;
  }
  const policy::ProfileRule& rule = *spec.controls.seccomp;
  const std::string& root = spec.node.seccomp_root;
  const bool repaired =
      spec.For(CheckGroup::kSeccomp) == OnViolation::kHarden && !spec.harden.deny_unconfined;
  found.AddIf(repaired && rule.fallback.empty(),
              "onViolation.seccomp is harden, and seccomp allows no profile that could be attached",
              "give seccomp a defaultProfile, or write onViolation: {seccomp: deny}");
  if (spec.enforce.level == Level::kPrivileged) {
    return;  // nothing else is attached
  }
  const auto& always = spec.harden.seccomp_always;
  found.AddIf(always.has_value() && !policy::Allows(rule, policy::ProfileOf(*always), root),
              "harden.seccomp.localhost attaches a profile that controls.seccomp does not allow",
              "add it to allowedProfiles");
  found.AddIf(spec.missing_profile.has_value() &&
                  !policy::Allows(rule, policy::ProfileOf(*spec.missing_profile), root),
              "seccomp.localhost.missing attaches a profile that controls.seccomp does not allow",
              "add it to allowedProfiles");
  const bool unconfined_passes =
      policy::Allows(rule, {policy::ProfileType::kUnconfined, ""}, root) &&
      !spec.harden.deny_unconfined && !always.has_value();
  found.AddIf(!repaired && unconfined_passes && rule.fallback.empty() &&
                  !policy::Allows(rule, policy::ProfileOf(spec.harden.seccomp_unconfined), root),
              "harden.seccomp.unconfined attaches a profile that controls.seccomp does not allow",
              "add it to allowedProfiles, or give seccomp a defaultProfile");
}

}  // namespace

std::vector<Contradiction> ContradictionsIn(const Spec& spec) {
  Found found;
  LookAtCapabilities(spec, found);
  LookAtSELinux(spec, found);
  LookAtAppArmor(spec, found);
  LookAtSeccomp(spec, found);
  return found.Take();
}

}  // namespace sekisho::config
