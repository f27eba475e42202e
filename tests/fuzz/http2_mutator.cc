// Changes an input of http2 frame by frame: a mutation that does not know of frames breaks their
// lengths nearly always, and gRPC then closes the connection before it looks at anything else.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fuzz/http2_frames.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace sekisho::testing {
namespace {

using Random = std::minstd_rand;

size_t Below(size_t limit, Random& random) {
  return std::uniform_int_distribution<size_t>(0, limit - 1)(random);
}

void MutateText(std::string& text, size_t room) {
  const size_t size = text.size();
  text.resize(size + room);
  text.resize(LLVMFuzzerMutate(reinterpret_cast<uint8_t*>(text.data()), size,
                               std::max<size_t>(1, size + room)));
}

// Streams that a client may open, the connection's own, one that only a server opens, and the last.
uint32_t OtherStream(Random& random) {
  constexpr uint32_t kStreams[] = {0, 1, 3, 5, 7, 2, 0x7fffffff, 0x80000001};
  return kStreams[Below(std::size(kStreams), random)];
}

// One that every connection may see at any time.
Http2Frame NewFrame(Random& random) {
  const auto type = static_cast<uint8_t>(Below(11, random));  // 10 is no type
  const auto flags = static_cast<uint8_t>(1u << Below(7, random) >> 1);
  Http2Frame frame{.type = type, .flags = flags, .stream = OtherStream(random), .payload = {}};
  constexpr size_t kLengths[] = {0, 0, 5, 4, 6, 4, 8, 8, 4, 0, 3};  // as each type has to have
  frame.payload.assign(kLengths[type], '\0');
  if (!frame.payload.empty() && Below(2, random) == 0) {
    frame.payload.back() = static_cast<char>(1 + Below(16, random));
  }
  return frame;
}

void MutateFrames(std::vector<Http2Frame>& frames, size_t room, Random& random) {
  if (frames.empty()) {
    frames.push_back(NewFrame(random));
    return;
  }
  const size_t at = Below(frames.size(), random);
  const auto place = frames.begin() + static_cast<std::ptrdiff_t>(at);
  Http2Frame& frame = frames[at];
  switch (Below(9, random)) {
    case 0:
      frame.flags ^= static_cast<uint8_t>(1u << Below(8, random));
      break;
    case 1:
      frame.stream = OtherStream(random);
      break;
    case 2:
      frame.type = static_cast<uint8_t>(Below(11, random));
      break;
    case 3:
      frames.erase(place);
      break;
    case 4:
      frames.insert(place, Http2Frame(frame));
      break;
    case 5:
      std::swap(frame, frames[Below(frames.size(), random)]);
      break;
    case 6:
      frames.insert(place, NewFrame(random));
      break;
    default:
      MutateText(frame.payload, room);
  }
}

}  // namespace
}  // namespace sekisho::testing

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned seed) {
  namespace st = sekisho::testing;
  st::Random random(seed);
  if (size < 2 || st::Below(8, random) == 0) {
    return LLVMFuzzerMutate(data, size, max_size);
  }
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::string input(1, rest.front());
  rest.remove_prefix(1);
  if (st::Below(16, random) == 0) {
    input.front() = static_cast<char>(st::Below(16, random));
  }
  if (rest.starts_with(st::kHttp2Preface)) {
    input += st::kHttp2Preface;
    rest.remove_prefix(st::kHttp2Preface.size());
  }
  std::vector<st::Http2Frame> frames = st::TakeHttp2Frames(rest);
  st::MutateFrames(frames, max_size > size ? std::min<size_t>(max_size - size, 256) : 0, random);
  for (const st::Http2Frame& frame : frames) {
    st::AppendHttp2Frame(frame, input);
  }
  input += rest;
  input.resize(std::min(input.size(), max_size));
  std::memcpy(data, input.data(), input.size());
  return input.size();
}
