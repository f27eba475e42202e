// A file cut into pieces of whole lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

namespace sekisho::audit {

struct Chunk {
  std::string bytes = {};  // whole lines; only the file's last one can lack its line feed
  uint64_t first = 1;      // the number of its first line
  bool too_long = false;   // one line that is longer than kLineMax, and left out
};

// Never has more of the file in memory than one line and a block.
class LineChunks {
 public:
  static constexpr size_t kLineMax = size_t{1} << 20;

  explicit LineChunks(std::FILE* file) : file_(file) {}

  // Nothing at the end of the file, or where it cannot be read any further.
  std::optional<Chunk> Next();
  // The errno of what ended it, or 0.
  int error() const { return error_; }

 private:
  void ReadBlock();
  void PassOver();

  std::FILE* const file_;
  std::string rest_;  // what follows the last line that was given away
  uint64_t line_ = 1;
  bool at_end_ = false;
  int error_ = 0;
  bool passing_over_ = false;  // the rest of a line that is too long
};

}  // namespace sekisho::audit
