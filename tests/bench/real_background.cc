#include "bench/real_background.h"

#include <chrono>
#include <functional>
#include <thread>

#include "base/status_macros.h"
#include "base/str_cat.h"
#include "bench/load.h"
#include "bench/process_usage.h"
#include "bench/real_pods.h"

namespace sekisho::bench {
namespace {

namespace cri_v1 = runtime::v1;

constexpr int kContainersInPod = 10;
constexpr int kPods = 50;
constexpr int kSeconds = 30;

struct Question {
  std::string name;
  int every = 1;  // seconds
  std::function<absl::Status(testing::CriClient&)> ask;
};

template <typename Request, typename Response>
Question Ask(const std::string& method, int every) {
  const std::string name = method.substr(method.find('/') + 1);
  return {name, every, [method](testing::CriClient& client) {
            Response response;
            return client.Call(method, Request(), response);
          }};
}

// As often as a kubelet's defaults have it: pods are listed each second, the rest each 5 to 10.
std::vector<Question> Questions() {
  return {
      Ask<cri_v1::ListPodSandboxRequest, cri_v1::ListPodSandboxResponse>("ListPodSandbox", 1),
      Ask<cri_v1::ListContainersRequest, cri_v1::ListContainersResponse>("ListContainers", 1),
      Ask<cri_v1::StatusRequest, cri_v1::StatusResponse>("Status", 5),
      Ask<cri_v1::ListImagesRequest, cri_v1::ListImagesResponse>("ImageService/ListImages", 10),
      Ask<cri_v1::ImageFsInfoRequest, cri_v1::ImageFsInfoResponse>("ImageService/ImageFsInfo", 10),
      Ask<cri_v1::ListContainerStatsRequest, cri_v1::ListContainerStatsResponse>(
          "ListContainerStats", 10),
  };
}

// Through Sekisho, which then knows them all, as it would on a node.
absl::Status CreateContainers(testing::Node& node, int pods) {
  for (int i = 0; i < pods; ++i) {
    const testing::PodOptions pod = node.NewPod("shop", base::StrCat("web-", i));
    SEKISHO_ASSIGN_OR_RETURN(const std::string sandbox, node.kubelet().RunPod(pod));
    for (int k = 0; k < kContainersInPod; ++k) {
      const auto container = AcceptedContainer(base::StrCat("web-", k));
      SEKISHO_RETURN_IF_ERROR(node.kubelet().Create(sandbox, pod, container).status());
    }
  }
  return absl::OkStatus();
}

absl::Status AskBothWays(testing::Node& node, const Question& question, int second,
                         std::vector<Pair>& calls) {
  for (const bool last : {false, true}) {
    const bool through = last == (second % 2 == 0);
    testing::CriClient& client = through ? node.kubelet() : node.direct();
    SEKISHO_RETURN_IF_ERROR(
        Timed(calls, question.name, through, [&] { return question.ask(client); }));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<BackgroundResult> MeasureBackground(testing::Node& node, bool quick) {
  const int pods = quick ? 1 : kPods;
  SEKISHO_RETURN_IF_ERROR(CreateContainers(node, pods));
  BackgroundResult result;
  result.containers = int64_t{pods} * kContainersInPod;
  const std::vector<Question> questions = Questions();
  const int64_t cpu_before = CpuTimeNs(node.sekisho().pid());
  const int64_t began = NowNs();
  auto next = std::chrono::steady_clock::now();
  for (int second = 0; second < (quick ? 1 : kSeconds); ++second) {
    for (const Question& question : questions) {
      if (second % question.every == 0) {
        SEKISHO_RETURN_IF_ERROR(AskBothWays(node, question, second, result.calls));
      }
    }
    next += std::chrono::seconds(1);
    std::this_thread::sleep_until(next);  // a kubelet's own pace
  }
  result.seconds = static_cast<double>(NowNs() - began) / 1e9;
  result.cpu_seconds = static_cast<double>(CpuTimeNs(node.sekisho().pid()) - cpu_before) / 1e9;
  return result;
}

}  // namespace sekisho::bench
