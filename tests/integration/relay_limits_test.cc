// How much callers may have of the relay at once: what is over a limit is refused, never reaches
// the runtime, and hurts nobody else.
#include <gmock/gmock.h>
#include <poll.h>

#include "integration/relay_fixture.h"
#include "support/raw_http2.h"

namespace sekisho::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RelayLimitsTest : public RelayFixture {
 protected:
  // Calls of "hang" get no answer until they are cancelled; all others are answered at once.
  void StartWith(const relay::ServerLimits& limits) {
    runtime_->SetHandler([](const FakeCall& call) {
      FakeReply reply = ReplyWith("fine");
      reply.hang = call.request == "hang";
      return reply;
    });
    relay::ServerOptions options;
    options.limits = limits;
    StartRelay(options);
  }
  std::vector<std::unique_ptr<RawCall>> Hang(const std::shared_ptr<grpc::Channel>& channel,
                                             size_t count) {
    std::vector<std::unique_ptr<RawCall>> calls;
    for (size_t i = 0; i < count; ++i) {
      calls.push_back(std::make_unique<RawCall>(channel, kGetContainerEvents));
      EXPECT_TRUE(calls.back()->Send("hang"));
    }
    EXPECT_TRUE(runtime_->WaitForCalls(count));
    return calls;
  }
  static bool IsServed(const std::shared_ptr<grpc::Channel>& channel) {
    return CallRaw(channel, kVersion, "").status.ok();
  }
  // What was cancelled has ended a moment later.
  bool IsServedSoon(const std::function<std::shared_ptr<grpc::Channel>()>& channel) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!IsServed(channel())) {
      if (std::chrono::steady_clock::now() > give_up) {
        return false;
      }
    }
    return true;
  }
  static bool IsHungUpOn(const base::UniqueFd& connection) {
    pollfd end{.fd = connection.get(), .events = POLLRDHUP, .revents = 0};
    return ::poll(&end, 1, /*ms=*/20'000) == 1 && (end.revents & POLLRDHUP) != 0;
  }
};

TEST_F(RelayLimitsTest, MoreStreamsThanAConnectionMayHaveWaitAtTheirClient) {
  StartWith({.streams = 8});
  const auto full = Channel();
  auto hanging = Hang(full, 8);
  EXPECT_EQ(
      CallRaw(full, kVersion, "", {.timeout = std::chrono::milliseconds(200)}).status.error_code(),
      grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(runtime_->CountOf(kVersion), 0u);
  EXPECT_TRUE(IsServed(Channel())) << "another connection has streams of its own";
  hanging.pop_back();  // cancels it
  EXPECT_TRUE(IsServedSoon([&] { return full; }));
}

TEST_F(RelayLimitsTest, MoreCallsThanThereMayBeAreRefused) {
  StartWith({.calls = 8});
  auto hanging = Hang(Channel(), 8);
  const RawResult refused = CallRaw(Channel(), kCreateContainer, "one more");
  EXPECT_EQ(refused.status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(refused.status.error_message(), HasSubstr("too many calls"));
  EXPECT_EQ(runtime_->CountOf(kCreateContainer), 0u);
  hanging.pop_back();
  EXPECT_TRUE(IsServedSoon([&] { return Channel(); }));
}

// It never says that it has heard of the limit of streams, and so gRPC does not hold it to it.
TEST_F(RelayLimitsTest, AClientThatHeedsNoLimitIsHeldToThatOfCalls) {
  StartWith({.streams = 4, .calls = 8});
  base::UniqueFd rude = Connect();
  std::string bytes = Http2Call(kGetContainerEvents, GrpcFrame(4, "hang"));
  for (unsigned int stream = 3; stream < 101; stream += 2) {
    bytes += Http2Stream(stream, kGetContainerEvents, GrpcFrame(4, "hang"));
  }
  ASSERT_EQ(::send(rude.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(bytes.size()));
  EXPECT_TRUE(runtime_->WaitForCalls(8));
  EXPECT_EQ(CallRaw(Channel(), kVersion, "").status.error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(runtime_->calls().size(), 8u);
  rude.Reset();
  EXPECT_TRUE(IsServedSoon([&] { return Channel(); }));
}

TEST_F(RelayLimitsTest, MoreConnectionsThanThereMayBeAreClosedUntilThereIsRoom) {
  StartWith({.connections = 3});
  auto first = Channel();
  base::UniqueFd second = Connect();
  const base::UniqueFd third = Connect();
  EXPECT_TRUE(IsHungUpOn(Connect()));
  EXPECT_TRUE(IsServed(first));
  second.Reset();
  EXPECT_TRUE(IsServedSoon([this] { return Channel(); }));
}

TEST_F(RelayLimitsTest, HeadersOfACallHaveAnEnd) {
  StartWith({});
  const size_t limit = relay::ServerLimits{}.header_bytes;
  const RawCallOptions fits = {.metadata = {{"long", std::string(limit - 4096, 'h')}}};
  EXPECT_THAT(CallRaw(Channel(), kVersion, "", fits).messages, ElementsAre("fine"));
  EXPECT_EQ(runtime_->CountOf(kVersion), 1u);
  const RawCallOptions over = {.metadata = {{"long", std::string(limit, 'h')}}};
  EXPECT_EQ(CallRaw(Channel(), kVersion, "", over).status.error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  const base::UniqueFd rude = Connect();  // never says that it heard of any limit
  EXPECT_TRUE(ExchangeUntilStreamEnds(
      rude.get(),
      Http2Call(kCreateContainer, GrpcFrame(0, ""), {{"long", std::string(2 * limit, 'h')}}), 20));
  EXPECT_TRUE(IsServed(Channel()));
  EXPECT_EQ(runtime_->CountOf(kCreateContainer), 0u);
}

TEST_F(RelayLimitsTest, ManyHeadersAreNoWayAroundTheirEnd) {
  StartWith({});
  std::vector<std::pair<std::string, std::string>> many;
  for (int i = 0; i < 10'000; ++i) {
    many.emplace_back("h" + std::to_string(i), "v");
  }
  const base::UniqueFd rude = Connect();
  EXPECT_TRUE(ExchangeUntilStreamEnds(rude.get(),
                                      Http2Call(kVersion, GrpcFrame(0, "")) +
                                          Http2Stream(3, kCreateContainer, GrpcFrame(0, ""), many),
                                      20));
  EXPECT_TRUE(IsServed(Channel()));
  EXPECT_EQ(runtime_->CountOf(kCreateContainer), 0u);
}

}  // namespace
}  // namespace sekisho::testing
