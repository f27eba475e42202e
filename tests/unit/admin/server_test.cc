#include "admin/server.h"

#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <set>
#include <thread>
#include <vector>

#include "support/raw_http2.h"
#include "unit/admin/admin_fixture.h"

namespace sekisho::admin {
namespace {

using testing::CallRaw;
using testing::RawCall;
using testing::RawResult;

class AdminServer : public AdminFixture {};

TEST_F(AdminServer, AnswersWithWhatItIsGiven) {
  StartServer();
  const auto channel = Channel();
  for (const int refusals : {0, 7, 1000}) {
    const std::optional<sekisho::v1::GetStatusResponse> status = Ask(channel, refusals);
    ASSERT_TRUE(status.has_value());
    EXPECT_EQ(status->version(), "1.2.3");
    EXPECT_EQ(status->pid(), refusals);
  }
}

TEST_F(AdminServer, AQuestionOutOfRangeIsRefusedAndNotAsked) {
  std::atomic<int> asked = 0;
  StartServer([&](const sekisho::v1::GetStatusRequest&) {
    ++asked;
    return sekisho::v1::GetStatusResponse();
  });
  for (const int refusals : {-1, 1001}) {
    sekisho::v1::GetStatusRequest request;
    request.set_refusals(refusals);
    EXPECT_EQ(CallRaw(Channel(), kGetStatus, request.SerializeAsString()).status.error_code(),
              grpc::StatusCode::INVALID_ARGUMENT);
  }
  server_.reset();
  EXPECT_EQ(asked, 0);
}

TEST_F(AdminServer, KnowsNoOtherMethod) {
  StartServer();
  const auto channel = Channel();
  for (const char* method :
       {"/sekisho.v1.Admin/Reload", "/sekisho.v1.Admin/getstatus", "/sekisho.v2.Admin/GetStatus",
        "/runtime.v1.RuntimeService/Version", "/grpc.health.v1.Health/Check",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"}) {
    SCOPED_TRACE(method);
    EXPECT_EQ(CallRaw(channel, method, "").status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  }
  EXPECT_TRUE(Ask(channel).has_value());
}

TEST_F(AdminServer, ATextThatIsNoUtf8DoesNotCostTheWholeStatus) {
  StartServer([](const sekisho::v1::GetStatusRequest&) {
    sekisho::v1::GetStatusResponse status;
    status.set_version("1.2.3");
    status.add_weakened("fine, \xE2\x9C\x93");
    status.add_weakened("\xff");
    status.mutable_policy()->add_files()->set_path("/etc/\xc3(.yaml");
    (*status.mutable_counters()->mutable_decisions())["\xfe"] = 3;
    return status;
  });
  const std::optional<sekisho::v1::GetStatusResponse> status = Ask(Channel());
  ASSERT_TRUE(status.has_value());
  EXPECT_EQ(status->weakened(0), "fine, \xE2\x9C\x93");
  EXPECT_EQ(status->weakened(1), "\\xff");
  EXPECT_EQ(status->policy().files(0).path(), "/etc/\\xc3(.yaml");
  EXPECT_EQ(status->counters().decisions().at("\\xfe"), 3u);
  EXPECT_FALSE(status->has_labels()) << "what is absent stays so";
}

TEST_F(AdminServer, WhatIsNoRequestIsRefusedAndHurtsNobodyElse) {
  StartServer();
  const auto channel = Channel();
  EXPECT_FALSE(CallRaw(channel, kGetStatus, "\xff\xff\xff").status.ok());
  EXPECT_EQ(CallRaw(channel, kGetStatus, std::string(65 << 10, '\x08')).status.error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  for (const std::string& bytes :
       {std::string(5000, '\x5a'), testing::Http2Call(kGetStatus, ""),
        testing::Http2Call(kGetStatus, testing::GrpcFrame(100, "only these")),
        std::string("GET /status HTTP/1.1\r\n\r\n")}) {
    base::UniqueFd connection = Connect();
    EXPECT_TRUE(testing::ExchangeUntilStreamEnds(connection.get(), bytes, 20));
  }
  EXPECT_TRUE(Ask(channel).has_value());
}

TEST_F(AdminServer, AClientThatSaysNothingHoldsNobodyUp) {
  StartServer();
  std::vector<base::UniqueFd> silent;
  for (int i = 0; i < 20; ++i) {
    silent.push_back(Connect());
  }
  EXPECT_TRUE(Ask(Channel()).has_value());
  server_.reset();
  for (const base::UniqueFd& connection : silent) {
    EXPECT_TRUE(IsClosed(connection.get()));
  }
}

TEST_F(AdminServer, AHundredClientsAtOnceAreServedOneAfterTheOther) {
  std::atomic<int> running = 0;
  std::atomic<int> together = 0;
  std::mutex mu;
  std::set<std::thread::id> threads;
  StartServer([&](const sekisho::v1::GetStatusRequest& request) {
    if (++running > 1) {
      ++together;
    }
    {
      const std::lock_guard lock(mu);
      threads.insert(std::this_thread::get_id());
    }
    sekisho::v1::GetStatusResponse status;
    status.set_pid(request.refusals());
    --running;
    return status;
  });
  std::vector<std::future<bool>> answers;
  for (int i = 0; i < 100; ++i) {
    answers.push_back(std::async(std::launch::async, [this, i] {
      const std::optional<sekisho::v1::GetStatusResponse> status = Ask(Channel(), i);
      return status.has_value() && status->pid() == i;
    }));
  }
  for (std::future<bool>& answer : answers) {
    EXPECT_TRUE(answer.get());
  }
  server_.reset();
  EXPECT_EQ(together, 0);
  EXPECT_EQ(threads.size(), 1u);
}

TEST_F(AdminServer, WhatIsBeyondTheLimitIsHungUpOnUntilThereIsRoom) {
  StartServer();
  std::vector<base::UniqueFd> open;
  for (size_t i = 0; i < kConnectionsMax; ++i) {
    open.push_back(Connect());
  }
  const base::UniqueFd refused = Connect();
  EXPECT_TRUE(IsClosed(refused.get()));
  open.pop_back();
  EXPECT_TRUE(Ask(Channel()).has_value());
}

TEST_F(AdminServer, ManyConnectionsOneAfterTheOtherDoNotUseItUp) {
  StartServer();
  for (size_t i = 0; i < 3 * kConnectionsMax; ++i) {
    ASSERT_TRUE(Ask(Channel()).has_value()) << i;
  }
}

TEST_F(AdminServer, EndsAlthoughAClientIsInTheMiddleOfACall) {
  StartServer();
  RawCall call(Channel(), kGetStatus);  // and sends no request
  const auto begin = std::chrono::steady_clock::now();
  server_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_FALSE(call.Finish().ok());
}

TEST_F(AdminServer, EndsAlthoughAClientDoesNotTakeItsAnswer) {
  std::promise<void> asked;
  StartServer([&](const sekisho::v1::GetStatusRequest&) {
    sekisho::v1::GetStatusResponse status;
    status.set_version(std::string(size_t{8} << 20, 'v'));  // more than socket and window take
    asked.set_value();
    return status;
  });
  const base::UniqueFd client = Connect();
  const std::string bytes = testing::Http2Call(kGetStatus, testing::GrpcFrame(0, ""));
  ASSERT_EQ(::send(client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(bytes.size()));
  asked.get_future().wait();
  const auto begin = std::chrono::steady_clock::now();
  server_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST_F(AdminServer, EndsOnlyWhenItsStatusIsNotAskedAnyMore) {
  std::promise<void> asked;
  std::promise<void> answer;
  std::atomic<bool> over = false;
  StartServer([&](const sekisho::v1::GetStatusRequest&) {
    asked.set_value();
    answer.get_future().wait();
    over = true;
    return sekisho::v1::GetStatusResponse();
  });
  auto client = std::async(std::launch::async, [this] { return Ask(Channel()); });
  asked.get_future().wait();
  auto end = std::async(std::launch::async, [&] {
    server_.reset();
    return over.load();
  });
  answer.set_value();
  EXPECT_TRUE(end.get());
  (void)client.get();  // answered or cut off, and not left waiting
}

TEST_F(AdminServer, MayEndAtOnce) {
  StartServer();
  server_.reset();
  StartServer();
  const base::UniqueFd connection = Connect();
  server_.reset();
  EXPECT_TRUE(IsClosed(connection.get()));
}

}  // namespace
}  // namespace sekisho::admin
