// The policy in force, and how it is replaced.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "config/snapshot.h"

namespace sekisho::enforce {

// Holds exactly one snapshot. A request takes the pointer once and keeps it to its end, so that a
// reload never decides half of a request. Thread-safe.
class SnapshotHolder {
 public:
  explicit SnapshotHolder(std::shared_ptr<const config::Snapshot> first)
      : snapshot_(std::move(first)) {}

  std::shared_ptr<const config::Snapshot> Get() const {
    const std::lock_guard lock(mu_);
    return snapshot_;
  }
  // The replaced snapshot is freed outside the lock, here or by the last request that holds it.
  void Set(std::shared_ptr<const config::Snapshot> next) {
    const std::lock_guard lock(mu_);
    snapshot_.swap(next);
  }

 private:
  // Held for the copy of one pointer. Not std::atomic<std::shared_ptr>: in libstdc++ 12 that is a
  // spin lock too, and its load gives the lock back with relaxed order, which orders nothing.
  mutable std::mutex mu_;
  std::shared_ptr<const config::Snapshot> snapshot_;
};

}  // namespace sekisho::enforce
