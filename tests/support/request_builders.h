// Requests shaped like those of a kubelet, from a few words.
#pragma once

#include <functional>
#include <string>

#include "runtime/v1/api.pb.h"

namespace sekisho::testing {

struct PodOptions {
  std::string name = "web-0";
  std::string namespace_ = "shop";
  std::string uid = "5f0c8a7e-3b1d-4c52-9a36-1f2e3d4c5b6a";
  std::string source = "api";  // the kubelet's annotation kubernetes.io/config.source
  std::string runtime_handler = "";
  // Where the kubelet keeps pods and logs, and the cgroup its pods are in.
  std::string kubelet_root = "/var/lib/kubelet";
  std::string log_root = "/var/log/pods";
  std::string cgroup_root = "/kubepods/besteffort";
  std::function<void(runtime::v1::PodSandboxConfig&)> edit = {};  // last
};

struct ContainerOptions {
  std::string name = "web";
  std::string image = "sha256:32e299cf1d777998a9bcc5e0f7b0978397bcb291b94517b484abedea435386c4";
  std::string user_specified_image = "localhost/busybox:1";
  std::vector<std::string> command = {"/bin/sh", "-c", "sleep 100000"};
  bool with_kubelet_mounts = true;  // /etc/hosts and the termination log
  std::function<void(runtime::v1::ContainerConfig&)> edit = {};  // last
};

// What a kubelet sends for a pod that says nothing of security: seccomp unset is Unconfined on the
// wire, the user is the image's (root), /proc is masked.
runtime::v1::PodSandboxConfig SandboxConfig(const PodOptions& pod);
runtime::v1::RunPodSandboxRequest RunPodSandbox(const PodOptions& pod);
runtime::v1::CreateContainerRequest CreateContainer(const std::string& sandbox_id,
                                                    const PodOptions& pod,
                                                    const ContainerOptions& container);

// Everything that the restricted level demands of a container.
void MakeRestricted(runtime::v1::ContainerConfig& config);

}  // namespace sekisho::testing
