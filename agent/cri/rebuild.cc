// What the runtime remembers of a sandbox, for an agent that did not see it run.
#include <optional>

#include "cri/facts.h"
#include "cri/json.h"
#include "cri/verbose_info.h"
#include "runtime/v1/api.pb.h"

namespace sekisho::cri {
namespace {

namespace cri_v1 = runtime::v1;

// containerd's verbose `info` is Go's JSON of its own struct, whose "config" is the
// PodSandboxConfig with the protocol's field names. False when it is not there or says something
// else.
bool ReadConfig(const cri_v1::PodSandboxStatusResponse& response,
                cri_v1::PodSandboxConfig& config) {
  const std::optional<std::string> json = ReadVerboseInfo(response.info()).config;
  return json.has_value() && FromJson(*json, config).ok();
}

bool SamePod(const cri_v1::PodSandboxMetadata& a, const cri_v1::PodSandboxMetadata& b) {
  return a.name() == b.name() && a.namespace_() == b.namespace_() && a.uid() == b.uid() &&
         a.attempt() == b.attempt();
}

}  // namespace

absl::StatusOr<RebuiltSandbox> FactsFrom(const cri_v1::PodSandboxStatusResponse& response) {
  const cri_v1::PodSandboxStatus& status = response.status();
  const cri_v1::PodSandboxMetadata& metadata = status.metadata();
  if (status.id().empty() || metadata.name().empty() || metadata.namespace_().empty() ||
      metadata.uid().empty()) {
    return absl::FailedPreconditionError("the status names no sandbox, or no pod");
  }
  cri_v1::PodSandboxConfig config;
  const bool complete = ReadConfig(response, config);
  if (complete && !SamePod(metadata, config.metadata())) {
    return absl::FailedPreconditionError("the status and its info name different pods");
  }
  if (!complete) {
    config.Clear();
    *config.mutable_metadata() = metadata;
    *config.mutable_annotations() = status.annotations();
    *config.mutable_labels() = status.labels();
    *config.mutable_linux()->mutable_security_context()->mutable_namespace_options() =
        status.linux().namespaces().options();
  }
  return RebuiltSandbox{FactsFrom(config, status.runtime_handler(), "sandbox_config"), complete};
}

}  // namespace sekisho::cri
