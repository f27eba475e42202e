// Edits as a person reads them: Describe of repair.h.
#include "base/str_cat.h"
#include "base/str_join.h"
#include "policy/checks.h"
#include "policy/deprecated_profile.h"
#include "policy/repair.h"

namespace sekisho::policy {
namespace {

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

std::string Text(const std::optional<SELinuxOptions>& options) {
  if (!options.has_value()) {
    return "absent";
  }
  return base::StrCat("user \"", options->user, "\", role \"", options->role, "\", type \"",
                      options->type, "\", level \"", options->level, "\"");
}

std::string Text(bool value) {
  return value ? "true" : "false";
}

}  // namespace

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
  add("readonly_rootfs", edits.readonly_rootfs, before.readonly_rootfs);
  add("selinux_options", edits.selinux, before.selinux);
  for (const std::string& key : edits.remove_annotations) {
    records.push_back({base::StrCat("config.annotations[", key, "]"), "set", "absent"});
  }
  return records;
}

std::vector<EditRecord> Describe(const SandboxFacts& before, const SandboxEdits& edits,
                                 std::string_view path) {
  std::vector<EditRecord> records;
  for (const std::string& name : edits.remove_sysctls) {
    records.push_back(
        {base::StrCat(path, ".linux.sysctls[", name, "]"), before.sysctls.at(name), "absent"});
  }
  for (const std::string& key : edits.remove_annotations) {
    records.push_back({base::StrCat(path, ".annotations[", key, "]"), "set", "absent"});
  }
  if (edits.selinux.has_value()) {
    records.push_back({base::StrCat(path, ".linux.security_context.selinux_options"),
                       Text(before.selinux), Text(*edits.selinux)});
  }
  return records;
}

}  // namespace sekisho::policy
