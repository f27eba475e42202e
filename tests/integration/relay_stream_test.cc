// The relay, server-streaming calls.
#include <gmock/gmock.h>

#include <future>

#include "integration/relay_fixture.h"

namespace sekisho::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Pair;

class RelayStreamTest : public RelayFixture {
 protected:
  // `n` messages of `bytes` bytes each, and then `status`.
  static FakeReply Stream(int n, size_t bytes, grpc::Status status = {}) {
    FakeReply reply;
    reply.messages = [n, bytes](int i) {
      return i < n ? std::optional(std::string(bytes, static_cast<char>('a' + i % 26)))
                   : std::nullopt;
    };
    reply.status = std::move(status);
    return reply;
  }
};

TEST_F(RelayStreamTest, AllMessagesInOrderThenTheStatusAndTrailers) {
  StartRelay();
  runtime_->SetHandler([](const FakeCall&) {
    FakeReply reply =
        Stream(1000, 300, grpc::Status(grpc::StatusCode::OUT_OF_RANGE, "end", "details"));
    reply.initial_metadata = {{"lead", "1"}};
    reply.trailing_metadata = {{"trail", "2"}};
    return reply;
  });
  const RawResult result = CallRaw(Channel(), kGetContainerEvents, "");
  ASSERT_EQ(result.messages.size(), 1000u);
  for (size_t i = 0; i < result.messages.size(); ++i) {
    ASSERT_EQ(result.messages[i], std::string(300, static_cast<char>('a' + i % 26)));
  }
  EXPECT_EQ(result.status.error_code(), grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_EQ(result.status.error_details(), "details");
  EXPECT_THAT(result.initial_metadata, Contains(Pair("lead", "1")));
  EXPECT_THAT(result.trailing_metadata, Contains(Pair("trail", "2")));
}

TEST_F(RelayStreamTest, AnErrorBeforeTheFirstMessage) {
  StartRelay();
  runtime_->SetHandler([](const FakeCall&) {
    return ReplyWith(grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "old"));
  });
  const RawResult result = CallRaw(Channel(), kGetContainerEvents, "");
  EXPECT_EQ(result.status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(result.status.error_message(), "old");
}

TEST_F(RelayStreamTest, HeadersComeBeforeTheFirstMessageOfASilentStream) {
  StartRelay();
  runtime_->SetHandler([](const FakeCall&) {
    FakeReply reply;
    reply.initial_metadata = {{"lead", "early"}};
    reply.headers_first = true;
    reply.hang = true;
    return reply;
  });
  RawCall call(Channel(), kGetContainerEvents);
  ASSERT_TRUE(call.Send(""));
  ASSERT_TRUE(call.ReadHeaders());
  EXPECT_EQ(call.context().GetServerInitialMetadata().count("lead"), 1u);
  call.Cancel();
  EXPECT_EQ(call.Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(runtime_->WaitForCancellations(1));
}

TEST_F(RelayStreamTest, CompressedMessagesArrive) {
  StartRelay();
  runtime_->SetHandler([](const FakeCall&) {
    FakeReply reply = Stream(3, 20'000);
    reply.compression = GRPC_COMPRESS_GZIP;
    return reply;
  });
  const RawResult result = CallRaw(Channel(), kGetContainerEvents, "");
  ASSERT_TRUE(result.status.ok()) << result.status.error_message();
  EXPECT_THAT(result.messages, ElementsAre(std::string(20'000, 'a'), std::string(20'000, 'b'),
                                           std::string(20'000, 'c')));
}

TEST_F(RelayStreamTest, ASlowReaderHoldsTheRuntimeBackInsteadOfFillingMemory) {
  StartRelay();
  constexpr int kMessages = 2000;
  constexpr size_t kBytes = size_t{64} << 10;  // 128 MiB in all
  runtime_->SetHandler([](const FakeCall& call) {
    return call.method == kGetContainerEvents ? Stream(kMessages, kBytes) : ReplyWith("");
  });
  RawCall call(Channel(), kGetContainerEvents);
  ASSERT_TRUE(call.Send(""));
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(call.ReadMessage().has_value());
  }
  // The reader stops. The runtime has stopped too when its count is the same after calls of our own
  // have gone round the relay many times.
  int sent = -1;
  for (int round = 0; round < 100 && sent != runtime_->messages_sent(kGetContainerEvents);
       ++round) {
    sent = runtime_->messages_sent(kGetContainerEvents);
    for (int i = 0; i < 50; ++i) {
      ASSERT_TRUE(server_->CallUpstream(kVersion, "", std::chrono::seconds(20)).ok());
    }
  }
  // Windows of both connections, sockets and one message in the relay: a few MiB, never 128.
  EXPECT_LT(runtime_->messages_sent(kGetContainerEvents), 400) << "of " << kMessages;
  int more = 10;
  while (call.ReadMessage().has_value()) {
    ++more;
  }
  EXPECT_EQ(more, kMessages);
  EXPECT_TRUE(call.Finish().ok());
}

TEST_F(RelayStreamTest, ShutdownEndsSilentStreamsAtOnce) {
  StartRelay();
  runtime_->SetHandler([](const FakeCall&) {
    FakeReply reply;
    reply.hang = true;
    reply.headers_first = true;
    return reply;
  });
  RawCall call(Channel(), kGetContainerEvents);
  ASSERT_TRUE(call.Send(""));
  ASSERT_TRUE(call.ReadHeaders());
  auto shutdown =
      std::async(std::launch::async, [&] { server_->Shutdown(std::chrono::seconds(60)); });
  const grpc::Status status = call.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(status.error_message(), "sekisho is shutting down");
  EXPECT_EQ(shutdown.wait_for(std::chrono::seconds(30)), std::future_status::ready);
}

TEST_F(RelayStreamTest, TheRuntimeDyingEndsTheStreamWithUnavailable) {
  StartRelay();
  runtime_->SetHandler([](const FakeCall&) {
    FakeReply reply;
    reply.hang = true;
    reply.headers_first = true;
    return reply;
  });
  RawCall call(Channel(), kGetContainerEvents);
  ASSERT_TRUE(call.Send(""));
  ASSERT_TRUE(call.ReadHeaders());
  runtime_.reset();
  EXPECT_NE(call.Finish().error_code(), grpc::StatusCode::OK);
}

}  // namespace
}  // namespace sekisho::testing
