// Requests, cancelling, waking and timers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "http_fixture.h"

namespace sekisho::kube {
namespace {

using sekisho::testing::SeenRequest;
using ::testing::HasSubstr;

class HttpLoopTest : public HttpTest {
 protected:
  HttpLoopTest() {
    StartServer();
    StartLoop(ServiceAccount());
  }
};

TEST_F(HttpLoopTest, TenRequestsShareOneConnectionOfHttp2) {
  std::vector<std::shared_ptr<Exchange>> exchanges;
  for (int i = 0; i < 10; ++i) {
    exchanges.push_back(Start({.path = StrCat("/api/v1/namespaces?limit=", i + 1)}));
  }
  ASSERT_TRUE(RunUntil([&] {
    return std::all_of(exchanges.begin(), exchanges.end(),
                       [](const auto& exchange) { return exchange->done; });
  }));
  for (const auto& exchange : exchanges) {
    EXPECT_TRUE(exchange->response.status.ok()) << exchange->response.status;
    EXPECT_EQ(exchange->response.code, 200);
    EXPECT_EQ(exchange->body_code, 200);
    EXPECT_THAT(exchange->body, HasSubstr("NamespaceList"));
  }
  EXPECT_EQ(server_->Requests().size(), 10U);
  for (const SeenRequest& request : server_->Requests()) {
    EXPECT_EQ(request.protocol, "h2");
    EXPECT_EQ(request.connection, 1);
  }
  EXPECT_EQ(server_->Connections(), 1);
}

TEST_F(HttpLoopTest, ABodyIsSentWithItsMethodAndType) {
  const std::string body = R"({"metadata": {"name": "e", "namespace": "default"}})";
  for (const std::string method : {"POST", "PATCH"}) {
    const auto exchange = Start({.method = method,
                                 .path = "/api/v1/namespaces/default/events",
                                 .content_type = "application/json",
                                 .body = body});
    ASSERT_TRUE(RunUntil([&] { return exchange->done; }));
    EXPECT_TRUE(exchange->response.status.ok()) << exchange->response.status;
    const SeenRequest seen = server_->Requests().back();
    EXPECT_EQ(seen.method, method);
    EXPECT_EQ(seen.body, body);
    EXPECT_EQ(seen.headers.at("content-type"), "application/json");
    EXPECT_EQ(seen.headers.count("expect"), 0U);
  }
}

TEST_F(HttpLoopTest, ACodeThatSaysNoIsAWholeAnswer) {
  server_->Fail({}, 429, 1, 7);
  const Exchange got = Get();
  EXPECT_TRUE(got.response.status.ok());
  EXPECT_EQ(got.response.code, 429);
  EXPECT_EQ(got.body_code, 429);
  EXPECT_EQ(got.response.retry_after, std::chrono::seconds(7));
  EXPECT_THAT(got.body, HasSubstr("Status"));
  EXPECT_EQ(Get().response.retry_after, std::nullopt);
}

TEST_F(HttpLoopTest, ACompressedBodyArrivesInflated) {
  server_->SetNamespaces({{"a", {}}, {"b", {}}, {"c", {}}}, size_t{100} << 10);
  const Exchange plain = Get();
  const auto compressed = Start({.path = "/api/v1/namespaces", .compressed = true});
  ASSERT_TRUE(RunUntil([&] { return compressed->done; }));
  EXPECT_EQ(server_->Requests().back().headers.at("accept-encoding"), "gzip");
  EXPECT_TRUE(compressed->response.status.ok()) << compressed->response.status;
  EXPECT_GT(plain.body.size(), size_t{300} << 10);
  EXPECT_EQ(compressed->body, plain.body);
  EXPECT_GT(plain.pieces, 10U);  // handed on as it comes
}

TEST_F(HttpLoopTest, ACancelledRequestIsNotHeardOfAgain) {
  const auto before = Start({.path = "/api/v1/namespaces"});
  loop_->Cancel(before->id);  // not begun
  const auto watch = Watch();
  server_->SetNamespace("a", {});
  ASSERT_TRUE(RunUntil([&] { return !watch->body.empty(); }));
  loop_->Cancel(watch->id);
  loop_->Cancel(watch->id);
  loop_->Cancel(0);
  const std::string heard = watch->body;
  EXPECT_TRUE(RunUntil([&] { return server_->OpenWatches() == 0; }));
  server_->SetNamespace("b", {});
  EXPECT_EQ(Get().response.code, 200);
  EXPECT_FALSE(before->done);
  EXPECT_FALSE(watch->done);
  EXPECT_EQ(watch->body, heard);
}

TEST_F(HttpLoopTest, AnyCallbackMaySendAndCancel) {
  const auto by_body = Watch();
  const auto by_done = Watch();
  const auto by_timer = Watch();
  std::shared_ptr<Exchange> last;
  Loop::Id own = 0;
  (void)loop_->Send(
      {.path = "/api/v1/namespaces"},
      [&](int /*code*/, std::string_view /*bytes*/) {
        loop_->Cancel(by_body->id);
        return true;
      },
      [&](const Response& /*response*/) {
        loop_->Cancel(by_done->id);
        own = loop_->Send({.path = "/api/v1/namespaces"}, nullptr, [&](const Response& response) {
          EXPECT_EQ(response.code, 200);
          loop_->Cancel(own);
          (void)loop_->After(milliseconds(0), [&] {
            loop_->Cancel(by_timer->id);
            last = Start({.path = "/api/v1/namespaces"});
          });
        });
      });
  EXPECT_TRUE(RunUntil([&] { return last != nullptr && last->done; }));
  EXPECT_TRUE(RunUntil([&] { return server_->OpenWatches() == 0; }));
  EXPECT_FALSE(by_body->done || by_done->done || by_timer->done);
}

TEST_F(HttpLoopTest, RequestsThatEndTogetherMayCancelEachOther) {
  int ended = 0;
  std::vector<Loop::Id> ids;
  for (int i = 0; i < 5; ++i) {
    ids.push_back(loop_->Send({.path = "/api/v1/namespaces"}, nullptr, [&](const Response&) {
      ++ended;
      for (const Loop::Id id : ids) {
        loop_->Cancel(id);
      }
    }));
  }
  std::filesystem::remove(dir_.File("sa/token"));  // so that all of them fail in the same round
  RunFor(milliseconds(50));
  EXPECT_EQ(ended, 1);
}

TEST_F(HttpLoopTest, AReceiverMayWantNoMore) {
  bool inside = false;
  bool done = false;
  Response response;
  int pieces = 0;
  const auto beside_it = Watch();
  server_->SetNamespaces({{"a", {}}, {"b", {}}}, size_t{200} << 10);
  (void)loop_->Send(
      {.path = "/api/v1/namespaces"},
      [&](int /*code*/, std::string_view /*bytes*/) {
        inside = true;
        ++pieces;
        inside = false;
        return pieces < 2;
      },
      [&](const Response& ended) {
        EXPECT_FALSE(inside);
        done = true;
        response = ended;
      });
  ASSERT_TRUE(RunUntil([&] { return done; }));
  EXPECT_EQ(response.status.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(response.code, 200);
  EXPECT_EQ(pieces, 2);
  // The connection has not suffered.
  EXPECT_EQ(Get().response.code, 200);
  EXPECT_EQ(server_->Connections(), 1);
}

TEST_F(HttpLoopTest, DestructionEndsRequestsWithoutACallback) {
  const auto watch = Watch();
  const auto waiting = Start({.path = "/api/v1/namespaces"});
  const auto cancelled = Start({.path = "/api/v1/namespaces"});
  loop_->Cancel(cancelled->id);
  loop_.reset();
  EXPECT_FALSE(watch->done || waiting->done || cancelled->done);
}

TEST_F(HttpLoopTest, IsWokenAndStoppedFromAnotherThread) {
  std::atomic<int> woken = 0;
  loop_->Wake();  // before it runs: told when it does
  EXPECT_EQ(woken, 0);
  std::thread thread([&] { loop_->Run([&] { ++woken; }); });
  const auto wait_for = [&](int times) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (woken < times && std::chrono::steady_clock::now() < end) {
      std::this_thread::yield();
    }
    EXPECT_EQ(woken, times);
  };
  wait_for(1);
  loop_->Wake();
  wait_for(2);
  const uint64_t rounds = loop_->rounds();
  for (int i = 0; i < 10'000; ++i) {
    loop_->Wake();
  }
  loop_->Stop();
  thread.join();
  EXPECT_GE(woken, 2);
  EXPECT_LE(loop_->rounds(), rounds + 10'001);
  loop_->Stop();  // before it runs: then it does not
  loop_->Run([&] { ADD_FAILURE() << "ran"; });
}

TEST_F(HttpLoopTest, TimersComeInTheirOrderAndNotTooEarly) {
  std::string called;
  const auto begun = loop_->Now();
  const Loop::Id never = loop_->After(milliseconds(20), [&] { called += 'x'; });
  (void)loop_->After(milliseconds(60), [&] {
    EXPECT_GE(loop_->Now() - begun, milliseconds(60));
    called += 'd';
    loop_->Stop();
  });
  (void)loop_->After(milliseconds(30), [&] {
    EXPECT_GE(loop_->Now() - begun, milliseconds(30));
    called += 'c';
  });
  (void)loop_->After(milliseconds(0), [&] {
    called += 'a';
    (void)loop_->After(milliseconds(0), [&] {
      called += 'b';
      loop_->CancelTimer(never);
    });
  });
  EXPECT_EQ(called, "");
  loop_->Run([] {});
  EXPECT_EQ(called, "abcd");
  EXPECT_LT(loop_->Now() - begun, milliseconds(5'000));
}

TEST_F(HttpLoopTest, RandomNumbersAreSpreadOverTheirRange) {
  double least = 1;
  double most = 0;
  for (int i = 0; i < 1'000; ++i) {
    const double number = loop_->Random();
    least = std::min(least, number);
    most = std::max(most, number);
  }
  EXPECT_GE(least, 0);
  EXPECT_LT(least, 0.1);
  EXPECT_GT(most, 0.9);
  EXPECT_LT(most, 1);
}

}  // namespace
}  // namespace sekisho::kube
