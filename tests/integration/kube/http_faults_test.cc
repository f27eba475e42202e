// Servers that are slow, gone or half gone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <string>
#include <vector>

#include "http_fixture.h"

namespace sekisho::kube {
namespace {

using ::testing::HasSubstr;

// A second of real time: what spins goes round some hundred thousand times in it.
constexpr milliseconds kWhile{1'000};
constexpr uint64_t kFewRounds = 60;

class HttpFaultsTest : public HttpTest {
 protected:
  HttpFaultsTest() {
    StartServer();
    StartLoop(ServiceAccount());
  }

  uint64_t RoundsWhile(milliseconds time) {
    const uint64_t before = loop_->rounds();
    RunFor(time);
    return loop_->rounds() - before;
  }
};

TEST_F(HttpFaultsTest, ARefusedConnectionIsUnavailable) {
  server_->Stop();
  const Exchange got = Get();
  EXPECT_EQ(got.response.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(got.response.status.message(),
            StrCat("cannot connect to 127.0.0.1:", server_->port(), ": Connection refused"));
  EXPECT_EQ(got.response.code, 0);
  server_->Start();
  EXPECT_EQ(Get().response.code, 200);
}

TEST_F(HttpFaultsTest, AHostThatIsNotFoundIsUnavailable) {
  // A name of the kind that never exists; looked up without leaving the machine, or in vain.
  StartLoop(ServiceAccount("https://nowhere.invalid:6443"));
  const Exchange got = Get();
  EXPECT_FALSE(got.response.status.ok());
  EXPECT_THAT(got.response.status.message(), HasSubstr("nowhere.invalid:6443"));
}

TEST_F(HttpFaultsTest, AFrozenServerIsGivenUpInTimeAndAskedAgainOnANewConnection) {
  const auto watch = Watch();
  server_->Freeze();
  const auto begun = std::chrono::steady_clock::now();
  const Exchange got = Get("/api/v1/namespaces", milliseconds(300));
  const auto took = std::chrono::steady_clock::now() - begun;
  EXPECT_EQ(got.response.status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(got.response.status.message(),
            StrCat("no whole answer from 127.0.0.1:", server_->port(), " within 300 ms"));
  EXPECT_GE(took, milliseconds(300));
  EXPECT_LT(took, milliseconds(3'000));

  server_->Thaw();
  EXPECT_EQ(Get().response.code, 200);
  // The watch still holds the old connection open: that one must not be chosen.
  EXPECT_NE(server_->Requests().back().connection, server_->Requests().front().connection);
  EXPECT_EQ(Get().response.code, 200);
  EXPECT_NE(server_->Requests().back().connection, server_->Requests().front().connection);
  EXPECT_FALSE(watch->done);
}

// libcurl lets the second one wait for the first one's connection, without any limit of time.
TEST_F(HttpFaultsTest, WhatWaitsForAConnectionRunsOutOfTimeAsWell) {
  server_->Freeze();
  const auto first = Start({.path = "/api/v1/namespaces", .total_timeout = milliseconds(600)});
  const auto second = Start({.path = "/api/v1/namespaces", .total_timeout = milliseconds(200)});
  ASSERT_TRUE(RunUntil([&] { return second->done; }));
  EXPECT_EQ(second->response.status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_FALSE(first->done);
  ASSERT_TRUE(RunUntil([&] { return first->done; }));
  EXPECT_EQ(first->response.status.code(), absl::StatusCode::kDeadlineExceeded);
  server_->Thaw();
  EXPECT_EQ(Get().response.code, 200);
}

TEST_F(HttpFaultsTest, ConnectingHasALimitOfItsOwn) {
  HttpLoopOptions options = ServiceAccount();
  options.connect_timeout = milliseconds(200);
  StartLoop(options);
  server_->Freeze();
  const auto exchange = Start({.path = "/api/v1/namespaces"});
  ASSERT_TRUE(RunUntil([&] { return exchange->done; }));
  EXPECT_EQ(exchange->response.status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(exchange->response.status.message(),
              HasSubstr(StrCat("cannot connect to 127.0.0.1:", server_->port(), ": ")));
}

TEST_F(HttpFaultsTest, AWatchThatIsCancelledAfterSilenceTakesItsConnectionWithIt) {
  HttpLoopOptions options = ServiceAccount();
  options.silence = milliseconds(100);
  StartLoop(options);
  const auto beside_it = Watch();
  const int first = server_->Requests().back().connection;
  loop_->Cancel(Watch()->id);  // at once: that says nothing of the connection
  const auto watch = Watch();
  EXPECT_EQ(server_->Requests().back().connection, first);
  RunFor(milliseconds(150));
  loop_->Cancel(watch->id);
  EXPECT_EQ(Get().response.code, 200);
  EXPECT_NE(server_->Requests().back().connection, first);
}

TEST_F(HttpFaultsTest, ABrokenConnectionEndsWhatIsOnIt) {
  const auto watch = Watch();
  const auto other = Watch();
  server_->ResetConnections();
  ASSERT_TRUE(RunUntil([&] { return watch->done && other->done; }));
  EXPECT_EQ(watch->response.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(watch->response.status.message(),
              HasSubstr(StrCat("the request to 127.0.0.1:", server_->port(), " was broken off")));
  EXPECT_EQ(other->response.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Get().response.code, 200);
}

TEST_F(HttpFaultsTest, AnIdleConnectionThatBrokeIsNotNoticedByTheNextRequest) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(Get().response.code, 200);
    server_->ResetConnections();
  }
  EXPECT_EQ(server_->Connections(), 5);
}

TEST_F(HttpFaultsTest, ASlowBodyArrivesInPieces) {
  server_->SetNamespaces({{"a", {}}}, 4'000);
  server_->Drip({}, 500, milliseconds(20));
  const Exchange got = Get();
  EXPECT_EQ(got.response.code, 200) << got.response.status;
  EXPECT_GE(got.pieces, 8U);
  const Exchange in_time = Get("/api/v1/namespaces", milliseconds(60));
  EXPECT_EQ(in_time.response.status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(in_time.response.code, 200);
}

TEST_F(HttpFaultsTest, SleepsWhileThereIsNothingToDo) {
  const auto watch = Watch();
  EXPECT_LT(RoundsWhile(milliseconds(2'000)), 20U);
  loop_->Cancel(watch->id);
  EXPECT_LT(RoundsWhile(milliseconds(500)), 20U);
}

TEST_F(HttpFaultsTest, DoesNotSpinWhileAServerIsFrozen) {
  const auto watch = Watch();
  server_->Freeze();
  const auto on_it = Start({.path = "/api/v1/namespaces"});
  EXPECT_LT(RoundsWhile(kWhile), kFewRounds);
  // One that gets no further than the connection.
  WriteFile("sa/token", "another");
  const auto connecting = Start({.path = "/api/v1/namespaces"});
  const auto behind_it = Start({.path = "/api/v1/namespaces"});
  EXPECT_LT(RoundsWhile(kWhile), kFewRounds);
  EXPECT_FALSE(on_it->done || connecting->done || behind_it->done);
  server_->Thaw();
  EXPECT_TRUE(RunUntil([&] { return on_it->done && connecting->done && behind_it->done; }));
  EXPECT_EQ(behind_it->response.code, 200);
}

TEST_F(HttpFaultsTest, DoesNotSpinAfterAServerIsGone) {
  const auto watch = Watch();
  server_->Stop();
  ASSERT_TRUE(RunUntil([&] { return watch->done; }));
  EXPECT_LT(RoundsWhile(kWhile), kFewRounds);
  EXPECT_EQ(Get().response.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_LT(RoundsWhile(kWhile), kFewRounds);
}

}  // namespace
}  // namespace sekisho::kube
