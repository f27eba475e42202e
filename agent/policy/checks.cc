#include "policy/checks.h"

#include <algorithm>
#include <array>

#include "base/str_cat.h"

namespace sekisho::policy {
namespace {

using enum Level;
using enum CheckKind;
using enum Visibility;
using Group = CheckGroup;

constexpr std::string_view kStandards = "Pod Security Standards";
constexpr std::string_view kCri = "CRI";
constexpr std::string_view kPsp = "PodSecurityPolicy";

// The file of a Localhost profile, found out by looking at the node.
constexpr Check OfProfileFile(std::string_view id, CheckFunction find, std::string_view shown,
                              std::string_view why) {
  return {id,    kIntegrity, std::nullopt, kBaseline, 0,  "",  false, true,
          false, find,       kFull,        shown,     "", why, kCri,  true};
}

constexpr auto kChecks = std::to_array<Check>({
    // --- baseline, by id -------------------------------------------------------------------------
    {"appArmorProfile", kPodSecurity, Group::kAppArmor, kBaseline, 0, "", true, true, false,
     AppArmor, kFull,
     "annotations and the profile of each container; not a pod-level Unconfined that every "
     "container overrides",
     "", "an unconfined container may do what the node's AppArmor profiles are there to stop",
     kStandards},
    {"capabilities_baseline", kPodSecurity, Group::kCapabilities, kBaseline, 0, "", false, true,
     false, CapabilitiesBaseline, kFull, "the lists as they were written", "",
     "nothing beyond the runtime's default set may be added", kStandards},
    {"hostNamespaces", kPodSecurity, Group::kHostNamespaces, kBaseline, 0, "", true, true, false,
     HostNamespaces, kFull, "namespace_options", "",
     "the node's network, pids and IPC are not shared", kStandards},
    {"hostPathVolumes", kPodSecurity, Group::kVolumes, kBaseline, 0, "", false, true, false,
     HostPathVolumes, kEffective,
     "what is mounted, by its path on the node, not by the volume's name; a claim on a hostPath "
     "PersistentVolume and a device plugin's mounts look the same (volumes.trustedHostPaths)",
     "", "a path of the node is a way out of the container", kStandards},
    {"hostPorts", kPodSecurity, Group::kHostPorts, kBaseline, 0, "", true, true, false, HostPorts,
     kFull, "port_mappings, and for init containers the annotation io.kubernetes.container.ports",
     "", "no port of the node", kStandards},
    {"hostProbesAndHostLifecycle", kPodSecurity, Group::kHostProbes, kBaseline, 34, "", false, true,
     false, HostProbesAndHostLifecycle, kInvisible,
     "preStop handlers only, by an annotation; probes and postStart are the kubelet's own business",
     "", "the kubelet would call any host for the pod", kStandards},
    {"privileged", kPodSecurity, Group::kPrivileged, kBaseline, 0, "", true, true, false,
     Privileged, kFull, "the flag of each container; the sandbox's says that one has it", "",
     "privileged turns every other protection off", kStandards},
    {"procMount", kPodSecurity, Group::kProcMount, kBaseline, 0, "", false, true, false, ProcMount,
     kFull, "masked_paths and readonly_paths",
     "1.35: not demanded of a pod in a user namespace of its own",
     "unmasked, /proc shows and changes the node's kernel", kStandards},
    {"seLinuxOptions", kPodSecurity, Group::kSELinux, kBaseline, 0, "", true, true, false, SELinux,
     kFull, "selinux_options of the pod and of each container",
     "1.31: container_engine_t is allowed", "only container types, never a user or role",
     kStandards},
    {"seccompProfile_baseline", kPodSecurity, Group::kSeccomp, kBaseline, 0, "", true, true, false,
     SeccompBaseline, kAmbiguous,
     "Unconfined and unset are the same bytes unless the kubelet runs with seccompDefault "
     "(kubelet.seccompDefault); then both are hardened, and called no violation",
     "1.19: fields instead of annotations",
     "without a filter every system call of the kernel is within reach", kStandards},
    {"sysctls", kPodSecurity, Group::kSysctls, kBaseline, 0, "", true, false, false, Sysctls, kFull,
     "the names; their order is lost", "1.27, 1.29, 1.32, 1.37: more are allowed",
     "only sysctls that are namespaced and isolated between pods", kStandards},
    {"windowsHostProcess", kPodSecurity, Group::kWindowsHostProcess, kBaseline, 0, "", false, false,
     false, WindowsHostProcess, kInvisible,
     "a Linux kubelet does not send it, and it would have no effect", "",
     "a HostProcess container is not contained", kStandards},
    // --- restricted, by id -----------------------------------------------------------------------
    {"allowPrivilegeEscalation", kPodSecurity, Group::kAllowPrivilegeEscalation, kRestricted, 8, "",
     false, true, false, AllowPrivilegeEscalation, kFull,
     "no_new_privs: unset and true are both forbidden, and both send false",
     "1.25: not of pods whose spec.os is windows", "set-user-ID programs gain nothing", kStandards},
    {"capabilities_restricted", kPodSecurity, Group::kCapabilities, kRestricted, 22,
     "capabilities_baseline", false, true, false, CapabilitiesRestricted, kFull,
     "the lists as they were written", "1.25: not of pods whose spec.os is windows",
     "ALL dropped, at most NET_BIND_SERVICE added", kStandards},
    {"procMount_restricted", kPodSecurity, Group::kProcMount, kRestricted, 35, "procMount", false,
     true, false, ProcMountRestricted, kFull, "masked_paths and readonly_paths", "",
     "/proc is masked, also in a user namespace", kStandards},
    {"restrictedVolumes", kPodSecurity, Group::kVolumes, kRestricted, 0, "hostPathVolumes", false,
     true, false, RestrictedVolumes, kAmbiguous,
     "the plugin's directory names the type of what is mounted; for nfs, iscsi, fc and flexVolume "
     "a PersistentVolume looks like an inline volume (volumes.trustedPersistentVolumes), and "
     "inline volumes of migrated plugins look like CSI claims",
     "", "only volumes that hold the pod's own data or go through a claim", kStandards},
    {"runAsNonRoot", kPodSecurity, Group::kRunAsNonRoot, kRestricted, 0, "", false, true, false,
     RunAsNonRoot, kEffective, "the user that results; what was declared is not sent",
     "1.35: not demanded of a pod in a user namespace of its own",
     "root in a container is root where it gets out", kStandards},
    {"runAsUser", kPodSecurity, Group::kRunAsUser, kRestricted, 23, "", true, true, false,
     RunAsUser, kFull, "of the pod; of a container it may also be the image's",
     "1.35: not demanded of a pod in a user namespace of its own", "user 0 is not asked for",
     kStandards},
    {"seccompProfile_restricted", kPodSecurity, Group::kSeccomp, kRestricted, 19,
     "seccompProfile_baseline", false, true, false, SeccompRestricted, kEffective,
     "the profile that results: with seccompDefault an unset one is RuntimeDefault already",
     "1.25: not of pods whose spec.os is windows", "a filter must be set", kStandards},
    // --- controls, by id -------------------------------------------------------------------------
    {"control/allowPrivilegeEscalation", kControl, Group::kAllowPrivilegeEscalation, kPrivileged, 0,
     "", false, true, false, ControlAllowPrivilegeEscalation, kFull,
     "no_new_privs: unset and true both send false", "", "set-user-ID programs gain nothing", kPsp},
    {"control/allowedCSIDrivers", kControl, Group::kVolumes, kPrivileged, 0, "", false, true, false,
     ControlAllowedCSIDrivers, kEffective, "of what is mounted, by the vol_data.json beside it", "",
     "an inline volume reaches its driver without a claim that somebody granted", kPsp},
    {"control/allowedCapabilities", kControl, Group::kAllowedCapabilities, kPrivileged, 0, "",
     false, true, false, ControlAllowedCapabilities, kFull, "the lists as they were written", "",
     "nothing may be added but what is listed", kPsp},
    {"control/allowedFlexVolumes", kControl, Group::kVolumes, kPrivileged, 0, "", false, true,
     false, ControlAllowedFlexVolumes, kEffective,
     "of what is mounted, by its plugin's directory; a PersistentVolume looks like an inline "
     "volume (volumes.trustedPersistentVolumes)",
     "", "a flexVolume's driver runs as root on the node", kPsp},
    {"control/allowedHostPaths", kControl, Group::kVolumes, kPrivileged, 0, "", false, true, false,
     ControlAllowedHostPaths, kEffective,
     "the path that is mounted, with a subPath in it, and not the volume's", "",
     "of the node's paths only those that are listed, and perhaps read-only", kPsp},
    {"control/allowedProcMountTypes", kControl, Group::kProcMount, kPrivileged, 0, "", false, true,
     false, ControlAllowedProcMountTypes, kFull, "masked_paths and readonly_paths", "",
     "unmasked, /proc shows and changes the node's kernel", kPsp},
    {"control/allowedUnsafeSysctls", kControl, Group::kSysctls, kPrivileged, 0, "", true, false,
     false, ControlAllowedUnsafeSysctls, kFull, "the names", "",
     "sysctls that are not isolated between pods, where somebody has weighed them", kPsp},
    {"control/appArmor", kControl, Group::kAppArmor, kPrivileged, 0, "", false, true, false,
     ControlAppArmor, kEffective, "the profile that results; absent is RuntimeDefault", "",
     "only profiles that somebody has read", kPsp},
    {"control/defaultAddCapabilities", kControl, Group::kDefaultAddCapabilities, kPrivileged, 0, "",
     false, true, false, ControlDefaultAddCapabilities, kFull, "the lists as they were written", "",
     "what every container of the node is meant to have", kPsp},
    {"control/forbiddenSysctls", kControl, Group::kSysctls, kPrivileged, 0, "", true, false, false,
     ControlForbiddenSysctls, kFull, "the names", "",
     "sysctls that no pod should have, safe or not", kPsp},
    {"control/hostIPC", kControl, Group::kHostNamespaces, kPrivileged, 0, "", true, true, false,
     ControlHostIpc, kFull, "namespace_options", "",
     "another process's shared memory is within reach", kPsp},
    {"control/hostNetwork", kControl, Group::kHostNamespaces, kPrivileged, 0, "", true, true, false,
     ControlHostNetwork, kFull, "namespace_options", "",
     "the node's addresses and loopback services are within reach", kPsp},
    {"control/hostPID", kControl, Group::kHostNamespaces, kPrivileged, 0, "", true, true, false,
     ControlHostPid, kFull, "namespace_options", "",
     "the node's processes can be seen, signalled and traced", kPsp},
    {"control/hostPorts", kControl, Group::kHostPorts, kPrivileged, 0, "", true, true, false,
     ControlHostPorts, kFull,
     "port_mappings, and for init containers the annotation io.kubernetes.container.ports", "",
     "ports of the node that services of its own may need", kPsp},
    {"control/privileged", kControl, Group::kPrivileged, kPrivileged, 0, "", true, true, false,
     ControlPrivileged, kFull, "the flag of each container; the sandbox's says that one has it", "",
     "privileged turns every other protection off", kPsp},
    {"control/readOnlyRootFilesystem", kControl, Group::kReadOnlyRootFilesystem, kPrivileged, 0, "",
     false, true, false, ControlReadOnlyRootFilesystem, kFull, "readonly_rootfs", "",
     "what gets in cannot settle in the container's files", kPsp},
    {"control/requiredDropCapabilities", kControl, Group::kRequiredDropCapabilities, kPrivileged, 0,
     "", false, true, false, ControlRequiredDropCapabilities, kFull,
     "the lists as they were written", "", "what no container of the node is meant to have", kPsp},
    {"control/runAsGroup", kControl, std::nullopt, kPrivileged, 0, "", false, true, false,
     ControlRunAsGroup, kFull, "run_as_group, which is never the image's", "",
     "files of the node and of volumes belong to groups", kPsp},
    {"control/runAsUser", kControl, Group::kRunAsUser, kPrivileged, 0, "", false, true, false,
     ControlRunAsUser, kEffective, "the user that results, the image's where the pod names none",
     "", "users of containers stay apart from the node's and from each other's", kPsp},
    {"control/runtimeHandlers", kControl, std::nullopt, kPrivileged, 0, "", true, false, false,
     ControlRuntimeHandlers, kFull, "the RuntimeClass's handler, not its name", "",
     "a handler can be less of a sandbox than another", kPsp},
    {"control/seLinux", kControl, Group::kSELinux, kPrivileged, 0, "", true, true, false,
     ControlSELinux, kEffective, "the options that result", "",
     "one label for all, so that none gets at the files of another", kPsp},
    {"control/seccomp", kControl, Group::kSeccomp, kPrivileged, 0, "", false, true, false,
     ControlSeccomp, kAmbiguous,
     "Unconfined and unset are the same bytes unless the kubelet runs with seccompDefault; both "
     "count as Unconfined",
     "", "only profiles that somebody has read", kPsp},
    {"control/supplementalGroups", kControl, std::nullopt, kPrivileged, 0, "", true, true, false,
     ControlSupplementalGroups, kAmbiguous,
     "supplementalGroups, fsGroup and the groups of PersistentVolumes, in one list", "",
     "a further group opens its files", kPsp},
    {"control/supplementalGroupsPolicy", kControl, std::nullopt, kPrivileged, 0, "", false, true,
     false, ControlSupplementalGroupsPolicy, kFull, "supplemental_groups_policy", "",
     "an image's own /etc/group adds groups that nobody asked for", kPsp},
    {"control/volumes", kControl, Group::kVolumes, kPrivileged, 0, "", false, true, false,
     ControlVolumes, kAmbiguous, "the types of what is mounted, as restrictedVolumes tells them",
     "", "only types of volumes that somebody has weighed", kPsp},
    // --- ours ------------------------------------------------------------------------------------
    {"cdi-devices", kIntegrity, std::nullopt, kBaseline, 0, "", false, true, false, CdiDevices,
     kFull, "", "",
     "a CDI device edits the container's whole OCI configuration, mounts and hooks included", kCri},
    {"cgroup-settings", kIntegrity, std::nullopt, kBaseline, 0, "", true, true, true,
     CgroupSettings, kFull, "", "",
     "cgroup keys that no kubelet sets, another pod's cgroup, a process that the kernel may not "
     "kill",
     kCri},
    {"checkpoint-image", kIntegrity, std::nullopt, kBaseline, 0, "", false, true, false,
     CheckpointImage, kFull, "", "",
     "containerd 2.1 to 2.3 restores an image that is a file as a checkpoint, with its own users "
     "and capabilities",
     kCri},
    {"devices", kIntegrity, std::nullopt, kBaseline, 0, "", false, true, false, Devices, kFull, "",
     "", "a device node of the node is a way around every file permission", kCri},
    OfProfileFile("localhost-profile-cannot-start", LocalhostProfileCannotStart,
                  "the file's content: system calls that runc needs before the container's own "
                  "first instruction",
                  "the container would only fail to start, with an error that says nothing of it"),
    OfProfileFile("localhost-profile-docker-format", LocalhostProfileDockerFormat,
                  "the file's content, where `seccomp.localhost.dockerFormat` is deny",
                  "containerd knows nothing of Docker's conditions, and takes what depends on them "
                  "as allowed"),
    OfProfileFile("localhost-profile-floor", LocalhostProfileFloor,
                  "the filter that the file becomes, against `seccomp.localhost.floor`",
                  "a file of its own must not be a way to run with less of a filter"),
    OfProfileFile("localhost-profile-invalid", LocalhostProfileInvalid, "the file's content",
                  "what cannot be read or compiled cannot be judged"),
    OfProfileFile(
        "localhost-profile-missing", LocalhostProfileMissing,
        "whether the file is there; what `seccomp.localhost.missing` names, if anything, takes its "
        "place",
        "the container would only fail to start, again and again"),
    OfProfileFile("localhost-profile-must-deny", LocalhostProfileMustDeny,
                  "the filter that the file becomes, against `seccomp.localhost.mustDeny`",
                  "system calls that no container of the node is meant to make"),
    OfProfileFile("localhost-profile-not-pinned", LocalhostProfileNotPinned,
                  "whether a copy could be kept",
                  "without a copy, what was judged need not be what runs"),
    OfProfileFile("localhost-profile-unconfined", LocalhostProfileUnconfined,
                  "the filter that the file becomes; `seccomp.localhost.unconfinedInDisguise` "
                  "allows it",
                  "a filter that refuses nothing that matters is Unconfined by another name"),
    OfProfileFile("localhost-profile-untrusted", LocalhostProfileUntrusted,
                  "the file's owner, mode and type, and where its path leads",
                  "who can change the file, or lead its path elsewhere, writes the profile"),
    {"mount-settings", kIntegrity, std::nullopt, kBaseline, 0, "", false, true, false,
     MountSettings, kFull, "", "",
     "propagation, relabelling, id mappings and options that reach beyond the container", kCri},
    {"namespace-mismatch", kIntegrity, std::nullopt, kBaseline, 0, "", false, true, false,
     NamespaceMismatch, kFull, "", "",
     "no kubelet asks for namespaces that its sandbox does not have; some runtimes would grant "
     "them",
     kCri},
    {"reserved-labels", kIntegrity, std::nullopt, kBaseline, 0, "", true, true, false,
     ReservedLabels, kFull, "", "", "containerd reads labels of its own prefixes", kCri},
    {"seccomp-localhost-path", kIntegrity, std::nullopt, kBaseline, 0, "", false, true, false,
     SeccompLocalhostPath, kFull, "", "",
     "Kubernetes resolves Localhost profiles below one directory; any other file is a forgery",
     kCri},
    {"steering-annotations", kIntegrity, std::nullopt, kBaseline, 0, "", true, true, true,
     SteeringAnnotations, kFull, "", "",
     "annotations that runtimes, NRI plugins and CRIU take orders from", kCri},
    {"unknown-field", kIntegrity, std::nullopt, kBaseline, 0, "", true, true, true, UnknownFields,
     kFull, "", "", "what this build cannot read it cannot judge", kCri},
    {"unreadable-annotation", kIntegrity, std::nullopt, kBaseline, 0, "", false, true, false,
     UnreadableAnnotation, kFull, "", "",
     "host ports of init containers and preStop hosts are visible there only", kCri},
    {"windows-on-linux", kIntegrity, std::nullopt, kBaseline, 0, "", true, true, true, Windows,
     kFull, "", "", "a Linux kubelet never fills it in", kCri},
});

bool IsOverridden(const Check& check, Level level, int minor) {
  // An override exists at restricted only, and every override is of that level.
  return level == kRestricted && std::ranges::any_of(kChecks, [&](const Check& other) {
           return other.overrides == check.id && other.since <= minor;
         });
}

bool IsActive(const Check& check, Level level, int minor, bool controls) {
  if (check.kind == kControl) {
    return controls;
  }
  return level != kPrivileged && check.level <= level && check.since <= minor &&
         !IsOverridden(check, level, minor);
}

// Every selection there can be, made once: an evaluation walks a list and asks nothing.
class ActiveTable {
 public:
  ActiveTable() {
    for (const Level level : {kPrivileged, kBaseline, kRestricted}) {
      for (int minor = 0; minor <= kLatestMinor; ++minor) {
        for (const bool controls : {false, true}) {
          std::vector<const Check*>& list = At(level, minor, controls);
          for (const Check& check : kChecks) {
            if (IsActive(check, level, minor, controls)) {
              list.push_back(&check);
            }
          }
        }
      }
    }
  }

