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
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/load.h"
#include "bench/stub_runtime.h"
#include "support/request_builders.h"
#include "support/temp_dir.h"

namespace sekisho::bench {
namespace {

constexpr int kRounds = 9;
constexpr int kCallsPerRound = 1500;

// Ends a child of ours when the bench ends, however it ends.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  ~Child() {
    (void)::kill(pid_, SIGKILL);
    (void)::waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

 private:
  const pid_t pid_;
};

// Both children are forked before this process touches gRPC, which does not survive a fork.
pid_t ForkStub(const std::string& socket) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ServeStubRuntime(socket);
  }
  return pid;
}

pid_t ForkSekisho(const std::string& config) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::execl(SEKISHO_BINARY, "sekisho", "serve", "--config", config.c_str(), nullptr);
    ::_exit(127);
  }
  return pid;
}

std::string WriteConfig(const testing::TempDir& dir) {
  std::ofstream(dir.File("policy.yaml")) << "apiVersion: sekisho.io/v1alpha1\nkind: NodePolicy\n"
                                            "defaults: {enforce: restricted}\n"
                                            "harden: {capabilities: {drop: [NET_RAW]}}\n"
                                            "onViolation: {allowPrivilegeEscalation: harden}\n";
  std::ofstream(dir.File("config.yaml"))
      << "apiVersion: sekisho.io/v1alpha1\nkind: AgentConfig\n"
      << "listen: {socket: " << dir.File("sekisho.sock") << "}\n"
      << "upstream: {socket: " << dir.File("runtime.sock") << "}\n"
      << "policy: {file: " << dir.File("policy.yaml")
      << ", dropInDirectory: " << dir.File("policy.d") << "}\n"
      << "audit: {path: " << dir.File("audit.jsonl") << "}\nlog: {level: warn}\n";
  return dir.File("config.yaml");
}

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
  std::printf("%-34s %9.0f %9.0f %+9.0f %9.0f %9.0f %9.0f %9.0f\n", test.name, Median(p50[0]),
              Median(p50[1]), Median(p50[1]) - Median(p50[0]), Median(p99[0]), Median(p99[1]),
              Median(rate[0]), Median(rate[1]));
  if (failed > 0) {
    std::fprintf(stderr, "%s: %d calls failed\n", test.name, failed);
  }
  return failed == 0;
}

int Main() {
  const testing::TempDir dir;
  const Child stub(ForkStub(dir.File("runtime.sock")));
  const Child sekisho(ForkSekisho(WriteConfig(dir)));
  const auto direct = Connect(dir.File("runtime.sock"));
  const auto through = Connect(dir.File("sekisho.sock"));

  const testing::PodOptions pod;
  const std::string run_sandbox = testing::RunPodSandbox(pod).SerializeAsString();
  const Load sandbox{"/runtime.v1.RuntimeService/RunPodSandbox", run_sandbox, 1, 1};
  (void)Run(through, sandbox);
  const std::string version(64, 'v');
  const std::vector<Case> cases = {
      {"forwarded, 64 B, 1 in flight",
       {"/runtime.v1.RuntimeService/Version", version, 1, kCallsPerRound}},
      {"forwarded, 64 B, 16 in flight",
       {"/runtime.v1.RuntimeService/Version", version, 16, kCallsPerRound}},
      {"RunPodSandbox, judged, 1 in flight",
       {"/runtime.v1.RuntimeService/RunPodSandbox", run_sandbox, 1, kCallsPerRound}},
  };
  std::printf("%-34s %9s %9s %9s %9s %9s %9s %9s\n", "", "p50 us", "p50 us", "added", "p99 us",
              "p99 us", "calls/s", "calls/s");
  std::printf("%-34s %9s %9s %9s %9s %9s %9s %9s\n", "", "direct", "through", "p50 us", "direct",
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
