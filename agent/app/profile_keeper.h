// The copies of seccomp profiles that this node's containers run with.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "config/snapshot.h"
#include "enforce/profiles.h"
#include "record/recordings.h"
#include "relay/server.h"
#include "seccomp/store.h"

namespace sekisho::app {

class ProfileKeeper {
 public:
  // Before Open every profile is refused, as one that nobody looks at yet.
  const enforce::Profiles& profiles() const { return profiles_; }

  // Opens the store, and asks the runtime which containerd it is. Neither a state directory that
  // cannot be written nor a missing watch is a reason not to start: what it costs are containers
  // with a profile of their own, and time. Once, before anybody is served.
  void Open(const config::AgentConfig& config, relay::Server& runtime);

  // A directory that could not be written at the start may be writable by now. And who is gone
  // needs no copy any more: containers may go without a word to us, while we are down or by another
  // client of the runtime; this one does nothing until it is time again.
  void LookAround(relay::Server& runtime);

 private:
  absl::Status OpenStore();
  void Begin(relay::Server& runtime);  // once there is a store
  void Collect(relay::Server& runtime);

  seccomp::StoreOptions options_;
  std::unique_ptr<seccomp::Store> store_;
  std::optional<record::Recordings> recordings_;
  enforce::Profiles profiles_{"is not looked at yet"};
  std::chrono::steady_clock::time_point collected_;
};

}  // namespace sekisho::app
