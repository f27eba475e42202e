// The copies of seccomp profiles that this node's containers run with.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

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

  // Who is gone needs no copy any more. Containers may go without a word to us: while we are down,
  // or by another client of the runtime. Does nothing until it is time again.
  void CollectWhenDue(relay::Server& runtime);

 private:
  void Collect(relay::Server& runtime);

  std::unique_ptr<seccomp::Store> store_;
  std::optional<record::Recordings> recordings_;
  enforce::Profiles profiles_{"is not looked at yet"};
  std::chrono::steady_clock::time_point collected_;
};

}  // namespace sekisho::app
