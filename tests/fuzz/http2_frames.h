// HTTP/2 frames of a fuzzer's input: the body waits for what they ask for, the mutator changes them
// one by one, and seeds are made of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sekisho::testing {

inline constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// RFC 9113, 6 and 4.1: types, flags.
enum Http2Type : uint8_t {
  kHttp2Data = 0,
  kHttp2Headers = 1,
  kHttp2Priority = 2,
  kHttp2RstStream = 3,
  kHttp2Settings = 4,
  kHttp2PushPromise = 5,
  kHttp2Ping = 6,
  kHttp2GoAway = 7,
  kHttp2WindowUpdate = 8,
  kHttp2Continuation = 9,
};
inline constexpr uint8_t kHttp2EndStream = 0x1;  // of DATA and HEADERS
inline constexpr uint8_t kHttp2Ack = 0x1;        // of SETTINGS and PING
inline constexpr uint8_t kHttp2EndHeaders = 0x4;

struct Http2Frame {
  uint8_t type = 0;
  uint8_t flags = 0;
  uint32_t stream = 0;  // with the reserved bit
  std::string payload;
};

// Takes the whole frames off the front of `bytes`; what is left begins one that is not whole.
std::vector<Http2Frame> TakeHttp2Frames(std::string_view& bytes);

// The length is the payload's. No payload of ours is too long for it.
void AppendHttp2Frame(const Http2Frame& frame, std::string& bytes);

// The first byte of an input. With it the body adds the preface and empty SETTINGS, so that the
// fuzzer need not keep these whole.
inline constexpr unsigned kHttp2AddPreface = 1;
// The client goes as soon as it has written, and does not wait for answers.
inline constexpr unsigned kHttp2GoAtOnce = 2;
// The two bits above say into how large pieces the input is cut.
inline constexpr unsigned kHttp2PieceShift = 2;

}  // namespace sekisho::testing
