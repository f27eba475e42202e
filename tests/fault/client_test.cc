// A client misbehaves: it hangs up in the middle, does not read, asks for a thousand things at
// once.
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "fault/fault_fixture.h"
#include "support/raw_http2.h"

namespace sekisho::testing {
namespace {

using http2::Frame;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr size_t kMiB = size_t{1} << 20;
constexpr milliseconds kSlowFor{1500};
// A sanitizer's own memory, and its slower callers, are not what is tested.
constexpr uint64_t kSanitizersKiB = SEKISHO_SANITIZED != 0 ? 1 << 20 : 0;

class ClientTest : public FaultTest {
 protected:
  base::UniqueFd Connect() const { return ConnectUnix(sekisho_->socket()); }
};

// Cut off anywhere, a request is not one.
TEST_F(ClientTest, HangsUpWithinARequest) {
  FaultOutcome outcome = {.fault = "client-hangs-up-within-a-request",
                          .must_hold = "nothing is forwarded that did not come as a whole"};
  Start();
  ExpectAllIsWell();
  const std::vector<LoadRequest> requests = LoadRequests(/*caller=*/999);
  const auto create = std::ranges::find_if(requests, [](const LoadRequest& request) {
    return request.method == kCreateContainer && !request.forbidden;
  });
  const std::string message = GrpcFrame(create->bytes.size(), create->bytes);
  const std::string whole = Http2Call(kCreateContainer, message);
  const uint64_t containers = counting_.containers();
  const std::vector<std::string> descriptors = DescriptorsAfterADecision();
  for (size_t cut = 0; cut < whole.size(); cut += Times(13, 97)) {
    const base::UniqueFd connection = Connect();
    ASSERT_TRUE(connection.valid());
    ASSERT_EQ(::send(connection.get(), whole.data(), cut, MSG_NOSIGNAL), static_cast<ssize_t>(cut));
    ++outcome.injected;
    ++outcome.lost;
  }
  outcome.calls = outcome.injected;
  ExpectDescriptorsBackTo(descriptors);
  EXPECT_EQ(counting_.containers(), containers);

  // The whole of it does arrive.
  const base::UniqueFd connection = Connect();
  EXPECT_TRUE(ExchangeUntilStreamEnds(connection.get(), whole, 30));
  EXPECT_EQ(counting_.containers(), containers + 1);
  ExpectAllIsWell();
  TakeWrong(outcome);
  Report(outcome);
}

TEST_F(ClientTest, HangsUpBeforeTheAnswer) {
  FaultOutcome outcome = {.fault = "client-hangs-up-before-the-answer",
                          .must_hold = "the runtime's call is cancelled, nothing is left behind"};
  std::atomic<size_t> hanging = 0;
  Start([&hanging](const FakeCall& call) -> std::optional<FakeReply> {
    if (call.method != kStatus) {
      return std::nullopt;
    }
    ++hanging;
    FakeReply reply;
    reply.hang = true;
    return reply;
  });
  ExpectAllIsWell();
  const std::vector<std::string> descriptors = DescriptorsAfterADecision();
  const auto count = static_cast<size_t>(Times(200, 20));
  {
    std::vector<base::UniqueFd> connections;
    const std::string call = Http2Call(kStatus, GrpcFrame(0, ""));
    for (size_t i = 0; i < count; ++i) {
      connections.push_back(Connect());
      ASSERT_EQ(::send(connections.back().get(), call.data(), call.size(), MSG_NOSIGNAL),
                static_cast<ssize_t>(call.size()));
    }
    ASSERT_TRUE(Eventually([&] { return hanging == count; }, kLong));
  }
  EXPECT_TRUE(runtime_->WaitForCancellations(count));
  ExpectDescriptorsBackTo(descriptors);
  outcome.injected = outcome.calls = outcome.lost = count;
  ExpectAllIsWell();
  TakeWrong(outcome);
  Report(outcome);
}

// The answers to one slow reader, at the limit of a message and in a stream of them.
class SlowReader {
 public:
  explicit SlowReader(int fd) : fd_(fd), frames_(fd) {}

  // Takes all of stream 1, with a pause after each window until `fast_from`. The bytes of it.
  size_t ReadAll(Clock::time_point fast_from) {
    size_t bytes = 0;
    while (const auto frame = frames_.Next()) {
      if (frame->type == http2::kSettings && (frame->flags & http2::kAck) == 0) {
        Send(Frame(http2::kSettings, http2::kAck, 0, ""));
      }
      if (frame->type == http2::kData && !frame->payload.empty()) {
        bytes += frame->payload.size();
        GiveBack(frame->payload.size(), fast_from);
      }
      if (frame->stream == 1 &&
          (frame->type == http2::kRstStream || (frame->flags & http2::kEndStream) != 0)) {
        break;
      }
    }
    return bytes;
  }

