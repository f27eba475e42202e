#include "kube/round_watch.h"

#include <utility>

namespace sekisho::kube {

RoundWatch::RoundWatch(std::chrono::milliseconds limit, std::function<void()> too_long)
    : limit_(limit), too_long_(std::move(too_long)), thread_([this] { Watch(); }) {}

RoundWatch::~RoundWatch() {
  {
    const std::lock_guard lock(mu_);
    ended_ = true;
  }
  ended_changed_.notify_all();
  thread_.join();
}

void RoundWatch::BeginRound() {
  began_ = Clock::now();
}

void RoundWatch::EndRound() {
  began_ = kBetweenRounds;
}

void RoundWatch::Watch() {
  std::unique_lock lock(mu_);
  while (!ended_changed_.wait_for(lock, limit_, [this] { return ended_; })) {
    const Clock::time_point began = began_;
    if (began != kBetweenRounds && Clock::now() - began > limit_) {
      too_long_();
    }
  }
}

}  // namespace sekisho::kube
