// The relay: what the observer is told of each call, once, however the call ends.
#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "integration/relay_fixture.h"
#include "support/raw_http2.h"

namespace sekisho::testing {
namespace {

using relay::CallEnd;
using relay::CallReport;
using std::chrono::milliseconds;

constexpr char kUpdateResources[] = "/runtime.v1.RuntimeService/UpdateContainerResources";
constexpr size_t kBytesMax = 1000;

class Observer final : public relay::CallObserver {
 public:
  void OnCall(const CallReport& report) override {
    const std::lock_guard lock(mu_);
    reports_.push_back(report);
    changed_.notify_all();
  }

  // Once there are `n`, or after 20 s.
  std::vector<CallReport> WaitFor(size_t n) const {
    std::unique_lock lock(mu_);
    (void)changed_.wait_for(lock, std::chrono::seconds(20), [&] { return reports_.size() >= n; });
    return reports_;
  }

 private:
  mutable std::mutex mu_;
  mutable std::condition_variable changed_;
  std::vector<CallReport> reports_;  // guarded by mu_
};

class RelayObserverTest : public RelayFixture {
 protected:
  void TearDown() override { server_.reset(); }  // before the observer
  void StartObserved(int threads = 1) {
    relay::ServerOptions options;
    options.message_bytes_max = kBytesMax;
    options.observer = &observer_;
    options.threads = threads;
    StartRelay(options);
  }
  // The one report that there is when nothing of the relay runs any more.
  CallReport OnlyReport() {
    server_->Shutdown(milliseconds(0));
    const std::vector<CallReport> reports = observer_.WaitFor(1);
    EXPECT_EQ(reports.size(), 1u);
    return reports.empty() ? CallReport{} : reports.front();
  }
  void HangInRuntime() {
    runtime_->SetHandler([](const FakeCall&) {
      FakeReply reply;
      reply.headers_first = true;
      reply.hang = true;
      return reply;
    });
  }

