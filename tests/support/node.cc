#include "support/node.h"

#include <filesystem>

#include "support/isolation.h"

namespace sekisho::testing {

Node::Node(const std::string& policy)
    : sekisho_(SekishoOptions{
          .dir = agent_dir_.path(),
          .upstream_socket = containerd_.socket(),
          .policy = policy,
          .kubelet_root = dir_.File("kubelet"),
      }) {
  std::filesystem::create_directories(dir_.File("kubelet/seccomp"));
  // Root of a user namespace is somebody else here, and has to come through to its root directory.
  std::filesystem::permissions(dir_.path(), std::filesystem::perms::others_exec,
                               std::filesystem::perm_options::add);
}

std::string Node::SeccompProfilePath(const std::string& name) const {
  return dir_.File("kubelet/seccomp/" + name);
}

void Node::AddSeccompProfile(const std::string& name, const std::string& json) {
  WriteText(SeccompProfilePath(name), json);
}

std::string Node::Start() {
  if (std::string problem = containerd_.Start(); !problem.empty()) {
    return problem;
  }
  if (std::string problem = containerd_.ImportImages(); !problem.empty()) {
    return problem;
  }
  return sekisho_.Start() ? "" : "sekisho does not serve:\n" + sekisho_.Log();
}

PodOptions Node::NewPod(const std::string& namespace_, const std::string& name) {
  std::string serial = std::to_string(++pods_);
  serial.insert(0, 12 - serial.size(), '0');
  PodOptions pod;
  pod.name = name;
  pod.namespace_ = namespace_;
  pod.uid = "5f0c8a7e-3b1d-4c52-9a36-" + serial;
  pod.kubelet_root = dir_.File("kubelet");
  pod.log_root = dir_.File("pod-logs");
  pod.cgroup_root = CgroupRoot();
  return pod;
}

std::optional<ProcStatus> Node::StatusOf(const std::string& container_id) {
  const pid_t pid = direct_.PidOf(container_id).value_or(-1);
  // A runtime says that a container is started before its process has come to the program, and with
  // no_new_privs the filter is what it loads last.
  (void)Eventually([pid] { return RunsAProgramOfItsOwn(pid); });
  return ReadProcStatus(pid);
}

std::string Node::NamespaceOf(const std::string& container_id, const std::string& name) {
  return testing::NamespaceOf(direct_.PidOf(container_id).value_or(-1), name);
}

}  // namespace sekisho::testing
