// The running agent, as those see it who ask: Prometheus, probes, `sekisho status`.
#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include "admin/server.h"
#include "app/recent_refusals.h"
#include "app/reload_log.h"
#include "app/status_writer.h"
#include "app/verify_loop.h"
#include "audit/sink.h"
#include "config/snapshot.h"
#include "enforce/enforcer.h"
#include "enforce/profiles.h"
#include "enforce/snapshot_holder.h"
#include "kube/cluster.h"
#include "metrics/http_server.h"
#include "metrics/metrics.h"
#include "relay/server.h"

namespace sekisho::app {

// When the relay's queues were last seen to come round.
class QueuePulse {
 public:
  void Answered() { last_ = Clock::now().time_since_epoch().count(); }
  std::chrono::nanoseconds age() const {
    return Clock::now().time_since_epoch() - Clock::duration(last_.load());
  }

 private:
  using Clock = std::chrono::steady_clock;
  std::atomic<Clock::rep> last_ = Clock::now().time_since_epoch().count();
};

// All parts outlive the view. Thread-safe, as they are.
class AgentView {
 public:
  struct Parts {
    const config::AgentConfig& config;
    const enforce::SnapshotHolder& snapshots;
    const audit::Sink& audit;
    const relay::Server& server;
    const enforce::Enforcer& enforcer;
    const enforce::Profiles& profiles;
    const kube::Cluster* cluster;  // null: no API server is asked
    const ReloadLog& reloads;
    const RecentRefusals& refusals;
    const VerifyLoop& verify;
    const StatusWriter& status;
    const QueuePulse& pulse;
    const metrics::Metrics& metrics;
  };
  explicit AgentView(const Parts& parts) : parts_(parts) {}

  metrics::State MetricsState() const;
  sekisho::v1::GetStatusResponse Status(const sekisho::v1::GetStatusRequest& request) const;
  // /metrics, /healthz, /readyz.
  metrics::HttpAnswer Answer(std::string_view path) const;

 private:
  // Why the node is not enforced as it should be; empty: it is.
  std::vector<std::string> NotReady() const;
  void PutPolicy(sekisho::v1::GetStatusResponse& status) const;
  void PutCluster(sekisho::v1::GetStatusResponse& status) const;
  void PutCounters(sekisho::v1::GetStatusResponse& status) const;
  void PutRefusals(int count, sekisho::v1::GetStatusResponse& status) const;
  void PutVerification(sekisho::v1::GetStatusResponse& status) const;

  const Parts parts_;
};

}  // namespace sekisho::app
