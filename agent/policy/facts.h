// Plain facts about one pod sandbox or container, as the runtime would read the request.
//
// This is the whole vocabulary of the policy: no protobuf type, no file, no clock. `cri::FactsFrom`
// fills it from a CRI request. Two rules hold for every field:
//   * it says what the runtime would *do*, not what somebody meant (an absent seccomp profile is
//     unconfined; an absent masked-path list masks nothing);
//   * both the current and the deprecated spelling of a setting are kept, because some runtime
//     reads each of them.
// Field numbers in the comments are those of CRI runtime.v1.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "policy/mount_facts.h"
#include "seccomp/profile_facts.h"

namespace sekisho::policy {

// runtime.v1.NamespaceMode. POD is the wire default, so an absent message means POD everywhere.
enum class NamespaceMode { kPod = 0, kContainer = 1, kNode = 2, kTarget = 3 };

// runtime.v1.SecurityProfile.ProfileType, plus "the message is absent", which is NOT type 0.
enum class ProfileType { kAbsent, kRuntimeDefault, kUnconfined, kLocalhost };

struct SecurityProfile {
  ProfileType type = ProfileType::kAbsent;
  std::string localhost_ref;  // seccomp: absolute path of the file; AppArmor: profile name

  friend bool operator==(const SecurityProfile&, const SecurityProfile&) = default;
};

struct UserNamespace {
  NamespaceMode mode = NamespaceMode::kPod;
  std::vector<IdMapping> uids;
  std::vector<IdMapping> gids;

  friend bool operator==(const UserNamespace&, const UserNamespace&) = default;
};

struct NamespaceOptions {
  NamespaceMode network = NamespaceMode::kPod;
  NamespaceMode pid = NamespaceMode::kPod;
  NamespaceMode ipc = NamespaceMode::kPod;
  std::string target_id;                // container whose pid namespace is shared (pid == TARGET)
  std::optional<UserNamespace> userns;  // absent: the host's user namespace

  friend bool operator==(const NamespaceOptions&, const NamespaceOptions&) = default;
};

struct SELinuxOptions {
  std::string user;
  std::string role;
  std::string type;
  std::string level;

  friend bool operator==(const SELinuxOptions&, const SELinuxOptions&) = default;
};

// runtime.v1.SupplementalGroupsPolicy. Merge, the wire default, adds the groups that the image's
// /etc/group gives the user.
enum class SupplementalGroupsPolicy { kMerge = 0, kStrict = 1 };

// Where the kubelet got the pod from: the pod annotation kubernetes.io/config.source, which the
// kubelet overwrites on every pod. kUnknown: the annotation is missing (the caller is no kubelet).
enum class PodSource { kUnknown, kApi, kStatic };

// Who the pod is. Taken from RunPodSandbox (or from the runtime after a restart), never from the
// sandbox_config that a CreateContainer carries.
struct PodIdentity {
  std::string name;
  std::string namespace_;
  std::string uid;
  uint32_t attempt = 0;
  PodSource source = PodSource::kUnknown;
  std::string runtime_handler;

  friend bool operator==(const PodIdentity&, const PodIdentity&) = default;
};

// Something in a security context, a mount or a device that this build cannot judge: a field number
// that it does not know, or an enum value that the protocol did not have. `path` is the field's
// path in the request.
struct UnknownField {
  std::string path;  // e.g. "config.linux.security_context: unknown field 42"

