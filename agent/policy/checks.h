// The checks, as a table.
//
// Each check is Kubernetes' own (k8s.io/pod-security-admission, package policy) as far as CRI shows
// what it looks at, a control of the old PodSecurityPolicy, or one of ours where CRI can say what a
// pod cannot. A check is a pure function over facts that says what is wrong, in upstream's words;
// what becomes of it is decided elsewhere.
//
// The same functions serve the daemon, which sees a sandbox or one container at a time, and the
// offline check of a manifest, which sees a whole pod and what it declares.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/declared.h"
#include "policy/facts.h"
#include "policy/spec.h"

namespace sekisho::policy {

// What is judged at once.
enum class Scope {
  kSandbox,    // RunPodSandbox: no container yet
  kContainer,  // CreateContainer: one container; what is pod-wide was judged with the sandbox
  kPod,        // a manifest: everything
};

struct Subject {
  const SandboxFacts& sandbox;
  std::span<const ContainerFacts> containers = {};  // none, one, or all
  const DeclaredPod* declared = nullptr;            // kPod only; has as many containers
  Scope scope = Scope::kSandbox;

  bool IncludesPod() const { return scope != Scope::kContainer; }
};

// All that a check is given.
struct Question {
  const Spec& spec;
  Level level = Level::kPrivileged;  // that is evaluated: enforce, audit or warn
  int minor = kLatestMinor;          // likewise, clamped
  const Subject& subject;
};

struct Finding {
  std::string reason;
  std::string detail;  // may be empty
};

using CheckFunction = std::optional<Finding> (*)(const Question&);

// Whose rule a check is. It decides where in the report it stands.
enum class CheckKind {
  kPodSecurity,  // of the Pod Security Standards
  kControl,      // of PodSecurityPolicy; looked at when the policy gives it, at every level
  kIntegrity,    // ours: requests that no kubelet sends, back doors around the other checks
};

// How much of what a check is about CRI shows.
enum class Visibility {
  kFull,       // the declared value can be reconstructed exactly
  kEffective,  // only the result of merging and defaulting is there
  kAmbiguous,  // something allowed and something forbidden arrive as the same bytes
  kInvisible,  // nothing in CRI depends on it
};
std::string_view VisibilityName(Visibility visibility);

struct Check {
  std::string_view id;
  CheckKind kind;
  // Nothing for a check of ours, which can only refuse.
  std::optional<CheckGroup> group;
  Level level;                 // the lowest level that it belongs to
  int since;                   // the first minor version of v1.N that has it
  std::string_view overrides;  // at restricted, the baseline check whose place this one takes
  bool at_sandbox;             // whether RunPodSandbox can show a violation
  bool at_container;           // whether CreateContainer can
  bool at_update;              // whether a change of a container's resources can
  CheckFunction find;
  Visibility visibility;
  std::string_view shown;    // what of it CRI shows, and what is made of the rest
  std::string_view changes;  // what later versions changed
  std::string_view why;      // what the rule is for
  std::string_view source;   // where it is from
  // About the file of the profile that the container would run with after its repair, not about the
  // one that the request names.
  bool of_profile_file = false;
};

// In the order in which violations are reported: Kubernetes' (baseline by id, then restricted by
// id), then controls, then ours.
std::span<const Check> Checks();

// Those of Checks() that are looked at when `level` of v1.`minor` is evaluated, in the same order.
// Never any at privileged, but for controls, which are looked at when `controls` says so. Valid for
// the whole program.
std::span<const Check* const> ActiveChecks(Level level, int minor, bool controls);

// The table for docs/checks.md.
std::string ChecksAsMarkdown();

// --- the checks' functions, by file
// ----------------------------------------------------------------

// check_sandbox.cc: what is pod-wide.
std::optional<Finding> HostNamespaces(const Question& question);
std::optional<Finding> HostPorts(const Question& question);
std::optional<Finding> Sysctls(const Question& question);
bool IsSafeSysctl(std::string_view name, int minor);
// Which of the node's namespaces the pod, or the one container that is judged, gets.
struct SharedNamespaces {
  bool network = false;
  bool pid = false;
  bool ipc = false;
};
SharedNamespaces SharedBy(const Subject& subject);

// check_capabilities.cc
std::optional<Finding> CapabilitiesBaseline(const Question& question);
std::optional<Finding> CapabilitiesRestricted(const Question& question);

// check_apparmor.cc, check_selinux.cc, check_seccomp.cc: the profiles a container runs under.
std::optional<Finding> AppArmor(const Question& question);
std::optional<Finding> SELinux(const Question& question);
std::optional<Finding> SeccompBaseline(const Question& question);
std::optional<Finding> SeccompRestricted(const Question& question);
// A profile file outside the kubelet's seccomp directory, which Kubernetes can never name.
std::optional<Finding> SeccompLocalhostPath(const Question& question);
bool IsAllowedSELinuxType(std::string_view type, int minor);

// check_localhost_profile.cc: the file of a Localhost profile, where somebody looked at it. Each is
// a reason to refuse; only one that is missing can be replaced (Spec::missing_profile).
std::optional<Finding> LocalhostProfileMissing(const Question& question);
std::optional<Finding> LocalhostProfileUntrusted(const Question& question);
std::optional<Finding> LocalhostProfileInvalid(const Question& question);
std::optional<Finding> LocalhostProfileNotPinned(const Question& question);
std::optional<Finding> LocalhostProfileDockerFormat(const Question& question);
std::optional<Finding> LocalhostProfileUnconfined(const Question& question);
std::optional<Finding> LocalhostProfileFloor(const Question& question);
std::optional<Finding> LocalhostProfileMustDeny(const Question& question);
std::optional<Finding> LocalhostProfileCannotStart(const Question& question);

// check_container.cc: what a container asks for.
std::optional<Finding> Privileged(const Question& question);
std::optional<Finding> AllowPrivilegeEscalation(const Question& question);
std::optional<Finding> ProcMount(const Question& question);
std::optional<Finding> ProcMountRestricted(const Question& question);
std::optional<Finding> RunAsNonRoot(const Question& question);
std::optional<Finding> RunAsUser(const Question& question);
std::optional<Finding> HostProbesAndHostLifecycle(const Question& question);
std::optional<Finding> WindowsHostProcess(const Question& question);

// check_volumes.cc: what a container mounts.
std::optional<Finding> HostPathVolumes(const Question& question);
std::optional<Finding> RestrictedVolumes(const Question& question);

// check_controls.cc: controls of PodSecurityPolicy. One that is not given finds nothing.
std::optional<Finding> ControlPrivileged(const Question& question);
std::optional<Finding> ControlHostNetwork(const Question& question);
std::optional<Finding> ControlHostPid(const Question& question);
std::optional<Finding> ControlHostIpc(const Question& question);
std::optional<Finding> ControlHostPorts(const Question& question);
std::optional<Finding> ControlAllowPrivilegeEscalation(const Question& question);
std::optional<Finding> ControlReadOnlyRootFilesystem(const Question& question);
std::optional<Finding> ControlAllowedProcMountTypes(const Question& question);
std::optional<Finding> ControlRuntimeHandlers(const Question& question);
std::optional<Finding> ControlForbiddenSysctls(const Question& question);
std::optional<Finding> ControlAllowedUnsafeSysctls(const Question& question);
// Whether either of the two is against a sysctl.
bool IsSysctlAgainstControls(const Controls& controls, std::string_view name, int minor);

// check_controls_ids.cc: who a container runs as.
std::optional<Finding> ControlRunAsUser(const Question& question);
std::optional<Finding> ControlRunAsGroup(const Question& question);
std::optional<Finding> ControlSupplementalGroups(const Question& question);
std::optional<Finding> ControlSupplementalGroupsPolicy(const Question& question);

// check_controls_profiles.cc: capabilities and profiles.
std::optional<Finding> ControlAllowedCapabilities(const Question& question);
std::optional<Finding> ControlDefaultAddCapabilities(const Question& question);
std::optional<Finding> ControlRequiredDropCapabilities(const Question& question);
std::optional<Finding> ControlSELinux(const Question& question);
std::optional<Finding> ControlAppArmor(const Question& question);
std::optional<Finding> ControlSeccomp(const Question& question);

// check_controls_volumes.cc
std::optional<Finding> ControlVolumes(const Question& question);
std::optional<Finding> ControlAllowedHostPaths(const Question& question);
std::optional<Finding> ControlAllowedFlexVolumes(const Question& question);
std::optional<Finding> ControlAllowedCSIDrivers(const Question& question);

// check_integrity.cc: ours, about the request as such.
std::optional<Finding> UnknownFields(const Question& question);
std::optional<Finding> Windows(const Question& question);
std::optional<Finding> NamespaceMismatch(const Question& question);
std::optional<Finding> UnreadableAnnotation(const Question& question);

// check_back_doors.cc: ours, ways around the other checks.
std::optional<Finding> SteeringAnnotations(const Question& question);
std::optional<Finding> ReservedLabels(const Question& question);
std::optional<Finding> Devices(const Question& question);
std::optional<Finding> CdiDevices(const Question& question);
std::optional<Finding> MountSettings(const Question& question);
std::optional<Finding> CgroupSettings(const Question& question);
std::optional<Finding> CheckpointImage(const Question& question);

// --- what several of them share
// --------------------------------------------------------------------

// `container "a"` or `containers "a", "b"`, in the given order.
std::string ContainersText(const std::vector<std::string>& names);
// `"a", "b"`
std::string JoinQuoted(const std::vector<std::string>& names);
// The names of the containers for which `is_wrong` holds.
template <typename IsWrong>
std::vector<std::string> NamesWhere(const Subject& subject, IsWrong is_wrong) {
  std::vector<std::string> names;
  for (const ContainerFacts& container : subject.containers) {
    if (is_wrong(container)) {
      names.push_back(container.name);
    }
  }
  return names;
}
// Whether the pod's, or the container's, processes run in a user namespace of the pod's own: the
// message is there, its mode is POD (which is the zero value, so alone it proves nothing), it maps
// ids, every host id is above the node's own users, and container and sandbox say the same.
bool InUserNamespace(const SandboxFacts& sandbox);
bool InUserNamespace(const SandboxFacts& sandbox, const ContainerFacts& container);
// Whether spec.os says windows and the version exempts such pods from Linux' settings.
bool IsExemptWindowsPod(const Question& question);
// The profile a runtime could end up with, the weaker where the current and the deprecated field
// disagree. Never kAbsent: nothing set means unconfined.
SecurityProfile EffectiveSeccomp(const ContainerFacts& container);
// Likewise; kAbsent means the runtime's default profile, which AppArmor has.
SecurityProfile EffectiveAppArmor(const ContainerFacts& container);
// What a container must not see of /proc and /sys. The lists of a current kubelet.
std::span<const std::string_view> DefaultMaskedPaths();
std::span<const std::string_view> DefaultReadonlyPaths();
// Whether the two lists hold at least what every kubelet of the last years sends for "Default".
bool IsProcMasked(const ContainerFacts& container);
// Whether the policy vouches for this mount's host path (Trust::host_paths).
bool IsTrusted(const Trust& trust, const MountFacts& mount);
// A mounted path as a person looks for it: with what is really there, where that differs.
std::string PathText(const MountFacts& mount);

}  // namespace sekisho::policy
