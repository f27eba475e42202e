#include "config/controls_file.h"

#include <algorithm>
#include <utility>

#include "config/control_values.h"
#include "config/policy_values.h"
#include "config/profile_rule_values.h"

namespace sekisho::config {
namespace {

using F = ControlsFile;

template <auto kMember, auto kParse>
constexpr Field<F> Leaf(std::string_view name, std::string_view type, std::string_view doc) {
  return {name, type, "not controlled", doc, &ReadLeaf<F, kMember, kParse>, false, nullptr};
}

void ReadSeccompRule(const Value& value, F& out, Reader& reader) {
  if (std::optional<ProfileRuleFile> file = ReadProfileRule(value, reader, ProfileKind::kSeccomp)) {
    out.seccomp = std::move(file->rule);
    out.seccomp_file = std::move(file->localhost);
  }
}
void ReadAppArmorRule(const Value& value, F& out, Reader& reader) {
  if (std::optional<ProfileRuleFile> file =
          ReadProfileRule(value, reader, ProfileKind::kAppArmor)) {
    out.apparmor = std::move(file->rule);
  }
}

constexpr std::array<Field<F>, 1> kHandlers = {
    Leaf<&F::allowed_runtime_handlers, ReadRuntimeHandlers>(
        "allowed", "list of exact names",
        "The RuntimeClass handlers that a pod may ask for; `\"\"` is the default one.")};
void ReadHandlers(const Value& value, F& out, Reader& reader) {
  ReadMapping(value, reader, kHandlers, out);
}

constexpr std::string_view kBool = "`true` or `false`";
constexpr std::string_view kProfiles = "`{allowedProfiles, defaultProfile}`";

// In the order of PodSecurityPolicySpec.
constexpr std::array<Field<F>, 25> kControls = {{
    Leaf<&F::forbid_privileged, ReadForbidden>("privileged", kBool,
                                               "`false`: no privileged container."),
    Leaf<&F::default_add_capabilities, ReadDefaultCapabilities>(
        "defaultAddCapabilities", "list of capabilities",
        "Added to every container that does not drop them."),
    Leaf<&F::required_drop_capabilities, ReadDroppedCapabilities>(
        "requiredDropCapabilities", "list of capabilities",
        "Every container must drop these and add none of them; `ALL` must be dropped as such."),
    Leaf<&F::allowed_capabilities, ReadAllowedCapabilities>(
        "allowedCapabilities", "list of capabilities, or `*`",
        "Nothing else may be added, but for defaultAddCapabilities."),
    Leaf<&F::volumes, ReadVolumeTypes>("volumes", "list of volume types, or `*`",
                                       "Only volumes of these types; an empty list allows none."),
    Leaf<&F::forbid_host_network, ReadForbidden>("hostNetwork", kBool,
                                                 "`false`: not the node's network."),
    Leaf<&F::host_ports, ReadPortRanges>("hostPorts", "list of `{min, max}`",
                                         "Only these ports of the node; an empty list: none."),
    Leaf<&F::forbid_host_pid, ReadForbidden>("hostPID", kBool, "`false`: not the node's pids."),
    Leaf<&F::forbid_host_ipc, ReadForbidden>("hostIPC", kBool, "`false`: not the node's IPC."),
    Leaf<&F::selinux, ReadSELinuxRule>(
        "seLinux", "`{rule, seLinuxOptions}`; rule is `MustRunAs` or `RunAsAny`",
        "`MustRunAs`: user, role, type and level are exactly these."),
    Leaf<&F::run_as_user, ReadUserRule>(
        "runAsUser", "`{rule, ranges}`; rule is `MustRunAs`, `MustRunAsNonRoot` or `RunAsAny`",
        "The user's number, the image's where the pod names none."),
    Leaf<&F::run_as_group, ReadGroupRule>(
        "runAsGroup", "`{rule, ranges}`; rule is `MustRunAs`, `MayRunAs` or `RunAsAny`",
        "The group's number; `MayRunAs` lets a pod leave it out."),
    Leaf<&F::supplemental_groups, ReadGroupRule>(
        "supplementalGroups", "`{rule, ranges}`; rule is `MustRunAs`, `MayRunAs` or `RunAsAny`",
        "All further groups, fsGroup and those of PersistentVolumes among them."),
    Leaf<&F::strict_supplemental_groups, ReadGroupsPolicy>(
        "supplementalGroupsPolicy", "`Merge` or `Strict`",
        "`Strict`: the image's /etc/group must add no groups."),
    Leaf<&F::read_only_root_filesystem, ReadBool>("readOnlyRootFilesystem", kBool,
                                                  "`true`: the root filesystem is read-only."),
    Leaf<&F::forbid_privilege_escalation, ReadForbidden>(
        "allowPrivilegeEscalation", kBool, "`false`: no_new_privs must be asked for."),
    Leaf<&F::allowed_host_paths, ReadAllowedHostPaths>(
        "allowedHostPaths", "list of `{pathPrefix, readOnly}`",
        "Only these paths of the node and what is below; with `readOnly: true` only mounted "
        "read-only."),
    Leaf<&F::allowed_flex_volumes, ReadFlexDrivers>("allowedFlexVolumes", "list of `{driver}`",
                                                    "Only flexVolumes of these drivers."),
    Leaf<&F::allowed_csi_drivers, ReadCsiDrivers>("allowedCSIDrivers", "list of `{name}`",
                                                  "Only inline CSI volumes of these drivers."),
    Leaf<&F::allowed_unsafe_sysctls, ReadSysctls>(
        "allowedUnsafeSysctls", "list of names, or beginnings with `*`",
        "Sysctls beside the safe ones; an empty list: none."),
    Leaf<&F::forbidden_sysctls, ReadSysctls>(
        "forbiddenSysctls", "list of names, or beginnings with `*`",
        "Never these; and, without allowedUnsafeSysctls, none that is not safe."),
    Leaf<&F::allowed_proc_mount_types, ReadProcMountTypes>("allowedProcMountTypes",
                                                           "list of `Default` and `Unmasked`",
                                                           "Without `Unmasked`: /proc is masked."),
    {"appArmor", kProfiles, "not controlled",
     "Allowed: `RuntimeDefault`, `Unconfined`, `Localhost/<name>`, `Localhost/*`, `*`. The default "
     "takes a forbidden one's place where `onViolation.appArmor` is `harden`.",
     &ReadAppArmorRule, false, nullptr},
    {"seccomp", kProfiles, "not controlled",
     "Likewise; names are below the kubelet's seccomp directory, and no profile is `Unconfined`.",
     &ReadSeccompRule, false, nullptr},
    {"runtimeHandlers", "mapping", "", "", &ReadHandlers, false, &ListTable<kHandlers>},
}};

// What CRI does not show. Refused with the reason, rather than accepted and never enforced.
struct Unenforceable {
  std::string_view name;
  std::string_view reason;
  std::string_view fix;
};
constexpr std::array<Unenforceable, 9> kUnenforceable = {{
    {"fsGroup",
     "cannot be enforced by a node: CRI has one list of groups for fsGroup and supplementalGroups",
     "write supplementalGroups, with the ranges of both"},
    {"defaultAllowPrivilegeEscalation",
     "cannot be enforced by a node: in CRI unset and true look alike",
     "write harden: {noNewPrivileges: true}, or allowPrivilegeEscalation: false"},
    {"runtimeClass", "cannot be enforced by a node: CRI has a RuntimeClass's handler, not its name",
     "write runtimeHandlers: {allowed: [handler]}"},
    {"hostProbes",
     "cannot be enforced by a node: the kubelet calls the hosts of probes and tells no runtime",
     "enforce baseline of v1.34 or later where pods are admitted"},
    {"probeHosts",
     "cannot be enforced by a node: the kubelet calls the hosts of probes and tells no runtime",
     "enforce baseline of v1.34 or later where pods are admitted"},
    {"unmountedVolumes",
     "cannot be enforced by a node: a volume that no container mounts is not in CRI",
     "write volumes, which is about what is mounted"},
    {"allowedUsernames", "cannot be enforced by a node: who made a pod is not in CRI",
     "write rules or exemptions that match namespaces"},
    {"allowedServiceAccounts",
     "cannot be enforced by a node: a pod's service account is not in CRI",
     "write rules or exemptions that match namespaces"},
    {"allowedRuntimeClassNames",
     "cannot be enforced by a node: CRI has a RuntimeClass's handler, not its name",
     "write runtimeHandlers: {allowed: [handler]}"},
}};

// Reports those, and returns the rest.
YamlNode WithoutUnenforceable(const Value& value, Reader& reader) {
  YamlNode rest = *value.node;
  std::erase_if(rest.entries, [&](const YamlEntry& entry) {
    const auto* const row = std::ranges::find(kUnenforceable, entry.key, &Unenforceable::name);
    if (row == kUnenforceable.end()) {
      return false;
    }
    reader.Error(entry.where, ChildKey(value.key, entry.key), std::string(row->reason),
                 std::string(row->fix));
    return true;
  });
  return rest;
}

}  // namespace

ControlsFile ReadControls(const Value& value, Reader& reader) {
  ControlsFile controls;
  controls.where = value.where;
  controls.key = value.key;
  const YamlNode rest = WithoutUnenforceable(value, reader);
  ReadMapping({&rest, value.key, value.where}, reader, kControls, controls);
  return controls;
}

void ListControls(std::string_view prefix, std::vector<KeyDoc>& rows) {
  ListRows(kControls, prefix, rows);
}

}  // namespace sekisho::config
