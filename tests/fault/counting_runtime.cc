#include "fault/counting_runtime.h"

#include <algorithm>

namespace sekisho::testing {
namespace {

namespace cri_v1 = runtime::v1;

bool IsHardened(const cri_v1::ContainerConfig& config) {
  const auto& context = config.linux().security_context();
  const auto& drop = context.capabilities().drop_capabilities();
  return context.seccomp().profile_type() == cri_v1::SecurityProfile::RuntimeDefault &&
         std::ranges::any_of(drop, [](const std::string& capability) {
           return capability == "NET_RAW" || capability == "ALL";
         });
}

}  // namespace

FakeReply CountingRuntime::Answer(const FakeCall& call) {
  if (call.method.ends_with("/RunPodSandbox")) {
    return RunSandbox(call.request);
  }
  if (call.method.ends_with("/CreateContainer")) {
    return CreateContainer(call.request);
  }
  if (call.method.ends_with("/PodSandboxStatus")) {
    return SandboxStatus(call.request);
  }
  return ReplyWith("");
}

std::string CountingRuntime::first_wrong() const {
  const std::lock_guard lock(mu_);
  return first_wrong_;
}

void CountingRuntime::Wrong(const std::string& what) {
  const std::lock_guard lock(mu_);
  if (wrong_++ == 0) {
    first_wrong_ = what;
  }
}

FakeReply CountingRuntime::RunSandbox(const std::string& bytes) {
  ++sandboxes_run_;
  cri_v1::RunPodSandboxRequest request;
  const bool parsed = request.ParseFromString(bytes);
  const std::string& name = request.config().metadata().name();
  const bool hardened = name.starts_with(kHardened) && request.config().linux().sysctls().empty();
  if (!parsed || !(name.starts_with(kAllowed) || hardened)) {
    Wrong("RunPodSandbox of \"" + name + "\"");
  }
  cri_v1::RunPodSandboxResponse response;
  response.set_pod_sandbox_id("sandbox-" + request.config().metadata().uid());
  const std::lock_guard lock(mu_);
  sandboxes_[response.pod_sandbox_id()] = request.config();
  return ReplyWith(response.SerializeAsString());
}

FakeReply CountingRuntime::CreateContainer(const std::string& bytes) {
  ++containers_;
  cri_v1::CreateContainerRequest request;
  const bool parsed = request.ParseFromString(bytes);
  const std::string& name = request.config().metadata().name();
  const bool known = name.starts_with(kAllowed) || name.starts_with(kHardened);
  if (!parsed || !known || !IsHardened(request.config())) {
    Wrong("CreateContainer of \"" + name + "\"");
  }
  cri_v1::CreateContainerResponse response;
  response.set_container_id(request.pod_sandbox_id() + "-" + name);
  return ReplyWith(response.SerializeAsString());
}

FakeReply CountingRuntime::SandboxStatus(const std::string& bytes) const {
  cri_v1::PodSandboxStatusRequest request;
  (void)request.ParseFromString(bytes);
  const std::lock_guard lock(mu_);
  const auto it = sandboxes_.find(request.pod_sandbox_id());
  if (it == sandboxes_.end()) {
    return ReplyWith({grpc::StatusCode::NOT_FOUND, "no such sandbox"});
  }
  cri_v1::PodSandboxStatusResponse response;
  cri_v1::PodSandboxStatus& status = *response.mutable_status();
  status.set_id(it->first);
  *status.mutable_metadata() = it->second.metadata();
  *status.mutable_annotations() = it->second.annotations();
  *status.mutable_linux()->mutable_namespaces()->mutable_options() =
      it->second.linux().security_context().namespace_options();
  return ReplyWith(response.SerializeAsString());
}

}  // namespace sekisho::testing
