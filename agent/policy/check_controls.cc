// Controls of PodSecurityPolicy: what is either allowed or not.
//
// The reasons are the names of PodSecurityPolicySpec's fields, so that a refusal says which control
// to look at.
#include <algorithm>
#include <set>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "policy/checks.h"

namespace sekisho::policy {
namespace {

std::optional<Finding> ForContainers(std::string_view reason, const std::vector<std::string>& names,
                                     std::string_view what) {
  if (names.empty()) {
    return std::nullopt;
  }
  return Finding{std::string(reason), base::StrCat(ContainersText(names), " ", what)};
}

std::optional<Finding> MustNotShare(bool shared, std::string_view field) {
  if (!shared) {
    return std::nullopt;
  }
  return Finding{std::string(field), base::StrCat("pod must not set ", field, "=true")};
}

// A name, or a beginning of names with "*" behind it. Nothing else is a wildcard.
bool MatchesSysctl(const std::vector<std::string>& patterns, std::string_view name) {
  return std::ranges::any_of(patterns, [name](std::string_view pattern) {
    return pattern.ends_with('*') ? name.starts_with(pattern.substr(0, pattern.size() - 1))
                                  : name == pattern;
  });
}

bool IsForbiddenSysctl(const Controls& controls, std::string_view name) {
  return MatchesSysctl(controls.forbidden_sysctls, name);
}

// Either list alone brings PodSecurityPolicy's whole rule along: what neither is safe nor allowed
// by name is denied.
bool IsUnsafeSysctl(const Controls& controls, std::string_view name, int minor) {
  const bool given =
      controls.allowed_unsafe_sysctls.has_value() || !controls.forbidden_sysctls.empty();
  return given && !IsForbiddenSysctl(controls, name) && !IsSafeSysctl(name, minor) &&
         !(controls.allowed_unsafe_sysctls.has_value() &&
           MatchesSysctl(*controls.allowed_unsafe_sysctls, name));
}

template <typename IsWrong>
std::optional<Finding> WrongSysctls(const Subject& subject, std::string_view reason,
                                    IsWrong is_wrong) {
  std::vector<std::string> wrong;
  if (subject.IncludesPod()) {
    for (const auto& [name, value] : subject.sandbox.sysctls) {
      if (is_wrong(name)) {
        wrong.push_back(name);
      }
    }
  }
  if (wrong.empty()) {
    return std::nullopt;
  }
  return Finding{std::string(reason),
                 base::StrCat("pod must not set ", wrong.size() == 1 ? "sysctl " : "sysctls ",
                              JoinQuoted(wrong))};
}

bool IsInARange(const std::vector<IdRange>& ranges, int64_t number) {
  return std::ranges::any_of(ranges, [number](const IdRange& range) {
    return range.min <= number && number <= range.max;
  });
}

}  // namespace

std::optional<Finding> ControlPrivileged(const Question& question) {
  return question.spec.controls.forbid_privileged ? Privileged(question) : std::nullopt;
}

std::optional<Finding> ControlHostNetwork(const Question& question) {
  return MustNotShare(
      question.spec.controls.forbid_host_network && SharedBy(question.subject).network,
      "hostNetwork");
}

std::optional<Finding> ControlHostPid(const Question& question) {
  return MustNotShare(question.spec.controls.forbid_host_pid && SharedBy(question.subject).pid,
                      "hostPID");
}

std::optional<Finding> ControlHostIpc(const Question& question) {
  return MustNotShare(question.spec.controls.forbid_host_ipc && SharedBy(question.subject).ipc,
                      "hostIPC");
}

std::optional<Finding> ControlHostPorts(const Question& question) {
  const auto& allowed = question.spec.controls.host_ports;
  if (!allowed.has_value()) {
    return std::nullopt;
  }
  std::set<int32_t> ports;
  std::vector<std::string> names;
  const auto look = [&](const std::vector<int32_t>& used) {
    bool any = false;
    for (const int32_t port : used) {
      if (!IsInARange(*allowed, port)) {
        ports.insert(port);
        any = true;
      }
    }
    return any;
  };
  for (const ContainerFacts& container : question.subject.containers) {
    if (look(container.host_ports)) {
      names.push_back(container.name);
    }
  }
  std::string who = ContainersText(names);
  if (question.subject.IncludesPod() && look(question.subject.sandbox.host_ports) &&
      names.empty()) {
    who = "pod";
  }
  if (ports.empty()) {
    return std::nullopt;
  }
  const auto text = [](int32_t port) { return std::to_string(port); };
  return Finding{"hostPorts",
                 base::StrCat(who, " must not use ", ports.size() == 1 ? "hostPort " : "hostPorts ",
                              base::StrJoin(ports, ", ", text))};
}

std::optional<Finding> ControlAllowPrivilegeEscalation(const Question& question) {
  if (!question.spec.controls.forbid_privilege_escalation) {
    return std::nullopt;
  }
  return ForContainers(
      "allowPrivilegeEscalation",
      NamesWhere(question.subject,
                 [](const ContainerFacts& container) { return !container.no_new_privs; }),
      "must set securityContext.allowPrivilegeEscalation=false");
}

std::optional<Finding> ControlReadOnlyRootFilesystem(const Question& question) {
  if (!question.spec.controls.read_only_root_filesystem) {
    return std::nullopt;
  }
  return ForContainers(
      "readOnlyRootFilesystem",
      NamesWhere(question.subject,
                 [](const ContainerFacts& container) { return !container.readonly_rootfs; }),
      "must set securityContext.readOnlyRootFilesystem=true");
}

std::optional<Finding> ControlAllowedProcMountTypes(const Question& question) {
  const auto& allowed = question.spec.controls.allowed_proc_mount_types;
  if (!allowed.has_value() || std::ranges::find(*allowed, "Unmasked") != allowed->end()) {
    return std::nullopt;
  }
  return ForContainers(
      "allowedProcMountTypes",
      NamesWhere(question.subject,
                 [](const ContainerFacts& container) { return !IsProcMasked(container); }),
      "must not set securityContext.procMount to \"Unmasked\"");
}

std::optional<Finding> ControlRuntimeHandlers(const Question& question) {
  const auto& allowed = question.spec.controls.allowed_runtime_handlers;
  const std::string& handler = question.subject.sandbox.pod.runtime_handler;
  if (!allowed.has_value() || !question.subject.IncludesPod() ||
      std::ranges::find(*allowed, handler) != allowed->end()) {
    return std::nullopt;
  }
  return Finding{"runtimeHandlers",
                 base::StrCat("pod must not use runtime handler \"", handler, "\"")};
}

std::optional<Finding> ControlForbiddenSysctls(const Question& question) {
  const Controls& controls = question.spec.controls;
  return WrongSysctls(question.subject, "forbiddenSysctls",
                      [&](const std::string& name) { return IsForbiddenSysctl(controls, name); });
}

std::optional<Finding> ControlAllowedUnsafeSysctls(const Question& question) {
  const Controls& controls = question.spec.controls;
  return WrongSysctls(question.subject, "allowedUnsafeSysctls", [&](const std::string& name) {
    return IsUnsafeSysctl(controls, name, question.minor);
  });
}

bool IsSysctlAgainstControls(const Controls& controls, std::string_view name, int minor) {
  return IsForbiddenSysctl(controls, name) || IsUnsafeSysctl(controls, name, minor);
}

}  // namespace sekisho::policy
