// A status with something in every field.
#pragma once

#include <cstdint>
#include <string>

#include "sekisho/v1/admin.pb.h"

namespace sekisho::admin {

inline constexpr int64_t kNow = 1'795'000'000'123;  // 2026-11-18T11:06:40.123Z
inline constexpr int64_t kSecond = 1000;
inline constexpr int64_t kMinute = 60 * kSecond;
inline constexpr int64_t kHour = 60 * kMinute;
inline constexpr int64_t kDay = 24 * kHour;

inline void AddRefusal(sekisho::v1::GetStatusResponse& status, int64_t age_ms, std::string pod,
                       std::string container, std::string text) {
  sekisho::v1::Refusal& refusal = *status.add_refusals();
  refusal.set_time_ms(status.now_ms() - age_ms);
  refusal.set_method(container.empty() ? "RunPodSandbox" : "CreateContainer");
  refusal.set_namespace_("shop");
  refusal.set_pod(std::move(pod));
  refusal.set_container(std::move(container));
  refusal.set_text(std::move(text));
  refusal.set_rule("policy.yaml: defaults");
  refusal.set_count(1);
}

inline void FillPolicy(sekisho::v1::Policy& policy) {
  policy.set_sha256("9e9eab657b61bfa610536587dbc790b2b6ee6592598a086f2428f030e7e91abc");
  policy.set_generation(3);
  policy.set_revision(7);
  sekisho::v1::PolicyFile& main = *policy.add_files();
  main.set_path("/etc/sekisho/policy.group.gpu.yaml");
  main.set_why("of this node's group");
  sekisho::v1::PolicyFile& more = *policy.add_files();
  more.set_path("/etc/sekisho/policy.d/10-extra.yaml");
  more.set_why("a drop-in");
  policy.set_loaded_ms(kNow - 2 * kHour);
  policy.set_defaults("enforce baseline:latest, audit restricted:latest, warn restricted:latest");
  policy.set_rules(12);
  policy.set_exemptions(1);
  policy.add_warnings("policy.yaml:12:3: exemptions[0]: expired on 2026-11-01");
  policy.add_last_reload_errors("policy.yaml:3:31: defaults.wran: unknown key");
  policy.set_last_reload_ms(kNow - 5 * kMinute);
}

inline sekisho::v1::GetStatusResponse SampleStatus() {
  sekisho::v1::GetStatusResponse status;
  status.set_version("0.1.0");
  status.set_pid(4321);
  status.set_started_ms(kNow - 3 * kDay - 4 * kHour);
  status.set_now_ms(kNow);
  status.set_ready(true);
  status.mutable_listen()->set_socket("/run/sekisho/sekisho.sock");
  status.mutable_listen()->set_reachable(true);
  status.mutable_upstream()->set_socket("/run/containerd/containerd.sock");
  status.mutable_upstream()->set_software("containerd 1.6.20");
  status.mutable_upstream()->set_reachable(true);
  FillPolicy(*status.mutable_policy());
  status.mutable_labels()->set_server("https://10.0.0.1:6443");
  status.mutable_labels()->set_synced(true);
  status.mutable_labels()->set_age_seconds(12);
  status.mutable_labels()->set_namespaces(42);
  status.mutable_labels()->set_events_sent(10);
  auto& counters = *status.mutable_counters();
  (*counters.mutable_decisions())["allow"] = 1203;
  (*counters.mutable_decisions())["harden"] = 44;
  (*counters.mutable_decisions())["deny"] = 2;
  (*counters.mutable_calls())["forwarded"] = 91233;
  (*counters.mutable_calls())["refused"] = 2;
  counters.set_sandboxes_known(35);
  counters.set_seccomp_ignored(3);
  AddRefusal(status, 12 * kSecond, "web-7d4b9c", "app",
             "violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false "
             "(container \"app\" must set securityContext.allowPrivilegeEscalation=false)");
  AddRefusal(status, 2 * kHour, "spy", "",
             "violates PodSecurity \"baseline:latest\": host namespaces (hostPID=true)");
  status.mutable_refusals(0)->set_count(17);
  sekisho::v1::Verification& verification = *status.mutable_verification();
  verification.set_time_ms(kNow - 90 * kSecond);
  verification.set_conforming(34);
  verification.set_drifted(1);
  (*verification.mutable_by_origin())["decided"] = 30;
  (*verification.mutable_by_origin())["foreign"] = 5;
  verification.set_partly_seen(3);
  verification.add_findings("shop/web/app: seccomp: decided RuntimeDefault, runs unconfined");
  verification.add_errors("shop/old: the process ended meanwhile");
  status.mutable_audit_log()->set_path("/var/log/sekisho/audit.jsonl");
  status.mutable_audit_log()->set_written(1249);
  status.add_weakened("methods that this build does not know are forwarded unjudged");
  (*status.mutable_self_protection())["no_new_privs"] = true;
  (*status.mutable_self_protection())["seccomp_filter"] = false;
  status.set_node("worker-3");
  status.set_group("gpu");
  return status;
}

}  // namespace sekisho::admin
