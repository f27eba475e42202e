// seccomp: the filter a container runs under.
#include <algorithm>
#include <set>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "policy/checks.h"
#include "policy/deprecated_profile.h"
#include "policy/localhost_profile.h"
#include "policy/paths.h"
#include "policy/profile_findings.h"

namespace sekisho::policy {
namespace {

constexpr std::string_view kSeccompPodAnnotation = "seccomp.security.alpha.kubernetes.io/pod";
constexpr std::string_view kSeccompContainerAnnotation =
    "container.seccomp.security.alpha.kubernetes.io/";
// From this version on the fields count, before it the annotations.
constexpr int kSeccompFields = 19;

std::optional<Finding> SeccompMustBeSet(const std::vector<std::string>& names) {
  if (names.empty()) {
    return std::nullopt;
  }
  return Finding{"seccompProfile", base::StrCat("pod or ", ContainersText(names),
                                                " must set securityContext.seccompProfile.type to "
                                                "\"RuntimeDefault\" or \"Localhost\"")};
}

std::vector<std::string> Unconfined(const Subject& subject) {
  return NamesWhere(subject, [](const ContainerFacts& container) {
    return EffectiveSeccomp(container).type == ProfileType::kUnconfined;
  });
}

std::optional<Finding> BadSeccompTypes(const BadTypes& bad) {
  if (bad.setters.empty()) {
    return std::nullopt;
  }
  return Finding{"seccompProfile", MustNotSet(bad.setters, "securityContext.seccompProfile.type",
                                              {bad.values.begin(), bad.values.end()})};
}

// Whether a seccomp annotation of that key counts: the pod's, and that of a container that there
// is. Which there will be is not known at RunPodSandbox, so that there every name counts.
bool IsSeccompAnnotation(const Subject& subject, std::string_view key) {
  if (!key.starts_with(kSeccompContainerAnnotation)) {
    return key == kSeccompPodAnnotation;
  }
  const std::string_view name = key.substr(kSeccompContainerAnnotation.size());
  return subject.scope != Scope::kPod ||
         std::ranges::find(subject.containers, name, &ContainerFacts::name) !=
             subject.containers.end();
}

std::optional<Finding> SeccompAnnotations(const Subject& subject) {
  std::set<std::string> forbidden;
  for (const auto& [key, value] : subject.sandbox.annotations) {
    if (IsSeccompAnnotation(subject, key) && value != "runtime/default" &&
        value != "docker/default" && !value.starts_with("localhost/")) {
      forbidden.insert(AnnotationText(key, value));
    }
  }
  if (!subject.IncludesPod() || forbidden.empty()) {
    return std::nullopt;
  }
  return Finding{"seccompProfile", base::StrCat(forbidden.size() == 1 ? "forbidden annotation "
                                                                      : "forbidden annotations ",
                                                base::StrJoin(forbidden, ", "))};
}

}  // namespace

SecurityProfile EffectiveSeccomp(const ContainerFacts& container) {
  const SecurityProfile effective =
      Weaker(container.seccomp, FromDeprecated(container.seccomp_profile_path));
  return effective.type == ProfileType::kAbsent ? SecurityProfile{ProfileType::kUnconfined, ""}
                                                : effective;
}

std::optional<Finding> SeccompBaseline(const Question& question) {
  const Subject& subject = question.subject;
  const bool deny_unconfined = question.spec.harden.deny_unconfined;
  if (question.minor < kSeccompFields) {
    std::optional<Finding> found = SeccompAnnotations(subject);
    if (found.has_value() || subject.declared != nullptr || !deny_unconfined) {
      return found;
    }
  } else if (subject.declared != nullptr) {
    return BadSeccompTypes(BadDeclaredTypes(subject, &DeclaredContext::seccomp_type));
  }
  // Unconfined can mean that nothing was asked for, which baseline allows, unless the kubelet turns
  // that into RuntimeDefault. What is not known to be a violation is not called one; it is hardened
  // all the same (Hardening::seccomp_unconfined), or refused where the operator says so.
  if (!question.spec.node.kubelet_seccomp_default && !deny_unconfined) {
    return std::nullopt;
  }
  const std::vector<std::string> names = Unconfined(subject);
  if (names.empty()) {
    return std::nullopt;
  }
  return BadSeccompTypes({{ContainersText(names)}, {"Unconfined"}});
}

std::optional<Finding> SeccompRestricted(const Question& question) {
  const Subject& subject = question.subject;
  if (IsExemptWindowsPod(question)) {
    return std::nullopt;
  }
  if (subject.declared == nullptr) {
    return SeccompMustBeSet(Unconfined(subject));
  }
  const BadTypes bad = BadDeclaredTypes(subject, &DeclaredContext::seccomp_type);
  if (!bad.setters.empty()) {
    return BadSeccompTypes(bad);
  }
  std::vector<std::string> unset;
  for (size_t i = 0; i < subject.containers.size(); ++i) {
    if (subject.declared->context.seccomp_type.empty() &&
        subject.declared->containers[i].context.seccomp_type.empty()) {
      unset.push_back(subject.containers[i].name);
    }
  }
  return SeccompMustBeSet(unset);
}

std::optional<Finding> SeccompLocalhostPath(const Question& question) {
  const std::string& root = question.spec.node.seccomp_root;
  for (const ContainerFacts& container : question.subject.containers) {
    for (const SecurityProfile& profile :
         {container.seccomp, FromDeprecated(container.seccomp_profile_path)}) {
      // A pinned copy lies elsewhere. Only who looked at the file knows of it, and nobody looks for
      // a request that names it by itself: that is refused before.
      if (profile.type == ProfileType::kLocalhost && !IsPinned(container, profile) &&
          !(IsCleanAbsolutePath(profile.localhost_ref) && IsBelow(profile.localhost_ref, root))) {
        return Finding{"seccomp profile outside the node's directory",
                       base::StrCat(ContainersText({container.name}), " names \"",
                                    profile.localhost_ref, "\", which is not a file below ", root)};
      }
    }
  }
  return std::nullopt;
}

}  // namespace sekisho::policy
