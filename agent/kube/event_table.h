// The Events that are remembered: those with something to tell, and those that more may come to.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "kube/event.h"
#include "kube/loop.h"

namespace sekisho::kube {

struct KnownEvent {
  explicit KnownEvent(const Notice& notice) : event(notice) {}

  // How many notices the server has not heard of.
  uint64_t untold() const { return event.count() - told; }

  Event event;
  uint64_t told = 0;  // of the Event's count: what the server has heard of
  bool created = false;
  std::string name = {};                     // empty: none was chosen yet
  Loop::TimePoint due = {};                  // of what is untold
  std::optional<Loop::TimePoint> sent = {};  // the request before
  int failures = 0;                          // of the request that is due, one after the other
  bool renamed = false;
  bool perhaps_created = false;  // a POST was not answered
  Loop::TimePoint touched = {};
  uint64_t touch = 0;  // the order of `touched`
};

class EventTable {
 public:
  EventTable(size_t most, std::chrono::minutes remember) : most_(most), remember_(remember) {}

  // The Event that `notice` is about; a new one when it is the first. Where there are too many, the
  // one longest without news goes, and what it has not told is added to `dropped`. `keep` does not
  // go; null when only that could.
  KnownEvent* Touch(const Notice& notice, Loop::TimePoint now, const KnownEvent* keep,
                    uint64_t& dropped);
  // Those that have told all and had no news for long.
  void ForgetOld(Loop::TimePoint now, const KnownEvent* keep);
  // Of those with something to tell, the one that is due first; null when there is none.
  KnownEvent* NextDue();

 private:
  using Key = std::tuple<std::string, std::string, std::string, EventReason>;

  bool MakeRoom(const KnownEvent* keep, uint64_t& dropped);

  const size_t most_;
  const std::chrono::minutes remember_;
  std::map<Key, KnownEvent> events_;  // by namespace, pod, uid and reason
  uint64_t touches_ = 0;
};

}  // namespace sekisho::kube
