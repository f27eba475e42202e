#include "policy/repair_parts.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "policy/capability_rules.h"
#include "policy/checks.h"
#include "policy/profile_rule.h"

namespace sekisho::policy {
namespace {

// Of the level: additions beyond it go, and restricted drops ALL.
void ApplyLevel(const LevelVersion& at, caps::Lists& lists) {
  const bool restricted =
      at.level == Level::kRestricted && at.version.Clamped() >= kRestrictedCapabilitiesSince;
  const auto forbidden = [restricted](const std::string& name) {
    return !(restricted ? IsRestrictedAddition(name) : IsBaselineAddition(name));
  };
  std::erase_if(lists.add, forbidden);
  std::erase_if(lists.ambient, forbidden);
  if (restricted && std::ranges::find(lists.drop, "ALL") == lists.drop.end()) {
    lists.drop = {"ALL"};
  }
}

void DropRequired(const std::string& name, caps::Lists& lists) {
  if (name != "ALL") {
    lists = caps::WithDropped(std::move(lists), name);
    return;
  }
  // ALL is no name like others: beside it in `drop`, additions by name still count.
  if (std::ranges::none_of(lists.drop, [](const std::string& dropped) {
        return caps::IsPlainNameOf(dropped, "ALL");
      })) {
    lists.drop.push_back(name);
  }
}

// What the node gives a container that has no seccomp profile.
SecurityProfile UnconfinedBecomes(const Spec& spec) {
  const SecurityProfile target = ProfileOf(spec.harden.seccomp_unconfined);
  const std::optional<ProfileRule>& rule = spec.controls.seccomp;
  return rule.has_value() && !Allows(*rule, target, spec.node.seccomp_root)
             ? ProfileNamed(rule->fallback, spec.node.seccomp_root)
             : target;
}

}  // namespace

bool Contains(const std::vector<CheckGroup>& groups, CheckGroup group) {
  return std::ranges::find(groups, group) != groups.end();
}

// The order: what the level and then the control forbid is taken out, what the control adds comes
// in, and drops have the last word. So a default can never undo a drop; and none is ever taken out
// again, since the configuration refuses a default that the level, the allow-list or a drop
// forbids.
caps::Lists RepairedCapabilities(const Spec& spec, const ContainerFacts& container,
                                 const std::vector<CheckGroup>& violated) {
  const Controls& controls = spec.controls;
  caps::Lists lists{container.capabilities_add, container.capabilities_drop,
                    container.capabilities_ambient};
  if (Contains(violated, CheckGroup::kCapabilities)) {
    ApplyLevel(spec.enforce, lists);
  }
  if (Contains(violated, CheckGroup::kAllowedCapabilities)) {
    const auto forbidden = [&controls](const std::string& name) {
      return !IsAllowedByControls(controls, name);
    };
    std::erase_if(lists.add, forbidden);
    std::erase_if(lists.ambient, forbidden);
  }
  if (Contains(violated, CheckGroup::kDefaultAddCapabilities)) {
    // As the pod has it: what restricted drops above is no wish of the pod's.
    std::ranges::copy_if(
        controls.default_add_capabilities, std::back_inserter(lists.add),
        [&container](const std::string& name) { return LacksDefault(container, name); });
  }
  if (Contains(violated, CheckGroup::kRequiredDropCapabilities)) {
    for (const std::string& name : controls.required_drop_capabilities) {
      DropRequired(name, lists);
    }
  }
  if (spec.enforce.level != Level::kPrivileged) {
    for (const std::string& name : spec.harden.drop_capabilities) {
      lists = caps::WithDropped(std::move(lists), name);
    }
  }
  return lists;
}

std::optional<SecurityProfile> RepairedSeccomp(const Spec& spec, const ContainerFacts& container,
                                               bool violated) {
  const bool privileged = spec.enforce.level == Level::kPrivileged;
  if (spec.harden.seccomp_always.has_value() && !privileged) {
    return ProfileOf(*spec.harden.seccomp_always);
  }
  if (violated && spec.controls.seccomp.has_value()) {
    return ProfileNamed(spec.controls.seccomp->fallback, spec.node.seccomp_root);
  }
  const bool unconfined = EffectiveSeccomp(container).type == ProfileType::kUnconfined;
  if (violated || (unconfined && !privileged)) {
    return UnconfinedBecomes(spec);
  }
  return std::nullopt;
}

SecurityProfile RepairedAppArmor(const Spec& spec) {
  return ProfileNamed(spec.controls.apparmor.has_value() ? spec.controls.apparmor->fallback : "",
                      "");
}

SELinuxOptions RepairedSELinux(const Spec& spec, const std::optional<SELinuxOptions>& options) {
  if (spec.controls.selinux.has_value()) {
    return *spec.controls.selinux;
  }
  SELinuxOptions cleared = options.value_or(SELinuxOptions{});
  cleared.user.clear();
  cleared.role.clear();
  const auto is_allowed = [&cleared](const LevelVersion& at) {
    return IsAllowedSELinuxType(cleared.type, at.version.Clamped());
  };
  if (!is_allowed(spec.enforce) ||
      (spec.also_enforce.has_value() && !is_allowed(*spec.also_enforce))) {
    cleared.type.clear();
  }
  return cleared;
}

std::vector<std::string> ForbiddenSysctls(const Spec& spec, const SandboxFacts& sandbox) {
  const int minor = spec.enforce.version.Clamped();
  std::vector<std::string> names;
  for (const auto& [name, value] : sandbox.sysctls) {
    const bool against_level =
        (spec.enforce.level != Level::kPrivileged && !IsSafeSysctl(name, minor)) ||
        (spec.also_enforce.has_value() &&
         !IsSafeSysctl(name, spec.also_enforce->version.Clamped()));
    if (against_level || IsSysctlAgainstControls(spec.controls, name, minor)) {
      names.push_back(name);
    }
  }
  return names;
}

}  // namespace sekisho::policy
