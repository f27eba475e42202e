#include "kube/notice_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace sekisho::kube {

NoticeQueue::NoticeQueue(std::function<void()> wake, size_t most)
    : wake_(std::move(wake)), most_(most) {}

void NoticeQueue::Put(std::vector<Notice> notices) {
  bool is_first = false;
  {
    const std::lock_guard lock(mu_);
    const size_t fit = std::min(notices.size(), most_ - std::min(most_, notices_.size()));
    is_first = notices_.empty() && fit > 0;
    const auto end = notices.begin() + static_cast<std::ptrdiff_t>(fit);
    std::move(notices.begin(), end, std::back_inserter(notices_));
    dropped_ += notices.size() - fit;
  }
  if (is_first) {
    wake_();
  }
}

std::vector<Notice> NoticeQueue::TakeAll() {
  std::vector<Notice> taken;
  const std::lock_guard lock(mu_);
  taken.swap(notices_);
  return taken;
}

uint64_t NoticeQueue::dropped() const {
  const std::lock_guard lock(mu_);
  return dropped_;
}

}  // namespace sekisho::kube
