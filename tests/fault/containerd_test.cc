// A real containerd is killed under a running agent, again and again.
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "e2e/node_fixture.h"
#include "fault/outcome.h"

namespace sekisho::testing {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr int kKills = SEKISHO_SANITIZED != 0 ? 10 : 50;

// Reads through the agent, again and again, and counts how each ended.
class Reader {
 public:
  explicit Reader(const std::string& socket) : client_(socket), thread_([this] { Run(); }) {}
  ~Reader() { Stop(); }
  void Stop() {
    stop_ = true;
    if (thread_.joinable()) {
      thread_.join();
    }
  }
  uint64_t answered() const { return answered_; }
  uint64_t unavailable() const { return unavailable_; }
  uint64_t other() const { return other_; }

 private:
  void Run() {
    while (!stop_) {
      runtime::v1::VersionResponse response;
      const absl::Status status = client_.Call("Version", runtime::v1::VersionRequest(), response);
      if (status.ok() && response.runtime_name() == "containerd") {
        ++answered_;
      } else if (status.code() == absl::StatusCode::kUnavailable ||
                 // containerd's own word while it starts, with the code UNKNOWN.
                 status.message().find("not initialized yet") != absl::string_view::npos) {
        ++unavailable_;
        std::this_thread::yield();
      } else {
        ADD_FAILURE() << "neither an answer nor UNAVAILABLE: " << status;
        ++other_;
      }
    }
  }

  CriClient client_;
  std::atomic<bool> stop_ = false;
  std::atomic<uint64_t> answered_ = 0;
  std::atomic<uint64_t> unavailable_ = 0;
  std::atomic<uint64_t> other_ = 0;
  std::thread thread_;
};

PodOptions WithHostPid(PodOptions pod) {
  pod.edit = [](runtime::v1::PodSandboxConfig& config) {
    config.mutable_linux()->mutable_security_context()->mutable_namespace_options()->set_pid(
        runtime::v1::NODE);
  };
  return pod;
}

TEST_F(NodeTest, ContainerdKilledAgainAndAgain) {
  FaultOutcome outcome = {.fault = "containerd-killed",
                          .must_hold =
                              "calls fail with UNAVAILABLE while it is away, running pods "
                              "go on, and it decides as before when it is back"};
  const std::string running = RunContainer(PodIn("shop"), {});
  const absl::StatusOr<pid_t> pid = direct_->PidOf(running);
  ASSERT_TRUE(pid.ok()) << pid.status();
  const size_t sandboxes = CountSandboxes();
  Reader reader(sekisho_->socket());
  for (int kill = 0; kill < kKills && !HasFailure(); ++kill) {
    const uint64_t before = reader.answered();
    ASSERT_TRUE(Eventually([&] { return reader.answered() > before; }));
    containerd_->Kill9();
    ++outcome.injected;
    const uint64_t failed = reader.unavailable();
    EXPECT_TRUE(Eventually([&] { return reader.unavailable() > failed; }));
    // What is forbidden is refused without a runtime, too.
    EXPECT_EQ(client_->RunPod(WithHostPid(PodIn("shop"))).status().code(),
              absl::StatusCode::kPermissionDenied);
    EXPECT_EQ(client_->RunPod(PodIn("shop")).status().code(), absl::StatusCode::kUnavailable);
    EXPECT_TRUE(ReadProcStatus(*pid).has_value()) << "the pod did not go on";
    ASSERT_EQ(containerd_->Start(), "");
    // From here on it is the agent's time.
    const Clock::time_point back = Clock::now();
    const uint64_t answered = reader.answered();
    ASSERT_TRUE(Eventually([&] { return reader.answered() > answered; }));
    outcome.recoveries.push_back(duration_cast<milliseconds>(Clock::now() - back));
  }
  reader.Stop();
  EXPECT_EQ(reader.other(), 0u) << "errors that are not UNAVAILABLE";
  EXPECT_EQ(client_->PidOf(running).value_or(-1), *pid);
  EXPECT_EQ(StatusOfRunning(PodIn("shop"), {}).seccomp, 2);
  EXPECT_EQ(client_->RunPod(WithHostPid(PodIn("shop"))).status().code(),
            absl::StatusCode::kPermissionDenied);
  outcome.calls = reader.answered() + reader.unavailable() + outcome.injected * 2;
  outcome.answered = reader.answered() + outcome.injected;
  outcome.lost = reader.unavailable() + outcome.injected;
  // Besides what was there, the one that the end of the test has run.
  outcome.wrongly_forwarded = CountSandboxes() - sandboxes - 1;
  Report(outcome);
}

}  // namespace
}  // namespace sekisho::testing
