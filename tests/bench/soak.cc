#include "bench/soak.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "base/status_macros.h"
#include "base/str_cat.h"
#include "bench/lifecycle.h"
#include "bench/pod_churn.h"
#include "bench/process_usage.h"
#include "bench/results_json.h"
#include "bench/scrape.h"
#include "bench/stub_runtime.h"
#include "bench/ways.h"
#include "support/isolation.h"
#include "support/node.h"
#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::bench {
namespace {

constexpr size_t kLanes = 16;
constexpr int kSamples = 30;
constexpr double kDirectShare = 0.02;  // of the time, to see what the machine is like
constexpr int kPods = 110;             // a kubelet's default
constexpr int kQuickPods = 4;

// The life of pods, until a moment.
class Until : public CallSource {
 public:
  explicit Until(Lifecycle& pods) : pods_(pods) { pods_.Allow(INT64_MAX); }
  void SetEnd(int64_t end_ns) { end_ns_ = end_ns; }
  const Call* Next(size_t lane) override { return NowNs() < end_ns_ ? pods_.Next(lane) : nullptr; }
  void Answered(size_t lane, std::string_view answer) override { pods_.Answered(lane, answer); }
  bool wants_answers() const override { return true; }

 private:
  Lifecycle& pods_;
  int64_t end_ns_ = 0;
};

int64_t EntriesOf(const std::string& directory) {
  std::error_code ignored;
  return std::distance(std::filesystem::directory_iterator(directory, ignored),
                       std::filesystem::directory_iterator());
}

// `socket` is the agent's; its metrics are beside it.
SoakResult::Process UsageOf(pid_t pid, const std::string& socket) {
  const std::string proc = base::StrCat("/proc/", pid);
  const std::string metrics = std::filesystem::path(socket).replace_filename("metrics.sock");
  return {.anon_kib = MemoryOf(pid).anon,
          .heap_kib = static_cast<int64_t>(MetricOf(metrics, "sekisho_heap_in_use_bytes") / 1024),
          .fds = EntriesOf(proc + "/fd"),
          .threads = EntriesOf(proc + "/task")};
}

double PercentileUs(std::vector<int64_t>& latencies, double share) {
  if (latencies.empty()) {
    return 0;
  }
  const auto at = static_cast<size_t>(share * static_cast<double>(latencies.size() - 1));
  std::ranges::nth_element(latencies, latencies.begin() + static_cast<std::ptrdiff_t>(at));
  return static_cast<double>(latencies[at]) / 1000;
}

SoakResult::Sample SampleOf(Block& block) {
  return {.per_second = static_cast<double>(block.latencies_ns.size()) * 1e9 /
                        static_cast<double>(std::max<int64_t>(block.took_ns, 1)),
          .p50_us = PercentileUs(block.latencies_ns, 0.5),
          .p99_us = PercentileUs(block.latencies_ns, 0.99),
          .p999_us = PercentileUs(block.latencies_ns, 0.999)};
}

// Before the stub runtime, which is a process of its own.
struct Loaded {
  testing::TempDir dir;
  BenchPod pod{dir.path()};
  Answers answers = AnswersOfARuntime(/*unique_ids=*/true);
  StubRuntime stub{dir.File("runtime.sock"), answers};
  std::unique_ptr<Way> agent;
  std::unique_ptr<LoadClient> client;
  std::unique_ptr<LoadClient> direct;

