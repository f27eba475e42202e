// Signals: in storms, at the wrong time, twice, and ones that nobody means.
#include <atomic>
#include <csignal>
#include <thread>

#include "fault/node_fixture.h"
#include "support/text_file.h"

namespace sekisho::testing {
namespace {

using ::testing::HasSubstr;

constexpr int kStorm = 10'000;
constexpr uint64_t kCalls = 1;  // it holds a thread of the fake runtime, which has few

class SignalsTest : public FaultNodeTest {
 protected:
  ~SignalsTest() override { StopListening(); }

  // Takes what the agent tells its service manager, as that does; else the agent waits for it.
  void Listen() {
    listening_ = true;
    listener_ = std::thread([this] {
      while (listening_) {
        (void)sekisho_->WaitForNotification("");  // any, or none for a moment
      }
    });
  }
  void StopListening() {
    listening_ = false;
    if (listener_.joinable()) {
      listener_.join();
    }
  }
  // A runtime that answers when the gate is open, and calls that wait for it.
  std::vector<std::unique_ptr<RawCall>> CallsUnderWay(const Gate& gate, size_t count) {
    runtime_->SetHandler([wait = gate.future()](const FakeCall&) {
      wait.wait();
      return ReplyWith("in time");
    });
    const size_t before = runtime_->CountOf(kStatus);
    std::vector<std::unique_ptr<RawCall>> calls;
    for (size_t i = 0; i < count; ++i) {
      calls.push_back(std::make_unique<RawCall>(ChannelTo(sekisho_->socket()), kStatus));
      EXPECT_TRUE(calls.back()->Send(""));
    }
    EXPECT_TRUE(Eventually([&] { return runtime_->CountOf(kStatus) == before + count; }, kLong));
    return calls;
  }
  void EndAll(std::vector<std::unique_ptr<RawCall>>& calls, FaultOutcome& outcome) {
    for (const auto& call : calls) {
      ++outcome.calls;
      (void)call->ReadMessage();
      (call->Finish().ok() ? outcome.answered : outcome.lost) += 1;
    }
  }
  // A new process, and the first call that it answers.
  void Restart(FaultOutcome& outcome) {
    runtime_.reset();
    StartNodeRuntime();
    ASSERT_TRUE(sekisho_->Start()) << sekisho_->Log();
    RunTheSandbox();
    WaitUntilWell(outcome);
  }

