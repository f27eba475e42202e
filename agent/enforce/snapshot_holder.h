// The policy in force, and how it is replaced.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "config/snapshot.h"

namespace sekisho::enforce {

// Holds exactly one snapshot. A request takes the pointer once and keeps it to its end, so that a
// reload never decides half of a request. Thread-safe.
class SnapshotHolder {
 public:
  explicit SnapshotHolder(std::shared_ptr<const config::Snapshot> first)
      : snapshot_(std::move(first)) {}

  std::shared_ptr<const config::Snapshot> Get() const { return snapshot_.load(); }
  void Set(std::shared_ptr<const config::Snapshot> next) { snapshot_.store(std::move(next)); }

 private:
  std::atomic<std::shared_ptr<const config::Snapshot>> snapshot_;
};

}  // namespace sekisho::enforce
