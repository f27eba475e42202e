// Checks of our own: requests that no kubelet sends, or that this build cannot read.
#include <algorithm>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "policy/checks.h"

namespace sekisho::policy {
namespace {

std::optional<Finding> Unknown(const std::vector<UnknownField>& unknown) {
  if (unknown.empty()) {
    return std::nullopt;
  }
  return Finding{"unrecognised security field", base::StrJoin(unknown, ", ", &UnknownField::path)};
}

// The container of this request; integrity is judged one request at a time.
const ContainerFacts* ContainerOf(const Subject& subject) {
  return subject.containers.empty() ? nullptr : &subject.containers.front();
}

}  // namespace

std::optional<Finding> UnknownFields(const Question& question) {
  const Subject& subject = question.subject;
  std::vector<UnknownField> unknown;
  if (subject.IncludesPod()) {
    unknown = subject.sandbox.unknown;
  }
  for (const ContainerFacts& container : subject.containers) {
    unknown.insert(unknown.end(), container.unknown.begin(), container.unknown.end());
  }
  return Unknown(unknown);
}

std::optional<Finding> Windows(const Question& question) {
  const Subject& subject = question.subject;
  const bool present = (subject.IncludesPod() && subject.sandbox.windows_present) ||
                       std::ranges::any_of(subject.containers, &ContainerFacts::windows_present);
  if (!present) {
    return std::nullopt;
  }
  return Finding{"windows settings on a Linux node", "the windows message must not be set"};
}

std::optional<Finding> NamespaceMismatch(const Question& question) {
  const ContainerFacts* container = ContainerOf(question.subject);
  if (container == nullptr) {
    return std::nullopt;
  }
  const NamespaceOptions& pod = question.subject.sandbox.namespaces;
  const NamespaceOptions& own = container->namespaces;
  std::vector<std::string_view> differing;
  if (own.network != pod.network) {
    differing.emplace_back("network");
  }
  if (own.ipc != pod.ipc) {
    differing.emplace_back("ipc");
  }
  // CONTAINER, POD and TARGET stay inside the pod; the node's pids are the pod's to share.
  if (own.pid == NamespaceMode::kNode && pod.pid != NamespaceMode::kNode) {
    differing.emplace_back("pid");
  }
  const auto in_own_users = [](const NamespaceOptions& options) {
    return options.userns.has_value() && options.userns->mode != NamespaceMode::kNode;
  };
  if ((in_own_users(own) || in_own_users(pod)) && own.userns != pod.userns) {
    differing.emplace_back("userns_options");
  }
  if (differing.empty()) {
    return std::nullopt;
  }
  return Finding{
      "namespaces that differ from the pod's",
      base::StrCat(ContainersText({container->name}), ": ", base::StrJoin(differing, ", "))};
}

std::optional<Finding> UnreadableAnnotation(const Question& question) {
  const ContainerFacts* container = ContainerOf(question.subject);
  if (container == nullptr) {
    return std::nullopt;
  }
  std::vector<std::string_view> unreadable;
  if (container->ports_annotation_unreadable) {
    unreadable.emplace_back("io.kubernetes.container.ports is not a list of ports");
  }
  if (container->pre_stop_annotation_unreadable) {
    unreadable.emplace_back("io.kubernetes.container.preStopHandler is not a handler");
  }
  if (unreadable.empty()) {
    return std::nullopt;
  }
  return Finding{"unreadable annotation", base::StrCat(ContainersText({container->name}), ": ",
                                                       base::StrJoin(unreadable, "; "))};
}

}  // namespace sekisho::policy
