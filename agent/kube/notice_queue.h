// Notices on their way from the threads that decide to the loop's. Nobody who decides waits for the
// other end: what does not fit is counted and dropped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "kube/notice.h"

namespace sekisho::kube {

class NoticeQueue {
 public:
  // `wake` is called when the queue was empty, outside the lock, on the thread that puts.
  explicit NoticeQueue(std::function<void()> wake, size_t most = 1024);

  void Put(std::vector<Notice> notices);  // any thread; never waits for more than a short lock
  std::vector<Notice> TakeAll();
  uint64_t dropped() const;

 private:
  const std::function<void()> wake_;
  const size_t most_;
  mutable std::mutex mu_;
  std::vector<Notice> notices_;
  uint64_t dropped_ = 0;
};

}  // namespace sekisho::kube
