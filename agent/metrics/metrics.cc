#include "metrics/metrics.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>
#include <vector>

#include "metrics/bounded_names.h"
#include "metrics/counter_table.h"
#include "metrics/label_values.h"
#include "metrics/own_process.h"
#include "metrics/state_families.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"
#include "prometheus/text_serializer.h"

namespace sekisho::metrics {
namespace {

constexpr size_t kActions = 3;
constexpr size_t kOutcomes = 4;

// Our own names: methods, checks, error ids. More of them than this would be a mistake of ours, and
// is not let grow.
constexpr size_t kOwnNamesMax = 200;
constexpr size_t kOwnNameBytes = 100;
// No namespace of Kubernetes has a longer name.
constexpr size_t kNamespaceBytes = 63;
// Series of a family that has a namespace and more as labels. Beyond it counts what is new as
// namespace "_other", which adds only as many as the other labels have values.
constexpr size_t kSeriesMax = 4000;

// Each id is below 2^12 (BoundedNames above, and enums).
uint64_t Key(std::initializer_list<size_t> ids) {
  uint64_t key = 0;
  for (const size_t id : ids) {
    key = key << 12U | id;
  }
  return key;
}

// In seconds. Deciding takes a tenth of a millisecond, or up to 5 s when the runtime is asked.
prometheus::Histogram::BucketBoundaries DecisionBuckets() {
  return {0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
          0.01,    0.025,  0.05,    0.1,    0.25,  1,      5};
}
// From a list out of memory to an image that is pulled.
prometheus::Histogram::BucketBoundaries UpstreamBuckets() {
  return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
}

// A family of histograms with one label, `method`.
class HistogramTable {
 public:
  HistogramTable(prometheus::Registry& registry, const std::string& name, const std::string& help,
                 prometheus::Histogram::BucketBoundaries buckets)
      : family_(prometheus::BuildHistogram().Name(name).Help(help).Register(registry)),
        buckets_(std::move(buckets)) {}

  prometheus::Histogram& Of(BoundedNames::Id id, const std::string& method) {
    if (histograms_.size() <= id) {
      histograms_.resize(id + 1, nullptr);
    }
    if (histograms_[id] == nullptr) {
      histograms_[id] = &family_.Add({{"method", method}}, buckets_);
    }
    return *histograms_[id];
  }

 private:
  prometheus::Family<prometheus::Histogram>& family_;
  prometheus::Histogram::BucketBoundaries buckets_;
  std::vector<prometheus::Histogram*> histograms_;
};

double Seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

std::string_view OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kForwarded:
      return "forwarded";
    case Outcome::kRefused:
      return "refused";
    case Outcome::kRejected:
      return "rejected";
    case Outcome::kCancelled:
      return "cancelled";
  }
  return "";
}

class Metrics::Impl {
 public:
  explicit Impl(std::function<State()> state) : state_(std::move(state)) {}

  void CountCall(const Call& call);
  void CountDecision(const audit::Record& record);
  std::string Text();
  std::map<std::string, uint64_t> DecisionsByAction();
  std::map<std::string, uint64_t> CallsByOutcome();

 private:
  // What the counters of one decision have in common.
  struct Whose {
    BoundedNames::Id ns = BoundedNames::kUnknown;
    size_t level = 0;
    policy::Action action = policy::Action::kDeny;
  };
  void CountOutcome(const audit::Record& record, Whose whose);
  void CountViolations(std::string_view mode, size_t mode_index,
                       const std::vector<policy::Violation>& violations, const Whose& whose);
  void CountEdits(const std::vector<policy::EditRecord>& edits);
  // Of whom it is said where a family may have no more series: nobody.
  static void BoundSeries(const CounterTable& table, uint64_t key, BoundedNames::Id& ns);

  const std::function<State()> state_;
  std::mutex scraping_;
  std::mutex counting_;  // for everything below; never held while `state_` is called
  prometheus::Registry registry_;
  BoundedNames methods_{kOwnNamesMax, kOwnNameBytes};
  BoundedNames checks_{kOwnNamesMax, kOwnNameBytes};
  BoundedNames error_ids_{kOwnNamesMax, kOwnNameBytes};
  BoundedNames namespaces_{kNamespacesMax, kNamespaceBytes};
  std::array<uint64_t, kActions> decisions_by_action_{};
  std::array<uint64_t, kOutcomes> calls_by_outcome_{};

