#include "bench/lifecycle.h"

#include <array>

#include "runtime/v1/api.pb.h"

namespace sekisho::bench {
namespace {

namespace cri_v1 = runtime::v1;

constexpr size_t kNone = static_cast<size_t>(-1);

struct Step {
  const char* method;
  size_t container = kNone;  // which of the pod's it is about
};

constexpr auto kSteps = std::to_array<Step>({
    {"RunPodSandbox"},
    {"CreateContainer"},
    {"StartContainer", 0},
    {"CreateContainer"},
    {"StartContainer", 1},
    {"Version"},
    {"Version"},
    {"Version"},
    {"Version"},
    {"Version"},
    {"Version"},
    {"StopContainer", 0},
    {"RemoveContainer", 0},
    {"StopContainer", 1},
    {"RemoveContainer", 1},
    {"StopPodSandbox"},
    {"RemovePodSandbox"},
});

template <typename Request>
std::string OfContainer(const std::string& id) {
  Request request;
  request.set_container_id(id);
  return request.SerializeAsString();
}

template <typename Request>
std::string OfSandbox(const std::string& id) {
  Request request;
  request.set_pod_sandbox_id(id);
  return request.SerializeAsString();
}

}  // namespace

Lifecycle::Lifecycle(const BenchPod& pod, const Answers& answers, size_t lanes)
    : pod_(pod), answers_(answers), lanes_(lanes) {}

Call Lifecycle::CallAt(const Lane& lane) const {
  const Step& step = kSteps[lane.step];
  const std::string_view method = step.method;
  const std::string container = step.container == kNone ? "" : lane.containers[step.container];
  std::string message(64, 'v');
  if (method == "RunPodSandbox") {
    message = pod_.RunPodSandbox();
  } else if (method == "CreateContainer") {
    message = pod_.CreateContainer(lane.sandbox);
  } else if (method == "StartContainer") {
    message = OfContainer<cri_v1::StartContainerRequest>(container);
  } else if (method == "StopContainer") {
    message = OfContainer<cri_v1::StopContainerRequest>(container);
  } else if (method == "RemoveContainer") {
    message = OfContainer<cri_v1::RemoveContainerRequest>(container);
  } else if (method == "StopPodSandbox") {
    message = OfSandbox<cri_v1::StopPodSandboxRequest>(lane.sandbox);
  } else if (method == "RemovePodSandbox") {
    message = OfSandbox<cri_v1::RemovePodSandboxRequest>(lane.sandbox);
  }
  return CallOf(method, message, answers_);
}

const Call* Lifecycle::Next(size_t number) {
  if (left_ == 0) {
    return nullptr;
  }
  --left_;
  Lane& lane = lanes_[number];
  lane.call = CallAt(lane);
  return &lane.call;
}

void Lifecycle::Answered(size_t number, std::string_view answer) {
  Lane& lane = lanes_[number];
  const std::string_view method = kSteps[lane.step].method;
  if (method == "RunPodSandbox") {
    lane.sandbox = IdIn(answer);
    lane.containers.clear();
  } else if (method == "CreateContainer") {
    lane.containers.push_back(IdIn(answer));
  }
  lane.step = (lane.step + 1) % kSteps.size();
}

}  // namespace sekisho::bench
