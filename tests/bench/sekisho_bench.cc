// Direct against through Sekisho, in one run, in interleaved rounds: added latency and throughput.
//
// Three processes: a stub runtime, the built `sekisho serve` before it, and this one, which calls
// both. Figures of one run are comparable with each other, and with nothing else.
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/load.h"
#include "bench/stub_runtime.h"
#include "support/request_builders.h"
#include "support/sekisho_process.h"
#include "support/temp_dir.h"

namespace sekisho::bench {
namespace {

constexpr int kRounds = 9;
constexpr int kCallsPerRound = 1500;

constexpr char kSandboxId[] = "8a1e2d7c0b5f4a63";

// Ends the stub when the bench ends, however it ends.
class Stub {
 public:
  // Forked before this process touches gRPC, which does not survive a fork.
  Stub(const std::string& socket, const Answers& answers) : pid_(::fork()) {
    if (pid_ == 0) {
      ServeStubRuntime(socket, answers);
    }
  }
  ~Stub() {
    (void)::kill(pid_, SIGKILL);
    (void)::waitpid(pid_, nullptr, 0);
  }
  Stub(const Stub&) = delete;
  Stub& operator=(const Stub&) = delete;

 private:
  const pid_t pid_;
};

Answers AnswersOfAStub() {
  runtime::v1::RunPodSandboxResponse sandbox;
  sandbox.set_pod_sandbox_id(kSandboxId);
  runtime::v1::CreateContainerResponse container;
  container.set_container_id("c0ffee");
  return {{"/runtime.v1.RuntimeService/RunPodSandbox", sandbox.SerializeAsString()},
          {"/runtime.v1.RuntimeService/CreateContainer", container.SerializeAsString()}};
}

constexpr char kPolicy[] =
    "apiVersion: sekisho.io/v1alpha1\nkind: NodePolicy\n"
    "defaults: {enforce: baseline, audit: restricted, warn: restricted}\n"
    "harden: {capabilities: {drop: [NET_RAW]}}\n";

std::shared_ptr<grpc::Channel> Connect(const std::string& socket) {
  auto channel = grpc::CreateChannel("unix:" + socket, grpc::InsecureChannelCredentials());
  if (!channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(20))) {
    std::fprintf(stderr, "nothing answers on %s\n", socket.c_str());
    std::exit(1);
  }
  return channel;
}

struct Case {
  const char* name;
  Load load;
};

// Direct and through, alternating, so that a slow moment of the machine hits both.
bool Measure(const Case& test, const std::shared_ptr<grpc::Channel>& direct,
             const std::shared_ptr<grpc::Channel>& through) {
  std::vector<double> p50[2];
  std::vector<double> p99[2];
  std::vector<double> rate[2];
  int failed = 0;
  for (int round = 0; round < kRounds; ++round) {
    for (int way = 0; way < 2; ++way) {
      const Timing timing = Run(way == 0 ? direct : through, test.load);
      p50[way].push_back(timing.p50_us);
      p99[way].push_back(timing.p99_us);
      rate[way].push_back(timing.calls_per_second);
      failed += timing.failed;
    }
  }
  std::printf("%-30s %9.0f %9.0f %+9.0f %9.0f %9.0f %9.0f %9.0f\n", test.name, Median(p50[0]),
              Median(p50[1]), Median(p50[1]) - Median(p50[0]), Median(p99[0]), Median(p99[1]),
              Median(rate[0]), Median(rate[1]));
  if (failed > 0) {
    std::fprintf(stderr, "%s: %d calls failed\n", test.name, failed);
  }
  return failed == 0;
}

int Main() {
  const testing::TempDir dir;
  const Stub stub(dir.File("runtime.sock"), AnswersOfAStub());
  testing::SekishoProcess sekisho({.dir = dir.path(),
                                   .upstream_socket = dir.File("runtime.sock"),
                                   .policy = kPolicy,
                                   .more_config = "log: {level: warn}\n"});
  if (!sekisho.Start()) {
    std::fprintf(stderr, "sekisho does not serve:\n%s", sekisho.Log().c_str());
    return 1;
  }
  const auto direct = Connect(dir.File("runtime.sock"));
  const auto through = Connect(sekisho.socket());

  const testing::PodOptions pod;
  const std::string run_sandbox = testing::RunPodSandbox(pod).SerializeAsString();
  // Allowed as it is, and hardened: a pod that says nothing, whose seccomp profile is Unconfined.
  const std::string hardened =
      testing::CreateContainer(kSandboxId, pod, {.with_kubelet_mounts = false}).SerializeAsString();
  const std::string version(64, 'v');
  const std::vector<Case> cases = {
      {"Version, 64 B, forwarded, 1",
       {"/runtime.v1.RuntimeService/Version", version, 1, kCallsPerRound}},
      {"Version, 64 B, forwarded, 16",
       {"/runtime.v1.RuntimeService/Version", version, 16, kCallsPerRound}},
      {"RunPodSandbox, judged, 1",
       {"/runtime.v1.RuntimeService/RunPodSandbox", run_sandbox, 1, kCallsPerRound}},
      {"CreateContainer, hardened, 1",
       {"/runtime.v1.RuntimeService/CreateContainer", hardened, 1, kCallsPerRound}},
      {"CreateContainer, hardened, 16",
       {"/runtime.v1.RuntimeService/CreateContainer", hardened, 16, kCallsPerRound}},
  };
  std::printf("%-30s %9s %9s %9s %9s %9s %9s %9s\n", "call, how many in flight", "p50 us", "p50 us",
              "added", "p99 us", "p99 us", "calls/s", "calls/s");
  std::printf("%-30s %9s %9s %9s %9s %9s %9s %9s\n", "", "direct", "through", "p50 us", "direct",
              "through", "direct", "through");
  bool all_answered = true;
  for (const Case& test : cases) {
    all_answered = Measure(test, direct, through) && all_answered;
  }
  return all_answered ? 0 : 1;
}

}  // namespace
}  // namespace sekisho::bench

int main() {
  return sekisho::bench::Main();
}
