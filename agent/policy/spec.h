// The policy that applies to one pod or container: what the operator wants, already checked.
//
// A `Policy` (policy/policy.h) is a whole node's policy; `Policy::For…` picks one of these from it.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/controls.h"
#include "seccomp/demands.h"

namespace sekisho::policy {

// The newest Pod Security version whose checks this build knows: v1.37.
inline constexpr int kLatestMinor = 37;

// Kubernetes' Pod Security levels, in order of strictness.
enum class Level { kPrivileged, kBaseline, kRestricted };
std::string_view LevelName(Level level);
std::optional<Level> ParseLevel(std::string_view name);

// A Pod Security version: "latest", or the minor number of v1.N.
struct Version {
  std::optional<int> minor;  // absent: latest

  // The version whose checks are looked at: the newest that this build has for `latest` and for
  // every later one, as Pod Security Admission does. Messages name what was asked for.
  int Clamped() const;

  friend bool operator==(const Version&, const Version&) = default;
};

// "latest" or "v1.N" without a leading zero, as in the label pod-security.kubernetes.io/*-version.
std::optional<Version> ParseVersion(std::string_view text);

struct LevelVersion {
  Level level = Level::kPrivileged;
  Version version;

  // "restricted:latest", "baseline:v1.34": what Kubernetes prints in a refusal.
  std::string ToString() const;
  friend bool operator==(const LevelVersion&, const LevelVersion&) = default;
};

// The groups of checks that `onViolation` names. Several checks can share a group
// (capabilities_baseline and capabilities_restricted are both `capabilities`).
enum class CheckGroup {
  kAllowPrivilegeEscalation,
  kAllowedCapabilities,  // control
  kAppArmor,
  kCapabilities,
  kDefaultAddCapabilities,  // control
  kHostNamespaces,
  kHostPorts,
  kHostProbes,
  kPrivileged,
  kProcMount,
  kReadOnlyRootFilesystem,    // control
  kRequiredDropCapabilities,  // control
  kRunAsNonRoot,
  kRunAsUser,
  kSeccomp,
  kSELinux,
  kSysctls,
  kVolumes,
  kWindowsHostProcess,
};
inline constexpr size_t kCheckGroupCount = 19;

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

// Facts about this node that checks need. From config.yaml, not from the policy.
struct NodeFacts {
  // Kubernetes resolves every Localhost seccomp profile to a file below this directory.
  std::string seccomp_root = "/var/lib/kubelet/seccomp";
  // Whether the kubelet runs with seccompDefault. Then it sends Unconfined only for a pod that
  // asked for it; otherwise Unconfined can also mean that nothing was asked for, which baseline
  // allows.
  bool kubelet_seccomp_default = false;

  friend bool operator==(const NodeFacts&, const NodeFacts&) = default;
};

// A directory of the node: itself and what lies below, by whole components.
struct HostPathRule {
  std::string prefix;      // absolute and clean
  bool read_only = false;  // only where the mount is read-only

  friend bool operator==(const HostPathRule&, const HostPathRule&) = default;
};

// What CRI cannot tell from a forbidden thing, and the operator vouches for. Everything in here
// loosens a check.
struct Trust {
  // Paths of the node that come from device plugins, from hostPath PersistentVolumes or from local
  // provisioners: not taken for hostPath volumes.
  std::vector<HostPathRule> host_paths = {};
  // Names (globs) of PersistentVolumes of nfs, iscsi, fc and flexVolume; on the wire they look like
  // inline volumes of these types, which restricted forbids.
  std::vector<std::string> persistent_volumes = {};
  // Device nodes (globs over host_path) that containers may be given.
  std::vector<std::string> devices = {};
  // CDI kinds, "vendor/class", whose devices containers may be given.
  std::vector<std::string> cdi_kinds = {};

  friend bool operator==(const Trust&, const Trust&) = default;
};

// Annotations that steer a runtime, an NRI plugin or CRIU past everything that is checked here.
// Patterns are globs over keys. `allow` wins over `strip`, `strip` over `deny`.
struct AnnotationRules {
  std::vector<std::string> allow = {};
  std::vector<std::string> strip = {};  // taken out of the request
  std::vector<std::string> deny = {};

