#include "kube/namespace_document.h"

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "base/str_cat.h"
#include "base/utf8.h"
#include "kube/rfc3339.h"

namespace sekisho::kube {
namespace {

using Json = nlohmann::json;
using policy::NamespaceTable;
using policy::PodSecurityLabels;
using LabelSets = std::vector<NamespaceTable::LabelsPtr>;

constexpr std::string_view kApiVersion = "sekisho.io/v1alpha1";
constexpr std::string_view kKind = "NamespaceCache";

absl::Status Wrong(std::string_view what) {
  return absl::InvalidArgumentError(base::AbslView(what));
}

Json ToJson(const PodSecurityLabels& labels) {
  Json json = Json::object();
  for (const policy::PodSecurityLabelKey& label : policy::PodSecurityLabelKeys()) {
    if (const std::optional<std::string>& value = labels.*label.value) {
      json[std::string(label.key)] = *value;
    }
  }
  return json;
}

absl::StatusOr<std::string> TextOf(const Json& document, std::string_view key) {
  const auto place = document.find(key);
  if (place == document.end() || !place->is_string()) {
    return Wrong(base::StrCat("\"", key, "\" is no text"));
  }
  return place->get_ref<const std::string&>();
}

absl::Status CheckText(const Json& document, std::string_view key, std::string_view wanted) {
  SEKISHO_ASSIGN_OR_RETURN(const std::string text, TextOf(document, key));
  if (text != wanted) {
    return Wrong(
        base::StrCat("\"", key, "\" is \"", base::Printable(text), "\", not \"", wanted, "\""));
  }
  return absl::OkStatus();
}

absl::StatusOr<NamespaceTable::LabelsPtr> LabelSetFrom(const Json& json) {
  if (!json.is_object()) {
    return Wrong("one of \"labelSets\" is no object");
  }
  PodSecurityLabels labels;
  for (const policy::PodSecurityLabelKey& label : policy::PodSecurityLabelKeys()) {
    const auto place = json.find(label.key);
    if (place == json.end()) {
      continue;
    }
    if (!place->is_string()) {
      return Wrong("a label in \"labelSets\" is no text");
    }
    labels.*label.value = place->get_ref<const std::string&>();
  }
  return std::make_shared<const PodSecurityLabels>(std::move(labels));
}

absl::StatusOr<LabelSets> LabelSetsFrom(const Json& document) {
  const auto list = document.find("labelSets");
  if (list == document.end() || !list->is_array()) {
    return Wrong("\"labelSets\" is no list");
  }
  LabelSets sets;
  sets.reserve(list->size());
  for (const Json& json : *list) {
    SEKISHO_ASSIGN_OR_RETURN(NamespaceTable::LabelsPtr labels, LabelSetFrom(json));
    sets.push_back(std::move(labels));
  }
  return sets;
}

absl::StatusOr<NamespaceTable::Map> NamespacesFrom(const Json& document, const LabelSets& sets) {
  const auto namespaces = document.find("namespaces");
  if (namespaces == document.end() || !namespaces->is_object()) {
    return Wrong("\"namespaces\" is no object");
  }
  NamespaceTable::Map map;
  for (const auto& [name, number] : namespaces->items()) {
    if (name.empty() || !number.is_number_unsigned() || number.get<uint64_t>() >= sets.size()) {
      return Wrong("a namespace without a name or without a place in \"labelSets\"");
    }
    map.emplace_hint(map.end(), name, sets[number.get<size_t>()]);
  }
  return map;
}

}  // namespace

absl::StatusOr<std::string> NamespaceDocument(const NamespaceCopy& copy,
                                              const std::string& server) {
  Json sets = Json::array();
  Json namespaces = Json::object();
  std::map<PodSecurityLabels, size_t> numbers;
  for (const auto& [name, labels] : copy.table->namespaces()) {
    const auto [place, is_new] = numbers.emplace(*labels, numbers.size());
    if (is_new) {
      sets.push_back(ToJson(*labels));
    }
    namespaces[name] = place->second;
  }
  const Json document = {{"apiVersion", kApiVersion},
                         {"kind", kKind},
                         {"server", server},
                         {"resourceVersion", copy.resource_version},
                         {"confirmed", Rfc3339(copy.confirmed)},
                         {"labelSets", std::move(sets)},
                         {"namespaces", std::move(namespaces)}};
  try {
    return document.dump();
  } catch (const nlohmann::json::exception&) {
    return Wrong("a name or a label is not UTF-8");
  }
}

absl::StatusOr<NamespaceCopy> ParseNamespaceDocument(std::string_view json,
                                                     const std::string& server) {
  const Json document = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) {
    return Wrong("no JSON object");
  }
  SEKISHO_RETURN_IF_ERROR(CheckText(document, "apiVersion", kApiVersion));
  SEKISHO_RETURN_IF_ERROR(CheckText(document, "kind", kKind));
  SEKISHO_ASSIGN_OR_RETURN(const std::string written_for, TextOf(document, "server"));
  NamespaceCopy copy;
  SEKISHO_ASSIGN_OR_RETURN(copy.resource_version, TextOf(document, "resourceVersion"));
  SEKISHO_ASSIGN_OR_RETURN(const std::string confirmed, TextOf(document, "confirmed"));
  const std::optional<std::chrono::sys_seconds> time = ParseRfc3339(confirmed);
  if (!time.has_value()) {
    return Wrong("\"confirmed\" is no time such as 2026-01-31T23:59:59Z");
  }
  copy.confirmed = *time;
  SEKISHO_ASSIGN_OR_RETURN(const LabelSets sets, LabelSetsFrom(document));
  SEKISHO_ASSIGN_OR_RETURN(NamespaceTable::Map namespaces, NamespacesFrom(document, sets));
  copy.table = std::make_shared<const NamespaceTable>(std::move(namespaces));
  if (written_for != server) {
    return absl::NotFoundError(base::StrCat(
        "holds the namespaces of ", base::Printable(written_for), ", not those of ", server));
  }
  return copy;
}

}  // namespace sekisho::kube
