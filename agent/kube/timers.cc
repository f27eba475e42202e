#include "kube/timers.h"

namespace sekisho::kube {

void Timers::Add(Loop::Id id, TimePoint when, std::function<void()> what) {
  due_.emplace(std::pair(when, id), std::move(what));
  when_.emplace(id, when);
}

void Timers::Cancel(Loop::Id id) {
  if (const auto found = when_.find(id); found != when_.end()) {
    // Both are out of the list before the function is destroyed: that may cancel others.
    const auto gone = due_.extract(std::pair(found->second, id));
    when_.erase(found);
  }
}

std::optional<Timers::TimePoint> Timers::Next() const {
  return due_.empty() ? std::nullopt : std::optional(due_.begin()->first.first);
}

size_t Timers::RunDue(TimePoint now) {
  size_t called = 0;
  while (!due_.empty() && due_.begin()->first.first <= now) {
    const auto timer = due_.extract(due_.begin());
    when_.erase(timer.key().second);
    timer.mapped()();
    ++called;
  }
  return called;
}

}  // namespace sekisho::kube
