// Bytes of a client at the agent's socket: HTTP/2, HPACK and gRPC frames before anything of ours,
// then the relay and the enforcement. Each input is a connection of its own; all of them go to one
// relay in this process.
//
// gRPC is Debian's library and not instrumented, and neither is the time at which its threads do
// something: what the fuzzer learns of an input is what our own code does with it, and, by counters
// of the body's own, what came back. AddressSanitizer sees the heap of gRPC, too, but for accesses
// in its own code.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/unique_fd.h"
#include "fuzz/http2_frames.h"
#include "fuzz/http2_gate.h"
#include "fuzz/target.h"

namespace sekisho::testing {
namespace {

using Clock = std::chrono::steady_clock;

// For an answer that an input asks for and may not come, since the input keeps it back (flow
// control) or is no call after all. A fuzzer cannot wait long for each of those; a test has to
// where a machine is busy.
constexpr std::chrono::milliseconds kPatience{SEKISHO_FUZZ_PATIENCE_MS};
// For the end of a connection whose client has gone, which has to come.
constexpr std::chrono::seconds kLongest{20};

// What libFuzzer takes for coverage, besides our own: frames that came back by type and flags, with
// the error's number of RST_STREAM and GOAWAY. Nothing reads it in a test.
constexpr size_t kCounters = 512;
[[gnu::section("__libfuzzer_extra_counters"), gnu::used]] uint8_t g_counters[kCounters];

void CountFrame(const Http2Frame& frame) {
  size_t seen = frame.type * 16u + frame.flags % 16u;
  const bool fails = frame.type == kHttp2RstStream || frame.type == kHttp2GoAway;
  const size_t error_at = frame.type == kHttp2GoAway ? 7 : 3;
  if (fails && frame.payload.size() > error_at) {
    seen = 256 + frame.type * 16u + static_cast<uint8_t>(frame.payload[error_at]) % 16u;
  }
  uint8_t& counter = g_counters[seen % kCounters];
  counter = static_cast<uint8_t>(std::min(counter + 1, 255));
}

// A client's end, which reads what comes as frames.
class Client {
 public:
  explicit Client(base::UniqueFd fd) : fd_(std::move(fd)) {}

  // As long as the peer takes any.
  void Write(std::string_view bytes, size_t piece) {
    while (!bytes.empty() && !closed_) {
      const std::string_view part = bytes.substr(0, piece);
      const ssize_t sent = ::send(fd_.get(), part.data(), part.size(), MSG_NOSIGNAL);
      if (sent > 0) {
        bytes.remove_prefix(static_cast<size_t>(sent));
      } else if (errno == EAGAIN) {
        pollfd writable{fd_.get(), POLLOUT, 0};
        ::poll(&writable, 1, 1000);
      } else {
        return;  // its reason is still to be read
      }
    }
  }

  // Until `streams` are ended and, with `ping`, the answer to PING is there: then gRPC has looked
  // at all frames.
  void Read(const std::set<uint32_t>& streams, bool ping, Clock::time_point until) {
    while (!closed_ && !(std::ranges::includes(ended_, streams) && (pinged_ || !ping)) &&
           ReadSome(until)) {
    }
  }

  // Nothing more to say. Whether the peer closed, too.
  bool Go(Clock::time_point until) {
    ::shutdown(fd_.get(), SHUT_WR);
    while (!closed_ && ReadSome(until)) {
    }
    return closed_;
  }

 private:
  bool ReadSome(Clock::time_point until) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    pollfd readable{fd_.get(), POLLIN, 0};
    const int ready = left <= 0 ? 0 : ::poll(&readable, 1, static_cast<int>(left));
    if (ready <= 0) {
      return ready < 0 && errno == EINTR;  // libFuzzer's clock ticks by a signal
    }
    std::array<char, 16384> chunk;
    const ssize_t got = ::read(fd_.get(), chunk.data(), chunk.size());
    closed_ = got <= 0;
    in_.append(chunk.data(), got > 0 ? static_cast<size_t>(got) : 0);
    std::string_view rest = in_;
    for (const Http2Frame& frame : TakeHttp2Frames(rest)) {
      Heard(frame);
    }
    in_.erase(0, in_.size() - rest.size());
    return true;
  }

  void Heard(const Http2Frame& frame) {
    CountFrame(frame);
    const bool has_end_flag = frame.type == kHttp2Headers || frame.type == kHttp2Data;
    if (frame.type == kHttp2RstStream || (has_end_flag && (frame.flags & kHttp2EndStream) != 0)) {
      ended_.insert(frame.stream);
    }
    pinged_ |= frame.type == kHttp2Ping && (frame.flags & kHttp2Ack) != 0;
  }

  const base::UniqueFd fd_;
  std::string in_;
  std::set<uint32_t> ended_;
  bool pinged_ = false;
  bool closed_ = false;
};

// An input as bytes to write, and what an answer can be waited for.
struct Plan {
  std::string bytes;
  std::set<uint32_t> streams;  // with the client's end of a call
  bool ping = false;           // a PING of ours is the last frame
};

Plan PlanOf(bool add_preface, std::string_view input) {
  Plan plan;
  if (add_preface) {
    plan.bytes = kHttp2Preface;
    AppendHttp2Frame({.type = kHttp2Settings, .flags = 0, .stream = 0, .payload = {}}, plan.bytes);
  }
  plan.bytes += input;
  if (!add_preface) {
    if (!input.starts_with(kHttp2Preface)) {
      return plan;
    }
    input.remove_prefix(kHttp2Preface.size());
  }
  std::set<uint32_t> begun;
  for (const Http2Frame& frame : TakeHttp2Frames(input)) {
    if (frame.type == kHttp2Headers) {
      begun.insert(frame.stream);
    }
    const bool has_end_flag = frame.type == kHttp2Headers || frame.type == kHttp2Data;
    if (has_end_flag && (frame.flags & kHttp2EndStream) != 0 && begun.contains(frame.stream)) {
      plan.streams.insert(frame.stream);
    }
  }
  if (input.empty()) {
    plan.ping = true;
    AppendHttp2Frame({.type = kHttp2Ping, .flags = 0, .stream = 0, .payload = std::string(8, 'p')},
                     plan.bytes);
  }
  return plan;
}

FuzzResult CheckHttp2(std::string_view bytes) {
  if (bytes.empty()) {
    return {};
  }
  static Http2Gate gate;
  static size_t inputs = 0;
  constexpr size_t kPieces[] = {size_t{1} << 20, 1024, 61, 7};
  const auto how = static_cast<unsigned char>(bytes.front());
  bytes.remove_prefix(1);
  const Plan plan = PlanOf((how & kHttp2AddPreface) != 0, bytes);

  const size_t reached = gate.reached();
  Client client(gate.Connect());
  client.Write(plan.bytes, kPieces[(how >> kHttp2PieceShift) % 4]);
  if ((how & kHttp2GoAtOnce) == 0) {
    client.Read(plan.streams, plan.ping, Clock::now() + kPatience);
  }
  const bool closed = client.Go(Clock::now() + kLongest);

  FuzzResult result{.accepted = gate.reached() != reached, .broken = gate.WhatShouldNotHaveCome()};
  if (result.broken.empty() && !closed) {
    result.broken = "the connection of a client that has gone stays open";
  }
  if (result.broken.empty() && inputs++ % 8 == 0) {
    result.broken = gate.BrokenProbe();
  }
  return result;
}

const RegisterFuzzTarget kHttp2("http2", CheckHttp2);

}  // namespace
}  // namespace sekisho::testing
