#include "metrics/state_families.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "base/str_cat.h"
#include "base/utf8.h"
#include "prometheus/client_metric.h"
#include "prometheus/metric_type.h"

namespace sekisho::metrics {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

class Builder {
 public:
  // Begins a family; what is put next is in it.
  Builder& Gauges(std::string_view name, std::string_view help) {
    return Begin(name, help, MetricType::Gauge);
  }
  Builder& Counters(std::string_view name, std::string_view help) {
    return Begin(name, help, MetricType::Counter);
  }
  template <typename Number>
  Builder& Put(Number value, Labels labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    for (ClientMetric::Label& label : metric.label) {
      label.value = base::Printable(label.value);
    }
    (families_.back().type == MetricType::Counter ? metric.counter.value : metric.gauge.value) =
        static_cast<double>(value);
    families_.back().metric.push_back(std::move(metric));
    return *this;
  }
  std::vector<MetricFamily> Finish() { return std::move(families_); }

 private:
  Builder& Begin(std::string_view name, std::string_view help, MetricType type) {
    MetricFamily family;
    family.name = std::string(name);
    family.help = std::string(help);
    family.type = type;
    families_.push_back(std::move(family));
    return *this;
  }

  std::vector<MetricFamily> families_;
};

void PutPolicy(const State& state, Builder& out) {
  out.Gauges("sekisho_policy_info", "The policy in force, as labels; always 1.")
      .Put(1, {{"hash", state.policy_hash},
               {"file", state.policy_file},
               {"revision",
                state.policy_revision.has_value() ? base::StrCat(*state.policy_revision) : ""}});
  out.Gauges("sekisho_policy_generation", "How many policies this agent has put in force.")
      .Put(state.policy_generation);
  out.Gauges("sekisho_policy_loaded_timestamp_seconds",
             "When the policy in force was loaded, in Unix time.")
      .Put(state.policy_loaded);
  out.Gauges("sekisho_policy_reload_success",
             "Whether the last reload worked; 0: an older policy stays in force.")
      .Put(state.last_reload_ok);
  out.Counters("sekisho_policy_reloads_total", "Reloads of the policy.")
      .Put(state.reloads_ok, {{"result", "ok"}})
      .Put(state.reloads_failed, {{"result", "failed"}});
}

void PutKubernetes(const State::Kubernetes& kubernetes, Builder& out) {
  out.Gauges("sekisho_label_cache_synced",
             "Whether the API server has confirmed the namespaces since the agent started.")
      .Put(kubernetes.synced);
  if (kubernetes.label_age_seconds.has_value()) {
    out.Gauges("sekisho_label_cache_age_seconds",
               "How long ago the API server last confirmed the namespaces.")
        .Put(*kubernetes.label_age_seconds);
  }
  out.Gauges("sekisho_namespaces", "Namespaces whose labels are known.").Put(kubernetes.namespaces);
  out.Counters("sekisho_api_failures_total", "Requests to the API server that failed.")
      .Put(kubernetes.failures);
  out.Counters("sekisho_events_total", "Kubernetes Events, by what became of them.")
      .Put(kubernetes.events_sent, {{"result", "sent"}})
      .Put(kubernetes.events_dropped, {{"result", "dropped"}});
}

void PutVerification(const Verification& verification, Builder& out) {
  constexpr std::array<std::string_view, 4> kOrigins = {"decided", "older", "past", "foreign"};
  const auto count = [&verification](std::string_view origin) {
    const auto found = verification.by_origin.find(std::string(origin));
    return found == verification.by_origin.end() ? 0 : found->second;
  };
  out.Gauges("sekisho_containers",
             "Running containers at the last verification, by how they came to be.");
  for (const std::string_view origin : kOrigins) {
    out.Put(count(origin), {{"origin", std::string(origin)}});
  }
  out.Gauges("sekisho_containers_conforming",
             "Running containers that are at least as confined as they must be.")
      .Put(verification.conforming);
  out.Gauges("sekisho_containers_drifted",
             "Running containers that the kernel confines less than was decided.")
      .Put(verification.drifted);
  out.Gauges("sekisho_containers_partly_seen",
             "Running containers of which the kernel did not tell everything.")
      .Put(verification.partly_seen);
  out.Gauges("sekisho_containers_bypassed",
             "Running containers that never passed the agent: origins past and foreign.")
      .Put(count("past") + count("foreign"));
  out.Gauges("sekisho_verification_timestamp_seconds",
             "When running containers were last verified, in Unix time.")
      .Put(verification.time);
  out.Gauges("sekisho_verification_duration_seconds", "How long the last verification took.")
      .Put(verification.duration_seconds);
  out.Gauges("sekisho_verification_errors",
             "What the last verification could not look at. It proves nothing of these.")
      .Put(verification.errors);
}

void PutWork(const State& state, Builder& out) {
  out.Counters("sekisho_audit_records_total", "Records written to the audit log.")
      .Put(state.audit_written);
  out.Counters("sekisho_audit_lost_total", "Records that the audit log has lost.")
      .Put(state.audit_lost);
  out.Gauges("sekisho_sandboxes", "Pod sandboxes that the agent knows.").Put(state.sandboxes_known);
  if (!state.profile_judgements.empty()) {
    out.Counters("sekisho_profile_judgements_total",
                 "Judgements of seccomp profile files, by how they came out.");
    for (const auto& [name, count] : state.profile_judgements) {
      out.Put(count, {{"state", name}});
    }
  }
  if (!state.self_protection.empty()) {
    out.Gauges("sekisho_self_protection", "Whether a protection of the agent itself holds.");
    for (const auto& [feature, holds] : state.self_protection) {
      out.Put(holds, {{"feature", feature}});
    }
  }
}

void PutProcess(const State& state, const OwnProcess& process, Builder& out) {
  out.Gauges("process_start_time_seconds", "When the process started, in Unix time.")
      .Put(state.started);
  if (process.resident_bytes.has_value()) {
    out.Gauges("process_resident_memory_bytes", "Memory of the process that is resident.")
        .Put(*process.resident_bytes);
  }
  out.Gauges("sekisho_heap_in_use_bytes", "Memory that is allocated and not freed.")
      .Put(process.heap_in_use_bytes);
  if (process.open_fds.has_value()) {
    out.Gauges("process_open_fds", "File descriptors that the process has open.")
        .Put(*process.open_fds);
  }
  if (process.max_fds.has_value()) {
    out.Gauges("process_max_fds", "File descriptors that the process may have open.")
        .Put(*process.max_fds);
  }
  if (process.cpu_seconds.has_value()) {
    out.Counters("process_cpu_seconds_total", "CPU time of the process, user and system.")
        .Put(*process.cpu_seconds);
  }
}

}  // namespace

std::vector<MetricFamily> FamiliesOf(const State& state, const OwnProcess& process) {
  Builder out;
  out.Gauges("sekisho_build_info", "The agent's build, as labels; always 1.")
      .Put(1, {{"version", state.version}});
  out.Gauges("sekisho_ready", "Whether the agent is ready, as /readyz says it.").Put(state.ready);
  out.Gauges("sekisho_upstream_reachable", "Whether the container runtime can be reached.")
      .Put(state.upstream_reachable);
  PutPolicy(state, out);
  if (state.kubernetes.has_value()) {
    PutKubernetes(*state.kubernetes, out);
  }
  if (state.verification.has_value()) {
    PutVerification(*state.verification, out);
  }
  PutWork(state, out);
  PutProcess(state, process, out);
  return out.Finish();
}

}  // namespace sekisho::metrics
