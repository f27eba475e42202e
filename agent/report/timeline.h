// How many decisions of each kind there were, over time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "policy/decision.h"

namespace sekisho::report {

class Timeline {
 public:
  struct Bucket {
    uint64_t allowed = 0;
    uint64_t hardened = 0;
    uint64_t refused = 0;

    uint64_t total() const { return allowed + hardened + refused; }
    void Add(const Bucket& other);
  };

  void Add(std::chrono::system_clock::time_point time, policy::Action action);

  // Bars, and the same as a table. What is after `now` is not shown, and what is so old that it
  // would make all bars one is not either: both are counted.
  std::string Html(std::chrono::system_clock::time_point now) const;

 private:
  using Buckets = std::map<int64_t, Bucket>;  // by the bucket's number since 1970

  void Widen();

  size_t step_ = 0;  // of the widths that there are
  Buckets buckets_;
};

}  // namespace sekisho::report
