#include "support/cri_client.h"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/status_macros.h"
#include "support/raw_client.h"
#include "support/sekisho_process.h"

namespace sekisho::testing {
namespace {

namespace cri_v1 = runtime::v1;
namespace fs = std::filesystem;

std::string FullName(const std::string& method) {
  const bool named = method.find('/') != std::string::npos;
  return "/runtime.v1." + (named ? method : "RuntimeService/" + method);
}

void Touch(const std::string& path) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path, std::ios::app).flush();
}

}  // namespace

CriClient::CriClient(const std::string& socket) : CriClient(ChannelTo(socket), {}) {}

CriClient::CriClient(std::shared_ptr<grpc::Channel> channel, CriClientOptions options)
    : channel_(std::move(channel)), options_(std::move(options)) {}

absl::Status CriClient::Call(const std::string& method,
                             const google::protobuf::MessageLite& request,
                             google::protobuf::MessageLite& response,
                             std::chrono::milliseconds timeout) {
  const absl::Status status = CallOnce(method, request, response, timeout);
  if (options_.on_end) {
    options_.on_end(method, status);
  }
  return status;
}

absl::Status CriClient::CallOnce(const std::string& method,
                                 const google::protobuf::MessageLite& request,
                                 google::protobuf::MessageLite& response,
                                 std::chrono::milliseconds timeout) {
  const RawResult result = CallRaw(channel_, FullName(method), request.SerializeAsString(),
                                   {.timeout = timeout, .wait_for_ready = options_.wait_for_ready});
  if (!result.status.ok()) {
    return {static_cast<absl::StatusCode>(result.status.error_code()),
            result.status.error_message()};
  }
  if (result.messages.size() != 1 || !response.ParseFromString(result.messages[0])) {
    return absl::InternalError(method + ": no answer that can be read");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> CriClient::RunPod(const PodOptions& pod) {
  const cri_v1::RunPodSandboxRequest request = RunPodSandbox(pod);
  fs::create_directories(request.config().log_directory());
  cri_v1::RunPodSandboxResponse response;
  SEKISHO_RETURN_IF_ERROR(Call("RunPodSandbox", request, response));
  return response.pod_sandbox_id();
}

absl::StatusOr<std::string> CriClient::Create(const std::string& sandbox_id, const PodOptions& pod,
                                              ContainerOptions container) {
  SEKISHO_ASSIGN_OR_RETURN(container.image, ImageId(container.user_specified_image));
  const cri_v1::CreateContainerRequest request = CreateContainer(sandbox_id, pod, container);
  fs::create_directories(request.sandbox_config().log_directory() + "/" + container.name);
  for (const cri_v1::Mount& mount : request.config().mounts()) {
    if (mount.host_path().starts_with(pod.kubelet_root)) {
      Touch(mount.host_path());
    }
  }
  cri_v1::CreateContainerResponse response;
  SEKISHO_RETURN_IF_ERROR(Call("CreateContainer", request, response));
  return response.container_id();
}

absl::Status CriClient::Start(const std::string& container_id) {
  cri_v1::StartContainerRequest request;
  request.set_container_id(container_id);
  cri_v1::StartContainerResponse response;
  return Call("StartContainer", request, response);
}

absl::StatusOr<std::string> CriClient::Run(const std::string& sandbox_id, const PodOptions& pod,
                                           ContainerOptions container) {
  SEKISHO_ASSIGN_OR_RETURN(std::string id, Create(sandbox_id, pod, std::move(container)));
  SEKISHO_RETURN_IF_ERROR(Start(id));
  return id;
}

absl::StatusOr<ExecResult> CriClient::Exec(const std::string& container_id,
                                           const std::vector<std::string>& command) {
  cri_v1::ExecSyncRequest request;
  request.set_container_id(container_id);
  request.mutable_cmd()->Assign(command.begin(), command.end());
  request.set_timeout(20);
  cri_v1::ExecSyncResponse response;
  SEKISHO_RETURN_IF_ERROR(Call("ExecSync", request, response));
  return ExecResult{response.exit_code(), response.stdout() + response.stderr()};
}

absl::StatusOr<pid_t> CriClient::PidOf(const std::string& container_id) {
  cri_v1::ContainerStatusRequest request;
  request.set_container_id(container_id);
  request.set_verbose(true);
  cri_v1::ContainerStatusResponse response;
  SEKISHO_RETURN_IF_ERROR(Call("ContainerStatus", request, response));
  const auto info = nlohmann::json::parse(response.info().at("info"), nullptr, false);
  if (!info.is_object() || !info.contains("pid")) {
    return absl::InternalError("containerd did not tell the pid of " + container_id);
  }
  return info["pid"].get<pid_t>();
}

absl::StatusOr<std::string> CriClient::ImageId(const std::string& image) {
  cri_v1::ImageStatusRequest request;
  request.mutable_image()->set_image(image);
  cri_v1::ImageStatusResponse response;
  SEKISHO_RETURN_IF_ERROR(Call("ImageService/ImageStatus", request, response));
  if (!response.has_image()) {
    return absl::NotFoundError("the runtime has no image " + image);
  }
  return response.image().id();
}

absl::StatusOr<bool> CriClient::IsRunning(const std::string& container_id) {
  cri_v1::ContainerStatusRequest request;
  request.set_container_id(container_id);
  cri_v1::ContainerStatusResponse response;
  SEKISHO_RETURN_IF_ERROR(Call("ContainerStatus", request, response));
  return response.status().state() == cri_v1::CONTAINER_RUNNING;
}

absl::Status CriClient::NetworkReady() {
  cri_v1::StatusResponse response;
  SEKISHO_RETURN_IF_ERROR(
      Call("Status", cri_v1::StatusRequest(), response, std::chrono::seconds(5)));
  for (const cri_v1::RuntimeCondition& condition : response.status().conditions()) {
    if (!condition.status()) {
      return absl::UnavailableError(condition.type() + ": " + condition.message());
    }
  }
  return absl::OkStatus();
}

absl::Status CriClient::RemoveAllPods() {
  cri_v1::ListPodSandboxResponse pods;
  SEKISHO_RETURN_IF_ERROR(Call("ListPodSandbox", cri_v1::ListPodSandboxRequest(), pods));
  for (const cri_v1::PodSandbox& pod : pods.items()) {
    cri_v1::StopPodSandboxRequest stop;
    stop.set_pod_sandbox_id(pod.id());
    cri_v1::StopPodSandboxResponse stopped;
    // Again, as a kubelet does: containerd fails when a container ends by itself while it stops it,
    // which those do whose first process is another's ("ttrpc: closed", seen with 2.1.9).
    absl::Status stopping;
    (void)Eventually([&] { return (stopping = Call("StopPodSandbox", stop, stopped)).ok(); });
    SEKISHO_RETURN_IF_ERROR(stopping);
    cri_v1::RemovePodSandboxRequest remove;
    remove.set_pod_sandbox_id(pod.id());
    cri_v1::RemovePodSandboxResponse removed;
    SEKISHO_RETURN_IF_ERROR(Call("RemovePodSandbox", remove, removed));
  }
  return absl::OkStatus();
}

}  // namespace sekisho::testing
