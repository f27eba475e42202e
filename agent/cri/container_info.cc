#include "cri/container_info.h"

#include <optional>
#include <utility>

#include "cri/facts.h"
#include "cri/json.h"
#include "cri/verbose_info.h"
#include "runtime/v1/api.pb.h"

namespace sekisho::cri {
namespace {

namespace cri_v1 = runtime::v1;

// False when it is not there, cannot be read as a whole, or is another container's.
bool ReadConfig(const std::optional<std::string>& json, const cri_v1::ContainerStatus& status,
                cri_v1::ContainerConfig& config) {
  return json.has_value() && FromJson(*json, config).ok() &&
         config.metadata().name() == status.metadata().name() &&
         config.metadata().attempt() == status.metadata().attempt();
}

}  // namespace

absl::StatusOr<ContainerInfo> InfoFrom(const cri_v1::ContainerStatusResponse& response) {
  const cri_v1::ContainerStatus& status = response.status();
  if (status.id().empty() || status.metadata().name().empty()) {
    return absl::FailedPreconditionError("the status names no container");
  }
  VerboseInfo verbose = ReadVerboseInfo(response.info());
  ContainerInfo info{.pid = verbose.pid,
                     .runtime_type = std::move(verbose.runtime_type),
                     .facts = {},
                     .config_known = false};
  cri_v1::ContainerConfig config;
  info.config_known = ReadConfig(verbose.config, status, config);
  if (!info.config_known) {
    config.Clear();
    *config.mutable_metadata() = status.metadata();
    *config.mutable_image() = status.image();
    *config.mutable_annotations() = status.annotations();
    *config.mutable_labels() = status.labels();
    *config.mutable_mounts() = status.mounts();
  }
  info.facts = FactsFrom(config);
  return info;
}

pid_t PidFrom(const cri_v1::PodSandboxStatusResponse& response) {
  return ReadVerboseInfo(response.info()).pid;
}

}  // namespace sekisho::cri
