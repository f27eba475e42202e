// A thread that looks whether a loop still goes round.
//
// libcurl reads from a connection for as long as something is there. A server that sends frames
// faster than they are read, none of which means anything, keeps the loop inside libcurl: no
// timers, no Wake, no Stop. Nobody but another thread can end that.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace sekisho::kube {

class RoundWatch {
 public:
  // `too_long` is called on the watch's thread, again and again, while a round takes longer than
  // `limit`; the first time within twice that.
  RoundWatch(std::chrono::milliseconds limit, std::function<void()> too_long);
  ~RoundWatch();
  RoundWatch(const RoundWatch&) = delete;
  RoundWatch& operator=(const RoundWatch&) = delete;

  void BeginRound();
  void EndRound();

 private:
  using Clock = std::chrono::steady_clock;

  void Watch();

  const std::chrono::milliseconds limit_;
  const std::function<void()> too_long_;
  std::atomic<Clock::time_point> began_ = kBetweenRounds;
  std::mutex mu_;
  std::condition_variable ended_changed_;
  bool ended_ = false;
  std::thread thread_;  // last

  static constexpr Clock::time_point kBetweenRounds = Clock::time_point::max();
};

}  // namespace sekisho::kube
