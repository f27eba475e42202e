#include "bench/leak.h"

#include <cstdio>
#include <memory>

#include "base/status_macros.h"
#include "base/str_cat.h"
#include "bench/lifecycle.h"
#include "bench/process_usage.h"
#include "bench/stub_runtime.h"
#include "bench/ways.h"
#include "support/temp_dir.h"

namespace sekisho::bench {
namespace {

constexpr size_t kLanes = 16;
constexpr int64_t kSamples = 100;
constexpr int64_t kQuickCalls = 3000;

// The calls of one sample.
absl::Status RunCalls(LoadClient& client, Lifecycle& pods, int64_t calls) {
  pods.Allow(calls);
  Block block;
  SEKISHO_RETURN_IF_ERROR(client.Run(pods, kLanes, block));
  if (block.failed > 0) {
    return absl::UnknownError(
        base::StrCat(block.failed, " calls failed, first: ", block.first_failure));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status MeasureLeak(const Options& options, Results& results) {
  const testing::TempDir dir;
  const BenchPod pod(dir.path());
  const Answers answers = AnswersOfARuntime(/*unique_ids=*/true);
  const StubRuntime stub(dir.File("runtime.sock"), answers);
  SEKISHO_ASSIGN_OR_RETURN(const std::unique_ptr<Way> sekisho,
                           StartWay(kEnforcing, {.dir = dir.File("agent"),
                                                 .upstream = dir.File("runtime.sock"),
                                                 .kubelet_root = pod.kubelet_root()}));
  SEKISHO_ASSIGN_OR_RETURN(const std::unique_ptr<LoadClient> client,
                           LoadClient::Connect(sekisho->socket()));
  Lifecycle pods(pod, answers, kLanes);
  const int64_t all = options.quick ? kQuickCalls : options.leak_calls;
  LeakResult leak;
  leak.samples.push_back({.calls = 0, .memory = MemoryOf(sekisho->pid())});
  for (int64_t i = 1; i <= kSamples; ++i) {
    const int64_t before = leak.samples.back().calls;
    if (absl::Status status = RunCalls(*client, pods, all * i / kSamples - before); !status.ok()) {
      return {status.code(), base::StrCat("--leak: ", status.message(), "\n", sekisho->log())};
    }
    leak.samples.push_back({.calls = all * i / kSamples, .memory = MemoryOf(sekisho->pid())});
    if (i % (kSamples / 10) == 0) {
      std::fprintf(stderr, "--leak: %lld %% …\n", static_cast<long long>(100 * i / kSamples));
    }
  }
  results.leak = std::move(leak);
  results.versions[kEnforcing] = sekisho->version();
  return absl::OkStatus();
}

}  // namespace sekisho::bench
