#include "kube/kubeconfig_reader.h"

#include <algorithm>

#include "base/str_cat.h"
#include "base/str_join.h"

namespace sekisho::kube {
namespace {

using base::StrCat;
using yaml::Diagnostic;
using yaml::YamlEntry;
using yaml::YamlNode;

bool IsEmpty(const YamlNode& node) {
  return node.kind == YamlNode::Kind::kNull ||
         (node.kind == YamlNode::Kind::kScalar && node.text.empty()) ||
         (node.kind == YamlNode::Kind::kList && node.items.empty()) ||
         (node.kind == YamlNode::Kind::kMapping && node.entries.empty());
}

}  // namespace

absl::Status KubeconfigReader::status() const {
  return faults_.empty()
             ? absl::OkStatus()
             : absl::FailedPreconditionError(base::StrJoin(faults_, "; ", &Diagnostic::ToString));
}

void KubeconfigReader::Fault(yaml::Location where, std::string key, std::string message,
                             std::string fix) {
  const Diagnostic fault =
      yaml::MakeDiagnostic(path_, where, std::move(key), std::move(message), std::move(fix));
  // Some keys are looked at more than once.
  const auto same = [text = fault.ToString()](const Diagnostic& other) {
    return other.ToString() == text;
  };
  if (std::none_of(faults_.begin(), faults_.end(), same)) {
    faults_.push_back(fault);
  }
}

const YamlEntry* KubeconfigReader::Find(const KubeconfigSection& section, std::string_view name) {
  const YamlEntry* found = nullptr;
  for (const YamlEntry& entry : section.node->entries) {
    if (entry.key != name) {
      continue;
    }
    if (found != nullptr) {
      Fault(entry.where, StrCat(section.key, name), "is given twice", "keep one of them");
    }
    found = &entry;
  }
  return found == nullptr || IsEmpty(found->value) ? nullptr : found;
}

std::string KubeconfigReader::Text(const KubeconfigSection& section, std::string_view name) {
  const YamlEntry* entry = Find(section, name);
  if (entry == nullptr) {
    return {};
  }
  if (entry->value.kind != YamlNode::Kind::kScalar) {
    Fault(entry->where, StrCat(section.key, name), StrCat("is ", yaml::KindName(entry->value.kind)),
          "write a text");
    return {};
  }
  return entry->value.text;
}

std::optional<KubeconfigSection> KubeconfigReader::Mapping(const KubeconfigSection& section,
                                                           std::string_view name) {
  const YamlEntry* entry = Find(section, name);
  if (entry == nullptr) {
    Fault(section.where, StrCat(section.key, name), "is missing", "write a mapping");
    return std::nullopt;
  }
  if (entry->value.kind != YamlNode::Kind::kMapping) {
    Fault(entry->where, StrCat(section.key, name), StrCat("is ", yaml::KindName(entry->value.kind)),
          "write a mapping");
    return std::nullopt;
  }
  return KubeconfigSection{
      .node = &entry->value, .key = StrCat(section.key, name, "."), .where = entry->where};
}

std::optional<KubeconfigSection> KubeconfigReader::Named(const KubeconfigSection& document,
                                                         std::string_view list,
                                                         std::string_view inner,
                                                         const std::string& wanted) {
  const YamlEntry* entry = Find(document, list);
  if (entry == nullptr || entry->value.kind != YamlNode::Kind::kList) {
    Fault(entry == nullptr ? yaml::Location{} : entry->where, std::string(list),
          entry == nullptr ? "is missing" : "is no list",
          StrCat("write a list with an entry named \"", wanted, "\""));
    return std::nullopt;
  }
  std::optional<KubeconfigSection> found;
  for (size_t i = 0; i < entry->value.items.size(); ++i) {
    const YamlNode& item = entry->value.items[i];
    const KubeconfigSection section{
        .node = &item, .key = StrCat(list, "[", i, "]."), .where = item.where};
    if (Text(section, "name") != wanted) {
      continue;
    }
    if (found.has_value()) {
      Fault(item.where, StrCat(section.key, "name"), StrCat("\"", wanted, "\" is there twice"),
            "keep one of them");
    }
    found = section;
  }
  if (!found.has_value()) {
    Fault(entry->where, std::string(list), StrCat("has no entry named \"", wanted, "\""),
          "add it, or name another one");
    return std::nullopt;
  }
  return Mapping(*found, inner);
}

}  // namespace sekisho::kube
