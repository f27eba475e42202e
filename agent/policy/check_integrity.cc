// Checks of our own: requests that no kubelet sends, or that this build cannot read.
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

std::optional<Finding> Windows(bool present) {
  if (!present) {
    return std::nullopt;
  }
  return Finding{"windows settings on a Linux node", "the windows message must not be set"};
}

}  // namespace

std::optional<Finding> SandboxUnknownField(const Spec&, const SandboxFacts& sandbox) {
  return Unknown(sandbox.unknown);
}

std::optional<Finding> ContainerUnknownField(const Spec&, const SandboxFacts&,
                                             const ContainerFacts& container) {
  return Unknown(container.unknown);
}

std::optional<Finding> SandboxWindows(const Spec&, const SandboxFacts& sandbox) {
  return Windows(sandbox.windows_present);
}

std::optional<Finding> ContainerWindows(const Spec&, const SandboxFacts&,
                                        const ContainerFacts& container) {
  return Windows(container.windows_present);
}

std::optional<Finding> NamespaceMismatch(const Spec&, const SandboxFacts& sandbox,
                                         const ContainerFacts& container) {
  const NamespaceOptions& pod = sandbox.namespaces;
  const NamespaceOptions& own = container.namespaces;
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
  return Finding{"namespaces that differ from the pod's",
                 base::StrCat(Quoted(container), ": ", base::StrJoin(differing, ", "))};
}

std::optional<Finding> UnreadableAnnotation(const Spec&, const SandboxFacts&,
                                            const ContainerFacts& container) {
  if (!container.ports_annotation_unreadable) {
    return std::nullopt;
  }
  return Finding{
      "unreadable annotation",
      base::StrCat(Quoted(container), ": io.kubernetes.container.ports is not a list of ports")};
}

}  // namespace sekisho::policy
