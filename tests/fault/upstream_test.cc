// The runtime misbehaves on the wire.
#include <gmock/gmock.h>

#include <algorithm>
#include <future>
#include <mutex>
#include <random>

#include "fault/fault_fixture.h"
#include "fault/raw_runtime.h"

namespace sekisho::testing {
namespace {

using http2::Frame;
using http2::Literal;
using std::chrono::duration_cast;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kDeadline{SEKISHO_SANITIZED != 0 ? 2000 : 500};
constexpr size_t kMiB = size_t{1} << 20;
constexpr size_t kFloodBytes = SEKISHO_SANITIZED != 0 ? 4 * kMiB : 16 * kMiB;
// What a misbehaving runtime may add to the agent's memory: less than one message at the limit, and
// what gRPC reads ahead of a flood. Sanitizers keep what was freed.
constexpr uint64_t kMoreKiBMax = (SEKISHO_SANITIZED != 0 ? 1024 : 64) << 10;
constexpr uint64_t kReadAheadKiBMax = (SEKISHO_SANITIZED != 0 ? 1024 : 192) << 10;
// Of headers that do not end gRPC holds several times their size, without a limit (docs/limits.md).
// This is no proof of a bound.
constexpr uint64_t kHeadersKiBMax = (SEKISHO_SANITIZED != 0 ? 1024 : 512) << 10;

const std::string kOk = "\x88";  // RFC 7541, appendix A: ":status: 200"

std::string Headers(uint32_t stream, uint8_t flags = http2::kEndHeaders) {
  return Frame(http2::kHeaders, flags, stream, kOk + Literal("content-type", "application/grpc"));
}

std::string Data(uint32_t stream, std::string_view bytes, uint8_t flags = 0) {
  return Frame(http2::kData, flags, stream, bytes);
}

std::string Noise(size_t bytes) {
  std::mt19937_64 random(20260102);
  std::string noise;
  while (noise.size() < bytes) {
    noise += http2::BigEndian(random(), 8);
  }
  return noise;
}

std::string Repeated(const std::string& frame, size_t bytes) {
  std::string all;
  while (all.size() < bytes) {
    all += frame;
  }
  return all;
}

// Sets the connection up and does this with each request.
using Answer = std::function<void(RawConnection&, uint32_t stream)>;
RawRuntime::Behaviour Each(Answer answer) {
  return [answer = std::move(answer)](RawConnection& connection) {
    if (!connection.Greet()) {
      return;
    }
    while (const uint32_t stream = connection.NextRequest()) {
      answer(connection, stream);
    }
  };
}

// Does this with the first request, and hangs up.
RawRuntime::Behaviour OnceAndHangUp(std::function<std::string(uint32_t stream)> bytes) {
  return [bytes = std::move(bytes)](RawConnection& connection) {
    if (connection.Greet()) {
      connection.Send(bytes(connection.NextRequest()));
    }
  };
}

RawRuntime::Behaviour Flood(std::function<std::string(uint32_t stream)> begin,
                            std::function<std::string(uint32_t stream)> endless,
                            size_t bytes_max = kFloodBytes) {
  return Each([bytes_max, begin = std::move(begin), endless = std::move(endless)](
                  RawConnection& connection, uint32_t stream) {
    connection.Send(begin(stream));
    connection.Flood(Repeated(endless(stream), 256 << 10), bytes_max);
  });
}

std::string Nothing(uint32_t /*stream*/) {
  return "";
}

struct Misbehaviour {
  const char* name;
  RawRuntime::Behaviour behaviour;
  bool at_once = false;  // with the connection, and not with a request
  uint64_t more_kib_max = kMoreKiBMax;
};

std::vector<Misbehaviour> Hanging() {
  return {
      {"accepts and says nothing", [](RawConnection& connection) { connection.WaitForEnd(); },
       /*at_once=*/true},
      {"never answers", Each([](RawConnection&, uint32_t) {})},
      {"sends headers and nothing more",
       Each([](RawConnection& connection, uint32_t stream) { connection.Send(Headers(stream)); })},
      {"half of a message, and nothing more", Each([](RawConnection& connection, uint32_t stream) {
         connection.Send(Headers(stream) + Data(stream, GrpcFrame(100, "x")));
       })},
  };
}

std::vector<Misbehaviour> Ending() {
  return {
      {"hangs up at once", [](RawConnection&) {}, /*at_once=*/true},
      {"hangs up after a request", OnceAndHangUp(Nothing)},
      {"half-closes", Each([](RawConnection& connection, uint32_t) { connection.EndWriting(); })},
      {"hangs up after the headers",
       OnceAndHangUp([](uint32_t stream) { return Headers(stream); })},
      {"hangs up within a message", OnceAndHangUp([](uint32_t stream) {
         return Headers(stream) + Data(stream, GrpcFrame(100, "x"));
       })},
      {"hangs up within a frame", OnceAndHangUp([](uint32_t stream) {
         return Headers(stream) + Data(stream, GrpcFrame(100, std::string(100, 'x'))).substr(0, 50);
       })},
      {"ends the stream within a message", Each([](RawConnection& connection, uint32_t stream) {
         connection.Send(Headers(stream) + Data(stream, GrpcFrame(100, "x"), http2::kEndStream));
       })},
      {"ends the stream without a status", Each([](RawConnection& connection, uint32_t stream) {
         connection.Send(Headers(stream) + Data(stream, GrpcFrame(0, ""), http2::kEndStream));
       })},
      {"goes away in the middle", Each([](RawConnection& connection, uint32_t stream) {
         connection.Send(Headers(stream) +
                         Frame(http2::kGoAway, 0, 0, std::string(4, '\0') + std::string(4, '\0')));
       })},
      {"HTTP status 503", Each([](RawConnection& connection, uint32_t stream) {
         connection.Send(Frame(http2::kHeaders, http2::kEndHeaders | http2::kEndStream, stream,
                               Literal(":status", "503")));
       })},
      {"a status that is no number", Each([](RawConnection& connection, uint32_t stream) {
         connection.Send(Headers(stream) + Data(stream, GrpcFrame(0, "")) +
                         Frame(http2::kHeaders, http2::kEndHeaders | http2::kEndStream, stream,
                               Literal("grpc-status", "fine")));
       })},
  };
}

std::vector<Misbehaviour> Resetting() {
  std::vector<Misbehaviour> rows;
  // RFC 9113, 7: every error code, and one that is none.
  static const std::vector<std::string> kNames = {"NO_ERROR",
                                                  "PROTOCOL_ERROR",
                                                  "INTERNAL_ERROR",
                                                  "FLOW_CONTROL_ERROR",
                                                  "SETTINGS_TIMEOUT",
                                                  "STREAM_CLOSED",
                                                  "FRAME_SIZE_ERROR",
                                                  "REFUSED_STREAM",
                                                  "CANCEL",
                                                  "COMPRESSION_ERROR",
                                                  "CONNECT_ERROR",
                                                  "ENHANCE_YOUR_CALM",
                                                  "INADEQUATE_SECURITY",
                                                  "HTTP_1_1_REQUIRED",
                                                  "an unknown code"};
  for (size_t code = 0; code < kNames.size(); ++code) {
    rows.push_back({kNames[code].c_str(), Each([code](RawConnection& connection, uint32_t stream) {
                      connection.Send(
                          Frame(http2::kRstStream, 0, stream, http2::BigEndian(code, 4)));
                    })});
  }
  return rows;
}

std::vector<Misbehaviour> Garbage() {
  const std::string noise = Noise(256 << 10);
  return {
      {"noise instead of HTTP/2",
       [noise](RawConnection& connection) {
         connection.Send(noise);
         connection.WaitForEnd();
       },
       /*at_once=*/true},
      {"noise after a request", Each([noise](RawConnection& connection, uint32_t) {
         connection.Flood(noise, noise.size());
       })},
      {"noise as headers", Each([noise](RawConnection& connection, uint32_t stream) {
         connection.Send(Frame(http2::kHeaders, http2::kEndHeaders, stream, noise.substr(0, 1000)));
       })},
      {"HTTP/1.1",
       [](RawConnection& connection) {
         connection.Send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
         connection.WaitForEnd();
       },
       /*at_once=*/true},
      {"a message of 4 GiB", Each([](RawConnection& connection, uint32_t stream) {
         connection.Send(Headers(stream) + Data(stream, GrpcFrame(0xffffffff, "x")));
       })},
      {"an unknown compression", Each([](RawConnection& connection, uint32_t stream) {
         connection.Send(Headers(stream) + Data(stream, "\x01" + GrpcFrame(4, "xxxx").substr(1)));
       })},
  };
}

std::vector<Misbehaviour> Floods() {
  return {
      {"data",
       Flood(
           [](uint32_t stream) { return Headers(stream) + Data(stream, GrpcFrame(60 * kMiB, "")); },
           [](uint32_t stream) { return Data(stream, std::string(16384, 'x')); })},
      {"messages", Flood([](uint32_t stream) { return Headers(stream); },
                         [](uint32_t stream) { return Data(stream, GrpcFrame(0, "")); })},
      {"empty-data", Flood([](uint32_t stream) { return Headers(stream); },
                           [](uint32_t stream) { return Data(stream, ""); })},
      {"continuation",
       Flood([](uint32_t stream) { return Headers(stream, 0); },
             [](uint32_t stream) {
               return Frame(http2::kContinuation, 0, stream,
                            Literal("some-name", std::string(100, 'x')));
             },
             kFloodBytes),
       /*at_once=*/false, kHeadersKiBMax},
      {"empty-continuation",
       Flood([](uint32_t stream) { return Headers(stream, 0); },
             [](uint32_t stream) { return Frame(http2::kContinuation, 0, stream, ""); })},
      {"headers", Flood(Nothing, [](uint32_t stream) { return Headers(stream); })},
      {"ping",
       Flood(Nothing, [](uint32_t) { return Frame(http2::kPing, 0, 0, std::string(8, 'p')); })},
      {"settings", Flood(Nothing, [](uint32_t) { return Frame(http2::kSettings, 0, 0, ""); })},
      {"window-update",
       Flood(Nothing,
             [](uint32_t) { return Frame(http2::kWindowUpdate, 0, 0, http2::BigEndian(1, 4)); })},
      {"unknown-frames",
       Flood(Nothing, [](uint32_t) { return Frame(0xbe, 0, 0, std::string(1000, 'x')); })},
  };
}

class UpstreamTest : public FaultTest {
 protected:
  void SetUp() override {
    SekishoOptions options = Options();
    options.more_config = "verify: {intervalSeconds: 0}\n";  // no calls of the agent's own
    StartRuntime();
    StartSekisho(options);
    ExpectAllIsWell();
  }

