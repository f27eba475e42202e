#include "install/kubelet_config.h"

#include <optional>
#include <utility>

#include "base/status_macros.h"
#include "base/str_cat.h"
#include "install/refusal.h"
#include "yaml/document.h"

namespace sekisho::install {
namespace {

using base::StrCat;
using yaml::YamlEntry;
using yaml::YamlNode;

size_t LineOf(const yaml::Location& where) {
  return static_cast<size_t>(where.line);
}

// The one entry with this key; null when there is none.
absl::StatusOr<const YamlEntry*> Find(const YamlNode& mapping, std::string_view key,
                                      const std::string& file) {
  const YamlEntry* found = nullptr;
  for (const YamlEntry& entry : mapping.entries) {
    if (entry.key != key) {
      continue;
    }
    if (found != nullptr) {
      return RefuseAt(file, LineOf(entry.where), StrCat(key, " stands here twice"));
    }
    found = &entry;
  }
  return found;
}

absl::Status CheckIs(const YamlNode& config, std::string_view key, std::string_view value,
                     const std::string& file) {
  SEKISHO_ASSIGN_OR_RETURN(const YamlEntry* entry, Find(config, key, file));
  if (entry == nullptr || entry->value.kind != YamlNode::Kind::kScalar ||
      entry->value.text != value) {
    return RefuseAt(file, entry == nullptr ? 0 : LineOf(entry->where),
                    StrCat("not a kubelet's configuration as this build knows it (", key, ": ",
                           value, " is missing)"));
  }
  return absl::OkStatus();
}

absl::StatusOr<YamlNode> ReadConfig(std::string_view text, const std::string& file) {
  std::vector<yaml::Diagnostic> errors;
  std::optional<YamlNode> config = yaml::ParseYaml(text, file, &errors);
  if (!config.has_value()) {
    return Refuse(errors.front().ToString());
  }
  if (config->kind != YamlNode::Kind::kMapping) {
    return RefuseAt(file, LineOf(config->where), "not a mapping");
  }
  SEKISHO_RETURN_IF_ERROR(CheckIs(*config, "apiVersion", "kubelet.config.k8s.io/v1beta1", file));
  SEKISHO_RETURN_IF_ERROR(CheckIs(*config, "kind", "KubeletConfiguration", file));
  return *std::move(config);
}

}  // namespace

absl::StatusOr<std::vector<EndpointSetting>> EndpointsOfConfig(std::string_view text,
                                                               const std::string& file,
                                                               EndpointSetting::In in,
                                                               bool is_drop_in) {
  SEKISHO_ASSIGN_OR_RETURN(const YamlNode config, ReadConfig(text, file));
  std::vector<EndpointSetting> settings;
  for (const auto& [of, key] : {std::pair(EndpointSetting::Of::kRuntime, kRuntimeKey),
                                std::pair(EndpointSetting::Of::kImage, kImageKey)}) {
    SEKISHO_ASSIGN_OR_RETURN(const YamlEntry* entry, Find(config, key, file));
    if (entry == nullptr) {
      continue;
    }
    const YamlNode& value = entry->value;
    const bool empty = value.kind == YamlNode::Kind::kNull ||
                       (value.kind == YamlNode::Kind::kScalar && value.text.empty());
    if (!empty && value.kind != YamlNode::Kind::kScalar) {
      return RefuseAt(file, LineOf(entry->where), StrCat(key, " is ", yaml::KindName(value.kind)));
    }
    if (empty && is_drop_in) {
      return RefuseAt(file, LineOf(entry->where),
                      StrCat(key, " is empty, which takes back what --config says; remove it"));
    }
    if (!empty) {
      settings.push_back({.of = of,
                          .in = in,
                          .file = file,
                          .line = LineOf(value.where),
                          .key = std::string(key),
                          .endpoint = value.text});
    }
  }
  return settings;
}

}  // namespace sekisho::install
