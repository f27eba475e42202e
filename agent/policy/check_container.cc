// What a container asks for: privileged, privilege escalation, /proc, its user, where its probes
// go.
#include <cstdint>
#include <limits>
#include <set>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "policy/checks.h"

namespace sekisho::policy {
namespace {

// From this version on, a pod that has users of its own may unmask /proc and be root in there.
constexpr int kUserNamespacesCount = 35;

// Kubernetes' range for a user id. A larger number wraps around to another user in some runtimes,
// to root among them.
bool IsValidUser(const std::optional<int64_t>& user) {
  return !user.has_value() || (*user >= 0 && *user <= std::numeric_limits<int32_t>::max());
}

bool IsRelaxed(const Question& question, const ContainerFacts& container) {
  return question.minor >= kUserNamespacesCount &&
         InUserNamespace(question.subject.sandbox, container);
}

std::optional<Finding> Unmasked(const std::vector<std::string>& names) {
  if (names.empty()) {
    return std::nullopt;
  }
  return Finding{"procMount", base::StrCat(ContainersText(names),
                                           " must not set securityContext.procMount to "
                                           "\"Unmasked\"")};
}

// What is asked of a pod and its containers by the same field: the setters in upstream's order.
template <typename IsSet>
std::vector<std::string> Setters(const Subject& subject, IsSet is_set) {
  std::vector<std::string> setters;
  if (is_set(subject.declared->context)) {
    setters.emplace_back("pod");
  }
  std::vector<std::string> names;
  for (size_t i = 0; i < subject.containers.size(); ++i) {
    if (is_set(subject.declared->containers[i].context)) {
      names.push_back(subject.containers[i].name);
    }
  }
  if (!names.empty()) {
    setters.push_back(ContainersText(names));
  }
  return setters;
}

std::optional<Finding> MustRunAsNonRoot(const std::vector<std::string>& names) {
  if (names.empty()) {
    return std::nullopt;
  }
  return Finding{"runAsNonRoot != true",
                 base::StrCat("pod or ", ContainersText(names),
                              " must set securityContext.runAsNonRoot=true")};
}

std::optional<Finding> DeclaredRunAsNonRoot(const Subject& subject) {
  const DeclaredPod& pod = *subject.declared;
  const std::vector<std::string> explicitly = Setters(
      subject, [](const DeclaredContext& context) { return context.run_as_non_root == false; });
  if (!explicitly.empty()) {
    return Finding{"runAsNonRoot != true",
                   base::StrCat(base::StrJoin(explicitly, " and "),
                                " must not set securityContext.runAsNonRoot=false")};
  }
  std::vector<std::string> names;
  for (size_t i = 0; i < subject.containers.size(); ++i) {
    if (!pod.containers[i].context.run_as_non_root.has_value() &&
        pod.context.run_as_non_root != true) {
      names.push_back(subject.containers[i].name);
    }
  }
  return MustRunAsNonRoot(names);
}

}  // namespace

std::optional<Finding> Privileged(const Question& question) {
  const Subject& subject = question.subject;
  const std::vector<std::string> names =
      NamesWhere(subject, [](const ContainerFacts& container) { return container.privileged; });
  std::string who = ContainersText(names);
  if (names.empty()) {
    // The sandbox's flag says that some container is privileged, not which.
    if (!subject.IncludesPod() || !subject.sandbox.privileged ||
        question.spec.privileged_decided_per_container) {
      return std::nullopt;
    }
    who = "pod";
  }
  return Finding{"privileged", base::StrCat(who, " must not set securityContext.privileged=true")};
}

std::optional<Finding> AllowPrivilegeEscalation(const Question& question) {
  if (IsExemptWindowsPod(question)) {
    return std::nullopt;
  }
  const std::vector<std::string> names = NamesWhere(
      question.subject, [](const ContainerFacts& container) { return !container.no_new_privs; });
  if (names.empty()) {
    return std::nullopt;
  }
  return Finding{"allowPrivilegeEscalation != false",
                 base::StrCat(ContainersText(names),
                              " must set securityContext.allowPrivilegeEscalation=false")};
}

std::optional<Finding> ProcMount(const Question& question) {
  return Unmasked(NamesWhere(question.subject, [&question](const ContainerFacts& container) {
    return !IsProcMasked(container) && !IsRelaxed(question, container);
  }));
}

std::optional<Finding> ProcMountRestricted(const Question& question) {
  return Unmasked(NamesWhere(
      question.subject, [](const ContainerFacts& container) { return !IsProcMasked(container); }));
}

std::optional<Finding> RunAsNonRoot(const Question& question) {
  const Subject& subject = question.subject;
  if (subject.declared != nullptr) {
    const bool relaxed =
        question.minor >= kUserNamespacesCount && subject.declared->host_users == false;
    return relaxed ? std::nullopt : DeclaredRunAsNonRoot(subject);
  }
  // CRI has no field for runAsNonRoot. A kubelet that enforces it sends a user that is not 0 and no
  // name: so that much can be demanded. A name overrides the number, and may well be "root".
  return MustRunAsNonRoot(NamesWhere(subject, [&question](const ContainerFacts& container) {
    if (!IsValidUser(container.run_as_user)) {
      return true;
    }
    return !IsRelaxed(question, container) &&
           (container.run_as_user.value_or(0) == 0 || !container.run_as_username.empty());
  }));
}

std::optional<Finding> RunAsUser(const Question& question) {
  const Subject& subject = question.subject;
  std::vector<std::string> setters;
  if (subject.declared != nullptr) {
    if (question.minor < kUserNamespacesCount || subject.declared->host_users != false) {
      setters =
          Setters(subject, [](const DeclaredContext& context) { return context.run_as_user == 0; });
    }
  } else {
    if (subject.IncludesPod() && subject.sandbox.run_as_user == 0 &&
        !(question.minor >= kUserNamespacesCount && InUserNamespace(subject.sandbox))) {
      setters.emplace_back("pod");
    }
    // A container's user of 0 can also come from the image. Both break restricted, so both are
    // reported.
    const std::vector<std::string> names =
        NamesWhere(subject, [&question](const ContainerFacts& container) {
          return container.run_as_user == 0 && !IsRelaxed(question, container);
        });
    if (!names.empty()) {
      setters.push_back(ContainersText(names));
    }
  }
  if (setters.empty()) {
    return std::nullopt;
  }
  return Finding{"runAsUser=0",
                 base::StrCat(base::StrJoin(setters, " and "), " must not set runAsUser=0")};
}

std::optional<Finding> HostProbesAndHostLifecycle(const Question& question) {
  const Subject& subject = question.subject;
  // Upstream sorts both lists here, unlike elsewhere.
  std::set<std::string> names;
  std::set<std::string> hosts;
  for (size_t i = 0; i < subject.containers.size(); ++i) {
    const ContainerFacts& container = subject.containers[i];
    const std::vector<std::string>& used = subject.declared != nullptr
                                               ? subject.declared->containers[i].probe_hosts
                                               : container.pre_stop_hosts;
    hosts.insert(used.begin(), used.end());
    if (!used.empty()) {
      names.insert(container.name);
    }
  }
  if (names.empty()) {
    return std::nullopt;
  }
  return Finding{"probe or lifecycle host",
                 base::StrCat(ContainersText({names.begin(), names.end()}),
                              names.size() == 1 ? " uses" : " use", " probe or lifecycle ",
                              hosts.size() == 1 ? "host " : "hosts ",
                              JoinQuoted({hosts.begin(), hosts.end()}))};
}

std::optional<Finding> WindowsHostProcess(const Question& question) {
  if (question.subject.declared == nullptr) {
    return std::nullopt;  // a windows message on a Linux node is refused as such
  }
  const std::vector<std::string> setters =
      Setters(question.subject,
              [](const DeclaredContext& context) { return context.host_process == true; });
  if (setters.empty()) {
    return std::nullopt;
  }
  return Finding{"hostProcess",
                 base::StrCat(base::StrJoin(setters, " and "),
                              " must not set securityContext.windowsOptions.hostProcess=true")};
}

}  // namespace sekisho::policy
