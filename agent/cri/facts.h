// CRI requests -> facts. With edits.h the only place that walks CRI messages for policy.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "policy/facts.h"

namespace runtime::v1 {
class PodSandboxConfig;
class ContainerConfig;
class PodSandboxStatusResponse;
class UpdateContainerResourcesRequest;
class UpdatePodSandboxResourcesRequest;
}  // namespace runtime::v1

namespace sekisho::cri {

// `runtime_handler` is RunPodSandboxRequest's own field. `path` prefixes the names in
// SandboxFacts::unknown ("config" or "sandbox_config").
policy::SandboxFacts FactsFrom(const runtime::v1::PodSandboxConfig& config,
                               std::string_view runtime_handler, std::string_view path);

policy::ContainerFacts FactsFrom(const runtime::v1::ContainerConfig& config);

// The facts that a change of resources has: cgroup keys, the OOM score, annotations. Everything
// else is as in an empty request.
policy::ContainerFacts FactsFrom(const runtime::v1::UpdateContainerResourcesRequest& request);
policy::ContainerFacts FactsFrom(const runtime::v1::UpdatePodSandboxResourcesRequest& request);

// What the runtime itself says of a sandbox (PodSandboxStatus with verbose=true), for an agent that
// restarted. containerd's `info` holds the whole PodSandboxConfig as JSON; where it is missing or
// cannot be read, `complete` is false and only metadata, annotations, labels, runtime handler and
// namespaces are known. An answer without metadata or id is an error.
struct RebuiltSandbox {
  policy::SandboxFacts facts;
  bool complete = false;
};
absl::StatusOr<RebuiltSandbox> FactsFrom(const runtime::v1::PodSandboxStatusResponse& response);

}  // namespace sekisho::cri
