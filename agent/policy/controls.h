// The controls of the old PodSecurityPolicy, as a node can enforce them.
//
// Each one is off unless it is given, and can only forbid: what the Pod Security level refuses
// stays refused. Unlike the levels they also hold where the level is privileged; only an exemption
// ends them. Field names are those of policy/v1beta1 PodSecurityPolicySpec.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/facts.h"

namespace sekisho::policy {

// Both ends included.
struct IdRange {
  int64_t min = 0;
  int64_t max = 0;

  friend bool operator==(const IdRange&, const IdRange&) = default;
};

// runAsUser, runAsGroup, supplementalGroups. RunAsAny is the control that is not given.
struct IdRule {
  enum class Kind {
    kMustRunAs,         // given, and in a range
    kMayRunAs,          // in a range if given (groups only)
    kMustRunAsNonRoot,  // given, and not 0 (users only)
  };
  Kind kind = Kind::kMustRunAs;
  std::vector<IdRange> ranges = {};

  friend bool operator==(const IdRule&, const IdRule&) = default;
};

struct AllowedHostPath {
  std::string path_prefix;  // absolute and clean; matches whole components
  bool read_only = false;

  friend bool operator==(const AllowedHostPath&, const AllowedHostPath&) = default;
};

// An allow-list of profiles: "RuntimeDefault", "Unconfined", "Localhost/*" or "Localhost/<name>",
// with the name relative to the kubelet's seccomp directory, or an AppArmor profile's name.
struct ProfileRule {
  std::vector<std::string> allowed = {};
  // What a forbidden one becomes where the group is hardened; one of `allowed`.
  std::string fallback = {};

  friend bool operator==(const ProfileRule&, const ProfileRule&) = default;
};

struct Controls {
  // false: forbidden. Absent and true: not controlled.
  bool forbid_privileged = false;
  bool forbid_host_network = false;
  bool forbid_host_pid = false;
  bool forbid_host_ipc = false;
  bool forbid_privilege_escalation = false;
  std::optional<std::vector<IdRange>> host_ports = {};
  // Volume types as PodSecurityPolicy names them ("configMap", "persistentVolumeClaim", …, "*").
  std::optional<std::vector<std::string>> volumes = {};
  std::optional<std::vector<AllowedHostPath>> allowed_host_paths = {};
  std::optional<std::vector<std::string>> allowed_flex_volumes = {};  // "vendor/driver"
  std::optional<std::vector<std::string>> allowed_csi_drivers = {};   // of inline CSI volumes
  bool read_only_root_filesystem = false;
  std::optional<IdRule> run_as_user = {};
  std::optional<IdRule> run_as_group = {};
  // Of fsGroup and supplementalGroups together, which CRI does not tell apart.
  std::optional<IdRule> supplemental_groups = {};
  bool strict_supplemental_groups = false;  // supplementalGroupsPolicy must be Strict
  // Prefix-free upper-case names.
  std::vector<std::string> default_add_capabilities = {};
  std::vector<std::string> required_drop_capabilities = {};
  std::optional<std::vector<std::string>> allowed_capabilities = {};  // "*": any
  std::optional<SELinuxOptions> selinux = {};                         // MustRunAs
  std::optional<std::vector<std::string>> allowed_proc_mount_types = {};
  std::optional<ProfileRule> apparmor = {};
  std::optional<ProfileRule> seccomp = {};
  // Names or "prefix*", as PodSecurityPolicy has them.
  std::vector<std::string> forbidden_sysctls = {};
  std::optional<std::vector<std::string>> allowed_unsafe_sysctls = {};
  std::optional<std::vector<std::string>> allowed_runtime_handlers = {};

  friend bool operator==(const Controls&, const Controls&) = default;
};

}  // namespace sekisho::policy