  absl::Status Start() {
    SEKISHO_ASSIGN_OR_RETURN(agent, StartWay(kEnforcing, {.dir = dir.File("agent"),
                                                          .upstream = dir.File("runtime.sock"),
                                                          .kubelet_root = pod.kubelet_root()}));
    SEKISHO_ASSIGN_OR_RETURN(client, LoadClient::Connect(agent->socket()));
    SEKISHO_ASSIGN_OR_RETURN(direct, LoadClient::Connect(dir.File("runtime.sock")));
    return absl::OkStatus();
  }
};

absl::Status RunLoad(Loaded& loaded, testing::Node* node, SoakResult& soak) {
  Lifecycle pods(loaded.pod, loaded.answers, kLanes);
  Lifecycle direct_pods(loaded.pod, loaded.answers, kLanes);
  Until source(pods);
  Until direct_source(direct_pods);
  const int64_t began = NowNs();
  const double stretch_ns = soak.minutes * 60e9 / kSamples;
  for (int i = 1; i <= kSamples; ++i) {
    source.SetEnd(began + static_cast<int64_t>(stretch_ns * (i - kDirectShare)));
    direct_source.SetEnd(began + static_cast<int64_t>(stretch_ns * i));
    Block block;
    SEKISHO_RETURN_IF_ERROR(loaded.client->Run(source, kLanes, block));
    soak.calls += static_cast<int64_t>(block.latencies_ns.size());
    soak.errors += block.failed;
    if (soak.first_error.empty()) {
      soak.first_error = block.first_failure;
    }
    SoakResult::Sample sample = SampleOf(block);
    Block direct;
    SEKISHO_RETURN_IF_ERROR(loaded.direct->Run(direct_source, kLanes, direct));
    soak.errors += direct.failed;
    sample.direct_p99_us = PercentileUs(direct.latencies_ns, 0.99);
    // After a second without a call: what waits for the ledger's thread is done.
    sample.loaded = UsageOf(loaded.agent->pid(), loaded.agent->socket());
    if (node != nullptr) {
      sample.node = UsageOf(node->sekisho().pid(), node->sekisho().socket());
    }
    soak.samples.push_back(sample);
    std::fprintf(stderr,
                 "--soak: %.1f of %.1f minutes, %.0f calls/s, p99 %.0f us, direct %.0f us, %lld "
                 "KiB, %lld KiB in use …\n",
                 soak.minutes * i / kSamples, soak.minutes, sample.per_second, sample.p99_us,
                 sample.direct_p99_us, static_cast<long long>(sample.loaded.anon_kib),
                 static_cast<long long>(sample.loaded.heap_kib));
  }
  return absl::OkStatus();
}

// Without a node where there are no real containers.
absl::Status Soak(testing::Node* node, bool quick, SoakResult& soak) {
  Outcomes outcomes;
  Loaded loaded;
  SEKISHO_RETURN_IF_ERROR(loaded.Start());
  std::unique_ptr<PodChurn> churn;
  if (node != nullptr) {
    if (const std::string problem = node->Start(); !problem.empty()) {
      return absl::UnavailableError(problem);
    }
    SEKISHO_ASSIGN_OR_RETURN(churn, PodChurn::Start(*node, quick ? kQuickPods : kPods, outcomes));
    churn->Go();
  }
  {
    const ForbiddenPods forbidden(loaded.agent->socket(), loaded.pod.kubelet_root(), outcomes);
    SEKISHO_RETURN_IF_ERROR(RunLoad(loaded, node, soak));
  }
  if (churn != nullptr) {
    churn->Stop();
    soak.live = churn->size();
    soak.verify = std::string(churn->Verify().message());
  }
  soak.pods = outcomes.pods;
  soak.refused = outcomes.refused;
  soak.wrongly_forwarded = outcomes.let_through;
  soak.errors += outcomes.errors;
  if (soak.first_error.empty()) {
    soak.first_error = outcomes.first_error();
  }
  return absl::OkStatus();
}

// In namespaces of its own. What came of it goes to the parent in a file.
int Inside(const Options& options, const std::string& file) {
  Results results;
  results.soak = SoakResult{.minutes = options.soak};
  results.versions[kEnforcing] = SekishoVersion();
  const std::string missing = testing::MissingForContainers();
  std::unique_ptr<testing::Node> node;
  if (missing.empty()) {
    results.versions[kContainerd] = VersionOf({"containerd", "--version"});
    node = std::make_unique<testing::Node>(EnforcingPolicy());
  } else {
    results.skipped.push_back("real pods of the soak: " + missing);
  }
  const absl::Status status = Soak(node.get(), options.quick, *results.soak);
  if (node != nullptr) {
    (void)node->direct().RemoveAllPods();
  }
  if (!status.ok()) {
    std::fprintf(stderr, "--soak: %s\n", std::string(status.message()).c_str());
    return 1;
  }
  testing::WriteText(file, ToJson(results));
  return 0;
}

}  // namespace

absl::Status MeasureSoak(const Options& options, Results& results) {
  const testing::TempDir dir;
  const std::string file = dir.File("results.json");
  const int code = testing::RunIsolated(
      [&] { return testing::RunAndReap([&] { return Inside(options, file); }); });
  if (code != 0) {
    return absl::UnknownError(base::StrCat("--soak ended with code ", code));
  }
  SEKISHO_ASSIGN_OR_RETURN(Results inside, FromJson(testing::ReadText(file)));
  results.versions.merge(inside.versions);
  results.soak = std::move(inside.soak);
  results.skipped.insert(results.skipped.end(), inside.skipped.begin(), inside.skipped.end());
  return absl::OkStatus();
}

}  // namespace sekisho::bench
