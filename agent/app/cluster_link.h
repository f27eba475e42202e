// What the daemon has to do with the cluster that its node is of.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "audit/sink.h"
#include "config/snapshot.h"
#include "kube/cluster.h"
#include "status/agent_status.h"

namespace sekisho::app {

// Decisions go to the audit log, and those worth an Event to the API server as well.
class AuditAndEvents final : public audit::Sink {
 public:
  // Both outlive it. Without a cluster there are no Events.
  AuditAndEvents(audit::Sink& log, kube::Cluster* cluster) : log_(log), cluster_(cluster) {}

  void Write(audit::Record record) override {
    if (cluster_ != nullptr) {
      cluster_->Note(record);
    }
    log_.Write(std::move(record));
  }
  audit::SinkStats stats() const override { return log_.stats(); }

 private:
  audit::Sink& log_;
  kube::Cluster* const cluster_;
};

// Null when the configuration names no API server.
std::unique_ptr<kube::Cluster> OpenCluster(const config::AgentConfig& config);

// Who this node is, by its configuration and, for the group, by the last word of the API server.
config::NodeIdentity IdentityOf(const config::AgentConfig& config, const kube::Cluster* cluster);

status::AgentStatus::Kubernetes StatusOf(const kube::Cluster& cluster);

}  // namespace sekisho::app
