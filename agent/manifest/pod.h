// What matters of a Pod: what a kubelet turns into CRI requests, and what Pod Security looks at.
//
// Plain data, as it was written: nothing is defaulted here but a volume without a source. Names are
// the Kubernetes API's; what a field means is said only where that surprises.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "yaml/diagnostic.h"

namespace sekisho::manifest {

// seccompProfile and appArmorProfile.
struct Profile {
  std::string type;
  std::optional<std::string> localhost_profile;
};

struct SeLinuxOptions {
  std::string user;
  std::string role;
  std::string type;
  std::string level;
};

struct WindowsOptions {
  std::optional<bool> host_process;
  std::string run_as_user_name;
};

struct Sysctl {
  std::string name;
  std::string value;
};

struct PodSecurityContext {
  std::optional<SeLinuxOptions> se_linux_options;
  std::optional<int64_t> run_as_user;
  std::optional<int64_t> run_as_group;
  std::optional<bool> run_as_non_root;
  std::vector<int64_t> supplemental_groups;
  std::string supplemental_groups_policy;  // "Merge", "Strict"; empty when not given
  std::optional<int64_t> fs_group;
  std::vector<Sysctl> sysctls;
  std::optional<Profile> seccomp_profile;
  std::optional<Profile> app_armor_profile;
  std::optional<WindowsOptions> windows_options;
};

struct Capabilities {
  std::vector<std::string> add;
  std::vector<std::string> drop;
};

struct SecurityContext {
  std::optional<bool> privileged;
  std::optional<bool> allow_privilege_escalation;
  std::optional<Capabilities> capabilities;
  std::optional<SeLinuxOptions> se_linux_options;
  std::optional<int64_t> run_as_user;
  std::optional<int64_t> run_as_group;
  std::optional<bool> run_as_non_root;
  std::optional<bool> read_only_root_filesystem;
  std::string proc_mount;  // "Default", "Unmasked"; empty when not given
  std::optional<Profile> seccomp_profile;
  std::optional<Profile> app_armor_profile;
  std::optional<WindowsOptions> windows_options;
};

// `type` is the source's key in the API. What else is read depends on the type; the rest is empty.
struct Volume {
  std::string name;
  std::string type = "emptyDir";  // what the API server makes of a volume without a source
  std::string path;               // hostPath
  std::string path_type;          // hostPath: its `type`
  std::string driver;             // csi, flexVolume
  std::string claim_name;         // persistentVolumeClaim
  std::string image;              // image: its `reference`
  // How a volume that the kubelet hands to a CSI driver in place of its own old plugin is named
  // there: pdName, volumeID, diskName, shareName, volumePath.
  std::string id;
  bool read_only = false;  // of the source
};

struct EnvVar {
  std::string name;
  std::string value;
  std::string field_path;     // valueFrom.fieldRef
  bool from_outside = false;  // any other valueFrom: what it is stands in another object
};

struct ContainerPort {
  std::string name;
  int32_t container_port = 0;
  int32_t host_port = 0;
  std::string protocol;  // empty when not given
  std::string host_ip;
};

struct VolumeMount {
  std::string name;
  std::string mount_path;
  std::string sub_path;
  std::string sub_path_expr;
  bool read_only = false;
  std::string recursive_read_only;
  std::string mount_propagation;
};

struct VolumeDevice {
  std::string name;
  std::string device_path;
};

// Kubernetes' IntOrString.
struct Port {
  std::string text = "0";
  bool is_number = true;
};

struct HttpHeader {
  std::string name;
  std::string value;
};

struct HttpGet {
  std::string path;
  Port port;
  std::string host;
  std::string scheme;
  std::vector<HttpHeader> headers;
};

struct TcpSocket {
  Port port;
  std::string host;
};

// What a probe or a lifecycle hook does.
struct Handler {
  std::optional<std::vector<std::string>> exec;
  std::optional<HttpGet> http_get;
  std::optional<TcpSocket> tcp_socket;
  std::optional<int64_t> sleep_seconds;
};

struct Resources {
  // By resource name, as quantities: "cpu" -> "100m".
  std::map<std::string, std::string> requests;
  std::map<std::string, std::string> limits;
};

enum class ContainerRole { kInit, kRegular, kEphemeral };

struct Container {
  ContainerRole role = ContainerRole::kRegular;
  yaml::Location where;
  std::string name;
  std::string image;
  std::vector<std::string> command;
  std::vector<std::string> args;
  std::string working_dir;
  std::vector<EnvVar> env;
  std::vector<ContainerPort> ports;
  std::optional<SecurityContext> security_context;
  std::vector<VolumeMount> volume_mounts;
  std::vector<VolumeDevice> volume_devices;
  Resources resources;
  std::optional<Handler> liveness_probe;
  std::optional<Handler> readiness_probe;
  std::optional<Handler> startup_probe;
  std::optional<Handler> post_start;
  std::optional<Handler> pre_stop;
  std::string stop_signal;  // lifecycle.stopSignal
  std::string termination_message_path;
  std::string termination_message_policy;
  std::string restart_policy;         // of an init container: "Always" makes it a sidecar
  std::string target_container_name;  // of an ephemeral container
  bool stdin = false;
  bool stdin_once = false;
  bool tty = false;
};

struct PodSpec {
  bool host_network = false;
  bool host_pid = false;
  bool host_ipc = false;
  bool share_process_namespace = false;
  std::optional<bool> host_users;
  std::string os_name;
  std::string runtime_class_name;
  std::string hostname;
  std::string node_name;
  std::string service_account_name;
  std::string priority_class_name;
  std::optional<int64_t> termination_grace_period_seconds;
  std::optional<PodSecurityContext> security_context;
  std::vector<Volume> volumes;
  std::vector<Container> containers;  // init, regular, ephemeral, each in the order of the spec

  const Volume* FindVolume(const std::string& name) const;
};

// A Pod, or the pods that a workload makes: then name and namespace are the workload's.
struct PodManifest {
  std::string kind;  // "Pod", "Deployment", …
  std::string name;  // of generateName, when there is no name
  std::string namespace_;
  std::string uid;
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
  PodSpec spec;
  std::string file;
  yaml::Location where;  // of the object
};

}  // namespace sekisho::manifest
