#include "report/meanings.h"

#include <algorithm>
#include <array>

namespace sekisho::report {
namespace {

struct Meaning {
  std::string_view check;
  std::string_view text;
};

constexpr std::string_view kEscalation =
    "A set-user-ID program in the container could gain privileges that it was not started with.";
constexpr std::string_view kProcMount =
    "The container’s /proc is unmasked: it shows, and lets be changed, what is the node’s.";
constexpr std::string_view kPrivileged =
    "The container is privileged: every device, every capability, and no filter; as good as root "
    "on the node.";
constexpr std::string_view kHostPorts =
    "The container takes a port of the node, past Services and network policies.";

// Sorted.
constexpr auto kMeanings = std::to_array<Meaning>({
    {"allowPrivilegeEscalation", kEscalation},
    {"appArmorProfile", "The container runs without the node’s AppArmor profile."},
    {"capabilities_baseline",
     "The container adds capabilities beyond those that a runtime gives by default."},
    {"capabilities_restricted",
     "The container keeps the runtime’s default capabilities, or adds more than NET_BIND_SERVICE."},
    {"cdi-devices",
     "The container asks for a CDI device, which can change its whole configuration."},
    {"cgroup-settings",
     "The container has cgroup settings that no kubelet makes, or another pod’s cgroup."},
    {"checkpoint-image",
     "The image is a file of the node, which some runtimes restore as a checkpoint, with users and "
     "capabilities of its own."},
    {"control/allowPrivilegeEscalation", kEscalation},
    {"control/allowedCSIDrivers",
     "The pod has an inline volume of a CSI driver that the policy does not list."},
    {"control/allowedCapabilities",
     "The container adds a capability that the policy does not list."},
    {"control/allowedFlexVolumes",
     "The pod has a flexVolume of a driver that the policy does not list."},
    {"control/allowedHostPaths",
     "The container mounts a path of the node that the policy does not list, or could write to "
     "one that may only be read."},
    {"control/allowedProcMountTypes", kProcMount},
    {"control/allowedUnsafeSysctls",
     "The pod sets a sysctl that is not isolated between pods, and that the policy does not list."},
    {"control/appArmor", "The container’s AppArmor profile is none that the policy lists."},
    {"control/defaultAddCapabilities",
     "The container neither has nor drops a capability that the policy gives to all."},
    {"control/forbiddenSysctls", "The pod sets a sysctl that the policy forbids by name."},
    {"control/hostIPC", "The pod shares the node’s IPC: other processes’ memory is in reach."},
    {"control/hostNetwork",
     "The pod shares the node’s network: its addresses and its local services are in reach."},
    {"control/hostPID",
     "The pod shares the node’s process ids: every process can be seen and signalled."},
    {"control/hostPorts", kHostPorts},
    {"control/privileged", kPrivileged},
    {"control/readOnlyRootFilesystem",
     "The container’s root file system can be written to: what gets in can settle there."},
    {"control/requiredDropCapabilities",
     "The container keeps a capability that the policy wants every container to drop."},
    {"control/runAsGroup", "The container runs with a group outside of the policy’s ranges."},
    {"control/runAsUser",
     "The container runs as a user that the policy does not allow: root, or outside its ranges."},
    {"control/runtimeHandlers",
     "The pod’s RuntimeClass has a handler that the policy does not list."},
    {"control/seLinux", "The SELinux label is another one than the policy gives to all."},
    {"control/seccomp", "The container’s seccomp profile is none that the policy lists."},
    {"control/supplementalGroups",
     "A supplemental group, or the fsGroup, is outside of the policy’s ranges."},
    {"control/supplementalGroupsPolicy",
     "The image’s own /etc/group can add groups that nobody asked for."},
    {"control/volumes", "The pod has a volume of a type that the policy does not list."},
    {"devices", "The container gets a device of the node that the policy does not vouch for."},
    {"hostNamespaces", "The pod shares the node’s network, process ids or IPC."},
    {"hostPathVolumes", "The pod mounts a path of the node, which is a way out of the container."},
    {"hostPorts", kHostPorts},
    {"hostProbesAndHostLifecycle",
     "A probe or lifecycle hook makes the kubelet call a host of the pod’s choice."},
    {"localhost-profile-cannot-start",
     "The seccomp profile refuses calls without which no container starts."},
    {"localhost-profile-docker-format",
     "The seccomp profile is in Docker’s format, whose conditions the runtime ignores."},
    {"localhost-profile-floor",
     "The seccomp profile permits calls that the policy’s floor does not."},
    {"localhost-profile-invalid", "The seccomp profile cannot be read, and so not be judged."},
    {"localhost-profile-missing", "The seccomp profile that the pod names is not on the node."},
    {"localhost-profile-must-deny",
     "The seccomp profile permits calls that the policy wants no container to make."},
    {"localhost-profile-not-pinned",
     "No copy of the seccomp profile could be kept: what was judged need not be what runs."},
    {"localhost-profile-unconfined",
     "The seccomp profile refuses nothing that matters: Unconfined by another name."},
    {"localhost-profile-untrusted",
     "Somebody else than root can change the seccomp profile’s file, or lead its path elsewhere."},
    {"mount-settings",
     "A mount has settings that reach beyond the container: propagation, relabelling, id "
     "mappings."},
    {"namespace-mismatch",
     "The request says what no kubelet sends of any manifest: namespaces that its own pod does not "
     "have."},
    {"privileged", kPrivileged},
    {"procMount", kProcMount},
    {"procMount_restricted", kProcMount},
    {"reserved-labels", "A label is one that the runtime keeps for itself, and reads."},
    {"restrictedVolumes",
     "The pod has a volume that neither holds its own data nor goes through a claim."},
    {"runAsNonRoot", "The container may run as root, which is root wherever it gets out."},
    {"runAsUser", "The container runs as user 0: root, wherever it gets out."},
    {"seLinuxOptions", "The SELinux type, user or role is none that is meant for containers."},
    {"seccomp-localhost-path",
     "The seccomp profile is a file outside of the directory that Kubernetes names files in."},
    {"seccompProfile_baseline",
     "The container asks to run unconfined: every system call of the kernel is in reach."},
    {"seccompProfile_restricted",
     "The container asks for no seccomp profile: every system call of the kernel is in reach."},
    {"steering-annotations",
     "An annotation is one that a runtime, an NRI plugin or CRIU takes orders from."},
    {"sysctls", "The pod sets a sysctl that is not isolated between the pods of a node."},
    {"unknown-field",
     "The request has a security setting that this release of the agent cannot read."},
    {"unreadable-annotation",
     "An annotation in which the kubelet tells of ports or hooks cannot be read."},
    {"windows-on-linux",
     "The request says what no kubelet sends of any manifest: Windows settings on a Linux node."},
    {"windowsHostProcess",
     "The pod asks for a Windows HostProcess container, which is not contained."},
});
static_assert(std::is_sorted(kMeanings.begin(), kMeanings.end(),
                             [](const Meaning& a, const Meaning& b) { return a.check < b.check; }));

}  // namespace

std::string_view MeaningOf(std::string_view check) {
  const auto* const it = std::lower_bound(
      kMeanings.begin(), kMeanings.end(), check,
      [](const Meaning& meaning, std::string_view id) { return meaning.check < id; });
  return it != kMeanings.end() && it->check == check ? it->text : "";
}

}  // namespace sekisho::report
