// Where this node's kubelet is told which container runtime to use, and how to tell it otherwise.
//
// A kubelet takes its endpoints, the first that there is: from the last such flag on its command
// line; from the last file of --config-dir (*.conf, by name) that has the key; from the file of
// --config; or from its own default. The command line comes from the unit's ExecStart= and from
// the variables in it, which Environment= and EnvironmentFile= set (kubeadm-flags.env is one).
// https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/ containerRuntimeEndpoint
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "install/file_change.h"

namespace sekisho::install {

inline constexpr std::string_view kDefaultRuntimeEndpoint =
    "unix:///run/containerd/containerd.sock";
// kubeadm's patch of this node's KubeletConfiguration (NodeLocalCRISocket): an upgrade writes its
// containerRuntimeEndpoint into config.yaml again.
inline constexpr std::string_view kKubeadmInstanceConfig = "/var/lib/kubelet/instance-config.yaml";

// The unit as systemd has it: its own file and then its drop-ins, in the order in which they apply.
struct KubeletUnit {
  std::string name;                // "kubelet.service"
  std::vector<std::string> files;  // FragmentPath, DropInPaths of systemctl show
};

// One place that names an endpoint.
struct EndpointSetting {
  enum class Of { kRuntime, kImage };
  enum class In { kUnit, kEnvironmentFile, kKubeletConfig, kInstanceConfig };

  Of of = Of::kRuntime;
  In in = In::kUnit;
  std::string file;
  size_t line = 0;       // from 1
  std::string key;       // "--container-runtime-endpoint" or "containerRuntimeEndpoint"
  std::string endpoint;  // as written there
};

struct KubeletSetup {
  KubeletUnit unit;
  std::vector<std::string> argv;  // the command line that the unit's files give
  std::string config_file;        // of --config; "" without
  std::string runtime_endpoint;   // in force
  std::string image_endpoint;     // in force; "": the runtime's, as the kubelet takes it then
  std::vector<EndpointSetting> settings;  // every place that names one, in force or not
};

// Reads the unit's files and what they name. Every path is taken below `root` ("" on a node).
// An error names the file, the line and what to do: a file that cannot be read or understood, an
// ExecStart= that is no plain call of a kubelet (a shell, a wrapper), more than one ExecStart=.
absl::StatusOr<KubeletSetup> ReadKubeletSetup(const KubeletUnit& unit, const std::string& root);

// The runtime endpoint in force for a kubelet that runs with this command line. For comparing what
// the files say with what the running kubelet was really started with.
absl::StatusOr<std::string> RuntimeEndpointOf(const std::vector<std::string>& argv,
                                              const std::string& root);

// Two spellings of one endpoint: "unix:///run/x.sock", "/run/x.sock", "unix:/run/x.sock", and
// /var/run for /run.
bool SameEndpoint(std::string_view a, std::string_view b);
// The path of a unix endpoint; nothing for another kind (tcp, npipe).
std::optional<std::string> SocketOf(std::string_view endpoint);

// The changes after which the kubelet uses `to`, where it used the endpoint `from`: every setting
// that names `from` is changed where it stands, with as few bytes as possible, and nothing else.
// When none names it (the kubelet's default), containerRuntimeEndpoint is added to the file of
// --config, or without such a file the flag to the unit. What the unit's own files say is not
// changed there, since they may belong to a package: a drop-in says it again (`drop_in`, the path
// of a file of ours, made or replaced as a whole, that must sort after the unit's other drop-ins).
// An error when afterwards another endpoint than `to` would be in force; the message says why.
// Image endpoints that name something else than `from` are left alone.
absl::StatusOr<std::vector<FileChange>> PointKubelet(const KubeletSetup& setup,
                                                     const std::string& from, const std::string& to,
                                                     const std::string& drop_in,
                                                     const std::string& root);

}  // namespace sekisho::install
