// A cgroup with an end of its memory, as a unit with MemoryMax= has one.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace sekisho::testing {

// Below that of this run (support/isolation.h), which is removed with it.
class MemoryCgroup {
 public:
  explicit MemoryCgroup(uint64_t bytes_max);

  // Why there is none; "" when there is one.
  const std::string& problem() const { return problem_; }
  // What the process allocates from now on is counted here.
  void Take(pid_t pid) const;
  // The most bytes that it ever held.
  uint64_t Peak() const;

 private:
  struct Files {
    const char* max;
    const char* peak;
  };
  std::string folder_;
  Files files_ = {};
  std::string problem_;
};

}  // namespace sekisho::testing
