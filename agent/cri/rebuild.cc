// What the runtime remembers of a sandbox, for an agent that did not see it run.
#include <google/protobuf/util/json_util.h>

#include <nlohmann/json.hpp>
#include <string_view>

#include "base/str_cat.h"
#include "cri/facts.h"
#include "runtime/v1/api.pb.h"

namespace sekisho::cri {
namespace {

namespace cri_v1 = runtime::v1;

constexpr size_t kInfoBytesMax = size_t{4} << 20;
// A PodSandboxConfig in its info is not nearly so deep.
constexpr int kInfoDepthMax = 64;

// Whether the brackets of `json` are nested so deep that writing it out again, which the JSON
// library does by recursion, might overrun the stack. Text that is no JSON may get either answer.
bool IsTooDeep(std::string_view json) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < json.size() && depth <= kInfoDepthMax; ++i) {
    const char c = json[i];
    if (c == '"') {
      in_string = !in_string;
    } else if (in_string) {
      i += c == '\\' ? 1 : 0;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return depth > kInfoDepthMax;
}

// containerd's verbose `info` is Go's JSON of its own struct, whose "config" is the
// PodSandboxConfig with the protocol's field names. False when it is not there or says something
// else.
bool ReadConfig(const cri_v1::PodSandboxStatusResponse& response,
                cri_v1::PodSandboxConfig& config) {
  const auto info = response.info().find("info");
  if (info == response.info().end() || info->second.size() > kInfoBytesMax ||
      IsTooDeep(info->second)) {
    return false;
  }
  const nlohmann::json parsed =
      nlohmann::json::parse(info->second, /*cb=*/nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object() || !parsed.contains("config") || !parsed["config"].is_object()) {
    return false;
  }
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = false;  // what we cannot read we do not claim to know
  const std::string text =
      parsed["config"].dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return google::protobuf::util::JsonStringToMessage(text, &config, options).ok();
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
