// `namespaceLabels` of a policy file: what the labels of a pod's namespace count for.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/yaml_reader.h"
#include "policy/spec.h"

namespace sekisho::config {

// Each key is inherited by itself.
struct LabelRulesFile {
  std::optional<policy::LabelMode> mode;
  std::string mode_key;  // where it was written, as what follows
  Location mode_where;
  std::optional<std::chrono::seconds> stale_after;
  std::optional<policy::WhenStale> when_stale;
  std::optional<std::optional<policy::Level>> unknown_namespace;  // inner nothing: filePolicy
};

// The mode alone, as a word.
void ReadLabelMode(const Value& value, LabelRulesFile& out, Reader& reader);
// At the top of the file: a mapping, or the mode alone as a word.
void ReadLabelRules(const Value& value, LabelRulesFile& out, Reader& reader);
void ListLabelRules(std::string_view prefix, std::vector<KeyDoc>& rows);

}  // namespace sekisho::config
