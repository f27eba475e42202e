// What a kubelet does with a container runtime, as far as the tests need it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/v1/api.pb.h"
#include "support/request_builders.h"

namespace grpc {
class Channel;
}

namespace sekisho::testing {

struct ExecResult {
  int exit_code = -1;
  std::string out;  // stdout and stderr
};

class CriClient {
 public:
  // Connects when the first call is made, and again whenever the connection breaks.
  explicit CriClient(const std::string& socket);

  // RunPodSandbox after the folders that a kubelet makes: the pod's own and its logs'. The
  // sandbox's id.
  absl::StatusOr<std::string> RunPod(const PodOptions& pod);
  // CreateContainer, with the image's id as a kubelet sends it. The container's id.
  absl::StatusOr<std::string> Create(const std::string& sandbox_id, const PodOptions& pod,
                                     ContainerOptions container);
  absl::Status Start(const std::string& container_id);
  // Create and Start. The container's id.
  absl::StatusOr<std::string> Run(const std::string& sandbox_id, const PodOptions& pod,
                                  ContainerOptions container);
  absl::StatusOr<ExecResult> Exec(const std::string& container_id,
                                  const std::vector<std::string>& command);
  // The container's first process, in this process's pid namespace.
  absl::StatusOr<pid_t> PidOf(const std::string& container_id);
  absl::StatusOr<std::string> ImageId(const std::string& image);
  absl::StatusOr<bool> IsRunning(const std::string& container_id);
  // OK once the runtime and its network are ready.
  absl::Status NetworkReady();
  // Stops and removes every pod.
  absl::Status RemoveAllPods();

  // Any call; waits for a connection if there is none. `method` is the name within RuntimeService,
  // or "ImageService/…".
  absl::Status Call(const std::string& method, const google::protobuf::MessageLite& request,
                    google::protobuf::MessageLite& response,
                    std::chrono::milliseconds timeout = std::chrono::seconds(60));

 private:
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace sekisho::testing
