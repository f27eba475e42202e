// A node as files and answers: a folder in procfs' form, and a runtime that says what it is told.
// For what no real runtime can be made to do in a test: other cgroup drivers, other runtimes,
// containers that end between two questions.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/v1/api.pb.h"
#include "support/temp_dir.h"
#include "verify/verifier.h"

namespace sekisho::verify {

struct FakeProcess {
  pid_t pid = 0;
  pid_t parent = 1;
  std::string name = "app";
  uint64_t start_time = 1000;
  std::string cgroup = "/";
  uint64_t mounts = 0;     // the mount namespace; 0: one of its own
  bool namespaces = true;  // whether they can be read
  bool seccomp = true;
  bool no_new_privs = true;
  std::string bounding = "00000000000000c0";
  int64_t uid = 1000;
  std::vector<std::string> words = {};
};

struct FakeContainer {
  std::string id;
  std::string sandbox_id = "sandbox-1";
  std::string name = "app";
  pid_t pid = 0;
  runtime::v1::ContainerState state = runtime::v1::CONTAINER_RUNNING;
  std::chrono::system_clock::time_point created = {};
  // Of the verbose info; the config is CRI's JSON. Empty: there is none.
  std::string config = {};
  std::string runtime_type = "io.containerd.runc.v2";
  std::vector<std::string> host_paths = {};  // mounts, as the status tells them
};

// A ContainerConfig as JSON, with these members beside the metadata and the masked paths that a
// kubelet sends.
std::string ConfigJson(const std::string& name, const std::string& security_context,
                       const std::string& more = "");

class FakeNode {
 public:
  // Process 1 is there.
  FakeNode();

  void Add(const FakeProcess& process);
  void RemoveProcess(pid_t pid);
  std::string proc() const { return dir_.File("proc"); }
  const testing::TempDir& dir() const { return dir_; }

  struct FakeSandbox {
    std::string namespace_ = "shop";
    std::string config = {};  // as of a container
    pid_t pid = 0;
    runtime::v1::PodSandboxState state = runtime::v1::SANDBOX_READY;
  };
  std::map<std::string, FakeSandbox> sandboxes;
  std::vector<FakeContainer> containers;
  // Called before a question ("ContainerStatus", the request) is answered. An error is the answer.
  std::function<absl::Status(const std::string& method)> before = {};
  std::map<std::string, int> asked;

  VerifierOptions Options();

 private:
  absl::StatusOr<std::string> Answer(const std::string& method, const std::string& request);
  std::string ListContainers(const std::string& request) const;
  std::string ListPodSandbox() const;
  absl::StatusOr<std::string> ContainerStatus(const std::string& request) const;
  absl::StatusOr<std::string> PodSandboxStatus(const std::string& request) const;

  testing::TempDir dir_;
};

}  // namespace sekisho::verify
