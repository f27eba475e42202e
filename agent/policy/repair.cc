#include "policy/repair.h"

#include <algorithm>
#include <utility>

#include "policy/checks.h"
#include "policy/deprecated_profile.h"
#include "policy/localhost_profile.h"
#include "policy/repair_parts.h"
#include "policy/steering_annotations.h"

namespace sekisho::policy {
namespace {

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

std::vector<std::string> Stripped(const Spec& spec,
                                  const std::map<std::string, std::string>& annotations) {
  std::vector<std::string> keys;
  if (spec.enforce.level == Level::kPrivileged || spec.annotations.strip.empty()) {
    return keys;
  }
  for (const auto& [key, value] : annotations) {
    if (IsStrippedAnnotation(spec.annotations, key)) {
      keys.push_back(key);
    }
  }
  return keys;
}

// The repair, and then what is known of the profile's file. A file that only the field names which
// does not count would be judged by nobody: both fields get to say the same.
std::optional<SecurityProfile> SeccompEdit(const Spec& spec, const ContainerFacts& container,
                                           bool violated) {
  std::optional<SecurityProfile> edit = RepairedSeccomp(spec, container, violated);
  if (container.profiles.empty() || spec.enforce.level == Level::kPrivileged) {
    return edit;
  }
  const SecurityProfile to_run = edit.value_or(EffectiveSeccomp(container));
  SecurityProfile found = AsFound(spec, container, to_run);
  if (found != to_run || NamesAnotherFile(container, found)) {
    edit = std::move(found);
  }
  return edit;
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
  drop_if_same(edits.readonly_rootfs, before.readonly_rootfs);
  if (edits.selinux.has_value() && edits.selinux == before.selinux) {
    edits.selinux.reset();
  }
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
  container.readonly_rootfs = edits.readonly_rootfs.value_or(container.readonly_rootfs);
  if (edits.selinux.has_value()) {
    container.selinux = edits.selinux;
  }
  for (const std::string& key : edits.remove_annotations) {
    container.annotations.erase(key);
  }
  return container;
}

SandboxFacts WithEdits(SandboxFacts sandbox, const SandboxEdits& edits) {
  for (const std::string& name : edits.remove_sysctls) {
    sandbox.sysctls.erase(name);
  }
  for (const std::string& key : edits.remove_annotations) {
    sandbox.annotations.erase(key);
  }
  if (edits.selinux.has_value()) {
    sandbox.selinux = edits.selinux;
  }
  return sandbox;
}

SecurityProfile SeccompToRun(const Spec& spec, const ContainerFacts& container,
                             const std::vector<CheckGroup>& violated) {
  return RepairedSeccomp(spec, container, Contains(violated, CheckGroup::kSeccomp))
      .value_or(EffectiveSeccomp(container));
}

Edits EditsFor(const Spec& spec, const ContainerFacts& container,
               const std::vector<CheckGroup>& violated) {
  Edits edits;
  // The node's own hardening ends where the level is privileged; what a control demands does not.
  const bool hardened = spec.enforce.level != Level::kPrivileged;
  edits.seccomp = SeccompEdit(spec, container, Contains(violated, CheckGroup::kSeccomp));
  caps::Lists lists = RepairedCapabilities(spec, container, violated);
  edits.capabilities_add = std::move(lists.add);
  edits.capabilities_drop = std::move(lists.drop);
  edits.capabilities_ambient = std::move(lists.ambient);
  if ((hardened && spec.harden.no_new_privileges) ||
      Contains(violated, CheckGroup::kAllowPrivilegeEscalation)) {
    edits.no_new_privs = true;
  }
  if ((hardened && spec.harden.masked_paths) || Contains(violated, CheckGroup::kProcMount)) {
    edits.masked_paths = Union(container.masked_paths, DefaultMaskedPaths());
    edits.readonly_paths = Union(container.readonly_paths, DefaultReadonlyPaths());
  }
  if (Contains(violated, CheckGroup::kReadOnlyRootFilesystem)) {
    edits.readonly_rootfs = true;
  }
  if (Contains(violated, CheckGroup::kAppArmor)) {
    edits.apparmor = RepairedAppArmor(spec);
  }
  if (Contains(violated, CheckGroup::kSELinux)) {
    edits.selinux = RepairedSELinux(spec, container.selinux);
  }
  edits.remove_annotations = Stripped(spec, container.annotations);
  Minimise(container, edits);
  return edits;
}

SandboxEdits EditsFor(const Spec& spec, const SandboxFacts& sandbox,
                      const std::vector<CheckGroup>& violated) {
  SandboxEdits edits;
  if (Contains(violated, CheckGroup::kSysctls)) {
    edits.remove_sysctls = ForbiddenSysctls(spec, sandbox);
  }
  if (Contains(violated, CheckGroup::kSELinux)) {
    edits.selinux = RepairedSELinux(spec, sandbox.selinux);
  }
  edits.remove_annotations = Stripped(spec, sandbox.annotations);
  return edits;
}

}  // namespace sekisho::policy
