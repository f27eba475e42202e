// A client floods the agent, while others call it.
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <random>

#include "fault/fault_fixture.h"
#include "support/raw_http2.h"

namespace sekisho::testing {
namespace {

using http2::Frame;
using http2::Literal;

constexpr size_t kMiB = size_t{1} << 20;
constexpr size_t kFloodBytes = SEKISHO_SANITIZED != 0 ? 4 * kMiB : 16 * kMiB;
// For headers that do not end gRPC holds several times their size, without a limit
// (docs/limits.md): for them this is no proof of a bound.
constexpr uint64_t kMoreKiBMax = (SEKISHO_SANITIZED != 0 ? 1024 : 256) << 10;
// Of calls that were begun, as many as a client likes: gRPC sets no limit, and holds about 12 KiB
// for each until the relay has come round to it (docs/limits.md).
constexpr uint64_t kCallsKiBMax = 2 << 20;
// Who takes nothing for so long does not read.
constexpr int kTakesNothingMs = 300;

struct Flood {
  const char* name;
  std::string begin;                             // once, after the preface
  std::function<std::string(uint32_t i)> again;  // the i-th of what follows, from 0
  size_t bytes_max = kFloodBytes;
  bool reads = false;  // whether the client takes what comes back
  uint64_t more_kib_max = kMoreKiBMax;
  // There are only so many calls for all clients together (relay::ServerLimits): others are told so
  // until it ends.
  bool takes_all_calls = false;
};

std::string Noise() {
  std::mt19937_64 random(20260103);
  std::string noise;
  while (noise.size() < (64 << 10)) {
    noise += http2::BigEndian(random(), 8);
  }
  return noise;
}

uint32_t StreamOf(uint32_t i) {
  return 2 * i + 1;
}

std::vector<Flood> Floods() {
  const std::string headers = http2::RequestHeaders(kVersion);
  const std::string settings = Frame(http2::kSettings, 0, 0, "");
  const std::string ping = Frame(http2::kPing, 0, 0, std::string(8, 'p'));
  const std::string reset = Frame(http2::kRstStream, 0, 1, http2::BigEndian(8, 4));
  // HEADERS and RST_STREAM, a hundred thousand times.
  const size_t resets = static_cast<size_t>(Times(100'000, 5'000)) *
                        (Frame(http2::kHeaders, 0, 1, headers).size() + reset.size());
  const auto begin_call = [headers](uint32_t i) {
    return Frame(http2::kHeaders, http2::kEndHeaders, StreamOf(i), headers);
  };
  const auto begin_and_reset = [begin_call](uint32_t i) {
    return begin_call(i) +
           Frame(http2::kRstStream, 0, StreamOf(i), http2::BigEndian(/*CANCEL*/ 8, 4));
  };
  const std::string field = Literal("some-name", std::string(100, 'x'));
  std::string large = headers;
  while (large.size() < 15'000) {
    large += field;
  }
  return {
      {"noise", "", [noise = Noise()](uint32_t) { return noise; }},
      {"large-headers", "",
       [large](uint32_t i) {
         return Frame(http2::kHeaders, http2::kEndHeaders | http2::kEndStream, StreamOf(i), large);
       },
       kFloodBytes, /*reads=*/true},
      {"continuation", Frame(http2::kHeaders, 0, 1, headers),
       [field](uint32_t) { return Frame(http2::kContinuation, 0, 1, field); }, kFloodBytes},
      {"empty-continuation", Frame(http2::kHeaders, 0, 1, headers),
       [](uint32_t) { return Frame(http2::kContinuation, 0, 1, ""); }},
      {"settings", "", [settings](uint32_t) { return settings; }, kFloodBytes, true},
      {"settings-unread", "", [settings](uint32_t) { return settings; }},
      {"ping", "", [ping](uint32_t) { return ping; }, kFloodBytes, true},
      {"ping-unread", "", [ping](uint32_t) { return ping; }},
      {"rapid-reset", "", begin_and_reset, resets, true, kCallsKiBMax, true},
      {"rapid-reset-unread", "", begin_and_reset, resets, false, kCallsKiBMax, true},
      {"open-calls", "", begin_call, kFloodBytes / 8, true, kCallsKiBMax, true},
      {"data", Frame(http2::kHeaders, http2::kEndHeaders, 1, headers),
       [](uint32_t) { return Frame(http2::kData, 0, 1, std::string(16384, 'x')); }},
      {"empty-data", Frame(http2::kHeaders, http2::kEndHeaders, 1, headers),
       [](uint32_t) { return Frame(http2::kData, 0, 1, ""); }},
      {"window-update", "",
       [](uint32_t) { return Frame(http2::kWindowUpdate, 0, 0, http2::BigEndian(1, 4)); }},
  };
}

// Until all was sent, the agent hangs up, or it takes nothing more. The bytes that it took.
size_t Send(int fd, const Flood& flood) {
  std::string out = http2::Preface() + flood.begin;
  size_t total = 0;
  uint32_t next = 0;
  std::array<char, 65536> in;
  while (total < flood.bytes_max) {
    while (out.size() < (64 << 10)) {
      out += flood.again(next++);
    }
    while (flood.reads && ::recv(fd, in.data(), in.size(), MSG_DONTWAIT) > 0) {
    }
    const ssize_t sent = ::send(fd, out.data(), out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      total += static_cast<size_t>(sent);
      out.erase(0, static_cast<size_t>(sent));
      continue;
    }
    const short wanted = static_cast<short>(POLLOUT | (flood.reads ? POLLIN : 0));
    pollfd ready{.fd = fd, .events = wanted, .revents = 0};
    if (errno != EAGAIN || ::poll(&ready, 1, kTakesNothingMs) != 1 ||
        (ready.revents & POLLHUP) != 0) {
      break;
    }
  }
  return total;
}

// One agent a flood: what one has made it hold is not taken for the next one's.
class FloodTest : public FaultTest, public ::testing::WithParamInterface<size_t> {};

TEST_P(FloodTest, OthersAreServed) {
  const Flood flood = Floods()[GetParam()];
  FaultOutcome outcome = {.fault = std::string("client-flood-") + flood.name,
                          .must_hold = flood.takes_all_calls
                                           ? "the agent lives, others are served or told to wait"
                                           : "the agent lives, others are served",
                          .injected = 1};
  Start();
  ExpectAllIsWell();
  const pid_t agent = sekisho_->pid();
  const std::vector<std::string> descriptors = DescriptorsAfterADecision();
  outcome.rss_kib_before = RssKiB(agent);
  ForgetPeak(agent);
  Load load(sekisho_->socket(), 2);
  EXPECT_TRUE(load.WaitForMore(1));
  {
    const base::UniqueFd connection = ConnectUnix(sekisho_->socket());
    ASSERT_TRUE(connection.valid());
    RecordProperty("bytesTaken", std::to_string(Send(connection.get(), flood)));
    EXPECT_TRUE(flood.takes_all_calls || load.WaitForMore(20));
  }
  EXPECT_TRUE(load.WaitForMore(20));
  const LoadCounts counts = load.Stop();
  EXPECT_TRUE(flood.takes_all_calls || counts.lost == 0) << counts.lost;
  const std::chrono::microseconds p99 = QuantileOf(counts.latencies, 0.99);
  RecordProperty("othersP99Us", std::to_string(p99.count()));
  EXPECT_LT(p99, kLong);
  Take(counts, outcome);
  ASSERT_TRUE(Lives()) << sekisho_->Log();
  outcome.rss_kib_most = PeakRssKiB(agent);
  EXPECT_LT(outcome.rss_kib_most, outcome.rss_kib_before + flood.more_kib_max);
  ExpectDescriptorsBackTo(descriptors);
  ExpectAllIsWell();
  TakeWrong(outcome);
  Report(outcome);
}

INSTANTIATE_TEST_SUITE_P(Each, FloodTest, ::testing::Range<size_t>(0, Floods().size()),
                         [](const auto& row) {
                           std::string name = Floods()[row.param].name;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace sekisho::testing
