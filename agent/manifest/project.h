// A pod's manifest -> the CRI requests that a kubelet (1.36) would send for it.
//
// What a kubelet knows only from its node or its cluster is made up or left out, always so that
// nothing looks safer than it would be:
//   * ids (the sandbox's, a target container's), and the uid where the manifest has none, are
//   derived
//     from the names; the times of `kubernetes.io/config.seen` are left out, so are DNS servers,
//     huge-page sizes, and the variables of Services;
//   * `image.image` is the name that was written, not the id that it resolves to;
//   * a PersistentVolumeClaim is taken for a CSI volume named like the claim; a runtime class for a
//     handler of its own name;
//   * no service account token is mounted that is not written down: the API server adds that
//   volume;
//   * a node of 16 GiB, cgroup v1 figures and the cgroupfs driver, without SELinux.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "manifest/pod.h"
#include "runtime/v1/api.pb.h"

namespace sekisho::manifest {

struct Options {
  std::string kubelet_root = "/var/lib/kubelet";
  std::string pod_logs_dir = "/var/log/pods";
  bool seccomp_default = false;  // the kubelet's seccompDefault
  // The USER of the images: "", "1000", "1000:1000", "nobody". Not given: not known. Then 65532 is
  // taken where runAsNonRoot is true (a kubelet would run no other image there), and root
  // elsewhere.
  std::optional<std::string> image_user = {};
  // Set: a static pod of the node of this name.
  std::optional<std::string> static_node_name = {};
  bool user_namespaces = true;  // the gate UserNamespacesSupport
};

struct Requests {
  runtime::v1::RunPodSandboxRequest sandbox;
  std::vector<runtime::v1::CreateContainerRequest> containers;  // as in PodSpec::containers
  // Why a kubelet would not send the sandbox's request, and so none; in words. Empty: it would.
  std::vector<std::string> sandbox_remarks;
  // For each container: why a kubelet would not send its request.
  std::vector<std::vector<std::string>> remarks;
};

Requests Project(const PodManifest& pod, const Options& options);

// What the requests alone do not tell of the pod's volumes.
struct NodeVolume {
  std::string name;        // as it stands in the volume's path
  std::string plugin;      // the directory above it; empty for a hostPath
  std::string host_path;   // of a hostPath, below which everything of it lies
  std::string csi_driver;  // of an inline CSI volume
};
std::vector<NodeVolume> VolumesOnNode(const PodManifest& pod, const Options& options);

}  // namespace sekisho::manifest
