#include "fuzz/http2_frames.h"

#include <cstddef>

namespace sekisho::testing {
namespace {

constexpr size_t kHeaderBytes = 9;

size_t ByteAt(std::string_view bytes, size_t i) {
  return static_cast<uint8_t>(bytes[i]);
}

void AppendBigEndian(size_t value, int bytes, std::string& out) {
  for (int i = bytes - 1; i >= 0; --i) {
    out.push_back(static_cast<char>((value >> (8 * i)) & 0xff));
  }
}

}  // namespace

std::vector<Http2Frame> TakeHttp2Frames(std::string_view& bytes) {
  std::vector<Http2Frame> frames;
  while (bytes.size() >= kHeaderBytes) {
    const size_t length = ByteAt(bytes, 0) << 16 | ByteAt(bytes, 1) << 8 | ByteAt(bytes, 2);
    if (bytes.size() < kHeaderBytes + length) {
      break;
    }
    const size_t stream =
        ByteAt(bytes, 5) << 24 | ByteAt(bytes, 6) << 16 | ByteAt(bytes, 7) << 8 | ByteAt(bytes, 8);
    frames.push_back({.type = static_cast<uint8_t>(bytes[3]),
                      .flags = static_cast<uint8_t>(bytes[4]),
                      .stream = static_cast<uint32_t>(stream),
                      .payload = std::string(bytes.substr(kHeaderBytes, length))});
    bytes.remove_prefix(kHeaderBytes + length);
  }
  return frames;
}

void AppendHttp2Frame(const Http2Frame& frame, std::string& bytes) {
  AppendBigEndian(frame.payload.size(), 3, bytes);
  bytes.push_back(static_cast<char>(frame.type));
  bytes.push_back(static_cast<char>(frame.flags));
  AppendBigEndian(frame.stream, 4, bytes);
  bytes += frame.payload;
}

}  // namespace sekisho::testing
