// An append-only file of bounded size, with a bounded number of predecessors.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "base/unique_fd.h"

namespace sekisho::audit {

// Not thread-safe. Every failure leaves the object usable: the next Append tries again from the
// beginning, so that a full disk or a missing folder heals by itself.
class RotatingFile {
 public:
  // `bytes_max` of the current file; `files_max` of "path.1" (newest) to "path.N" beside it.
  RotatingFile(std::string path, uint64_t bytes_max, int files_max)
      : path_(std::move(path)), bytes_max_(bytes_max), files_max_(files_max) {}

  // Writes `line` and a newline as a whole, or fails. What a failed write left behind is cut off,
  // so that the next line does not grow out of it.
  absl::Status Append(std::string_view line);

  // Opens the path anew at the next Append (somebody else moved the file away).
  void Reopen() { fd_.Reset(); }

 private:
  absl::Status Open();
  void Rotate();

  const std::string path_;
  const uint64_t bytes_max_;
  const int files_max_;
  base::UniqueFd fd_;
  uint64_t bytes_ = 0;
};

}  // namespace sekisho::audit