  friend bool operator==(const UnknownField&, const UnknownField&) = default;
};

// A PodSandboxConfig (RunPodSandboxRequest.config, or CreateContainerRequest.sandbox_config).
struct SandboxFacts {
  PodIdentity pod;
  // LinuxSandboxSecurityContext
  bool privileged = false;                   // 6: true when any container of the pod is privileged
  NamespaceOptions namespaces;               // 1
  std::optional<SELinuxOptions> selinux;     // 2: the pod-level declaration
  std::optional<int64_t> run_as_user;        // 3
  std::optional<int64_t> run_as_group;       // 8
  bool readonly_rootfs = false;              // 4
  std::vector<int64_t> supplemental_groups;  // 5
  SecurityProfile seccomp;                   // 9
  std::string seccomp_profile_path;          // 7, deprecated
  // PodSandboxConfig and LinuxPodSandboxConfig
  std::map<std::string, std::string> sysctls;  // names exactly as sent
  std::map<std::string, std::string>
      annotations;  // the user's, and the kubelet's kubernetes.io/config.*
  std::map<std::string, std::string> labels;  // the user's, without the kubelet's own
  std::vector<int32_t> host_ports;            // PortMapping.host_port, every one that is not 0
  std::vector<std::string> unified_keys;  // of linux.resources.unified and linux.overhead.unified
  std::string cgroup_parent;
  std::string log_directory;
  bool windows_present = false;  // a `windows` message on a Linux node
  std::vector<UnknownField> unknown;

  friend bool operator==(const SandboxFacts&, const SandboxFacts&) = default;
};

// A ContainerConfig inside a CreateContainerRequest. In the order of the protocol, for the reader.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding)
struct ContainerFacts {
  std::string name;
  uint32_t attempt = 0;
  std::string image;                 // ImageSpec.image: what the runtime will run
  std::string user_specified_image;  // ImageSpec.user_specified_image: what the manifest said
  // LinuxContainerSecurityContext
  bool privileged = false;                        // 2
  std::vector<std::string> capabilities_add;      // 1.1, exactly as sent
  std::vector<std::string> capabilities_drop;     // 1.2, exactly as sent
  std::vector<std::string> capabilities_ambient;  // 1.3, exactly as sent
  NamespaceOptions namespaces;                    // 3
  std::optional<SELinuxOptions> selinux;          // 4
  std::optional<int64_t> run_as_user;             // 5
  std::optional<int64_t> run_as_group;            // 12
  std::string run_as_username;                    // 6: overrides run_as_user when set
  bool readonly_rootfs = false;                   // 7
  std::vector<int64_t> supplemental_groups;       // 8
  bool no_new_privs = false;                      // 11
  std::vector<std::string> masked_paths;          // 13
  std::vector<std::string> readonly_paths;        // 14
  SecurityProfile seccomp;                        // 15
  std::string seccomp_profile_path;               // 10, deprecated
  SecurityProfile apparmor;                       // 16
  std::string apparmor_profile;                   // 9, deprecated
  SupplementalGroupsPolicy supplemental_groups_policy = SupplementalGroupsPolicy::kMerge;  // 17
  // The annotation io.kubernetes.container.ports, the only place where an init container's host
  // ports are visible. Every hostPort in it that is not 0.
  std::vector<int32_t> host_ports;
  bool ports_annotation_unreadable = false;  // present, but not the JSON that a kubelet writes
  // The annotation io.kubernetes.container.preStopHandler: the `host` of its httpGet or tcpSocket.
  std::vector<std::string> pre_stop_hosts;
  bool pre_stop_annotation_unreadable = false;
  // ContainerConfig
  std::vector<MountFacts> mounts;        // 7
  std::vector<DeviceFacts> devices;      // 8
  std::vector<std::string> cdi_devices;  // 17: CDIDevice.name, "vendor/class=name"
  // 10 and 9, without the kubelet's own io.kubernetes.container.* and
  // io.kubernetes.pod.*: what device plugins, or others, put there.
  std::map<std::string, std::string> annotations;
  std::map<std::string, std::string> labels;
  // The annotation io.kubernetes.container.terminationMessagePath.
  std::string termination_message_path;
  // LinuxContainerResources
  std::vector<std::string> unified_keys;  // 9: the keys alone
  int64_t oom_score_adj = 0;              // 5
  // Whether `image` is a file of the node, found out by looking: some releases of containerd
  // restore such a file as a checkpoint.
  bool image_is_file = false;
  // What the node found out about the profile files that the container would run with, by looking;
  // see policy/localhost_profile.h. Empty: nobody looked.
  std::vector<seccomp::ProfileFacts> profiles;
  bool windows_present = false;
  std::vector<UnknownField> unknown;

  friend bool operator==(const ContainerFacts&, const ContainerFacts&) = default;
};

}  // namespace sekisho::policy
