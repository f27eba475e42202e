// HTTP/2 by hand, for what no gRPC client would ever send.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sekisho::testing {
namespace http2 {

// RFC 9113, 6: frame types and flags.
inline constexpr uint8_t kData = 0x0;
inline constexpr uint8_t kHeaders = 0x1;
inline constexpr uint8_t kRstStream = 0x3;
inline constexpr uint8_t kSettings = 0x4;
inline constexpr uint8_t kPing = 0x6;
inline constexpr uint8_t kGoAway = 0x7;
inline constexpr uint8_t kWindowUpdate = 0x8;
inline constexpr uint8_t kContinuation = 0x9;
inline constexpr uint8_t kEndStream = 0x1;  // of DATA and HEADERS
inline constexpr uint8_t kAck = 0x1;        // of SETTINGS and PING
inline constexpr uint8_t kEndHeaders = 0x4;

std::string BigEndian(size_t value, int bytes);

// One frame, with whatever is asked for.
std::string Frame(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload);

// RFC 7541, 6.2.2: a literal header field without indexing, new name, no Huffman coding.
std::string Literal(std::string_view name, std::string_view value);

// What a client begins a connection with.
std::string Preface();

// The header block of a gRPC request.
std::string RequestHeaders(std::string_view method);

// The frames that arrive at one end of a connection.
class FrameReader {
 public:
  struct Received {
    uint8_t type = 0;
    uint8_t flags = 0;
    uint32_t stream = 0;
    std::string payload;
  };

  // `fd` is not owned.
  explicit FrameReader(int fd) : fd_(fd) {}

  // Takes a client's preface off the connection. False when it did not come.
  bool ReadPreface();
  // Nothing when the connection has ended, or half a minute brought no whole frame.
  std::optional<Received> Next();

 private:
  bool Fill(size_t bytes);

  const int fd_;
  std::string in_;
};

}  // namespace http2

// As long as they like: where they do not fit into one frame, CONTINUATION frames follow it.
using MoreHeaders = std::vector<std::pair<std::string, std::string>>;

// Everything a client writes for one call on stream 1: the preface, SETTINGS, HEADERS for `method`,
// and one DATA frame with `data`, which ends the stream. `data` is what gRPC frames would be in.
std::string Http2Call(std::string_view method, std::string_view data,
                      const MoreHeaders& more_headers = {});

// The same without preface and SETTINGS, on any stream (odd, rising): for behind the first call.
std::string Http2Stream(unsigned int stream, std::string_view method, std::string_view data,
                        const MoreHeaders& more_headers = {});

// A gRPC length prefix that announces `announced` bytes, and then `payload`.
std::string GrpcFrame(size_t announced, std::string_view payload);

// Writes `bytes` to `fd` and reads until the peer has ended stream 1 (END_STREAM or RST_STREAM) or
// the connection. Returns whether it ended within `seconds`.
bool ExchangeUntilStreamEnds(int fd, std::string_view bytes, int seconds);

}  // namespace sekisho::testing