  // What may be asked of a runtime that misbehaves: no caller gets an OK, or waits longer than it
  // wanted to; what is forbidden is refused as ever. Once the runtime has changed, all is well.
  void Expect(const std::vector<Misbehaviour>& rows, FaultOutcome outcome) {
    outcome.must_hold =
        "callers get an error in time, never an OK that the runtime did not give; memory is "
        "bounded";
    const pid_t agent = sekisho_->pid();
    outcome.rss_kib_before = RssKiB(agent);
    const std::vector<std::string> descriptors = DescriptorsAfterADecision();
    ForgetPeak(agent);
    for (const Misbehaviour& row : rows) {
      SCOPED_TRACE(row.name);
      runtime_.reset();
      Misbehave(row, outcome);
      const Clock::time_point healed = Clock::now();
      StartRuntime();
      ASSERT_TRUE(Eventually([&] { return Call(kVersion).status.ok(); }, kLong)) << sekisho_->Log();
      outcome.recoveries.push_back(duration_cast<milliseconds>(Clock::now() - healed));
      ExpectAllIsWell();
      ASSERT_TRUE(Lives()) << sekisho_->Log();
    }
    outcome.rss_kib_most = PeakRssKiB(agent);
    EXPECT_LT(outcome.rss_kib_most,
              outcome.rss_kib_before +
                  std::ranges::max(rows, {}, &Misbehaviour::more_kib_max).more_kib_max);
    ExpectDescriptorsBackTo(descriptors);
    TakeWrong(outcome);
    Report(outcome);
  }

