// A thread that is there before what it is to run.
#pragma once

#include <functional>
#include <future>
#include <thread>
#include <utility>

namespace sekisho::app {

// What a thread may do it has from the one that starts it (Landlock). This one keeps the rights of
// the moment in which it was made. Not thread-safe itself.
class LateThread {
 public:
  LateThread() : thread_([work = work_.get_future()]() mutable { RunWhat(work.get()); }) {}
  ~LateThread() { Join(); }
  LateThread(const LateThread&) = delete;
  LateThread& operator=(const LateThread&) = delete;

  // Called at most once.
  void Run(std::function<void()> work) {
    given_ = true;
    work_.set_value(std::move(work));
  }
  // Waits for the end of what it runs; without any it ends at once.
  void Join() {
    if (!thread_.joinable()) {
      return;
    }
    if (!given_) {
      Run(nullptr);
    }
    thread_.join();
  }

 private:
  static void RunWhat(const std::function<void()>& work) {
    if (work) {
      work();
    }
  }

  bool given_ = false;
  std::promise<std::function<void()>> work_;  // before the thread, which waits for it
  std::thread thread_;
};

}  // namespace sekisho::app
