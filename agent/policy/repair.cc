#include "policy/repair.h"

#include <algorithm>
#include <utility>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "caps/cri_caps.h"
#include "policy/capability_rules.h"
#include "policy/checks.h"
#include "policy/deprecated_profile.h"

namespace sekisho::policy {
namespace {

bool Contains(const std::vector<CheckGroup>& groups, CheckGroup group) {
  return std::ranges::find(groups, group) != groups.end();
}

SecurityProfile ProfileOf(const SeccompTarget& target) {
  return target.localhost_path.has_value()
             ? SecurityProfile{ProfileType::kLocalhost, *target.localhost_path}
             : SecurityProfile{ProfileType::kRuntimeDefault, ""};
}

void RepairSeccomp(const Spec& spec, const ContainerFacts& container, bool violated, Edits& edits) {
  if (spec.harden.seccomp_always.has_value()) {
    edits.seccomp = ProfileOf(*spec.harden.seccomp_always);
  } else if (violated || EffectiveSeccomp(container).type == ProfileType::kUnconfined) {
    edits.seccomp = ProfileOf(spec.harden.seccomp_unconfined);
  }
}

void RepairCapabilities(const Spec& spec, const ContainerFacts& container, bool violated,
                        Edits& edits) {
  caps::Lists lists{container.capabilities_add, container.capabilities_drop,
                    container.capabilities_ambient};
  if (violated) {
    const bool restricted = spec.enforce.level == Level::kRestricted;
    const auto forbidden = [restricted](const std::string& name) {
      return !(restricted ? IsRestrictedAddition(name) : IsBaselineAddition(name));
    };
    std::erase_if(lists.add, forbidden);
    std::erase_if(lists.ambient, forbidden);
    if (restricted && std::ranges::find(lists.drop, "ALL") == lists.drop.end()) {
      lists.drop = {"ALL"};
    }
  }
  for (const std::string& name : spec.harden.drop_capabilities) {
    lists = caps::WithDropped(std::move(lists), name);
  }
  edits.capabilities_add = std::move(lists.add);
  edits.capabilities_drop = std::move(lists.drop);
  edits.capabilities_ambient = std::move(lists.ambient);
}

std::vector<std::string> Union(std::vector<std::string> paths,
                               std::span<const std::string_view> wanted) {
  for (const std::string_view path : wanted) {
    if (std::ranges::find(paths, path) == paths.end()) {
      paths.emplace_back(path);
    }
  }
  return paths;
}

// Whether the current field and its deprecated twin both say `profile`: no runtime can read
// anything else.
bool SayOnly(const SecurityProfile& profile, const SecurityProfile& current,
             std::string_view deprecated) {
  return current == profile && (deprecated.empty() || FromDeprecated(deprecated) == profile);
}

// Drops every edit that leaves its field as it is.
void Minimise(const ContainerFacts& before, Edits& edits) {
  const auto drop_if_same = [](auto& edit, const auto& value) {
    if (edit.has_value() && *edit == value) {
      edit.reset();
    }
  };
  if (edits.seccomp.has_value() &&
      SayOnly(*edits.seccomp, before.seccomp, before.seccomp_profile_path)) {
    edits.seccomp.reset();
  }
  if (edits.apparmor.has_value() &&
      SayOnly(*edits.apparmor, before.apparmor, before.apparmor_profile)) {
    edits.apparmor.reset();
  }
  drop_if_same(edits.capabilities_add, before.capabilities_add);
  drop_if_same(edits.capabilities_drop, before.capabilities_drop);
  drop_if_same(edits.capabilities_ambient, before.capabilities_ambient);
  drop_if_same(edits.no_new_privs, before.no_new_privs);
  drop_if_same(edits.masked_paths, before.masked_paths);
  drop_if_same(edits.readonly_paths, before.readonly_paths);
}

// What the edit to `after` takes away: what counted, or what only the deprecated field said.
SecurityProfile Replaced(const std::optional<SecurityProfile>& after,
                         const SecurityProfile& effective, std::string_view deprecated) {
  return after == effective ? FromDeprecated(deprecated) : effective;
}

std::string Text(const SecurityProfile& profile) {
  switch (profile.type) {
    case ProfileType::kAbsent:
      return "absent";
    case ProfileType::kRuntimeDefault:
      return "RuntimeDefault";
    case ProfileType::kUnconfined:
      return "Unconfined";
    case ProfileType::kLocalhost:
      return base::StrCat("Localhost ", profile.localhost_ref);
  }
  return "";
}

std::string Text(const std::vector<std::string>& list) {
  return base::StrCat("[", base::StrJoin(list, ", "), "]");
}

std::string Text(bool value) {
  return value ? "true" : "false";
}

}  // namespace

ContainerFacts WithEdits(ContainerFacts container, const Edits& edits) {
  if (edits.seccomp.has_value()) {
    container.seccomp = *edits.seccomp;
    if (!container.seccomp_profile_path.empty()) {
      container.seccomp_profile_path = ToDeprecated(*edits.seccomp);
    }
  }
  if (edits.apparmor.has_value()) {
    container.apparmor = *edits.apparmor;
    if (!container.apparmor_profile.empty()) {
      container.apparmor_profile = ToDeprecated(*edits.apparmor);
    }
  }
  container.capabilities_add = edits.capabilities_add.value_or(container.capabilities_add);
  container.capabilities_drop = edits.capabilities_drop.value_or(container.capabilities_drop);
  container.capabilities_ambient =
      edits.capabilities_ambient.value_or(container.capabilities_ambient);
  container.no_new_privs = edits.no_new_privs.value_or(container.no_new_privs);
  container.masked_paths = edits.masked_paths.value_or(container.masked_paths);
  container.readonly_paths = edits.readonly_paths.value_or(container.readonly_paths);
  return container;
}

Edits EditsFor(const Spec& spec, const ContainerFacts& container,
               const std::vector<CheckGroup>& violated) {
  Edits edits;
  RepairSeccomp(spec, container, Contains(violated, CheckGroup::kSeccomp), edits);
  RepairCapabilities(spec, container, Contains(violated, CheckGroup::kCapabilities), edits);
  if (Contains(violated, CheckGroup::kAppArmor)) {
    edits.apparmor = SecurityProfile{ProfileType::kRuntimeDefault, ""};
  }
  if (spec.harden.no_new_privileges || Contains(violated, CheckGroup::kAllowPrivilegeEscalation)) {
    edits.no_new_privs = true;
  }
  if (spec.harden.masked_paths || Contains(violated, CheckGroup::kProcMount)) {
    edits.masked_paths = Union(container.masked_paths, DefaultMaskedPaths());
    edits.readonly_paths = Union(container.readonly_paths, DefaultReadonlyPaths());
  }
  Minimise(container, edits);
  return edits;
}

std::vector<EditRecord> Describe(const ContainerFacts& before, const Edits& edits) {
  std::vector<EditRecord> records;
  const auto add = [&records](std::string_view field, const auto& edit, const auto& value) {
    if (edit.has_value()) {
      records.push_back(
          {base::StrCat("config.linux.security_context.", field), Text(value), Text(*edit)});
    }
  };
  add("seccomp", edits.seccomp,
      Replaced(edits.seccomp, EffectiveSeccomp(before), before.seccomp_profile_path));
  add("apparmor", edits.apparmor,
      Replaced(edits.apparmor, EffectiveAppArmor(before), before.apparmor_profile));
  add("capabilities.add_capabilities", edits.capabilities_add, before.capabilities_add);
  add("capabilities.drop_capabilities", edits.capabilities_drop, before.capabilities_drop);
  add("capabilities.add_ambient_capabilities", edits.capabilities_ambient,
      before.capabilities_ambient);
  add("no_new_privs", edits.no_new_privs, before.no_new_privs);
  add("masked_paths", edits.masked_paths, before.masked_paths);
  add("readonly_paths", edits.readonly_paths, before.readonly_paths);
  return records;
}

}  // namespace sekisho::policy
