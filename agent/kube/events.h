// Decisions as Kubernetes Events (core/v1), where `kubectl describe pod` shows them.
//
// One Event a pod and reason: what happens again raises its count. Nobody who decides waits for any
// of this: what does not fit into the queue, or is over the rate, is counted and dropped. The audit
// log has all of it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kube/loop.h"
#include "kube/notice.h"

namespace sekisho::kube {

struct EventOptions {
  std::string node;                           // source.host and reportingInstance
  std::chrono::milliseconds coalesce{1'000};  // the first of an Event waits so long for company
  std::chrono::milliseconds update_every{30'000};  // of one Event, at most
  // Requests: a token bucket.
  double burst = 25;
  double per_second = 1;
  size_t events_max = 512;            // remembered at once; the one longest without news goes
  std::chrono::minutes remember{60};  // API servers keep Events for an hour
  int tries = 3;                      // of one request, with a back-off
};

// Aggregates, and sends, one request at a time. Everything on the loop's thread.
//
// A server that fails, or that cannot be reached, makes all wait, not only the Event whose request
// it was; after `tries` that Event's notices are dropped and the next one has its turn. A refusal
// (no permission, no such namespace) drops them at once; the Event is tried again when there is
// news of it, `update_every` later at the earliest.
class EventRecorder {
 public:
  struct Stats {
    uint64_t created = 0;
    uint64_t updated = 0;
    // Notices that no Event tells of: too many Events, the server refused or did not answer, or
    // the names are none of Kubernetes'.
    uint64_t dropped = 0;
    std::string last_error = {};  // empty when the last request went well
  };

  // `loop` outlives it.
  EventRecorder(EventOptions options, Loop& loop);
  ~EventRecorder();
  EventRecorder(const EventRecorder&) = delete;
  EventRecorder& operator=(const EventRecorder&) = delete;

  void Add(const std::vector<Notice>& notices);
  const Stats& stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sekisho::kube
