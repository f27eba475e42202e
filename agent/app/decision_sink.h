// What becomes of a decision once it is made: everybody who is to hear of it.
#pragma once

#include <utility>

#include "app/recent_refusals.h"
#include "audit/sink.h"
#include "kube/cluster.h"
#include "metrics/metrics.h"

namespace sekisho::app {

// Counts it, keeps it if it is a refusal, reports it as an Event if it is worth one, and writes it
// to the audit log.
class DecisionSink final : public audit::Sink {
 public:
  // All outlive it. Without a cluster there are no Events.
  DecisionSink(audit::Sink& log, metrics::Metrics& metrics, RecentRefusals& refusals,
               kube::Cluster* cluster)
      : log_(log), metrics_(metrics), refusals_(refusals), cluster_(cluster) {}

  void Write(audit::Record record) override {
    metrics_.CountDecision(record);
    refusals_.Note(record);
    if (cluster_ != nullptr) {
      cluster_->Note(record);
    }
    log_.Write(std::move(record));
  }
  audit::SinkStats stats() const override { return log_.stats(); }

 private:
  audit::Sink& log_;
  metrics::Metrics& metrics_;
  RecentRefusals& refusals_;
  kube::Cluster* const cluster_;
};

}  // namespace sekisho::app
