#include "seccomp/value_reader.h"

#include <algorithm>
#include <map>

#include "absl/strings/match.h"
#include "base/nearest_name.h"
#include "base/str_cat.h"
#include "base/str_join.h"
#include "base/utf8.h"

namespace sekisho::seccomp {
namespace {

using base::StrCat;
using yaml::Location;

// The known name that `key` is but for upper and lower case.
std::optional<std::string_view> InAnotherCase(std::string_view key,
                                              std::span<const std::string_view> names) {
  for (const std::string_view name : names) {
    if (absl::EqualsIgnoreCase(base::AbslView(key), base::AbslView(name))) {
      return name;
    }
  }
  return std::nullopt;
}

void ReportUnknownKey(const JsonEntry& entry, std::string key, ErrorList& errors,
                      std::span<const std::string_view> names) {
  if (const auto name = InAnotherCase(entry.key, names); name.has_value()) {
    errors.Add(entry.where, std::move(key),
               StrCat("is ", Quoted(*name),
                      " in other letters: some readers take it for that key, and some drop it"),
               StrCat("write ", Quoted(*name)));
  } else {
    errors.Add(entry.where, std::move(key), "unknown key", DidYouMean(entry.key, names));
  }
}

}  // namespace

void ErrorList::Add(Location where, std::string key, std::string message, std::string fix) {
  if (full()) {
    return;
  }
  errors_.push_back(
      yaml::MakeDiagnostic(file_, where, std::move(key), std::move(message), std::move(fix)));
}

std::vector<yaml::Diagnostic> ErrorList::TakeSorted() {
  yaml::SortByPlace({file_}, errors_);
  if (full()) {
    errors_.push_back(yaml::AboutFile(
        file_, StrCat("has ", kErrorsMax, " errors or more; only the first are shown")));
  }
  return std::move(errors_);
}

const JsonNode* Find(const JsonNode& object, std::string_view name) {
  for (const JsonEntry& entry : object.entries) {
    if (entry.key == name && entry.value.kind != JsonNode::Kind::kNull) {
      return &entry.value;
    }
  }
  return nullptr;
}

bool Expect(const Value& value, ErrorList& errors, JsonNode::Kind kind) {
  if (value.node->kind == kind) {
    return true;
  }
  errors.Add(value, StrCat("expected ", KindName(kind), ", found ", KindName(value.node->kind)));
  return false;
}

std::string Quoted(std::string_view text) {
  constexpr size_t kLongest = 80;
  if (text.size() <= kLongest) {
    return StrCat('"', base::Printable(text), '"');
  }
  // Not in the middle of a character.
  size_t end = kLongest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;
  }
  return StrCat('"', base::Printable(text.substr(0, end)), "…\"");
}

std::string DidYouMean(std::string_view given, std::span<const std::string_view> names) {
  const std::optional<std::string_view> nearest = base::NearestName(given, names);
  return nearest.has_value() ? StrCat("did you mean ", Quoted(*nearest), "?")
                             : StrCat("one of: ", base::StrJoin(names, ", "));
}

std::optional<std::string> ReadText(const Value& value, ErrorList& errors, bool empty_is_fine) {
  if (!Expect(value, errors, JsonNode::Kind::kString)) {
    return std::nullopt;
  }
  const std::string& text = value.node->text;
  if (text.empty() && !empty_is_fine) {
    errors.Add(value, "must not be empty");
    return std::nullopt;
  }
  if (base::FindBadText(text).has_value()) {
    errors.Add(value, StrCat(Quoted(text), " contains a control character"));
    return std::nullopt;
  }
  return text;
}

std::optional<uint64_t> ReadUnsigned(const Value& value, ErrorList& errors, uint64_t most) {
  const JsonNode& node = *value.node;
  if (node.kind == JsonNode::Kind::kNumber && node.integer.has_value() && *node.integer <= most) {
    return node.integer;
  }
  const bool has_text =
      node.kind == JsonNode::Kind::kNumber || node.kind == JsonNode::Kind::kString;
  errors.Add(value,
             StrCat("expected a whole number from 0 to ", most, ", found ",
                    has_text ? Quoted(node.text) : std::string(KindName(node.kind))),
             node.kind == JsonNode::Kind::kString ? "remove the quotes" : "");
  return std::nullopt;
}

std::optional<size_t> ReadName(const Value& value, ErrorList& errors,
                               std::span<const std::string_view> names) {
  const std::optional<std::string> text = ReadText(value, errors);
  if (!text.has_value()) {
    return std::nullopt;
  }
  const auto found = std::find(names.begin(), names.end(), *text);
  if (found == names.end()) {
    errors.Add(value, StrCat("unknown value ", Quoted(*text)), DidYouMean(*text, names));
    return std::nullopt;
  }
  return static_cast<size_t>(found - names.begin());
}

std::vector<Value> ReadList(const Value& value, ErrorList& errors) {
  std::vector<Value> elements;
  if (!Expect(value, errors, JsonNode::Kind::kList)) {
    return elements;
  }
  for (size_t i = 0; i < value.node->items.size(); ++i) {
    elements.push_back({&value.node->items[i], StrCat(value.key, "[", i, "]")});
  }
  return elements;
}

std::string ChildKey(std::string_view parent, std::string_view name) {
  // A key of the file may be anything, and of any length.
  const std::string printable = base::Printable(name.substr(0, 80));
  return parent.empty() ? printable : StrCat(parent, ".", printable);
}

std::vector<std::pair<size_t, Value>> MatchKeys(const Value& value, ErrorList& errors,
                                                std::span<const std::string_view> names) {
  std::vector<std::pair<size_t, Value>> matched;
  if (!Expect(value, errors, JsonNode::Kind::kObject)) {
    return matched;
  }
  std::map<std::string_view, Location> first;
  for (const JsonEntry& entry : value.node->entries) {
    std::string key = ChildKey(value.key, entry.key);
    const auto [place, fresh] = first.emplace(entry.key, entry.where);
    const auto name = std::find(names.begin(), names.end(), entry.key);
    if (!fresh) {
      errors.Add(entry.where, std::move(key),
                 StrCat("given a second time; the first is at line ", place->second.line,
                        ", column ", place->second.column),
                 "keep one of the two");
    } else if (name == names.end()) {
      ReportUnknownKey(entry, std::move(key), errors, names);
    } else if (entry.value.kind != JsonNode::Kind::kNull) {
      matched.emplace_back(static_cast<size_t>(name - names.begin()),
                           Value{&entry.value, std::move(key)});
    }
    if (errors.full()) {
      break;
    }
  }
  return matched;
}

}  // namespace sekisho::seccomp
