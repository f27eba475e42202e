// Counts calls as the relay tells of them.
#pragma once

#include <string_view>

#include "metrics/metrics.h"
#include "relay/call_observer.h"

namespace sekisho::app {

class CallCounter final : public relay::CallObserver {
 public:
  explicit CallCounter(metrics::Metrics& metrics) : metrics_(metrics) {}

  void OnCall(const relay::CallReport& report) override {
    // The table's text lives for ever.
    const std::string_view path = report.method == nullptr ? "" : report.method->path;
    metrics_.CountCall({.method = path.substr(path.rfind('/') + 1),
                        .outcome = OutcomeOf(report.end),
                        .code = static_cast<int>(report.code),
                        .decision = report.decision,
                        .upstream = report.upstream});
  }

 private:
  static metrics::Outcome OutcomeOf(relay::CallEnd end) {
    switch (end) {
      case relay::CallEnd::kForwarded:
        return metrics::Outcome::kForwarded;
      case relay::CallEnd::kRefused:
        return metrics::Outcome::kRefused;
      case relay::CallEnd::kCancelled:
        return metrics::Outcome::kCancelled;
      case relay::CallEnd::kRejected:
        break;
    }
    return metrics::Outcome::kRejected;
  }

  metrics::Metrics& metrics_;
};

}  // namespace sekisho::app
