#include "unit/metrics/populated.h"

#include <utility>

namespace sekisho::testing {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

}  // namespace

metrics::State FullState() {
  metrics::State state;
  state.version = "0.1.0";
  state.started = 1.8e9;
  state.policy_hash = "9e9eab657b61bfa610536587dbc790b2b6ee6592598a086f2428f030e7e91abc";
  state.policy_file = "policy.group.gpu.yaml";
  state.policy_generation = 3;
  state.policy_revision = 12;
  state.policy_loaded = 1'800'000'123.5;
  state.last_reload_ok = false;
  state.reloads_failed = 2;
  state.reloads_ok = 5;
  state.ready = true;
  state.upstream_reachable = true;
  state.kubernetes = metrics::State::Kubernetes{.synced = true,
                                                .label_age_seconds = 7,
                                                .namespaces = 41,
                                                .failures = 3,
                                                .events_sent = 9,
                                                .events_dropped = 1};
  state.audit_written = 1234;
  state.audit_lost = 6;
  state.sandboxes_known = 17;
  state.profile_judgements = {{"usable", 30}, {"missing", 2}};
  state.verification =
      metrics::Verification{.time = 1'800'000'200,
                            .conforming = 18,
                            .drifted = 2,
                            .partly_seen = 5,
                            .by_origin = {{"decided", 16}, {"older", 3}, {"foreign", 1}},
                            .errors = 4,
                            .duration_seconds = 0.25};
  state.self_protection = {{"no_new_privs", true},
                           {"seccomp_filter", true},
                           {"capabilities_dropped", false},
                           {"core_dumps_off", true}};
  return state;
}

audit::Record HardenedRecord(std::string name_space) {
  audit::Record record;
  record.method = "CreateContainer";
  record.pod.namespace_ = std::move(name_space);
  record.enforced = "baseline:latest";
  record.decision.action = policy::Action::kHarden;
  record.decision.violations = {{"seccompProfile_baseline", "seccompProfile", ""}};
  record.decision.audit = {{"runAsNonRoot", "runAsNonRoot != true", ""},
                           {"capabilities_restricted", "unrestricted capabilities", ""}};
  record.decision.warn = {{"runAsNonRoot", "runAsNonRoot != true", ""}};
  record.decision.edit_records = {
      {"config.linux.security_context.seccomp", "Unconfined", "RuntimeDefault"},
      {"config.annotations[io.example/odd]", "set", "absent"}};
  record.duration = microseconds(120);
  return record;
}

std::string FullText() {
  metrics::Metrics metrics(FullState);
  metrics.CountDecision(HardenedRecord());
  audit::Record refused = HardenedRecord("spies");
  refused.method = "RunPodSandbox";
  refused.enforced = "restricted:v1.30 and baseline:latest";
  refused.decision.action = policy::Action::kDeny;
  metrics.CountDecision(refused);
  audit::Record exempt;
  exempt.method = "CreateContainer";
  exempt.pod.namespace_ = "kube-system";
  exempt.enforced = "privileged:latest";
  exempt.exemption = "control plane";
  exempt.recording = "r1";
  exempt.decision.action = policy::Action::kAllow;
  exempt.decision.seccomp_ignored = true;
  metrics.CountDecision(exempt);
  audit::Record failed;
  failed.method = "CreateContainer";
  failed.error_id = "unknown-sandbox";
  metrics.CountDecision(failed);

  metrics.CountCall({.method = "CreateContainer",
                     .outcome = metrics::Outcome::kForwarded,
                     .decision = microseconds(130),
                     .upstream = milliseconds(40)});
  metrics.CountCall({.method = "RunPodSandbox",
                     .outcome = metrics::Outcome::kRefused,
                     .code = 7,
                     .decision = microseconds(90)});
  metrics.CountCall({.method = "", .outcome = metrics::Outcome::kRejected, .code = 12});
  metrics.CountCall({.method = "ExecSync", .outcome = metrics::Outcome::kCancelled, .code = 1});
  return metrics.Text();
}

}  // namespace sekisho::testing
