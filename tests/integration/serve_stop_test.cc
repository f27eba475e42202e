// How the daemon stops.
#include <thread>

#include "integration/serve_fixture.h"

namespace sekisho::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(ServeTest, SigtermAndSigintStopItAndItsSocketFileGoes) {
  for (const int signal : {SIGTERM, SIGINT}) {
    SCOPED_TRACE(signal);
    Start(Options());
    ASSERT_TRUE(std::filesystem::exists(sekisho_->socket()));
    sekisho_->Signal(signal);
    EXPECT_NE(sekisho_->WaitForNotification("STOPPING=1"), "");
    // The drain's half minute, and some.
    EXPECT_NE(sekisho_->WaitForNotification("EXTEND_TIMEOUT_USEC=45000000"), "");
    EXPECT_EQ(sekisho_->Wait(kLong), 0);
    EXPECT_FALSE(std::filesystem::exists(sekisho_->socket()));
  }
}

TEST_F(ServeTest, ACallUnderWayIsAnsweredAfterSigterm) {
  Start(Options());
  Gate gate;
  runtime_->SetHandler([wait = gate.future()](const FakeCall&) {
    wait.wait();
    return ReplyWith("in time");
  });
  auto call = std::async(std::launch::async, [&] { return Call(kStatus); });
  ASSERT_TRUE(Eventually([&] { return runtime_->CountOf(kStatus) == 1; }, kLong));
  sekisho_->Signal(SIGTERM);
  EXPECT_NE(sekisho_->WaitForNotification("STOPPING=1"), "");
  // While that call goes on, nobody new comes in.
  EXPECT_TRUE(Eventually([&] { return !Answers(sekisho_->socket()); }, kLong));
  EXPECT_EQ(sekisho_->Wait(std::chrono::milliseconds(0)), std::nullopt);
  gate.Open();
  const RawResult result = call.get();
  EXPECT_TRUE(result.status.ok()) << result.status.error_message();
  EXPECT_THAT(result.messages, ElementsAre("in time"));
  EXPECT_EQ(sekisho_->Wait(kLong), 0);
  EXPECT_FALSE(std::filesystem::exists(sekisho_->socket()));
}

TEST_F(ServeTest, CallsThatDoNotEndInTimeAreCutOff) {
  constexpr size_t kCalls = 20;
  SekishoOptions options = Options();
  options.more_config = "drain: {timeoutSeconds: 1}\nrelay: {threads: 2}\n";
  Start(options);
  runtime_->SetHandler([](const FakeCall&) {
    FakeReply reply;
    reply.hang = true;
    return reply;
  });
  std::vector<std::unique_ptr<RawCall>> calls;
  for (size_t i = 0; i < kCalls; ++i) {
    calls.push_back(std::make_unique<RawCall>(ChannelTo(sekisho_->socket()), kStatus));
    ASSERT_TRUE(calls.back()->Send(""));
  }
  ASSERT_TRUE(Eventually([&] { return runtime_->CountOf(kStatus) == kCalls; }, kLong));
  EXPECT_EQ(sekisho_->Terminate(), 0) << sekisho_->Log();
  for (const auto& call : calls) {
    EXPECT_FALSE(call->Finish().ok());
  }
  EXPECT_TRUE(runtime_->WaitForCancellations(kCalls));
}

// The caller is gone and the drain is over when the runtime at last says whose sandbox it is.
TEST_F(ServeTest, ADecisionThatOutlastsTheDrainEndsItsCallAndNothingElse) {
  SekishoOptions options = Options();
  options.more_config = "drain: {timeoutSeconds: 1}\n";
  Start(options);
  Gate gate;
  runtime_->SetHandler([wait = gate.future()](const FakeCall&) {
    wait.wait();
    return ReplyWith({grpc::StatusCode::NOT_FOUND, "no such sandbox"});
  });
  RawCall call(ChannelTo(sekisho_->socket()), kCreateContainer);
  ASSERT_TRUE(call.Send(CreateContainer("unknown", {}, {}).SerializeAsString()));
  ASSERT_TRUE(Eventually([&] { return runtime_->CountOf(kPodSandboxStatus) == 1; }, kLong));
  sekisho_->Signal(SIGTERM);
  EXPECT_FALSE(call.Finish().ok());
  gate.Open();
  EXPECT_EQ(sekisho_->Wait(kLong), 0) << sekisho_->Log();
  EXPECT_EQ(runtime_->CountOf(kCreateContainer), 0u);
}

TEST_F(ServeTest, ToldToStopWhileItWaitsForTheRuntimeItDoesNotWaitOn) {
  base::UniqueFd silent = ListenUnix(runtime_socket());
  // Once it has connected it is waiting; the connection says who it is.
  std::thread stopper([&] {
    const base::UniqueFd connection = AcceptUnix(silent.get());
    ucred peer{};
    socklen_t length = sizeof(peer);
    EXPECT_EQ(::getsockopt(connection.get(), SOL_SOCKET, SO_PEERCRED, &peer, &length), 0);
    silent.Reset();
    if (peer.pid > 0) {  // 0 would be everybody
      EXPECT_EQ(::kill(peer.pid, SIGTERM), 0);
    }
  });
  sekisho_ = std::make_unique<SekishoProcess>(Options());
  EXPECT_FALSE(sekisho_->Start());
  stopper.join();
  EXPECT_EQ(sekisho_->Wait(kLong), 0);
  EXPECT_THAT(sekisho_->Log(), HasSubstr("told to stop before the runtime answered"));
  EXPECT_FALSE(std::filesystem::exists(sekisho_->socket()));
}

TEST_F(ServeTest, WhatWasDecidedLastIsInTheAuditLog) {
  Start(Options());
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(CodeOfHostPidPod(), grpc::StatusCode::PERMISSION_DENIED);
  }
  EXPECT_EQ(sekisho_->Terminate(), 0) << sekisho_->Log();
  EXPECT_EQ(std::ranges::count(ReadText(sekisho_->audit_path()), '\n'), 20);
}

TEST_F(ServeTest, ASocketThatSomebodyElsePutInItsPlaceStays) {
  Start(Options());
  std::filesystem::remove(sekisho_->socket());
  const base::UniqueFd other = ListenUnix(sekisho_->socket());
  EXPECT_EQ(sekisho_->Terminate(), 0) << sekisho_->Log();
  EXPECT_TRUE(Answers(sekisho_->socket()));
}

}  // namespace
}  // namespace sekisho::testing