  std::span<const Check* const> Get(Level level, int minor, bool controls) const {
    return const_cast<ActiveTable*>(this)->At(level, minor, controls);
  }

 private:
  std::vector<const Check*>& At(Level level, int minor, bool controls) {
    return lists_[static_cast<size_t>(level)][static_cast<size_t>(minor)][controls ? 1 : 0];
  }

  std::array<std::array<std::array<std::vector<const Check*>, 2>, kLatestMinor + 1>, 3> lists_;
};

}  // namespace

std::string_view VisibilityName(Visibility visibility) {
  switch (visibility) {
    case kFull:
      return "full";
    case kEffective:
      return "effective";
    case kAmbiguous:
      return "ambiguous";
    case kInvisible:
      return "invisible";
  }
  return "unknown";
}

std::span<const Check> Checks() {
  return kChecks;
}

std::span<const Check* const> ActiveChecks(Level level, int minor, bool controls) {
  static const ActiveTable kActive;
  return kActive.Get(level, minor, controls);
}

std::string ChecksAsMarkdown() {
  struct Section {
    std::string_view title;
    CheckKind kind;
    Level level;
  };
  constexpr auto kSections = std::to_array<Section>({
      {"Baseline", kPodSecurity, kBaseline},
      {"Restricted", kPodSecurity, kRestricted},
      {"Controls of PodSecurityPolicy", kControl, kBaseline},
      {"The node's own", kIntegrity, kBaseline},
  });
  std::string text;
  for (const Section& section : kSections) {
    text +=
        base::StrCat("\n## ", section.title,
                     "\n\n| check | `onViolation` | since | CRI shows | what, and what becomes of "
                     "the rest | why |\n| --- | --- | --- | --- | --- | --- |\n");
    for (const Check& check : kChecks) {
      if (check.kind != section.kind ||
          (section.kind == kPodSecurity && check.level != section.level)) {
        continue;
      }
      const std::string since =
          check.kind == kPodSecurity ? base::StrCat("v1.", check.since, " ") : std::string();
      const std::string_view group = check.group.has_value() ? CheckGroupName(*check.group)
                                     : check.find == &LocalhostProfileMissing ? "denied or replaced"
                                                                              : "always denied";
      text += base::StrCat("| `", check.id, "` | ", group, " | ", since, "| ",
                           VisibilityName(check.visibility), " | ",
                           check.shown.empty() ? "the request itself" : check.shown,
                           check.changes.empty() ? "" : base::StrCat(". Since ", check.changes),
                           " | ", check.why, " |\n");
    }
  }
  return text + "\n";
}

}  // namespace sekisho::policy
