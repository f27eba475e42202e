// What a kubelet does with a container runtime, as far as the tests need it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
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

struct CriClientOptions {
  // For a connection, instead of failing at once where there is none, as a kubelet's calls do.
  bool wait_for_ready = true;
  // Told of every call's end, with the method as Call() names it.
  std::function<void(const std::string& method, const absl::Status& status)> on_end = {};
};

class CriClient {
 public:
  // Connects when the first call is made, and again whenever the connection breaks.
  explicit CriClient(const std::string& socket);
  CriClient(std::shared_ptr<grpc::Channel> channel, CriClientOptions options);

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

  // Any call; waits for a connection if there is none (see the options). `method` is the name
  // within RuntimeService, or "ImageService/…".
  absl::Status Call(const std::string& method, const google::protobuf::MessageLite& request,
                    google::protobuf::MessageLite& response,
                    std::chrono::milliseconds timeout = std::chrono::seconds(60));

 private:
  absl::Status CallOnce(const std::string& method, const google::protobuf::MessageLite& request,
                        google::protobuf::MessageLite& response, std::chrono::milliseconds timeout);

  std::shared_ptr<grpc::Channel> channel_;
  CriClientOptions options_;
};

}  // namespace sekisho::testing
