#include "support/raw_http2.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>

namespace sekisho::testing {
namespace {

constexpr size_t kFrameHeaderBytes = 9;
constexpr size_t kFrameBytesMax = 16384;  // what every peer takes
constexpr std::string_view kClientMagic = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// RFC 7541, 5.1: an integer with a prefix of seven bits, the eighth being zero.
std::string Integer(size_t value) {
  constexpr size_t kPrefix = 127;
  if (value < kPrefix) {
    return {static_cast<char>(value)};
  }
  std::string out(1, static_cast<char>(kPrefix));
  for (value -= kPrefix; value >= 128; value /= 128) {
    out.push_back(static_cast<char>(value % 128 | 128));
  }
  out.push_back(static_cast<char>(value));
  return out;
}

}  // namespace

namespace http2 {

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

std::string Literal(std::string_view name, std::string_view value) {
  std::string out(1, '\0');
  out += Integer(name.size());
  out += name;
  out += Integer(value.size());
  out += value;
  return out;
}

std::string Preface() {
  return std::string(kClientMagic) + Frame(kSettings, 0, 0, "");
}

std::string RequestHeaders(std::string_view method) {
  return Literal(":method", "POST") + Literal(":scheme", "http") + Literal(":path", method) +
         Literal(":authority", "localhost") + Literal("te", "trailers") +
         Literal("content-type", "application/grpc");
}

bool FrameReader::Fill(size_t bytes) {
  pollfd poll_fd{fd_, POLLIN, 0};
  while (in_.size() < bytes) {
    std::array<char, 65536> chunk;
    if (::poll(&poll_fd, 1, 30'000) <= 0) {
      return false;
    }
    const ssize_t got = ::read(fd_, chunk.data(), chunk.size());
    if (got <= 0) {
      return false;
    }
    in_.append(chunk.data(), static_cast<size_t>(got));
  }
  return true;
}

bool FrameReader::ReadPreface() {
  if (!Fill(kClientMagic.size()) || !in_.starts_with(kClientMagic)) {
    return false;
  }
  in_.erase(0, kClientMagic.size());
  return true;
}

std::optional<FrameReader::Received> FrameReader::Next() {
  if (!Fill(kFrameHeaderBytes)) {
    return std::nullopt;
  }
  const auto byte = [this](size_t i) {
    return static_cast<uint32_t>(static_cast<uint8_t>(in_[i]));
  };
  const size_t length = byte(0) << 16 | byte(1) << 8 | byte(2);
  if (!Fill(kFrameHeaderBytes + length)) {
    return std::nullopt;
  }
  Received frame{.type = static_cast<uint8_t>(byte(3)),
                 .flags = static_cast<uint8_t>(byte(4)),
                 .stream = (byte(5) & 0x7f) << 24 | byte(6) << 16 | byte(7) << 8 | byte(8),
                 .payload = in_.substr(kFrameHeaderBytes, length)};
  in_.erase(0, kFrameHeaderBytes + length);
  return frame;
}

}  // namespace http2

std::string Http2Stream(unsigned int stream, std::string_view method, std::string_view data,
                        const MoreHeaders& more_headers) {
  std::string headers = http2::RequestHeaders(method);
  for (const auto& [name, value] : more_headers) {
    headers += http2::Literal(name, value);
  }
  std::string out;
  std::string_view left = headers;
  for (uint8_t type = http2::kHeaders; !left.empty(); type = http2::kContinuation) {
    const std::string_view part = left.substr(0, kFrameBytesMax);
    left.remove_prefix(part.size());
    out += http2::Frame(type, left.empty() ? http2::kEndHeaders : 0, stream, part);
  }
  return out + http2::Frame(http2::kData, http2::kEndStream, stream, data);
}

std::string Http2Call(std::string_view method, std::string_view data,
                      const MoreHeaders& more_headers) {
  return http2::Preface() + Http2Stream(1, method, data, more_headers);
}

std::string GrpcFrame(size_t announced, std::string_view payload) {
  return std::string(1, '\0') + http2::BigEndian(announced, 4) + std::string(payload);
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
      const bool ends = byte(3) == http2::kRstStream ||
                        ((byte(3) == http2::kHeaders || byte(3) == http2::kData) &&
                         (byte(4) & http2::kEndStream) != 0);
      if (on_stream && ends) {
        return true;
      }
      in.erase(0, kFrameHeaderBytes + length);
    }
  }
  return false;
}

}  // namespace sekisho::testing
