// So many at once, and then so many a second.
#pragma once

#include <algorithm>
#include <chrono>

#include "kube/loop.h"

namespace sekisho::kube {

// Counts in time, so that nothing is lost by rounding: each one costs the time that the rate gives
// it, and time is saved up to what a burst costs.
class TokenBucket {
 public:
  // Full at first. At least one at once, and one an hour; at most a million at once.
  TokenBucket(double burst, double per_second, Loop::TimePoint now)
      : cost_(std::chrono::duration_cast<std::chrono::nanoseconds>(
            std::chrono::duration<double>(1.0 / std::max(per_second, 1.0 / 3600)))),
        most_(std::chrono::duration_cast<std::chrono::nanoseconds>(cost_ *
                                                                   std::clamp(burst, 1.0, 1e6))),
        saved_(most_),
        filled_(now) {}

  // How long until there is one. Zero: now.
  std::chrono::milliseconds Wait(Loop::TimePoint now) {
    saved_ = std::min<std::chrono::nanoseconds>(most_, saved_ + (now - filled_));
    filled_ = now;
    return std::chrono::ceil<std::chrono::milliseconds>(
        std::max(cost_ - saved_, std::chrono::nanoseconds(0)));
  }

  // When Wait() is zero.
  void Take() { saved_ -= cost_; }

 private:
  const std::chrono::nanoseconds cost_;
  const std::chrono::nanoseconds most_;
  std::chrono::nanoseconds saved_;
  Loop::TimePoint filled_;
};

}  // namespace sekisho::kube
