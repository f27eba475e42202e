// How long to wait before the next try.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "kube/loop.h"

namespace sekisho::kube {

// Doubles from `first` to `most`, each wait stretched by a random part of itself, and starts again
// when nothing has failed for `forget`. The figures are those of Kubernetes' own clients.
class Backoff {
 public:
  struct Options {
    std::chrono::milliseconds first{800};
    std::chrono::milliseconds most{30'000};
    std::chrono::milliseconds forget{120'000};
  };

  explicit Backoff(Options options) : options_(options), next_(options.first) {}

  // The wait after a failure now. `asked` is what the server asked for (Retry-After): the wait is
  // never shorter than that, and never longer for it than five minutes.
  std::chrono::milliseconds Next(Loop& loop,
                                 std::optional<std::chrono::seconds> asked = std::nullopt) {
    const Loop::TimePoint now = loop.Now();
    if (now - last_ > options_.forget) {
      next_ = options_.first;
    }
    last_ = now;
    const std::chrono::milliseconds base = next_;
    next_ = std::min(next_ * 2, options_.most);
    const auto stretched =
        std::chrono::duration_cast<std::chrono::milliseconds>(base * (1.0 + loop.Random()));
    // In seconds, since an absurd number of them is none in milliseconds.
    constexpr std::chrono::seconds kAskedMost{300};
    const std::chrono::seconds least =
        std::clamp(asked.value_or(std::chrono::seconds{0}), std::chrono::seconds{0}, kAskedMost);
    return std::max<std::chrono::milliseconds>(stretched, least);
  }

 private:
  const Options options_;
  std::chrono::milliseconds next_;
  Loop::TimePoint last_{};  // failure; before the first it does not matter
};

}  // namespace sekisho::kube
