#include "manifest/read_security.h"

namespace sekisho::manifest {
namespace {

std::optional<Profile> ReadProfile(const Fields& parent, std::string_view name) {
  const std::optional<Fields> fields = parent.Object(name);
  if (!fields.has_value()) {
    return std::nullopt;
  }
  return Profile{.type = fields->Text("type"),
                 .localhost_profile = fields->MaybeText("localhostProfile")};
}

std::optional<SeLinuxOptions> ReadSeLinuxOptions(const Fields& parent) {
  const std::optional<Fields> fields = parent.Object("seLinuxOptions");
  if (!fields.has_value()) {
    return std::nullopt;
  }
  return SeLinuxOptions{.user = fields->Text("user"),
                        .role = fields->Text("role"),
                        .type = fields->Text("type"),
                        .level = fields->Text("level")};
}

std::optional<WindowsOptions> ReadWindowsOptions(const Fields& parent) {
  const std::optional<Fields> fields = parent.Object("windowsOptions");
  if (!fields.has_value()) {
    return std::nullopt;
  }
  return WindowsOptions{.host_process = fields->MaybeBool("hostProcess"),
                        .run_as_user_name = fields->Text("runAsUserName")};
}

std::vector<Sysctl> ReadSysctls(const Fields& parent) {
  std::vector<Sysctl> sysctls;
  for (const Fields& fields : parent.Objects("sysctls")) {
    sysctls.push_back({.name = fields.Text("name"), .value = fields.Text("value")});
  }
  return sysctls;
}

std::optional<Capabilities> ReadCapabilities(const Fields& parent) {
  const std::optional<Fields> fields = parent.Object("capabilities");
  if (!fields.has_value()) {
    return std::nullopt;
  }
  return Capabilities{.add = fields->Texts("add"), .drop = fields->Texts("drop")};
}

}  // namespace

PodSecurityContext ReadPodSecurityContext(const Fields& fields) {
  return {.se_linux_options = ReadSeLinuxOptions(fields),
          .run_as_user = fields.MaybeInt64("runAsUser"),
          .run_as_group = fields.MaybeInt64("runAsGroup"),
          .run_as_non_root = fields.MaybeBool("runAsNonRoot"),
          .supplemental_groups = fields.Int64s("supplementalGroups"),
          .supplemental_groups_policy = fields.Text("supplementalGroupsPolicy"),
          .fs_group = fields.MaybeInt64("fsGroup"),
          .sysctls = ReadSysctls(fields),
          .seccomp_profile = ReadProfile(fields, "seccompProfile"),
          .app_armor_profile = ReadProfile(fields, "appArmorProfile"),
          .windows_options = ReadWindowsOptions(fields)};
}

SecurityContext ReadSecurityContext(const Fields& fields) {
  return {.privileged = fields.MaybeBool("privileged"),
          .allow_privilege_escalation = fields.MaybeBool("allowPrivilegeEscalation"),
          .capabilities = ReadCapabilities(fields),
          .se_linux_options = ReadSeLinuxOptions(fields),
          .run_as_user = fields.MaybeInt64("runAsUser"),
          .run_as_group = fields.MaybeInt64("runAsGroup"),
          .run_as_non_root = fields.MaybeBool("runAsNonRoot"),
          .read_only_root_filesystem = fields.MaybeBool("readOnlyRootFilesystem"),
          .proc_mount = fields.Text("procMount"),
          .seccomp_profile = ReadProfile(fields, "seccompProfile"),
          .app_armor_profile = ReadProfile(fields, "appArmorProfile"),
          .windows_options = ReadWindowsOptions(fields)};
}

}  // namespace sekisho::manifest
