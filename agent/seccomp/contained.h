// Work that may never end, or may take the process with it.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>

#include "absl/status/status.h"

namespace sekisho::seccomp {

struct Limits {
  std::chrono::milliseconds time = std::chrono::milliseconds(500);  // of the processor
  size_t memory = size_t{64} << 20;                                 // more than the process has
};

// Does `work` in a copy of this process, where it may use so much and no more. It reaches the
// caller's variables only in memory that is shared (SharedArea). It must take no lock that another
// thread may hold, but for those of the C library's memory, which a copy gets unlocked.
//
// RESOURCE_EXHAUSTED: it was stopped. INTERNAL: it died, or there was no making a copy.
absl::Status RunContained(const std::function<void()>& work, const Limits& limits = {});

// Zeroed memory that a copy of the process shares.
class SharedArea {
 public:
  explicit SharedArea(size_t bytes);
  SharedArea(const SharedArea&) = delete;
  SharedArea& operator=(const SharedArea&) = delete;
  ~SharedArea();

  // Null when there was none to be had.
  void* get() const { return memory_; }

 private:
  size_t bytes_;
  void* memory_;
};

}  // namespace sekisho::seccomp
