// The policy that applies to one pod or container: what the operator wants, already checked.
//
// A `Policy` (policy/policy.h) is a whole node's policy; `Policy::For…` picks one of these from it.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sekisho::policy {

// Kubernetes' Pod Security levels, in order of strictness.
enum class Level { kPrivileged, kBaseline, kRestricted };
std::string_view LevelName(Level level);

// A Pod Security version: "latest", or the minor number of v1.N. The checks of this build are those
// of `latest`; Evaluate takes the version along so that messages name it.
struct Version {
  std::optional<int> minor;  // absent: latest

  friend bool operator==(const Version&, const Version&) = default;
};

struct LevelVersion {
  Level level = Level::kPrivileged;
  Version version;

  // "restricted:latest", "baseline:v1.34": what Kubernetes prints in a refusal.
  std::string ToString() const;
  friend bool operator==(const LevelVersion&, const LevelVersion&) = default;
};

// The groups of checks that `onViolation` names. Several Pod Security checks can share a group
// (capabilities_baseline and capabilities_restricted are both `capabilities`).
enum class CheckGroup {
  kAllowPrivilegeEscalation,
  kAppArmor,
  kCapabilities,
  kHostNamespaces,
  kHostPorts,
  kPrivileged,
  kProcMount,
  kRunAsNonRoot,
  kRunAsUser,
  kSeccomp,
  kSELinux,
  kSysctls,
};
inline constexpr size_t kCheckGroupCount = 12;

// The name used in policy files: "capabilities", "seccomp", …
std::string_view CheckGroupName(CheckGroup group);
// Whether a violation of this group can be repaired by editing the request. Repairing a namespace
// or a user would break the pod, so those can only be refused.
bool IsRepairable(CheckGroup group);

enum class OnViolation { kDeny, kHarden };

// A seccomp profile the node attaches.
struct SeccompTarget {
  // Absent: RuntimeDefault. Otherwise the absolute path of a file below the kubelet's seccomp root.
  std::optional<std::string> localhost_path;

  friend bool operator==(const SeccompTarget&, const SeccompTarget&) = default;
};

// What is done to a container whatever it asked for, unless its level is privileged.
struct Hardening {
  // What an absent or Unconfined profile becomes. `deny_unconfined` refuses it instead.
  SeccompTarget seccomp_unconfined;
  bool deny_unconfined = false;
  // Attached in every case, also over RuntimeDefault or the pod's own Localhost profile.
  std::optional<SeccompTarget> seccomp_always;
  // Prefix-free upper-case names ("NET_RAW"), added to `drop` and removed from `add`.
  std::vector<std::string> drop_capabilities;
  bool no_new_privileges = false;
  bool masked_paths = false;

  friend bool operator==(const Hardening&, const Hardening&) = default;
};

// Facts about this node that checks need.
struct NodeFacts {
  // Kubernetes resolves every Localhost seccomp profile to a file below this directory.
  std::string seccomp_root = "/var/lib/kubelet/seccomp";
};

// Everything Evaluate needs besides the facts.
struct Spec {
  LevelVersion enforce{Level::kBaseline, {}};
  LevelVersion audit;
  LevelVersion warn;
  Hardening harden;
  std::array<OnViolation, kCheckGroupCount>
      on_violation{};  // by CheckGroup; see DefaultOnViolation
  NodeFacts node;
  // Set when an exemption applies: `enforce` is then privileged, and the reason goes to the audit
  // log.
  std::optional<std::string> exemption_reason;
  // At RunPodSandbox only: a container-scoped rule or exemption of this pod's namespace allows
  // privileged containers, so the sandbox's pod-wide flag alone proves nothing yet.
  bool privileged_decided_per_container = false;
  // "rules[2]" or "defaults" or "exemptions[0]": where this came from, for the audit log.
  std::string origin = "defaults";

  OnViolation For(CheckGroup group) const { return on_violation[static_cast<size_t>(group)]; }
};

// Deny everywhere but for seccomp: CRI cannot tell "unset" (which baseline allows) from an explicit
// Unconfined (which it forbids), so both are hardened unless the operator says otherwise.
std::array<OnViolation, kCheckGroupCount> DefaultOnViolation();

}  // namespace sekisho::policy
