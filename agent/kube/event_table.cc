#include "kube/event_table.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace sekisho::kube {

KnownEvent* EventTable::Touch(const Notice& notice, Loop::TimePoint now, const KnownEvent* keep,
                              uint64_t& dropped) {
  Key key(notice.namespace_, notice.pod, notice.pod_uid, notice.reason);
  auto place = events_.find(key);
  if (place == events_.end()) {
    if (!MakeRoom(keep, dropped)) {
      return nullptr;
    }
    place = events_.emplace(std::move(key), KnownEvent(notice)).first;
  }
  place->second.touched = now;
  place->second.touch = ++touches_;
  return &place->second;
}

bool EventTable::MakeRoom(const KnownEvent* keep, uint64_t& dropped) {
  if (events_.size() < std::max<size_t>(most_, 1)) {
    return true;
  }
  auto oldest = events_.end();
  for (auto place = events_.begin(); place != events_.end(); ++place) {
    if (&place->second != keep &&
        (oldest == events_.end() || place->second.touch < oldest->second.touch)) {
      oldest = place;
    }
  }
  if (oldest == events_.end()) {
    return false;
  }
  dropped += oldest->second.untold();
  events_.erase(oldest);
  return true;
}

void EventTable::ForgetOld(Loop::TimePoint now, const KnownEvent* keep) {
  for (auto place = events_.begin(); place != events_.end();) {
    const KnownEvent& known = place->second;
    const bool is_old = now - known.touched > remember_;
    place =
        is_old && known.untold() == 0 && &known != keep ? events_.erase(place) : std::next(place);
  }
}

KnownEvent* EventTable::NextDue() {
  KnownEvent* next = nullptr;
  for (auto& [key, known] : events_) {
    if (known.untold() > 0 && (next == nullptr || known.due < next->due)) {
      next = &known;
    }
  }
  return next;
}

}  // namespace sekisho::kube
