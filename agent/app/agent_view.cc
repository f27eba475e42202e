#include "app/agent_view.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "app/self_protection.h"
#include "base/str_cat.h"
#include "base/str_join.h"
#include "status/readiness.h"

namespace sekisho::app {
namespace {

using base::StrCat;
using std::chrono::seconds;
using std::chrono::system_clock;

// A queue that has not come round for so long hangs: it is asked every few seconds.
constexpr seconds kHangs{15};
constexpr int kRefusals = 10;
constexpr size_t kFindingsMax = 20;

int64_t Milliseconds(system_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

double UnixSeconds(system_clock::time_point time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

std::string WhyThisFile(const std::string& path, bool is_main) {
  const std::string name = std::filesystem::path(path).filename().string();
  if (!is_main) {
    return "a drop-in";
  }
  if (name.starts_with("policy.node.")) {
    return "of this node";
  }
  return name.starts_with("policy.group.") ? "of this node's group" : "of every node";
}

std::map<std::string, uint64_t> ByOrigin(const verify::Result& result) {
  std::map<std::string, uint64_t> counts;
  for (const verify::Origin origin : {verify::Origin::kDecided, verify::Origin::kOlder,
                                      verify::Origin::kPast, verify::Origin::kForeign}) {
    counts[std::string(verify::OriginName(origin))] = result.CountOf(origin);
  }
  return counts;
}

uint64_t Conforming(const verify::Result& result) {
  return static_cast<uint64_t>(
      std::count_if(result.containers.begin(), result.containers.end(),
                    [](const verify::Container& container) { return container.conforms(); }));
}

uint64_t PartlySeen(const verify::Result& result) {
  return static_cast<uint64_t>(
      std::count_if(result.containers.begin(), result.containers.end(),
                    [](const verify::Container& container) { return !container.unseen.empty(); }));
}

}  // namespace

std::vector<std::string> AgentView::NotReady() const {
  std::vector<std::string> reasons;
  const auto time = std::chrono::floor<seconds>(system_clock::now());
  status::AgentStatus now = parts_.status.last();
  // Newer than what was written: who asks hears of the call before theirs.
  if (const uint64_t answered = parts_.server.answered(); answered != now.calls_answered) {
    now.calls_answered = answered;
    now.last_answered = time;
  }
  const std::string why = status::WhyNotReady(now, now.policy_sha256, time);
  if (!why.empty()) {
    reasons.push_back(why);
  }
  if (parts_.pulse.age() > kHangs) {
    reasons.emplace_back("a queue of the relay does not answer");
  }
  if (!parts_.verify.standing().runtime_answers) {
    reasons.emplace_back("the runtime does not answer");
  }
  if (const std::vector<std::string> errors = parts_.reloads.Get().last_errors; !errors.empty()) {
    reasons.push_back(StrCat("the last reload was refused: ", errors.front()));
  }
  return reasons;
}

metrics::HttpAnswer AgentView::Answer(std::string_view path) const {
  if (path == "/metrics") {
    return {.content_type = "text/plain; version=0.0.4; charset=utf-8",
            .body = parts_.metrics.Text()};
  }
  if (path == "/healthz") {
    const bool hangs = parts_.pulse.age() > kHangs;
    return {.status = hangs ? 503 : 200,
            .body = hangs ? "a queue of the relay does not answer\n" : "ok\n"};
  }
  if (path == "/readyz") {
    const std::vector<std::string> reasons = NotReady();
    return reasons.empty() ? metrics::HttpAnswer{.body = "ok\n"}
                           : metrics::HttpAnswer{
                                 .status = 503, .body = StrCat(base::StrJoin(reasons, "\n"), "\n")};
  }
  return {.status = 404, .body = "there are /metrics, /healthz and /readyz\n"};
}

metrics::State AgentView::MetricsState() const {
  const std::shared_ptr<const config::Snapshot> snapshot = parts_.snapshots.Get();
  const ReloadLog::Entry reloads = parts_.reloads.Get();
  const audit::SinkStats audit = parts_.audit.stats();
  const VerifyLoop::Standing standing = parts_.verify.standing();
  const status::AgentStatus status = parts_.status.last();
  metrics::State state;
  state.version = status.version;
  state.started = UnixSeconds(status.started);
  state.policy_hash = snapshot->hash;
  state.policy_file = std::filesystem::path(snapshot->files.front()).filename().string();
  state.policy_generation = snapshot->generation;
  state.policy_revision = snapshot->revision;
  state.policy_loaded = UnixSeconds(reloads.loaded);
  state.last_reload_ok = reloads.last_errors.empty();
  state.reloads_ok = reloads.reloads_ok;
  state.reloads_failed = reloads.reloads_failed;
  state.ready = NotReady().empty();
  state.upstream_reachable = standing.runtime_answers;
  if (parts_.cluster != nullptr) {
    const kube::ClusterStats cluster = parts_.cluster->stats();
    state.kubernetes = {.synced = cluster.synced,
                        .label_age_seconds = cluster.age_seconds,
                        .namespaces = cluster.namespaces,
                        .failures = cluster.failures,
                        .events_sent = cluster.events_created + cluster.events_updated,
                        .events_dropped = cluster.events_dropped};
  }
  state.audit_written = audit.written;
  state.audit_lost = audit.lost;
  state.sandboxes_known = parts_.enforcer.sandboxes().size();
  state.profile_judgements = parts_.profiles.Judgements();
  if (standing.last != nullptr) {
    const verify::Result& last = *standing.last;
    state.verification = {.time = UnixSeconds(last.time),
                          .conforming = Conforming(last),
                          .drifted = last.drifted(),
                          .partly_seen = PartlySeen(last),
                          .by_origin = ByOrigin(last),
                          .errors = last.errors.size(),
                          .duration_seconds = standing.duration_seconds};
  }
  state.self_protection = SelfProtection();
  return state;
}

sekisho::v1::GetStatusResponse AgentView::Status(
    const sekisho::v1::GetStatusRequest& request) const {
  const status::AgentStatus now = parts_.status.last();
  const VerifyLoop::Standing standing = parts_.verify.standing();
  sekisho::v1::GetStatusResponse status;
  status.set_version(now.version);
  status.set_pid(now.pid);
  status.set_started_ms(Milliseconds(now.started));
  status.set_now_ms(Milliseconds(system_clock::now()));
  for (std::string& reason : NotReady()) {
    status.add_not_ready_reasons(std::move(reason));
  }
  status.set_ready(status.not_ready_reasons().empty());
  status.mutable_listen()->set_socket(parts_.config.listen_socket);
  status.mutable_listen()->set_reachable(true);
  status.mutable_upstream()->set_socket(parts_.config.upstream_socket);
  status.mutable_upstream()->set_software(standing.runtime);
  status.mutable_upstream()->set_reachable(standing.runtime_answers);
  if (parts_.config.unsafe_forward_unknown) {
    status.add_weakened("methods that this build does not know are forwarded unjudged");
  }
  for (const auto& [feature, holds] : SelfProtection()) {
    (*status.mutable_self_protection())[feature] = holds;
  }
  status.set_node(now.node);
  status.set_group(now.group);
  PutPolicy(status);
  PutCluster(status);
  PutCounters(status);
  PutRefusals(request.refusals() > 0 ? request.refusals() : kRefusals, status);
  PutVerification(status);
  return status;
}

void AgentView::PutPolicy(sekisho::v1::GetStatusResponse& status) const {
  const std::shared_ptr<const config::Snapshot> snapshot = parts_.snapshots.Get();
  const ReloadLog::Entry reloads = parts_.reloads.Get();
  const policy::Spec& defaults = snapshot->policy->defaults();
  sekisho::v1::Policy& policy = *status.mutable_policy();
  policy.set_sha256(snapshot->hash);
  policy.set_generation(snapshot->generation);
  if (snapshot->revision.has_value()) {
    policy.set_revision(*snapshot->revision);
  }
  for (const std::string& path : snapshot->files) {
    sekisho::v1::PolicyFile& file = *policy.add_files();
    file.set_path(path);
    file.set_why(WhyThisFile(path, policy.files_size() == 1));
  }
  policy.set_loaded_ms(Milliseconds(reloads.loaded));
  policy.set_defaults(StrCat("enforce ", defaults.enforce.ToString(), ", audit ",
                             defaults.audit.ToString(), ", warn ", defaults.warn.ToString()));
  policy.set_rules(static_cast<uint32_t>(snapshot->policy->rules().size()));
  policy.set_exemptions(static_cast<uint32_t>(snapshot->policy->exemptions().size()));
  for (const config::Diagnostic& warning : snapshot->warnings) {
    policy.add_warnings(warning.ToString());
  }
  for (const std::string& error : reloads.last_errors) {
    policy.add_last_reload_errors(error);
  }
  policy.set_last_reload_ms(Milliseconds(reloads.last_reload));
}

void AgentView::PutCluster(sekisho::v1::GetStatusResponse& status) const {
  if (parts_.cluster == nullptr) {
    return;
  }
  const kube::ClusterStats cluster = parts_.cluster->stats();
  sekisho::v1::Labels& labels = *status.mutable_labels();
  labels.set_server(cluster.server);
  labels.set_synced(cluster.synced);
  if (cluster.age_seconds.has_value()) {
    labels.set_age_seconds(*cluster.age_seconds);
  }
  labels.set_namespaces(cluster.namespaces);
  labels.set_last_error(cluster.last_error.empty() ? cluster.cache_error : cluster.last_error);
  labels.set_events_sent(cluster.events_created + cluster.events_updated);
  labels.set_events_dropped(cluster.events_dropped);
}

void AgentView::PutCounters(sekisho::v1::GetStatusResponse& status) const {
  sekisho::v1::Counters& counters = *status.mutable_counters();
  for (const auto& [action, count] : parts_.metrics.DecisionsByAction()) {
    (*counters.mutable_decisions())[action] = count;
  }
  for (const auto& [outcome, count] : parts_.metrics.CallsByOutcome()) {
    (*counters.mutable_calls())[outcome] = count;
  }
  counters.set_sandboxes_known(parts_.enforcer.sandboxes().size());
  counters.set_seccomp_ignored(parts_.enforcer.seccomp_ignored());
  const audit::SinkStats stats = parts_.audit.stats();
  sekisho::v1::AuditLog& log = *status.mutable_audit_log();
  log.set_path(parts_.config.audit_path);
  log.set_written(stats.written);
  log.set_lost(stats.lost);
  log.set_last_error(stats.last_error);
}

void AgentView::PutRefusals(int count, sekisho::v1::GetStatusResponse& status) const {
  for (RecentRefusals::Entry& entry : parts_.refusals.Newest(static_cast<size_t>(count))) {
    sekisho::v1::Refusal& refusal = *status.add_refusals();
    refusal.set_time_ms(Milliseconds(entry.last));
    refusal.set_method(std::move(entry.method));
    refusal.set_namespace_(std::move(entry.namespace_));
    refusal.set_pod(std::move(entry.pod));
    refusal.set_container(std::move(entry.container));
    refusal.set_text(std::move(entry.text));
    refusal.set_rule(std::move(entry.rule));
    refusal.set_error_id(std::move(entry.error_id));
    refusal.set_count(entry.count);
  }
}

void AgentView::PutVerification(sekisho::v1::GetStatusResponse& status) const {
  const VerifyLoop::Standing standing = parts_.verify.standing();
  if (standing.last == nullptr) {
    return;
  }
  const verify::Result& last = *standing.last;
  sekisho::v1::Verification& verification = *status.mutable_verification();
  verification.set_time_ms(Milliseconds(last.time));
  verification.set_conforming(Conforming(last));
  verification.set_drifted(last.drifted());
  verification.set_partly_seen(PartlySeen(last));
  for (const auto& [origin, count] : ByOrigin(last)) {
    (*verification.mutable_by_origin())[origin] = count;
  }
  size_t left = kFindingsMax;
  for (const verify::Container& container : last.containers) {
    if (!container.conforms() && left > 0) {
      verification.add_findings(FindingOf(container));
      --left;
    }
  }
  for (const std::string& error : last.errors) {
    verification.add_errors(error);
  }
}

}  // namespace sekisho::app