  friend bool operator==(const AnnotationRules&, const AnnotationRules&) = default;
};

// How the labels of a pod's namespace (pod-security.kubernetes.io/*) go together with what the
// node's own policy says of the pod.
enum class LabelMode {
  kFloor,   // the stricter of the two: labels can only tighten
  kFollow,  // the labels, where the namespace has them
  kIgnore,  // the node's policy alone
};
std::string_view LabelModeName(LabelMode mode);  // "floor", "follow", "ignore"

// What the labels are worth when the API server has not confirmed them for too long.
enum class WhenStale {
  kKeep,        // as much as ever
  kFilePolicy,  // nothing: the node's policy decides alone
  kRestricted,  // less than nothing: restricted:latest, but for static pods
};
std::string_view WhenStaleName(WhenStale when);  // "keep", "filePolicy", "restricted"

struct LabelRules {
  LabelMode mode = LabelMode::kFloor;
  std::chrono::seconds stale_after = std::chrono::hours(24);
  WhenStale when_stale = WhenStale::kKeep;
  // The enforced level of a namespace that the API server never named, as if it were labelled so.
  // Absent: the node's policy decides alone.
  std::optional<Level> unknown_namespace = std::nullopt;

  friend bool operator==(const LabelRules&, const LabelRules&) = default;
};

// Where the levels of a spec come from, for the audit log.
enum class LevelSource {
  kPolicy,            // the node's policy: no API server is asked, or labels are ignored
  kLabels,            // the policy and the labels
  kStaleLabels,       // the same, by WhenStale::kKeep
  kStale,             // by one of the other two
  kUnknownNamespace,  // by LabelRules::unknown_namespace
  kStaticBeforeSync,  // the policy: a static pod, and the API server was not heard of yet
};
// "" for kPolicy, otherwise "labels", "stale-labels", "stale", "unknown-namespace",
// "static-before-sync".
std::string_view LevelSourceName(LevelSource source);

// Everything Evaluate needs besides the facts.
struct Spec {
  LevelVersion enforce{Level::kBaseline, {}};
  // Holds beside `enforce`: two versions of a standard forbid different things, so that the
  // stricter of two policies can be both of them. Never privileged, never a higher level than
  // `enforce`.
  std::optional<LevelVersion> also_enforce;
  LevelVersion audit;
  LevelVersion warn;
  Hardening harden;
  Controls controls;
  // What the files of Localhost profiles must be like, unless the level is privileged.
  seccomp::Demands localhost;
  // What is attached in place of a Localhost profile whose file is missing. Absent: refused.
  std::optional<SeccompTarget> missing_profile;
  std::array<OnViolation, kCheckGroupCount>
      on_violation{};  // by CheckGroup; see DefaultOnViolation
  Trust trust;
  AnnotationRules annotations;
  NodeFacts node;
  LabelRules labels;
  LevelSource level_source = LevelSource::kPolicy;
  // Set when an exemption applies: `enforce` is then privileged, and the reason goes to the audit
  // log.
  std::optional<std::string> exemption_reason;
  // At RunPodSandbox only: a container-scoped rule or exemption of this pod's namespace allows
  // privileged containers, so the sandbox's pod-wide flag alone proves nothing yet.
  bool privileged_decided_per_container = false;
  // "rules[2]" or "defaults" or "exemptions[0]": where this came from, for the audit log.
  std::string origin = "defaults";

  // "restricted:v1.30", or "restricted:v1.30 and baseline:latest".
  std::string EnforcedText() const;

  OnViolation For(CheckGroup group) const { return on_violation[static_cast<size_t>(group)]; }

  friend bool operator==(const Spec&, const Spec&) = default;
};

// Deny everywhere but for seccomp: CRI cannot tell "unset" (which baseline allows) from an explicit
// Unconfined (which it forbids), so both are hardened unless the operator says otherwise.
std::array<OnViolation, kCheckGroupCount> DefaultOnViolation();

// What holds before a policy file says anything: baseline, DefaultOnViolation, and every annotation
// denied that is known to steer a runtime.
Spec DefaultSpec();

}  // namespace sekisho::policy
