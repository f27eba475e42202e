#include "manifest/fields.h"

#include <limits>
#include <utility>

#include "base/str_cat.h"
#include "base/utf8.h"
#include "manifest/scalar.h"

namespace sekisho::manifest {
namespace {

using base::StrCat;
using yaml::YamlEntry;
using yaml::YamlNode;

constexpr std::string_view kMergeKey = "<<";

std::string ChildKey(std::string_view parent, std::string_view name) {
  const std::string printable = base::Printable(name);
  return parent.empty() ? printable : StrCat(parent, ".", printable);
}

}  // namespace

void Report::Error(const Value& value, std::string message, std::string fix) {
  errors_->push_back(
      yaml::MakeDiagnostic(file_, value.where, value.key, std::move(message), std::move(fix)));
}

Fields::Fields(const Value& object, Report& report) : object_(object), report_(&report) {
  if (object.node->kind != YamlNode::Kind::kMapping) {
    ReportWrongType(object, report, "a mapping");
  }
  std::set<std::string> known;
  Collect(*object.node, false, known);
}

void Fields::Collect(const YamlNode& mapping, bool merged, std::set<std::string>& known) {
  for (const YamlEntry& entry : mapping.entries) {
    if (entry.key == kMergeKey) {
      continue;
    }
    const bool null = entry.value.kind == YamlNode::Kind::kNull;
    const Value value{&entry.value, ChildKey(object_.key, entry.key),
                      null ? entry.where : entry.value.where};
    if (known.insert(entry.key).second) {
      values_.emplace_back(entry.key, value);
    } else if (!merged) {
      report_->Error({&entry.value, value.key, entry.where}, "is given a second time",
                     "keep one of the two");
    }
  }
  for (const YamlEntry& entry : mapping.entries) {
    if (entry.key != kMergeKey) {
      continue;
    }
    const bool list = entry.value.kind == YamlNode::Kind::kList;
    if (!list && entry.value.kind != YamlNode::Kind::kMapping) {
      ReportWrongType({&entry.value, ChildKey(object_.key, kMergeKey), entry.where}, *report_,
                      "a mapping");
    }
    Collect(entry.value, true, known);
    for (const YamlNode& item : entry.value.items) {
      Collect(item, true, known);
    }
  }
}

std::optional<Value> Fields::Find(std::string_view name) const {
  for (const auto& [key, value] : values_) {
    if (key == name) {
      return value.node->kind == YamlNode::Kind::kNull ? std::nullopt : std::optional(value);
    }
  }
  return std::nullopt;
}

std::string Fields::Text(std::string_view name) const {
  return MaybeText(name).value_or("");
}

std::optional<std::string> Fields::MaybeText(std::string_view name) const {
  const std::optional<Value> value = Find(name);
  return value.has_value() ? ToText(*value, *report_) : std::nullopt;
}

std::optional<bool> Fields::MaybeBool(std::string_view name) const {
  const std::optional<Value> value = Find(name);
  if (!value.has_value()) {
    return std::nullopt;
  }
  if (!IsBool(*value->node)) {
    ReportWrongType(
        *value, *report_, "true or false",
        value->node->kind == YamlNode::Kind::kScalar ? "write true or false, without quotes" : "");
    return std::nullopt;
  }
  return IsTrue(*value->node);
}

std::optional<int64_t> Fields::MaybeInt64(std::string_view name) const {
  const std::optional<Value> value = Find(name);
  if (!value.has_value()) {
    return std::nullopt;
  }
  return ToInteger(*value, *report_, std::numeric_limits<int64_t>::min(),
                   std::numeric_limits<int64_t>::max());
}

int32_t Fields::Int32(std::string_view name) const {
  const std::optional<Value> value = Find(name);
  if (!value.has_value()) {
    return 0;
  }
  return static_cast<int32_t>(ToInteger(*value, *report_, std::numeric_limits<int32_t>::min(),
                                        std::numeric_limits<int32_t>::max())
                                  .value_or(0));
}

std::vector<Value> Fields::Elements(std::string_view name) const {
  const std::optional<Value> list = Find(name);
  std::vector<Value> elements;
  if (!list.has_value()) {
    return elements;
  }
  if (list->node->kind != YamlNode::Kind::kList) {
    ReportWrongType(*list, *report_, "a list");
    return elements;
  }
  for (size_t i = 0; i < list->node->items.size(); ++i) {
    const YamlNode& item = list->node->items[i];
    elements.push_back({&item, StrCat(list->key, "[", i, "]"), item.where});
  }
  return elements;
}

std::vector<std::string> Fields::Texts(std::string_view name) const {
  std::vector<std::string> texts;
  for (const Value& element : Elements(name)) {
    if (std::optional<std::string> text = ToText(element, *report_); text.has_value()) {
      texts.push_back(*std::move(text));
    }
  }
  return texts;
}

std::vector<int64_t> Fields::Int64s(std::string_view name) const {
  std::vector<int64_t> numbers;
  for (const Value& element : Elements(name)) {
    if (const auto number = ToInteger(element, *report_, std::numeric_limits<int64_t>::min(),
                                      std::numeric_limits<int64_t>::max())) {
      numbers.push_back(*number);
    }
  }
  return numbers;
}

std::map<std::string, std::string> Fields::TextMap(std::string_view name) const {
  std::map<std::string, std::string> texts;
  if (const std::optional<Fields> object = Object(name); object.has_value()) {
    for (const auto& [key, value] : object->All()) {
      // A null in a map of texts is the empty text to the API server.
      const bool null = value.node->kind == YamlNode::Kind::kNull;
      if (std::optional<std::string> text = null ? "" : ToText(value, *report_); text.has_value()) {
        texts.emplace(key, *std::move(text));
      }
    }
  }
  return texts;
}

std::optional<Value> Fields::Scalar(std::string_view name) const {
  std::optional<Value> value = Find(name);
  if (value.has_value() && (value->node->kind != YamlNode::Kind::kScalar || IsBool(*value->node))) {
    ReportWrongType(*value, *report_, "text or a number");
    return std::nullopt;
  }
  return value;
}

std::optional<Fields> Fields::Object(std::string_view name) const {
  const std::optional<Value> value = Find(name);
  if (!value.has_value()) {
    return std::nullopt;
  }
  Fields object(*value, *report_);
  return value->node->kind == YamlNode::Kind::kMapping ? std::optional(std::move(object))
                                                       : std::nullopt;
}

std::vector<Fields> Fields::Objects(std::string_view name) const {
  std::vector<Fields> objects;
  for (const Value& element : Elements(name)) {
    Fields object(element, *report_);
    if (element.node->kind == YamlNode::Kind::kMapping) {
      objects.push_back(std::move(object));
    }
  }
  return objects;
}

void Fields::Error(std::string message, std::string fix) const {
  report_->Error(object_, std::move(message), std::move(fix));
}

}  // namespace sekisho::manifest
