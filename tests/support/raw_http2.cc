#include "support/raw_http2.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>

namespace sekisho::testing {
namespace {

// RFC 9113, 6: frame types and flags.
constexpr uint8_t kData = 0x0;
constexpr uint8_t kHeaders = 0x1;
constexpr uint8_t kRstStream = 0x3;
constexpr uint8_t kSettings = 0x4;
constexpr uint8_t kEndStream = 0x1;
constexpr uint8_t kEndHeaders = 0x4;
constexpr size_t kFrameHeaderBytes = 9;

std::string BigEndian(size_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) {
    out.push_back(static_cast<char>((value >> (8 * i)) & 0xff));
  }
  return out;
}

std::string Frame(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload) {
  std::string out = BigEndian(payload.size(), 3);
  out.push_back(static_cast<char>(type));
  out.push_back(static_cast<char>(flags));
  out += BigEndian(stream, 4);
  out += payload;
  return out;
}

// RFC 7541, 6.2.2: a literal header field without indexing, new name, no Huffman coding. Both
// lengths stay below 127, so each is one byte.
std::string Literal(std::string_view name, std::string_view value) {
  std::string out(1, '\0');
  out.push_back(static_cast<char>(name.size()));
  out += name;
  out.push_back(static_cast<char>(value.size()));
  out += value;
  return out;
}

}  // namespace

std::string Http2Call(std::string_view method, std::string_view data,
                      const std::vector<Http2Header>& more) {
  std::string headers = Literal(":method", "POST") + Literal(":scheme", "http") +
                        Literal(":path", method) + Literal(":authority", "localhost") +
                        Literal("te", "trailers") + Literal("content-type", "application/grpc");
  for (const Http2Header& header : more) {
    headers += Literal(header.name, header.value);
  }
  return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + Frame(kSettings, 0, 0, "") +
         Frame(kHeaders, kEndHeaders, 1, headers) + Frame(kData, kEndStream, 1, data);
}

std::string GrpcFrame(size_t announced, std::string_view payload) {
  return std::string(1, '\0') + BigEndian(announced, 4) + std::string(payload);
}

bool ExchangeUntilStreamEnds(int fd, std::string_view bytes, int seconds) {
  if (::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size())) {
    return false;
  }
  std::string in;
  pollfd poll_fd{fd, POLLIN, 0};
  while (::poll(&poll_fd, 1, seconds * 1000) > 0) {
    std::array<char, 4096> chunk;
    const ssize_t got = ::read(fd, chunk.data(), chunk.size());
    if (got <= 0) {
      return true;  // the whole connection ended
    }
    in.append(chunk.data(), static_cast<size_t>(got));
    while (in.size() >= kFrameHeaderBytes) {
      const auto byte = [&in](size_t i) {
        return static_cast<size_t>(static_cast<uint8_t>(in[i]));
      };
      const size_t length = byte(0) << 16 | byte(1) << 8 | byte(2);
      if (in.size() < kFrameHeaderBytes + length) {
        break;
      }
      const bool on_stream = byte(8) == 1;
      const bool ends = byte(3) == kRstStream ||
                        ((byte(3) == kHeaders || byte(3) == kData) && (byte(4) & kEndStream) != 0);
      if (on_stream && ends) {
        return true;
      }
      in.erase(0, kFrameHeaderBytes + length);
    }
  }
  return false;
}

}  // namespace sekisho::testing
