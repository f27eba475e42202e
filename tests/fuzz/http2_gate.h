// The agent's relay with its enforcement, between sockets and a fake runtime, as something that can
// be told to look at one connection after another: what the http2 fuzzer is about.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "audit/sink.h"
#include "base/unique_fd.h"
#include "enforce/enforcer.h"
#include "enforce/snapshot_holder.h"
#include "policy/spec.h"
#include "relay/server.h"
#include "support/fake_runtime.h"
#include "support/temp_dir.h"

namespace sekisho::testing {

class Http2Gate {
 public:
  Http2Gate();
  ~Http2Gate();

  // One end of a new connection to the relay.
  base::UniqueFd Connect();

  // Requests that reached the runtime and were not the enforcer's or the prober's own.
  size_t reached() const { return reached_; }
  // The first request that reached the runtime and should not have; empty when there was none.
  std::string WhatShouldNotHaveCome() const;
  // A call on a connection of its own. What was wrong with its answer.
  std::string BrokenProbe();

 private:
  struct NoAudit final : audit::Sink {
    void Write(audit::Record /*record*/) override {}
    audit::SinkStats stats() const override { return {}; }
  };

  FakeReply Answer(const FakeCall& call);
  // Why the policy does not allow what came, by what it says of the very bytes.
  std::string WhyNot(const FakeCall& call) const;

  const policy::Spec spec_;
  const mounts::Resolver mounts_;
  const TempDir dir_;
  NoAudit audit_;
  enforce::SnapshotHolder snapshots_;
  enforce::Enforcer enforcer_;
  std::atomic<size_t> reached_ = 0;
  mutable std::mutex mu_;
  std::string wrong_;  // guarded by mu_
  FakeRuntime runtime_;
  std::unique_ptr<relay::Server> server_;
  std::shared_ptr<grpc::Channel> prober_;
};

}  // namespace sekisho::testing
