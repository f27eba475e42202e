#include "audit/line_chunks.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace sekisho::audit {
namespace {

constexpr size_t kBlock = size_t{256} << 10;

}  // namespace

void LineChunks::ReadBlock() {
  const size_t had = rest_.size();
  rest_.resize(had + kBlock);
  const size_t count = std::fread(rest_.data() + had, 1, kBlock, file_);
  rest_.resize(had + count);
  at_end_ = count < kBlock;
  if (std::ferror(file_) != 0) {
    error_ = errno;
  }
}

void LineChunks::PassOver() {
  const size_t end = rest_.find('\n');
  if (end == std::string::npos) {
    rest_.clear();
    return;
  }
  rest_.erase(0, end + 1);
  passing_over_ = false;
  ++line_;
}

std::optional<Chunk> LineChunks::Next() {
  while (!at_end_) {
    ReadBlock();
    if (passing_over_) {
      PassOver();
    }
    if (passing_over_) {
      continue;
    }
    if (const size_t end = rest_.rfind('\n'); end != std::string::npos) {
      Chunk chunk{.bytes = {}, .first = line_, .too_long = false};
      chunk.bytes.assign(rest_, 0, end + 1);
      rest_.erase(0, end + 1);
      line_ += static_cast<uint64_t>(std::ranges::count(chunk.bytes, '\n'));
      return chunk;
    }
    if (rest_.size() > kLineMax) {
      rest_.clear();
      passing_over_ = true;
      return Chunk{.bytes = {}, .first = line_, .too_long = true};
    }
  }
  if (rest_.empty()) {
    return std::nullopt;
  }
  return Chunk{.bytes = std::exchange(rest_, {}), .first = line_, .too_long = false};
}

}  // namespace sekisho::audit