 private:
  std::atomic<bool> listening_ = false;
  std::thread listener_;
};

TEST_F(SignalsTest, AStormOfSighupEndsInTheNewestPolicy) {
  FaultOutcome outcome{.fault = "sighup-storm",
                       .must_hold = "calls go on; afterwards the newest policy is in force"};
  StartNode(FaultOptions());
  Listen();
  const auto channel = ChannelTo(sekisho_->socket());
  for (int i = 0; i < kStorm; ++i) {
    sekisho_->Signal(SIGHUP);
    ++outcome.injected;
    if (i % (kStorm / 10) == 0) {
      EXPECT_TRUE(AskAll(outcome, channel));
    }
  }
  WaitUntilWell(outcome);
  sekisho_->WritePolicy(PolicyEnforcing("privileged"));
  sekisho_->Signal(SIGHUP);
  EXPECT_TRUE(Eventually([&] { return CodeOfHostPidPod() == grpc::StatusCode::OK; }, kLong));
  EXPECT_EQ(outcome.lost, 0u);
  EXPECT_EQ(sekisho_->Terminate(), 0) << sekisho_->Log();
  Report(outcome);
}

TEST_F(SignalsTest, AStormOfSighupDoesNotKeepItFromStopping) {
  FaultOutcome outcome{.fault = "sigterm-in-a-sighup-storm",
                       .must_hold =
                           "it stops in order, with 0, while SIGHUP goes on; the next "
                           "process serves"};
  StartNode(FaultOptions());
  Listen();
  std::atomic<bool> stop = false;
  std::atomic<uint64_t> sent = 0;
  const auto send = [&] {
    while (!stop) {
      sekisho_->Signal(SIGHUP);
      ++sent;
    }
  };
  std::vector<std::thread> storm;
  for (int i = 0; i < 3; ++i) {
    storm.emplace_back(send);
  }
  EXPECT_TRUE(Eventually([&] { return sent > kStorm; }));
  sekisho_->Signal(SIGTERM);
  EXPECT_TRUE(Eventually([&] { return sekisho_->Log().ends_with("stopping\n"); }));
  stop = true;
  for (std::thread& thread : storm) {
    thread.join();
  }
  outcome.injected = sent;
  EXPECT_EQ(sekisho_->Wait(kLong), 0);
  StopListening();
  Restart(outcome);
  outcome.wrongly_forwarded = WronglyForwarded();
  Report(outcome);
}

TEST_F(SignalsTest, SigtermTwiceInStormsAndWithOthersLetsCallsEnd) {
  FaultOutcome outcome{.fault = "sigterm-storm",
                       .must_hold =
                           "calls under way are answered, the exit code is 0, the next "
                           "process serves"};
  const std::vector<std::vector<int>> kStorms = {{SIGTERM, SIGTERM},
                                                 {SIGTERM, SIGHUP, SIGUSR1},
                                                 {SIGINT, SIGTERM, SIGPIPE},
                                                 std::vector<int>(kStorm, SIGTERM)};
  StartNode(FaultOptions());
  for (const std::vector<int>& storm : kStorms) {
    Gate gate;
    auto calls = CallsUnderWay(gate, kCalls);
    for (const int signal : storm) {
      sekisho_->Signal(signal);
      ++outcome.injected;
    }
    EXPECT_NE(sekisho_->WaitForNotification("STOPPING=1"), "");
    for (const int signal : storm) {
      sekisho_->Signal(signal);  // while it drains
      ++outcome.injected;
    }
    EXPECT_EQ(sekisho_->Wait(std::chrono::milliseconds(0)), std::nullopt);
    gate.Open();
    EndAll(calls, outcome);
    EXPECT_EQ(sekisho_->Wait(kLong), 0) << sekisho_->Log();
    Restart(outcome);
    outcome.wrongly_forwarded += WronglyForwarded();
  }
  EXPECT_EQ(outcome.lost, 0u);
  Report(outcome);
}

// SIGQUIT is not handled: it ends a process that nothing else ends.
TEST_F(SignalsTest, SigquitWhileItDrainsEndsItAtOnce) {
  FaultOutcome outcome{.fault = "sigquit-while-draining",
                       .must_hold =
                           "it ends at once, no refused call was forwarded, the next "
                           "process serves"};
  StartNode(FaultOptions());
  Gate gate;
  auto calls = CallsUnderWay(gate, kCalls);
  sekisho_->Signal(SIGTERM);
  EXPECT_NE(sekisho_->WaitForNotification("STOPPING=1"), "");
  sekisho_->Signal(SIGQUIT);
  ++outcome.injected;
  EXPECT_EQ(sekisho_->Wait(kLong), 128 + SIGQUIT);
  EndAll(calls, outcome);
  EXPECT_EQ(outcome.lost, kCalls);
  gate.Open();
  Restart(outcome);
  outcome.wrongly_forwarded = WronglyForwarded();
  Report(outcome);
}

TEST_F(SignalsTest, SigpipeIsNothing) {
  FaultOutcome outcome{.fault = "sigpipe-storm", .must_hold = "nothing is lost"};
  StartNode(FaultOptions());
  for (int i = 0; i < kStorm; ++i) {
    sekisho_->Signal(SIGPIPE);
    ++outcome.injected;
  }
  EXPECT_TRUE(AskAll(outcome));
  EXPECT_EQ(outcome.lost, 0u);
  EXPECT_EQ(sekisho_->Terminate(), 0) << sekisho_->Log();
  outcome.wrongly_forwarded = WronglyForwarded();
  Report(outcome);
}

// Whenever it comes: before the first line of the program, in the middle of the start, or after it.
TEST_F(SignalsTest, SigtermDuringTheStartEndsIt) {
  FaultOutcome outcome{.fault = "sigterm-during-start",
                       .must_hold =
                           "it ends, with 0 or by the signal, leaves no socket that "
                           "nobody serves, and the next process serves"};
  StartNodeRuntime();
  constexpr int kStarts = kSanitized ? 8 : 40;
  for (int i = 0; i < kStarts; ++i) {
    sekisho_ = std::make_unique<SekishoProcess>(FaultOptions());
    // Steps of a start are as long as a start is; a sanitizer's is ten times as long.
    const std::chrono::microseconds when(i * (kSanitized ? 100'000 : 2'000));
    ChildProcess agent({.argv = {SEKISHO_BINARY, "serve", "--config", dir_.File("config.yaml")},
                        .output_file = dir_.File("sekisho.log")});
    std::this_thread::sleep_for(when);  // not to wait for something, but to be in its way
    agent.Signal(SIGTERM);
    ++outcome.injected;
    const std::optional<int> code = agent.Wait(kLong);
    EXPECT_TRUE(code == 0 || code == 128 + SIGTERM) << code.value_or(-1) << "\n"
                                                    << ReadText(dir_.File("sekisho.log"));
    EXPECT_FALSE(std::filesystem::exists(sekisho_->socket()));
  }
  ASSERT_TRUE(sekisho_->Start()) << sekisho_->Log();
  RunTheSandbox();
  WaitUntilWell(outcome);
  outcome.wrongly_forwarded = WronglyForwarded();
  Report(outcome);
}

}  // namespace
}  // namespace sekisho::testing
