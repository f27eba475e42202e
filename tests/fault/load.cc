#include "fault/load.h"

#include <algorithm>

#include "fault/counting_runtime.h"
#include "support/raw_client.h"
#include "support/request_builders.h"
#include "support/sekisho_process.h"

namespace sekisho::testing {
namespace {

namespace cri_v1 = runtime::v1;

constexpr char kService[] = "/runtime.v1.RuntimeService/";

PodOptions Pod(const std::string& kind, int caller, int serial) {
  const std::string number = std::to_string(caller);
  PodOptions pod;
  pod.name = kind + number;
  pod.uid = "5f0c8a7e-3b1d-4c52-9a3" + std::to_string(serial) + "-" +
            std::string(12 - number.size(), '0') + number;
  return pod;
}

LoadRequest Sandbox(const PodOptions& pod) {
  cri_v1::RunPodSandboxResponse response;
  response.set_pod_sandbox_id("sandbox-" + pod.uid);
  return {.method = std::string(kService) + "RunPodSandbox",
          .bytes = RunPodSandbox(pod).SerializeAsString(),
          .forbidden = pod.name.starts_with(kForbidden),
          .answer = response.SerializeAsString()};
}

LoadRequest Container(const PodOptions& pod, ContainerOptions container) {
  container.with_kubelet_mounts = false;  // there is no kubelet, whose files they would have to be
  const std::string sandbox = "sandbox-" + pod.uid;
  cri_v1::CreateContainerResponse response;
  response.set_container_id(sandbox + "-" + container.name);
  return {.method = std::string(kService) + "CreateContainer",
          .bytes = CreateContainer(sandbox, pod, container).SerializeAsString(),
          .forbidden = container.name.starts_with(kForbidden),
          .answer = response.SerializeAsString()};
}

void Merge(const LoadCounts& from, LoadCounts& into) {
  into.made += from.made;
  into.answered += from.answered;
  into.refused += from.refused;
  into.lost += from.lost;
  into.wrong += from.wrong;
  if (into.first_wrong.empty()) {
    into.first_wrong = from.first_wrong;
  }
  for (const auto& [code, count] : from.lost_by_code) {
    into.lost_by_code[code] += count;
  }
  into.latencies.insert(into.latencies.end(), from.latencies.begin(), from.latencies.end());
}

// Counts how one call ended. Whether it ended as it should.
bool Count(const LoadRequest& request, const RawResult& result, LoadCounts& counts) {
  const grpc::StatusCode code = result.status.error_code();
  const bool ok = code == grpc::StatusCode::OK;
  const bool refused = code == grpc::StatusCode::PERMISSION_DENIED;
  if (!ok && !refused) {
    ++counts.lost;
    ++counts.lost_by_code[code];
    return false;
  }
  const bool is_the_runtimes = result.messages == std::vector<std::string>{request.answer};
  if (request.forbidden != refused || (ok && !is_the_runtimes)) {
    if (counts.wrong++ == 0) {
      counts.first_wrong = request.method + (request.forbidden ? ", forbidden: " : ": ") +
                           (ok ? "OK" : result.status.error_message());
    }
    return false;
  }
  ++(refused ? counts.refused : counts.answered);
  return true;
}

}  // namespace

std::chrono::microseconds QuantileOf(std::vector<std::chrono::microseconds> latencies,
                                     double part) {
  if (latencies.empty()) {
    return {};
  }
  const auto last = static_cast<double>(latencies.size() - 1);
  const auto at = latencies.begin() + static_cast<std::ptrdiff_t>(last * part);
  std::nth_element(latencies.begin(), at, latencies.end());
  return *at;
}

std::vector<LoadRequest> LoadRequests(int caller) {
  const PodOptions allowed = Pod(kAllowed, caller, 0);
  PodOptions hardened = Pod(kHardened, caller, 1);
  hardened.edit = [](cri_v1::PodSandboxConfig& config) {
    (*config.mutable_linux()->mutable_sysctls())["kernel.msgmax"] = "1024";
  };
  PodOptions forbidden = Pod(kForbidden, caller, 2);
  forbidden.edit = [](cri_v1::PodSandboxConfig& config) {
    config.mutable_linux()->mutable_security_context()->mutable_namespace_options()->set_pid(
        cri_v1::NODE);
  };
  const std::string number = std::to_string(caller);
  return {
      Sandbox(allowed),
      Container(allowed, {.name = kAllowed + number, .edit = MakeRestricted}),
      Container(allowed, {.name = kHardened + number}),
      Container(allowed, {.name = kForbidden + number,
                          .edit =
                              [](cri_v1::ContainerConfig& config) {
                                config.mutable_linux()->mutable_security_context()->set_privileged(
                                    true);
                              }}),
      Sandbox(hardened),
      Sandbox(forbidden),
      {.method = std::string(kService) + "Version"},
      {.method = std::string(kService) + "ListContainers"},
  };
}

Load::Load(const std::string& socket, int callers) : counts_(static_cast<size_t>(callers)) {
  for (int caller = 0; caller < callers; ++caller) {
    threads_.emplace_back(
        [this, socket, caller] { Run(socket, caller, counts_[static_cast<size_t>(caller)]); });
  }
}

Load::~Load() {
  (void)Stop();
}

void Load::Run(const std::string& socket, int caller, LoadCounts& counts) {
  const std::shared_ptr<grpc::Channel> channel = ChannelTo(socket);
  const std::vector<LoadRequest> requests = LoadRequests(caller);
  bool has_sandbox = false;
  for (size_t next = 0; !stop_; next = has_sandbox ? (next + 1) % requests.size() : 0) {
    const LoadRequest& request = requests[next];
    const Clock::time_point begun = Clock::now();
    const RawResult result = CallRaw(channel, request.method, request.bytes,
                                     {.timeout = std::chrono::seconds(30), .wait_for_ready = true});
    const Clock::time_point ended = Clock::now();
    ++counts.made;
    if (!Count(request, result, counts)) {
      continue;
    }
    has_sandbox = true;
    counts.latencies.push_back(
        std::chrono::duration_cast<std::chrono::microseconds>(ended - begun));
    ++ended_well_;
    Clock::rep none = 0;
    if (begun.time_since_epoch().count() >= watch_since_) {
      first_answer_.compare_exchange_strong(none, ended.time_since_epoch().count());
    }
  }
}

bool Load::WaitForMore(uint64_t count) const {
  const uint64_t wanted = ended_well_ + count;
  return Eventually([&] { return ended_well_ >= wanted; }, std::chrono::seconds(30));
}

void Load::Watch(Clock::time_point since) {
  watch_since_ = since.time_since_epoch().count();
  first_answer_ = 0;
}

std::optional<Load::Clock::time_point> Load::FirstAnswer() const {
  if (!Eventually([this] { return first_answer_ != 0; }, std::chrono::seconds(30))) {
    return std::nullopt;
  }
  return Clock::time_point(Clock::duration(first_answer_.load()));
}

LoadCounts Load::Stop() {
  stop_ = true;
  for (std::thread& thread : threads_) {
    thread.join();
  }
  threads_.clear();
  LoadCounts all;
  for (const LoadCounts& counts : counts_) {
    Merge(counts, all);
  }
  return all;
}

}  // namespace sekisho::testing