 private:
  enum class Ended { kRefused, kFailed };
  Ended CallAndExpectAnError(const LoadRequest& request) const {
    const Clock::time_point begun = Clock::now();
    const RawResult result = Call(request.method, request.bytes, kDeadline);
    EXPECT_LT(Clock::now() - begun, kDeadline + std::chrono::seconds(5)) << request.method;
    EXPECT_FALSE(result.status.ok()) << request.method;
    // By its text: gRPC has PERMISSION_DENIED for one of HTTP/2's errors, too.
    const bool refused = result.status.error_message().starts_with("violates PodSecurity");
    EXPECT_TRUE(!refused || request.forbidden) << request.method;
    return refused ? Ended::kRefused : Ended::kFailed;
  }

  void Misbehave(const Misbehaviour& row, FaultOutcome& outcome) {
    const RawRuntime runtime(runtime_socket(), row.behaviour);
    ++outcome.injected;
    // Calls right after a connection that broke fail while the next one is not tried yet; so many
    // rounds that the fault is met.
    const auto met = [&] { return (row.at_once ? runtime.connections() : runtime.requests()) > 0; };
    for (int round = 0; round < 2 || (!met() && round < 50); ++round) {
      std::vector<std::future<void>> calls;
      std::mutex mu;
      for (const LoadRequest& request : LoadRequests(/*caller=*/round)) {
        calls.push_back(std::async(std::launch::async, [&, request] {
          const Ended ended = CallAndExpectAnError(request);
          const std::lock_guard lock(mu);
          ++outcome.calls;
          ++(ended == Ended::kRefused ? outcome.answered : outcome.lost);
        }));
      }
    }
    EXPECT_TRUE(met());
  }
};

TEST_F(UpstreamTest, ItHangs) {
  Expect(Hanging(), {.fault = "runtime-hangs", .must_hold = ""});
}

TEST_F(UpstreamTest, ItEndsTooEarly) {
  Expect(Ending(), {.fault = "runtime-ends-early", .must_hold = ""});
}

TEST_F(UpstreamTest, ItResetsStreams) {
  Expect(Resetting(), {.fault = "runtime-resets-streams", .must_hold = ""});
}

TEST_F(UpstreamTest, ItSpeaksGarbage) {
  Expect(Garbage(), {.fault = "runtime-garbage", .must_hold = ""});
}

// HTTP/2 lets a client repeat a stream that was refused. A kubelet repeats by itself, and a pod
// that is run twice is one too many.
TEST_F(UpstreamTest, WhatItRefusesIsNotSentAgain) {
  constexpr int kCalls = 20;
  runtime_.reset();
  std::atomic<int> seen = 0;
  {
    const RawRuntime runtime(
        runtime_socket(), Each([&seen](RawConnection& connection, uint32_t stream) {
          ++seen;
          connection.Send(Frame(http2::kRstStream, 0, stream, http2::BigEndian(/*REFUSED*/ 7, 4)));
        }));
    const LoadRequest run = LoadRequests(/*caller=*/0).front();
    ASSERT_TRUE(Eventually([&] {
      (void)Call(kVersion, "", kDeadline);
      return seen > 0;
    }));
    const int before = seen;
    for (int i = 0; i < kCalls; ++i) {
      EXPECT_FALSE(Call(run.method, run.bytes, kDeadline).status.ok());
    }
    EXPECT_EQ(seen - before, kCalls);
  }
  StartRuntime();
}

// Messages that are whole, and wrong.
TEST_F(UpstreamTest, ItsAnswersCannotBe) {
  FaultOutcome outcome = {.fault = "runtime-answers-nonsense",
                          .must_hold =
                              "what is too large is an error; whose a sandbox is, is not "
                              "taken from an answer that says nothing"};
  const struct {
    const char* name;
    const char* method;  // that is answered wrongly
    std::string answer;
    size_t request;  // of LoadRequests(), that must fail
  } kRows[] = {
      {"larger than the limit", kVersion, std::string(64 * kMiB + 1, 'x'), 6},
      {"no protobuf", kPodSandboxStatus, Noise(1000), 1},
      {"no status", kPodSandboxStatus, "", 1},
      {"cut off", kPodSandboxStatus, std::string("\x0a\x7f", 2), 1},
      {"a megabyte of zeros", kPodSandboxStatus, std::string(kMiB, '\0'), 1},
  };
  std::atomic<size_t> wrong = std::size(kRows);  // the row whose answer is given, if any
  runtime_->SetHandler([&](const FakeCall& call) {
    const size_t row = wrong;
    return row < std::size(kRows) && call.method == kRows[row].method ? ReplyWith(kRows[row].answer)
                                                                      : counting_.Answer(call);
  });
  for (size_t i = 0; i < std::size(kRows); ++i) {
    const auto& row = kRows[i];
    SCOPED_TRACE(row.name);
    ++outcome.injected;
    wrong = i;
    const uint64_t containers = counting_.containers();
    // Of a caller whose sandbox this agent did not see run.
    const LoadRequest request = LoadRequests(/*caller=*/998)[row.request];
    const RawResult result = Call(request.method, request.bytes);
    EXPECT_FALSE(result.status.ok()) << request.method;
    EXPECT_TRUE(result.messages.empty());
    EXPECT_EQ(counting_.containers(), containers);
    ++outcome.calls;
    ++outcome.lost;
  }
  wrong = std::size(kRows);
  ExpectAllIsWell();
  runtime_->SetHandler([this](const FakeCall& call) { return counting_.Answer(call); });
  TakeWrong(outcome);
  Report(outcome);
}

// One agent a flood: what one has made it hold is not taken for the next one's.
class UpstreamFloodTest : public UpstreamTest, public ::testing::WithParamInterface<size_t> {};

TEST_P(UpstreamFloodTest, IsBounded) {
  Misbehaviour flood = Floods()[GetParam()];
  flood.more_kib_max = std::max(flood.more_kib_max, kReadAheadKiBMax);
  Expect({flood}, {.fault = std::string("runtime-flood-") + flood.name, .must_hold = ""});
}

INSTANTIATE_TEST_SUITE_P(Each, UpstreamFloodTest, ::testing::Range<size_t>(0, Floods().size()),
                         [](const auto& row) {
                           std::string name = Floods()[row.param].name;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace sekisho::testing
