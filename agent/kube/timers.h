// What is to be done at a time: the ordered list behind a loop. One thread.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "kube/loop.h"

namespace sekisho::kube {

class Timers {
 public:
  using TimePoint = Loop::TimePoint;

  void Add(Loop::Id id, TimePoint when, std::function<void()> what);
  // One that is not there is ignored.
  void Cancel(Loop::Id id);
  // When the first is due; nothing when there is none.
  std::optional<TimePoint> Next() const;
  // Calls all that are due, in their order; of the same time, in the order of their ids. They may
  // add and cancel others. Returns how many were called.
  size_t RunDue(TimePoint now);

 private:
  std::map<std::pair<TimePoint, Loop::Id>, std::function<void()>> due_;
  std::map<Loop::Id, TimePoint> when_;
};

}  // namespace sekisho::kube
