// Lines of an audit log, and containers that run, as a test needs them.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "audit/reader.h"
#include "report/report.h"
#include "verify/result.h"

namespace sekisho::testing {

// 2026-11-21T00:00:00Z
inline constexpr std::chrono::system_clock::time_point kReportTime{
    std::chrono::seconds(1'795'219'200)};

struct LineSpec {
  std::string namespace_ = "shop";
  std::string pod = "web-6d4cf56db6-x2lpq";
  std::string container = "app";
  policy::Action action = policy::Action::kAllow;
  std::chrono::seconds ago{3600};
};

inline audit::Line MakeLine(const LineSpec& spec) {
  audit::Line line;
  line.time = kReportTime - spec.ago;
  line.method = spec.container.empty() ? "RunPodSandbox" : "CreateContainer";
  line.action = spec.action;
  line.pod.namespace_ = spec.namespace_;
  line.pod.name = spec.pod;
  line.container = spec.container;
  line.enforced = "baseline:latest";
  return line;
}

inline audit::Line Refused(LineSpec spec, audit::LineViolation violation) {
  spec.action = policy::Action::kDeny;
  audit::Line line = MakeLine(spec);
  line.message = "violates PodSecurity \"baseline:latest\": " + violation.reason + " (" +
                 violation.detail + ")";
  line.violations.push_back(std::move(violation));
  return line;
}

inline audit::Line Hardened(LineSpec spec, audit::LineViolation violation) {
  spec.action = policy::Action::kHarden;
  audit::Line line = MakeLine(spec);
  line.violations.push_back(std::move(violation));
  return line;
}

inline audit::Line Noted(const LineSpec& spec, audit::LineViolation violation) {
  audit::Line line = MakeLine(spec);
  line.audit.push_back(violation);
  line.warn.push_back(std::move(violation));
  return line;
}

inline audit::LineViolation AddsNetAdmin(const std::string& container = "app") {
  return {"capabilities_baseline", "non-default capabilities",
          "container \"" + container +
              "\" must not include \"NET_ADMIN\" in securityContext.capabilities.add"};
}

inline report::Builder::Options ReportOptions() {
  return {.node = "node-7",
          .version = "1.2.3",
          .policy = "policy.yaml 9e9eab657b61, baseline:latest",
          .now = kReportTime,
          .since = kReportTime - std::chrono::hours(24)};
}

// A container that passed the agent and conforms.
inline verify::Container GoodContainer(const std::string& name) {
  verify::Container container;
  container.id = "c334a0957828";
  container.namespace_ = "shop";
  container.pod = "web-6d4cf56db6-x2lpq";
  container.name = name;
  container.image = "registry.example/shop/web:1.2";
  container.origin = verify::Origin::kDecided;
  container.level = "baseline:latest";
  procfs::Process process;
  process.pid = 4711;
  process.name = "web";
  process.seccomp = procfs::SeccompMode::kFilter;
  process.seccomp_filters = 1;
  process.effective = caps::CapSet::Of({"CHOWN", "NET_BIND_SERVICE"});
  process.no_new_privs = true;
  process.uid = {1000, 1000, 1000, 1000};
  process.lsm_label = "cri-containerd.apparmor.d (enforce)";
  process.namespaces = {{"net", 20}, {"pid", 30}, {"user", 4026531837}};
  process.root_read_only = true;
  container.process = process;
  return container;
}

inline procfs::Process HostProcess() {
  procfs::Process host;
  host.pid = 1;
  host.namespaces = {{"net", 10}, {"pid", 11}, {"user", 4026531837}};
  return host;
}

}  // namespace sekisho::testing
