// A node with everything real but the kubelet: containerd, runc, Sekisho, the kernel.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "support/cri_client.h"
#include "support/private_containerd.h"
#include "support/proc_status.h"
#include "support/sekisho_process.h"
#include "support/temp_dir.h"

namespace sekisho::testing {

// Only inside RunIsolated().
class Node {
 public:
  // `policy` is the whole policy file.
  explicit Node(const std::string& policy);

  // Writes a profile where the kubelet keeps them. Before Start() if the policy names it.
  void AddSeccompProfile(const std::string& name, const std::string& json);
  std::string SeccompProfilePath(const std::string& name) const;

  // Starts containerd, gives it the images, and starts Sekisho before it. "" or what went wrong.
  std::string Start();

  // A pod of this node, with a uid of its own.
  PodOptions NewPod(const std::string& namespace_, const std::string& name);
  // What the kernel says of a running container.
  std::optional<ProcStatus> StatusOf(const std::string& container_id);
  // The kernel's name of a container's namespace, "pid:[…]"; "" when it does not run.
  std::string NamespaceOf(const std::string& container_id, const std::string& name);

  PrivateContainerd& containerd() { return containerd_; }
  SekishoProcess& sekisho() { return sekisho_; }
  const SekishoProcess& sekisho() const { return sekisho_; }
  CriClient& kubelet() { return kubelet_; }  // through Sekisho
  CriClient& direct() { return direct_; }    // past it, to look

 private:
  TempDir dir_;
  TempDir agent_dir_;
  PrivateContainerd containerd_{dir_.path()};
  SekishoProcess sekisho_;
  CriClient kubelet_{sekisho_.socket()};
  CriClient direct_{containerd_.socket()};
  int pods_ = 0;
};

}  // namespace sekisho::testing
