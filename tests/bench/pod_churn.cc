#include "bench/pod_churn.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/status_macros.h"
#include "base/str_cat.h"
#include "bench/real_pods.h"

namespace sekisho::bench {
namespace {

namespace cri_v1 = runtime::v1;

// Refused at every level but privileged.
void MakePrivileged(cri_v1::PodSandboxConfig& config) {
  config.mutable_linux()->mutable_security_context()->set_privileged(true);
}
void MakePrivilegedContainer(cri_v1::ContainerConfig& config) {
  config.mutable_linux()->mutable_security_context()->set_privileged(true);
}

}  // namespace

void Outcomes::CountRefusal(const absl::Status& status) {
  if (status.ok()) {
    ++let_through;
  } else if (absl::IsPermissionDenied(status)) {
    ++refused;
  } else {
    CountError(status);
  }
}

void Outcomes::CountError(const absl::Status& status) {
  if (errors++ == 0) {
    const std::lock_guard lock(mu_);
    first_error_ = std::string(status.message());
  }
}

std::string Outcomes::first_error() const {
  const std::lock_guard lock(mu_);
  return first_error_;
}

absl::StatusOr<std::unique_ptr<PodChurn>> PodChurn::Start(testing::Node& node, int pods,
                                                          Outcomes& outcomes) {
  std::unique_ptr<PodChurn> churn(new PodChurn(node, outcomes));
  for (int i = 0; i < pods; ++i) {
    SEKISHO_RETURN_IF_ERROR(churn->AddPod());
  }
  return churn;
}

absl::Status PodChurn::AddPod() {
  const testing::PodOptions pod = node_.NewPod("shop", "web");
  SEKISHO_ASSIGN_OR_RETURN(const std::string sandbox, node_.kubelet().RunPod(pod));
  live_.push_back({.options = pod, .sandbox = sandbox, .container = ""});
  SEKISHO_ASSIGN_OR_RETURN(live_.back().container,
                           node_.kubelet().Run(sandbox, pod, AcceptedContainer("web")));
  return absl::OkStatus();
}

absl::Status PodChurn::RemoveOldest() {
  if (live_.empty()) {
    return absl::FailedPreconditionError("no pod is left");
  }
  const std::string sandbox = live_.front().sandbox;
  const std::string container = live_.front().container;
  live_.pop_front();
  // In a kubelet's order.
  cri_v1::StopContainerRequest stop_container;
  stop_container.set_container_id(container);
  cri_v1::StopContainerResponse container_stopped;
  SEKISHO_RETURN_IF_ERROR(node_.kubelet().Call("StopContainer", stop_container, container_stopped));
  cri_v1::RemoveContainerRequest remove_container;
  remove_container.set_container_id(container);
  cri_v1::RemoveContainerResponse container_removed;
  SEKISHO_RETURN_IF_ERROR(
      node_.kubelet().Call("RemoveContainer", remove_container, container_removed));
  cri_v1::StopPodSandboxRequest stop;
  stop.set_pod_sandbox_id(sandbox);
  cri_v1::StopPodSandboxResponse stopped;
  SEKISHO_RETURN_IF_ERROR(node_.kubelet().Call("StopPodSandbox", stop, stopped));
  cri_v1::RemovePodSandboxRequest remove;
  remove.set_pod_sandbox_id(sandbox);
  cri_v1::RemovePodSandboxResponse removed;
  SEKISHO_RETURN_IF_ERROR(node_.kubelet().Call("RemovePodSandbox", remove, removed));
  ++outcomes_.pods;
  return absl::OkStatus();
}

void PodChurn::TryForbidden() {
  if (live_.empty()) {
    return;
  }
  const testing::ContainerOptions container{.name = "forbidden", .edit = MakePrivilegedContainer};
  const Pod& own = live_.back();
  outcomes_.CountRefusal(node_.kubelet().Create(own.sandbox, own.options, container).status());
  testing::PodOptions pod = node_.NewPod("shop", "forbidden");
  pod.edit = MakePrivileged;
  outcomes_.CountRefusal(node_.kubelet().RunPod(pod).status());
}

void PodChurn::Go() {
  thread_ = std::thread([this] {
    while (!stop_) {
      for (const absl::Status& done : {RemoveOldest(), AddPod()}) {
        if (!done.ok()) {
          outcomes_.CountError(done);
        }
      }
      TryForbidden();
    }
  });
}

void PodChurn::Stop() {
  stop_ = true;
  if (thread_.joinable()) {
    thread_.join();
  }
}

absl::Status PodChurn::Verify() const {
  cri_v1::ListPodSandboxResponse known;
  SEKISHO_RETURN_IF_ERROR(
      node_.direct().Call("ListPodSandbox", cri_v1::ListPodSandboxRequest(), known));
  if (known.items_size() != size()) {
    return absl::InternalError(
        base::StrCat("the runtime has ", known.items_size(), " pods in place of ", size()));
  }
  testing::Finished verified;
  // What was started a moment ago is judged when it is settled.
  const bool conforms = testing::Eventually(
      [&] {
        verified =
            testing::RunToEnd({SEKISHO_BINARY, "verify", "--config",
                               node_.sekisho().options().dir + "/config.yaml", "-o", "json"});
        const auto result = nlohmann::json::parse(verified.output, nullptr, false);
        return verified.exit_code == 0 && result.is_object() &&
               result["counts"]["decided"] == size() && result["counts"]["containers"] == size();
      },
      std::chrono::seconds(30));
  return conforms ? absl::OkStatus()
                  : absl::InternalError(base::StrCat("sekisho verify ended with ",
                                                     verified.exit_code, ": ", verified.output));
}

ForbiddenPods::ForbiddenPods(const std::string& socket, const std::string& kubelet_root,
                             Outcomes& outcomes)
    : outcomes_(outcomes), thread_([=, this] { Run(socket, kubelet_root); }) {}

ForbiddenPods::~ForbiddenPods() {
  {
    const std::lock_guard lock(mu_);
    stop_ = true;
  }
  stopped_.notify_all();
  thread_.join();
}

void ForbiddenPods::Run(const std::string& socket, const std::string& kubelet_root) {
  // Few beside the load, which is what the rate is of.
  constexpr std::chrono::milliseconds kPause{20};
  testing::CriClient client(socket);
  const testing::PodOptions pod{.kubelet_root = kubelet_root, .edit = MakePrivileged};
  const cri_v1::RunPodSandboxRequest request = testing::RunPodSandbox(pod);
  std::unique_lock lock(mu_);
  while (!stop_) {
    lock.unlock();
    cri_v1::RunPodSandboxResponse response;
    outcomes_.CountRefusal(client.Call("RunPodSandbox", request, response));
    lock.lock();
    stopped_.wait_for(lock, kPause, [this] { return stop_; });
  }
}

}  // namespace sekisho::bench