 private:
  void Send(const std::string& bytes) const {
    (void)::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  void GiveBack(size_t bytes, Clock::time_point fast_from) {
    taken_ += bytes;
    if (taken_ < kWindow) {
      return;
    }
    if (Clock::now() < fast_from) {
      (void)::poll(nullptr, 0, kPauseMs);  // this is what makes it slow
    }
    const std::string more = http2::BigEndian(taken_, 4);
    Send(Frame(http2::kWindowUpdate, 0, 0, more) + Frame(http2::kWindowUpdate, 0, 1, more));
    taken_ = 0;
  }

  static constexpr size_t kWindow = 32 << 10;  // half of what HTTP/2 begins with
  static constexpr int kPauseMs = 20;

  const int fd_;
  http2::FrameReader frames_;
  size_t taken_ = 0;
};

class SlowReaderTest : public ClientTest {
 protected:
  // `method` is answered with `reply`, which has `bytes` of messages; a client reads it slowly for
  // a while, and others call.
  void Read(FaultOutcome outcome, const char* method, const FakeReply& reply, size_t bytes,
            uint64_t more_kib_max) {
    Start([&](const FakeCall& call) {
      return call.method == method ? std::optional<FakeReply>(reply) : std::nullopt;
    });
    ExpectAllIsWell();
    const std::chrono::microseconds undisturbed = P99WhileNothingHappens();
    const pid_t agent = sekisho_->pid();
    const std::vector<std::string> descriptors = DescriptorsAfterADecision();
    outcome.rss_kib_before = RssKiB(agent);
    ForgetPeak(agent);
    {
      const base::UniqueFd connection = Connect();
      const std::string call = Http2Call(method, GrpcFrame(0, ""));
      Load load(sekisho_->socket(), 2);
      ASSERT_EQ(::send(connection.get(), call.data(), call.size(), MSG_NOSIGNAL),
                static_cast<ssize_t>(call.size()));
      EXPECT_GE(SlowReader(connection.get()).ReadAll(Clock::now() + kSlowFor), bytes);
      const LoadCounts counts = load.Stop();
      EXPECT_EQ(counts.lost, 0u);
      const std::chrono::microseconds p99 = QuantileOf(counts.latencies, 0.99);
      RecordProperty("othersP99Us", std::to_string(p99.count()));
      RecordProperty("othersP99UsUndisturbed", std::to_string(undisturbed.count()));
      // A call that waited for the reader would take as long as it is slow.
      EXPECT_LT(p99, std::chrono::milliseconds(500));
      Take(counts, outcome);
    }
    outcome.injected = 1;
    outcome.rss_kib_most = PeakRssKiB(agent);
    EXPECT_LT(outcome.rss_kib_most, outcome.rss_kib_before + more_kib_max + kSanitizersKiB);
    ExpectDescriptorsBackTo(descriptors);
    TakeWrong(outcome);
    Report(outcome);
  }

 private:
  std::chrono::microseconds P99WhileNothingHappens() const {
    Load load(sekisho_->socket(), 2);
    EXPECT_TRUE(load.WaitForMore(500));
    return QuantileOf(load.Stop().latencies, 0.99);
  }
};

TEST_F(SlowReaderTest, OfAMessageAtTheLimit) {
  const size_t bytes = 64 * kMiB - 1024;
  Read({.fault = "client-reads-a-large-message-slowly",
        .must_hold = "the agent holds that message and nothing more; others are not delayed"},
       kStatus, ReplyWith(std::string(bytes, 'x')), bytes, (3 * 64) << 10);
}

TEST_F(SlowReaderTest, OfAStream) {
  FakeReply reply;
  reply.messages = [](int i) {
    return i < 1024 ? std::optional(std::string(64 << 10, 'x')) : std::nullopt;
  };
  Read({.fault = "client-reads-a-stream-slowly",
        .must_hold = "the runtime is held back, memory does not fill; others are not delayed"},
       kGetContainerEvents, reply, 64 * kMiB, 32 << 10);
}

TEST_F(ClientTest, AThousandStreamsAndCallsAtOnce) {
  FaultOutcome outcome = {
      .fault = "client-opens-a-thousand-streams",
      .must_hold =
          "all are served or refused with RESOURCE_EXHAUSTED, and all is freed afterwards"};
  Start([](const FakeCall& call) -> std::optional<FakeReply> {
    if (call.method != kGetContainerEvents) {
      return std::nullopt;
    }
    FakeReply reply;
    reply.hang = true;
    reply.headers_first = true;
    return reply;
  });
  ExpectAllIsWell();
  const pid_t agent = sekisho_->pid();
  const std::vector<std::string> descriptors = DescriptorsAfterADecision();
  outcome.rss_kib_before = RssKiB(agent);
  ForgetPeak(agent);
  const auto count = static_cast<size_t>(Times(1000, 100));
  outcome.injected = count;
  size_t open = 0;
  {
    std::vector<std::shared_ptr<grpc::Channel>> channels;
    for (int i = 0; i < 10; ++i) {
      channels.push_back(ChannelTo(sekisho_->socket()));
    }
    std::vector<std::unique_ptr<RawCall>> streams;
    for (size_t i = 0; i < count; ++i) {
      streams.push_back(
          std::make_unique<RawCall>(channels[i % channels.size()], kGetContainerEvents,
                                    RawCallOptions{.timeout = kLong * 10, .wait_for_ready = true}));
      ASSERT_TRUE(streams.back()->Send(""));
      if (streams.back()->ReadHeaders()) {
        ++open;
      } else {
        EXPECT_EQ(streams.back()->Finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
      }
    }
    // They are all open; calls are answered beside them.
    Load load(sekisho_->socket(), 4);
    EXPECT_TRUE(load.WaitForMore(count));
    const LoadCounts counts = load.Stop();
    EXPECT_EQ(counts.lost, 0u);
    Take(counts, outcome);
    outcome.rss_kib_most = PeakRssKiB(agent);
  }
  RecordProperty("streamsServed", std::to_string(open));
  EXPECT_TRUE(runtime_->WaitForCancellations(open));
  ExpectDescriptorsBackTo(descriptors);
  // Two sides of a stream, each with its buffers.
  EXPECT_LT(outcome.rss_kib_most, outcome.rss_kib_before + (128 << 10) + kSanitizersKiB);
  ExpectAllIsWell();
  TakeWrong(outcome);
  Report(outcome);
}

}  // namespace
}  // namespace sekisho::testing