  CounterTable calls_{registry_, "sekisho_calls_total",
                      "Calls of clients that ended, by gRPC status code."};
  CounterTable decisions_{registry_, "sekisho_decisions_total",
                          "Decisions about pods and containers."};
  CounterTable violations_{registry_, "sekisho_violations_total",
                           "Checks that a request failed, at the level of a mode."};
  CounterTable errors_{registry_, "sekisho_errors_total",
                       "Requests that were refused for another reason than a violation."};
  CounterTable edits_{registry_, "sekisho_edits_total", "Fields that hardening has changed."};
  CounterTable exempted_{registry_, "sekisho_exempted_decisions_total",
                         "Decisions that an exemption applied to."};
  CounterTable recorded_{registry_, "sekisho_recorded_decisions_total",
                         "Containers that got a profile which permits and logs everything."};
  CounterTable seccomp_ignored_{
      registry_, "sekisho_seccomp_ignored_total",
      "Privileged containers, to which the runtime attaches no seccomp profile."};
  HistogramTable decision_time_{registry_, "sekisho_decision_duration_seconds",
                                "From a checked request's last byte until it was decided.",
                                DecisionBuckets()};
  HistogramTable upstream_time_{registry_, "sekisho_upstream_duration_seconds",
                                "How long the container runtime took for a forwarded call.",
                                UpstreamBuckets()};
  // So that a first one shows as a rise, and not as a series out of nothing.
  prometheus::Counter& seccomp_ignored_count_ = seccomp_ignored_.Add(0, {});
  prometheus::Counter& recorded_count_ = recorded_.Add(0, {});
};

void Metrics::Impl::CountCall(const Call& call) {
  prometheus::Histogram* decision = nullptr;
  prometheus::Histogram* upstream = nullptr;
  const auto outcome = static_cast<size_t>(call.outcome);
  {
    const std::lock_guard lock(counting_);
    const BoundedNames::Id method = methods_.IdOf(call.method);
    const std::string& name = methods_.Label(method);
    // A code that gRPC does not have is like every other such code.
    const std::string_view code = CodeName(call.code);
    const size_t code_id = code == "_other" ? 17 : static_cast<size_t>(call.code);
    calls_.Increment(Key({method, outcome, code_id}), [&] {
      return prometheus::Labels{{"method", name},
                                {"outcome", std::string(OutcomeName(call.outcome))},
                                {"code", std::string(code)}};
    });
    ++calls_by_outcome_[outcome];
    decision = call.decision.has_value() ? &decision_time_.Of(method, name) : nullptr;
    upstream = call.upstream.has_value() ? &upstream_time_.Of(method, name) : nullptr;
  }
  if (decision != nullptr) {
    decision->Observe(Seconds(*call.decision));
  }
  if (upstream != nullptr) {
    upstream->Observe(Seconds(*call.upstream));
  }
}

void Metrics::Impl::BoundSeries(const CounterTable& table, uint64_t key, BoundedNames::Id& ns) {
  if (table.size() >= kSeriesMax && table.Find(key) == nullptr) {
    ns = BoundedNames::kOther;
  }
}

void Metrics::Impl::CountDecision(const audit::Record& record) {
  const policy::Decision& decision = record.decision;
  const std::lock_guard lock(counting_);
  const Whose whose{.ns = namespaces_.IdOf(record.pod.namespace_),
                    .level = LevelIndex(record.enforced),
                    .action = decision.action};
  CountOutcome(record, whose);
  CountViolations("enforce", 0, decision.violations, whose);
  CountViolations("audit", 1, decision.audit, whose);
  CountViolations("warn", 2, decision.warn, whose);
  CountEdits(decision.edit_records);
  if (decision.seccomp_ignored) {
    seccomp_ignored_count_.Increment();
  }
  if (!record.recording.empty()) {
    recorded_count_.Increment();
  }
}

