#include "policy/checks.h"

#include <algorithm>
#include <array>

#include "base/str_cat.h"
#include "base/str_join.h"

namespace sekisho::policy {
namespace {

using enum Level;
using Group = CheckGroup;

constexpr auto kChecks = std::to_array<Check>({
    // --- baseline, by id -------------------------------------------------------------------------
    {"appArmorProfile", Group::kAppArmor, kBaseline, "", SandboxAppArmor, ContainerAppArmor,
     "PSS baseline: no unconfined AppArmor profile"},
    {"capabilities_baseline", Group::kCapabilities, kBaseline, "", nullptr, CapabilitiesBaseline,
     "PSS baseline: nothing beyond the runtime's default set may be added"},
    {"hostNamespaces", Group::kHostNamespaces, kBaseline, "", SandboxHostNamespaces,
     ContainerHostNamespaces, "PSS baseline: the node's network, pids and IPC are not shared"},
    {"hostPorts", Group::kHostPorts, kBaseline, "", SandboxHostPorts, ContainerHostPorts,
     "PSS baseline: no port of the node"},
    {"privileged", Group::kPrivileged, kBaseline, "", SandboxPrivileged, ContainerPrivileged,
     "PSS baseline: privileged turns every other protection off"},
    {"procMount", Group::kProcMount, kBaseline, "", nullptr, ProcMountBaseline,
     "PSS baseline: /proc is masked; since 1.35 not demanded in a user namespace"},
    {"seLinuxOptions", Group::kSELinux, kBaseline, "", SandboxSELinux, ContainerSELinux,
     "PSS baseline: only container types, never a user or role"},
    {"seccompProfile_baseline", Group::kSeccomp, kBaseline, "", nullptr, SeccompBaseline,
     "PSS baseline: not Unconfined. CRI cannot tell unset from Unconfined: both are reported"},
    {"sysctls", Group::kSysctls, kBaseline, "", SandboxSysctls, nullptr,
     "PSS baseline: only the namespaced sysctls of the safe list"},
    // --- restricted, by id -----------------------------------------------------------------------
    {"allowPrivilegeEscalation", Group::kAllowPrivilegeEscalation, kRestricted, "", nullptr,
     AllowPrivilegeEscalation, "PSS restricted: set-user-ID programs gain nothing"},
    {"capabilities_restricted", Group::kCapabilities, kRestricted, "capabilities_baseline", nullptr,
     CapabilitiesRestricted, "PSS restricted: ALL dropped, at most NET_BIND_SERVICE added"},
    {"procMount_restricted", Group::kProcMount, kRestricted, "procMount", nullptr,
     ProcMountRestricted, "PSS restricted since 1.35: /proc is masked, also in a user namespace"},
    {"runAsNonRoot", Group::kRunAsNonRoot, kRestricted, "", nullptr, RunAsNonRoot,
     "PSS restricted: not root, as far as the request shows the user"},
    {"runAsUser", Group::kRunAsUser, kRestricted, "", SandboxRunAsUser, ContainerRunAsUser,
     "PSS restricted: user 0 is not asked for"},
    {"seccompProfile_restricted", Group::kSeccomp, kRestricted, "seccompProfile_baseline", nullptr,
     SeccompRestricted, "PSS restricted: RuntimeDefault or Localhost must be set"},
    // --- ours ------------------------------------------------------------------------------------
    {"namespace-mismatch", std::nullopt, kBaseline, "", nullptr, NamespaceMismatch,
     "no kubelet asks for namespaces that its sandbox does not have; some runtimes would grant "
     "them"},
    {"seccomp-localhost-path", std::nullopt, kBaseline, "", nullptr, SeccompLocalhostPath,
     "Kubernetes resolves Localhost profiles below one directory; any other file is a forgery"},
    {"unknown-field", std::nullopt, kBaseline, "", SandboxUnknownField, ContainerUnknownField,
     "what this build cannot read it cannot judge"},
    {"unreadable-annotation", std::nullopt, kBaseline, "", nullptr, UnreadableAnnotation,
     "host ports of init containers are visible there only"},
    {"windows-on-linux", std::nullopt, kBaseline, "", SandboxWindows, ContainerWindows,
     "a Linux kubelet never fills it in"},
});

constexpr auto kMaskedPaths = std::to_array<std::string_view>(
    {"/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys",
     "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug",
     "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap"});
constexpr auto kReadonlyPaths = std::to_array<std::string_view>(
    {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"});
// Older kubelets send a shorter masked list; these are in all of them.
constexpr auto kMaskedCore = std::to_array<std::string_view>(
    {"/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/sched_debug", "/sys/firmware"});

// A kubelet hands out host ids from 65536 on; what is below belongs to the node.
constexpr uint32_t kFirstUserNamespaceHostId = 65536;

bool MapsAboveTheNode(const std::vector<IdMapping>& mappings) {
  return !mappings.empty() && std::ranges::all_of(mappings, [](const IdMapping& mapping) {
    return mapping.host_id >= kFirstUserNamespaceHostId && mapping.length > 0;
  });
}

bool HasAll(const std::vector<std::string>& paths, std::span<const std::string_view> wanted) {
  return std::ranges::all_of(wanted, [&paths](std::string_view path) {
    return std::ranges::find(paths, path) != paths.end();
  });
}

}  // namespace

std::span<const Check> Checks() {
  return kChecks;
}

bool IsActive(const Check& check, Level level) {
  if (level == kPrivileged || check.level > level) {
    return false;
  }
  // An override exists at restricted only, and every override is of that level.
  return level != kRestricted || std::ranges::none_of(kChecks, [&check](const Check& other) {
           return other.overrides == check.id;
         });
}

std::string Quoted(const ContainerFacts& container) {
  return base::StrCat("container \"", container.name, "\"");
}

std::string JoinQuoted(const std::vector<std::string>& names) {
  return base::StrJoin(names, ", ",
                       [](const std::string& name) { return base::StrCat("\"", name, "\""); });
}

bool InUserNamespace(const SandboxFacts& sandbox, const ContainerFacts& container) {
  const std::optional<UserNamespace>& userns = container.namespaces.userns;
  return userns.has_value() && userns->mode == NamespaceMode::kPod &&
         userns == sandbox.namespaces.userns && MapsAboveTheNode(userns->uids) &&
         MapsAboveTheNode(userns->gids);
}

std::span<const std::string_view> DefaultMaskedPaths() {
  return kMaskedPaths;
}

std::span<const std::string_view> DefaultReadonlyPaths() {
  return kReadonlyPaths;
}

bool IsProcMasked(const ContainerFacts& container) {
  return HasAll(container.masked_paths, kMaskedCore) &&
         HasAll(container.readonly_paths, kReadonlyPaths);
}

}  // namespace sekisho::policy
