#include "bench/real_pods.h"

#include <algorithm>
#include <cmath>

#include "base/status_macros.h"
#include "base/str_cat.h"
#include "bench/load.h"

namespace sekisho::bench {
namespace {

namespace cri_v1 = runtime::v1;

absl::Status StopAndRemove(testing::CriClient& client, const std::string& sandbox,
                           const std::string& container, bool through, std::vector<Pair>& steps) {
  cri_v1::StopContainerRequest stop;  // with a grace of 0 s: it is killed at once
  stop.set_container_id(container);
  cri_v1::StopContainerResponse stopped;
  SEKISHO_RETURN_IF_ERROR(Timed(steps, "StopContainer", through,
                                [&] { return client.Call("StopContainer", stop, stopped); }));
  cri_v1::RemoveContainerRequest remove;
  remove.set_container_id(container);
  cri_v1::RemoveContainerResponse removed;
  SEKISHO_RETURN_IF_ERROR(Timed(steps, "RemoveContainer", through,
                                [&] { return client.Call("RemoveContainer", remove, removed); }));
  cri_v1::StopPodSandboxRequest stop_pod;
  stop_pod.set_pod_sandbox_id(sandbox);
  cri_v1::StopPodSandboxResponse pod_stopped;
  SEKISHO_RETURN_IF_ERROR(Timed(steps, "StopPodSandbox", through, [&] {
    return client.Call("StopPodSandbox", stop_pod, pod_stopped);
  }));
  cri_v1::RemovePodSandboxRequest remove_pod;
  remove_pod.set_pod_sandbox_id(sandbox);
  cri_v1::RemovePodSandboxResponse pod_removed;
  return Timed(steps, "RemovePodSandbox", through,
               [&] { return client.Call("RemovePodSandbox", remove_pod, pod_removed); });
}

absl::Status OnePod(testing::Node& node, bool through, std::vector<Pair>& steps) {
  testing::CriClient& client = through ? node.kubelet() : node.direct();
  const testing::PodOptions pod = node.NewPod("shop", "web");
  return Timed(steps, "total", through, [&]() -> absl::Status {
    std::string sandbox;
    SEKISHO_RETURN_IF_ERROR(Timed(steps, "RunPodSandbox", through, [&]() -> absl::Status {
      SEKISHO_ASSIGN_OR_RETURN(sandbox, client.RunPod(pod));
      return absl::OkStatus();
    }));
    std::string container;
    SEKISHO_RETURN_IF_ERROR(Timed(steps, "CreateContainer", through, [&]() -> absl::Status {
      SEKISHO_ASSIGN_OR_RETURN(container, client.Create(sandbox, pod, AcceptedContainer("web")));
      return absl::OkStatus();
    }));
    SEKISHO_RETURN_IF_ERROR(
        Timed(steps, "StartContainer", through, [&] { return client.Start(container); }));
    return StopAndRemove(client, sandbox, container, through, steps);
  });
}

}  // namespace

testing::ContainerOptions AcceptedContainer(const std::string& name) {
  return {.name = name, .edit = testing::MakeRestricted};
}

absl::Status Timed(std::vector<Pair>& pairs, const std::string& name, bool through,
                   const std::function<absl::Status()>& work) {
  const int64_t began = NowNs();
  SEKISHO_RETURN_IF_ERROR(work());
  const double ms = std::round(static_cast<double>(NowNs() - began) / 1000) / 1000;
  auto found = std::ranges::find(pairs, name, &Pair::name);
  if (found == pairs.end()) {
    found = pairs.insert(found, {.name = name, .direct = {}, .through = {}});
  }
  (through ? found->through : found->direct).push_back(ms);
  return absl::OkStatus();
}

absl::StatusOr<PodsResult> MeasurePods(testing::Node& node, int count) {
  PodsResult warm_up;
  PodsResult result;
  for (int i = -1; i < count; ++i) {
    // Who is first changes, so that neither way always has the other one's warm caches.
    for (const bool second : {false, true}) {
      const bool through = second == (i % 2 == 0);
      SEKISHO_RETURN_IF_ERROR(OnePod(node, through, i < 0 ? warm_up.steps : result.steps));
    }
  }
  return result;
}

}  // namespace sekisho::bench