void Metrics::Impl::CountOutcome(const audit::Record& record, Whose whose) {
  const auto action = static_cast<size_t>(whose.action);
  const BoundedNames::Id method = methods_.IdOf(record.method);
  if (!record.exemption.empty()) {
    exempted_.Increment(whose.ns, [&] {
      return prometheus::Labels{{"namespace", namespaces_.Label(whose.ns)}};
    });
  }
  if (!record.error_id.empty()) {
    const BoundedNames::Id error = error_ids_.IdOf(record.error_id);
    errors_.Increment(error, [&] {
      return prometheus::Labels{{"error", error_ids_.Label(error)}};
    });
  }
  const auto key = [&] { return Key({method, whose.ns, whose.level, action}); };
  BoundSeries(decisions_, key(), whose.ns);
  decisions_.Increment(key(), [&] {
    return prometheus::Labels{{"method", methods_.Label(method)},
                              {"namespace", namespaces_.Label(whose.ns)},
                              {"level", std::string(kLevels[whose.level])},
                              {"action", std::string(policy::ActionName(whose.action))}};
  });
  ++decisions_by_action_[action];
}

void Metrics::Impl::CountViolations(std::string_view mode, size_t mode_index,
                                    const std::vector<policy::Violation>& violations,
                                    const Whose& whose) {
  for (const policy::Violation& violation : violations) {
    const BoundedNames::Id check = checks_.IdOf(violation.check);
    BoundedNames::Id ns = whose.ns;
    const auto key = [&] {
      return Key({mode_index, ns, whose.level, check, static_cast<size_t>(whose.action)});
    };
    BoundSeries(violations_, key(), ns);
    violations_.Increment(key(), [&] {
      return prometheus::Labels{{"mode", std::string(mode)},
                                {"namespace", namespaces_.Label(ns)},
                                {"level", std::string(kLevels[whose.level])},
                                {"check", checks_.Label(check)},
                                {"action", std::string(policy::ActionName(whose.action))}};
    });
  }
}

void Metrics::Impl::CountEdits(const std::vector<policy::EditRecord>& edits) {
  for (const policy::EditRecord& edit : edits) {
    const size_t field = EditFieldIndex(edit.field);
    edits_.Increment(field, [&] {
      return prometheus::Labels{{"field", std::string(kEditFields[field])}};
    });
  }
}

std::string Metrics::Impl::Text() {
  const std::lock_guard lock(scraping_);
  std::vector<prometheus::MetricFamily> families = FamiliesOf(state_(), ReadOwnProcess());
  for (prometheus::MetricFamily& family : registry_.Collect()) {
    families.push_back(std::move(family));
  }
  // In the same order each time: the library keeps series in a hash table.
  std::sort(families.begin(), families.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  for (prometheus::MetricFamily& family : families) {
    std::sort(family.metric.begin(), family.metric.end(),
              [](const auto& a, const auto& b) { return a.label < b.label; });
  }
  return prometheus::TextSerializer().Serialize(families);
}

std::map<std::string, uint64_t> Metrics::Impl::DecisionsByAction() {
  const std::lock_guard lock(counting_);
  std::map<std::string, uint64_t> totals;
  for (size_t i = 0; i < kActions; ++i) {
    totals[std::string(policy::ActionName(static_cast<policy::Action>(i)))] =
        decisions_by_action_[i];
  }
  return totals;
}

std::map<std::string, uint64_t> Metrics::Impl::CallsByOutcome() {
  const std::lock_guard lock(counting_);
  std::map<std::string, uint64_t> totals;
  for (size_t i = 0; i < kOutcomes; ++i) {
    totals[std::string(OutcomeName(static_cast<Outcome>(i)))] = calls_by_outcome_[i];
  }
  return totals;
}

Metrics::Metrics(std::function<State()> state) : impl_(std::make_unique<Impl>(std::move(state))) {}
Metrics::~Metrics() = default;

void Metrics::CountCall(const Call& call) {
  impl_->CountCall(call);
}
void Metrics::CountDecision(const audit::Record& record) {
  impl_->CountDecision(record);
}
std::string Metrics::Text() const {
  return impl_->Text();
}
std::map<std::string, uint64_t> Metrics::DecisionsByAction() const {
  return impl_->DecisionsByAction();
}
std::map<std::string, uint64_t> Metrics::CallsByOutcome() const {
  return impl_->CallsByOutcome();
}

}  // namespace sekisho::metrics