  Observer observer_;
};

void Refuse(ScriptedHook& hook) {
  hook.decide = [](std::string_view, relay::UpstreamCaller&, auto done) {
    done(relay::Verdict{absl::PermissionDeniedError("no")});
  };
}

TEST_F(RelayObserverTest, ACallThatGetsAnAnswerIsReportedByWhoGaveIt) {
  using enum absl::StatusCode;
  const auto nothing = [](ScriptedHook&, FakeRuntime&) {};
  const auto fails = [](ScriptedHook&, FakeRuntime& runtime) {
    runtime.SetHandler([](const FakeCall&) {
      return ReplyWith(grpc::Status(grpc::StatusCode::NOT_FOUND, "no such sandbox"));
    });
  };
  const auto refuses = [](ScriptedHook& hook, FakeRuntime&) { Refuse(hook); };
  const auto forgets = [](ScriptedHook& hook, FakeRuntime&) {
    hook.decide = [](std::string_view, relay::UpstreamCaller&, auto done) { done({}); };
  };
  const std::string too_large(kBytesMax + 1, 'x');
  struct Case {
    const char* why;
    const char* method;
    std::function<void(ScriptedHook&, FakeRuntime&)> prepare;
    std::string request;
    CallEnd end;
    absl::StatusCode code;
    bool decision;
    bool upstream;
  };
  const std::vector<Case> cases = {
      {"read-only", kVersion, nothing, "", CallEnd::kForwarded, kOk, false, true},
      {"the runtime's error", kVersion, fails, "", CallEnd::kForwarded, kNotFound, false, true},
      {"allowed", kCreateContainer, nothing, "x", CallEnd::kForwarded, kOk, true, true},
      {"allowed, and it fails", kRunPodSandbox, fails, "x", CallEnd::kForwarded, kNotFound, true,
       true},
      {"a stream to its end", kGetContainerEvents, nothing, "", CallEnd::kForwarded, kOk, false,
       true},
      {"a stream that fails", kGetContainerEvents, fails, "", CallEnd::kForwarded, kNotFound, false,
       true},
      {"refused", kCreateContainer, refuses, "x", CallEnd::kRefused, kPermissionDenied, true,
       false},
      {"no verdict", kUpdateResources, forgets, "x", CallEnd::kRefused, kPermissionDenied, true,
       false},
      {"unknown", "/runtime.v1alpha2.RuntimeService/Version", nothing, "x", CallEnd::kRejected,
       kUnimplemented, false, false},
      {"too large, forwarded", kVersion, nothing, too_large, CallEnd::kRejected, kResourceExhausted,
       false, false},
      {"too large, checked", kCreateContainer, nothing, too_large, CallEnd::kRejected,
       kResourceExhausted, false, false},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.why);
    hook_.decide = {};
    runtime_->SetHandler({});
    row.prepare(hook_, *runtime_);
    StartObserved();
    const size_t before = observer_.WaitFor(0).size();
    const RawResult result = CallRaw(Channel(), row.method, row.request);
    EXPECT_EQ(result.status.error_code(), static_cast<grpc::StatusCode>(row.code));
    server_->Shutdown(milliseconds(0));
    const std::vector<CallReport> reports = observer_.WaitFor(before + 1);
    ASSERT_EQ(reports.size(), before + 1);
    const CallReport& report = reports.back();
    EXPECT_EQ(report.end, row.end);
    EXPECT_EQ(report.code, row.code);
    EXPECT_EQ(report.method, relay::FindMethod(row.method));
    EXPECT_EQ(report.decision.has_value(), row.decision);
    EXPECT_EQ(report.upstream.has_value(), row.upstream);
  }
}

TEST_F(RelayObserverTest, ARequestThatInflatesBeyondTheLimitIsRejectedAndNotRefused) {
  StartObserved();
  RawCallOptions options;
  options.compression = GRPC_COMPRESS_GZIP;
  EXPECT_EQ(CallRaw(Channel(), kCreateContainer, std::string(100 * kBytesMax, 'x'), options)
                .status.error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  const CallReport report = OnlyReport();
  EXPECT_EQ(report.end, CallEnd::kRejected);
  EXPECT_EQ(report.code, absl::StatusCode::kResourceExhausted);
  EXPECT_FALSE(report.decision.has_value());
}

TEST_F(RelayObserverTest, AnIncompleteRequestIsRejected) {
  for (const std::string& data : {std::string(), GrpcFrame(100, "only these")}) {
    SCOPED_TRACE(data.size());
    const size_t before = observer_.WaitFor(0).size();
    StartObserved();
    base::UniqueFd connection = Connect();
    ASSERT_TRUE(ExchangeUntilStreamEnds(connection.get(), Http2Call(kCreateContainer, data), 20));
    server_->Shutdown(milliseconds(0));
    const std::vector<CallReport> reports = observer_.WaitFor(before + 1);
    ASSERT_EQ(reports.size(), before + 1);
    EXPECT_EQ(reports.back().end, CallEnd::kRejected);
    EXPECT_EQ(reports.back().code, absl::StatusCode::kInvalidArgument);
  }
}

TEST_F(RelayObserverTest, ACallerThatGoesBeforeItsRequestIsWholeIsCancelled) {
  StartObserved();
  {
    base::UniqueFd gone = Connect();
    const std::string whole = Http2Call(kCreateContainer, GrpcFrame(100, "only these"));
    const std::string part = whole.substr(0, whole.size() - 5);
    ASSERT_EQ(::send(gone.get(), part.data(), part.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(part.size()));
  }
  const std::vector<CallReport> reports = observer_.WaitFor(1);
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].end, CallEnd::kCancelled);
  EXPECT_EQ(reports[0].code, absl::StatusCode::kCancelled);
  EXPECT_FALSE(reports[0].decision.has_value());
}

TEST_F(RelayObserverTest, ACallerThatCancelsOrRunsOutOfTimeInTheRuntimeIsCancelled) {
  struct Case {
    const char* method;
    bool deadline;
    absl::StatusCode code;
  };
  for (const Case& row : {Case{kVersion, false, absl::StatusCode::kCancelled},
                          Case{kVersion, true, absl::StatusCode::kDeadlineExceeded},
                          Case{kCreateContainer, false, absl::StatusCode::kCancelled},
                          Case{kGetContainerEvents, false, absl::StatusCode::kCancelled},
                          Case{kGetContainerEvents, true, absl::StatusCode::kDeadlineExceeded}}) {
    SCOPED_TRACE(std::string(row.method) + (row.deadline ? ", deadline" : ", cancelled"));
    HangInRuntime();
    StartObserved();
    const size_t before = observer_.WaitFor(0).size();
    const size_t calls_before = runtime_->calls().size();
    RawCallOptions options;
    if (row.deadline) {
      options.timeout = milliseconds(300);
    }
    RawCall call(Channel(), row.method, options);
    ASSERT_TRUE(call.Send("x"));
    ASSERT_TRUE(runtime_->WaitForCalls(calls_before + 1));
    if (!row.deadline) {
      call.Cancel();
    }
    EXPECT_EQ(call.Finish().error_code(), static_cast<grpc::StatusCode>(row.code));
    const std::vector<CallReport> reports = observer_.WaitFor(before + 1);
    ASSERT_EQ(reports.size(), before + 1);
    EXPECT_EQ(reports.back().end, CallEnd::kCancelled);
    EXPECT_EQ(reports.back().code, row.code);
    EXPECT_EQ(reports.back().decision.has_value(), row.method == kCreateContainer);
    EXPECT_FALSE(reports.back().upstream.has_value());
    server_->Shutdown(milliseconds(0));
    EXPECT_EQ(observer_.WaitFor(0).size(), before + 1);
  }
}

TEST_F(RelayObserverTest, ACallerThatCancelsWhileItIsDecidedIsCancelledWithItsDecision) {
  std::promise<std::function<void()>> promised;
  std::future<std::function<void()>> decide = promised.get_future();
  hook_.decide = [&](std::string_view, relay::UpstreamCaller&, auto done) {
    promised.set_value([done] { done(relay::Verdict{absl::OkStatus()}); });
  };
  StartObserved();
  const auto channel = Channel();
  {
    RawCall call(channel, kCreateContainer);
    ASSERT_TRUE(call.Send("x"));
    std::function<void()> verdict = decide.get();
    call.Cancel();
    EXPECT_EQ(call.Finish().error_code(), grpc::StatusCode::CANCELLED);
    // The relay has seen the cancellation once a later call on the same connection is through.
    EXPECT_TRUE(CallRaw(channel, kVersion, "later").status.ok());
    EXPECT_EQ(observer_.WaitFor(1).size(), 1u);
    // A verdict belongs on the queue's thread, where an answer of the runtime's arrives.
    std::promise<void> given;
    server_->Ping([&] {
      verdict();
      given.set_value();
    });
    given.get_future().wait();
  }
  const std::vector<CallReport> reports = observer_.WaitFor(2);
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_EQ(reports[1].end, CallEnd::kCancelled);
  EXPECT_EQ(reports[1].code, absl::StatusCode::kCancelled);
  EXPECT_TRUE(reports[1].decision.has_value());
  EXPECT_FALSE(reports[1].upstream.has_value());
  EXPECT_EQ(runtime_->CountOf(kCreateContainer), 0u);
}

TEST_F(RelayObserverTest, AnUnreachableRuntimeIsForwardedToAndUnavailable) {
  StartObserved();
  runtime_.reset();
  EXPECT_EQ(CallRaw(Channel(), kVersion, "").status.error_code(), grpc::StatusCode::UNAVAILABLE);
  const CallReport report = OnlyReport();
  EXPECT_EQ(report.end, CallEnd::kForwarded);
  EXPECT_EQ(report.code, absl::StatusCode::kUnavailable);
}

TEST_F(RelayObserverTest, AStreamThatTheAgentEndsIsUnavailable) {
  HangInRuntime();
  StartObserved();
  RawCall call(Channel(), kGetContainerEvents);
  ASSERT_TRUE(call.Send(""));
  ASSERT_TRUE(call.ReadHeaders());
  auto shutdown =
      std::async(std::launch::async, [&] { server_->Shutdown(std::chrono::seconds(60)); });
  EXPECT_EQ(call.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  shutdown.get();
  const CallReport report = OnlyReport();
  EXPECT_EQ(report.end, CallEnd::kForwarded);
  EXPECT_EQ(report.code, absl::StatusCode::kUnavailable);
  EXPECT_TRUE(report.upstream.has_value());
}

TEST_F(RelayObserverTest, AUnaryCallThatTheDrainCutsOffIsCancelledAndUnavailable) {
  HangInRuntime();
  StartObserved();
  RawCall call(Channel(), kVersion);
  ASSERT_TRUE(call.Send("x"));
  ASSERT_TRUE(runtime_->WaitForCalls(1));
  server_->Shutdown(milliseconds(50));
  EXPECT_EQ(call.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  const CallReport report = OnlyReport();
  EXPECT_EQ(report.end, CallEnd::kCancelled);
  EXPECT_EQ(report.code, absl::StatusCode::kUnavailable);
  EXPECT_FALSE(report.upstream.has_value());
}

TEST_F(RelayObserverTest, TheTimesAreThoseOfTheHookAndOfTheRuntime) {
  constexpr milliseconds kHook{30};
  constexpr milliseconds kRuntime{60};
  hook_.decide = [&](std::string_view, relay::UpstreamCaller&, auto done) {
    std::this_thread::sleep_for(kHook);  // what is measured
    done(relay::Verdict{absl::OkStatus()});
  };
  runtime_->SetHandler([&](const FakeCall&) {
    std::this_thread::sleep_for(kRuntime);
    return ReplyWith("x");
  });
  StartObserved();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(CallRaw(Channel(), kCreateContainer, "x").status.ok());
  const auto whole = std::chrono::steady_clock::now() - begin;
  const CallReport report = OnlyReport();
  ASSERT_TRUE(report.decision.has_value() && report.upstream.has_value());
  EXPECT_GE(*report.decision, kHook);
  EXPECT_GE(*report.upstream, kRuntime);
  EXPECT_LE(*report.decision + *report.upstream, whole);
}

TEST_F(RelayObserverTest, EveryCallOfManyCallersIsReportedOnce) {
  StartObserved(2);
  hook_.decide = [](std::string_view request, relay::UpstreamCaller&, auto done) {
    done(relay::Verdict{request == "0" ? absl::PermissionDeniedError("0") : absl::OkStatus(),
                        std::nullopt});
  };
  constexpr int kThreads = 4;
  constexpr int kCalls = 100;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      const auto channel = Channel();
      for (int i = 0; i < kCalls; ++i) {
        (void)CallRaw(channel, kCreateContainer, std::to_string(i % 10));
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  server_->Shutdown(milliseconds(0));
  const std::vector<CallReport> reports = observer_.WaitFor(kThreads * kCalls);
  EXPECT_EQ(reports.size(), size_t{kThreads * kCalls});
  EXPECT_EQ(std::count_if(reports.begin(), reports.end(),
                          [](const CallReport& r) { return r.end == CallEnd::kRefused; }),
            kThreads * kCalls / 10);
}

}  // namespace
}  // namespace sekisho::testing
