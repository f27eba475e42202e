#include "config/yaml_reader.h"

#include <algorithm>
#include <charconv>

#include "base/nearest_name.h"
#include "base/str_cat.h"
#include "base/str_join.h"
#include "base/utf8.h"
#include "policy/paths.h"

namespace sekisho::config {
namespace {

using base::FindBadText;
using base::Printable;
using base::StrCat;
using yaml::KindName;

constexpr std::string_view kApiVersion = "sekisho.io/v1alpha1";

std::string Quoted(std::string_view text) {
  return StrCat('"', Printable(text), '"');
}

std::string OneOf(std::span<const std::string_view> names) {
  return StrCat(names.size() == 1 ? "write " : "one of: ", base::StrJoin(names, ", "));
}

std::string DidYouMean(std::string_view given, std::span<const std::string_view> names) {
  const std::optional<std::string_view> nearest = base::NearestName(given, names);
  return nearest.has_value() ? StrCat("did you mean ", Quoted(*nearest), "?") : OneOf(names);
}

// Reports anything but the wanted kind.
bool Expect(const Value& value, Reader& reader, YamlNode::Kind kind) {
  if (value.node->kind == kind) {
    return true;
  }
  reader.Error(value, StrCat("expected ", KindName(kind), ", found ", KindName(value.node->kind)));
  return false;
}

// Reports anything but a scalar without quotes.
bool ExpectPlain(const Value& value, Reader& reader, std::string_view wanted) {
  if (!Expect(value, reader, YamlNode::Kind::kScalar)) {
    return false;
  }
  if (value.node->quoted) {
    reader.Error(value, StrCat("expected ", wanted, ", found quoted text"), "remove the quotes");
    return false;
  }
  return true;
}

}  // namespace

void Reader::Error(const Value& value, std::string message, std::string fix) {
  Error(value.where, value.key, std::move(message), std::move(fix));
}

void Reader::Error(Location where, std::string key, std::string message, std::string fix) {
  errors_->push_back(
      MakeDiagnostic(file_, where, std::move(key), std::move(message), std::move(fix)));
}

void Reader::Warn(const Value& value, std::string message, std::string fix) {
  if (warnings_ != nullptr) {
    warnings_->push_back(
        MakeDiagnostic(file_, value.where, value.key, std::move(message), std::move(fix)));
  }
}

void Reader::WarnOnce(const Value& value, std::string message) {
  if (warned_.insert(message).second) {
    Warn(value, std::move(message));
  }
}

Location Reader::Find(const std::string& key) const {
  const auto found = places_.find(key);
  return found == places_.end() ? Location{} : found->second;
}

std::optional<std::string> ReadText(const Value& value, Reader& reader) {
  if (!Expect(value, reader, YamlNode::Kind::kScalar)) {
    return std::nullopt;
  }
  const std::string& text = value.node->text;
  if (text.empty()) {
    reader.Error(value, "must not be empty");
    return std::nullopt;
  }
  // Escapes in double quotes can write what ParseYaml refuses in the file itself.
  if (FindBadText(text).has_value() || text.find_first_of("\t\n\r") != std::string::npos) {
    reader.Error(value, StrCat(Quoted(text), " is not one line of printable text"));
    return std::nullopt;
  }
  return text;
}

std::optional<bool> ReadBool(const Value& value, Reader& reader) {
  if (!ExpectPlain(value, reader, "true or false")) {
    return std::nullopt;
  }
  if (value.node->text != "true" && value.node->text != "false") {
    reader.Error(value, StrCat("expected true or false, found ", Quoted(value.node->text)));
    return std::nullopt;
  }
  return value.node->text == "true";
}

std::optional<int64_t> ReadInteger(const Value& value, Reader& reader, int64_t least,
                                   int64_t most) {
  const std::string wanted = StrCat("a whole number from ", least, " to ", most);
  if (!ExpectPlain(value, reader, wanted)) {
    return std::nullopt;
  }
  const std::string& text = value.node->text;
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  // from_chars takes "007"; YAML 1.1 would read that as octal, so it is refused rather than
  // guessed.
  const bool leading_zero = text.size() > 1 && text[text[0] == '-' ? 1 : 0] == '0';
  if (error != std::errc() || end != text.data() + text.size() || leading_zero || number < least ||
      number > most) {
    reader.Error(value, StrCat("expected ", wanted, ", found ", Quoted(text)));
    return std::nullopt;
  }
  return number;
}

bool IsCleanPath(std::string_view path) {
  return path == "/" || policy::IsCleanAbsolutePath(path);
}

std::optional<std::string> ReadPath(const Value& value, Reader& reader) {
  std::optional<std::string> path = ReadText(value, reader);
  if (!path.has_value()) {
    return std::nullopt;
  }
  if (path->front() != '/') {
    reader.Error(value, StrCat(Quoted(*path), " is not an absolute path"), "begin it with \"/\"");
    return std::nullopt;
  }
  if (!IsCleanPath(*path)) {
    reader.Error(value, StrCat(Quoted(*path), " is not a clean path"),
                 "write it without \"//\", \".\", \"..\" and without \"/\" at the end");
    return std::nullopt;
  }
  return path;
}

std::optional<size_t> ReadName(const Value& value, Reader& reader,
                               std::span<const std::string_view> names) {
  const std::optional<std::string> text = ReadText(value, reader);
  if (!text.has_value()) {
    return std::nullopt;
  }
  const auto found = std::find(names.begin(), names.end(), *text);
  if (found == names.end()) {
    reader.Error(value, StrCat("unknown value ", Quoted(*text)), DidYouMean(*text, names));
    return std::nullopt;
  }
  return static_cast<size_t>(found - names.begin());
}

std::optional<std::vector<Value>> ReadList(const Value& value, Reader& reader) {
  if (!Expect(value, reader, YamlNode::Kind::kList)) {
    return std::nullopt;
  }
  std::vector<Value> elements;
  for (size_t i = 0; i < value.node->items.size(); ++i) {
    const YamlNode& item = value.node->items[i];
    elements.push_back({&item, StrCat(value.key, "[", i, "]"), item.where});
  }
  return elements;
}

std::optional<std::vector<std::string>> ReadTexts(const Value& value, Reader& reader) {
  const std::optional<std::vector<Value>> elements = ReadList(value, reader);
  if (!elements.has_value()) {
    return std::nullopt;
  }
  std::vector<std::string> texts;
  for (const Value& element : *elements) {
    if (std::optional<std::string> text = ReadText(element, reader); text.has_value()) {
      texts.push_back(*std::move(text));
    }
  }
  return texts;
}

std::string ChildKey(std::string_view parent, std::string_view name) {
  const std::string printable = Printable(name);
  return parent.empty() ? printable : StrCat(parent, ".", printable);
}

std::vector<std::pair<size_t, Value>> MatchKeys(const Value& value, Reader& reader,
                                                std::span<const std::string_view> names) {
  std::vector<std::pair<size_t, Value>> matched;
  if (!Expect(value, reader, YamlNode::Kind::kMapping)) {
    return matched;
  }
  std::map<std::string_view, Location> first;
  for (const YamlEntry& entry : value.node->entries) {
    const std::string key = ChildKey(value.key, entry.key);
    const auto [place, fresh] = first.emplace(entry.key, entry.where);
    const auto name = std::find(names.begin(), names.end(), entry.key);
    if (!fresh) {
      reader.Error(entry.where, key,
                   StrCat("given a second time; the first is at line ", place->second.line),
                   "keep one of the two");
    } else if (name == names.end()) {
      reader.Error(entry.where, key, "unknown key", DidYouMean(entry.key, names));
    } else if (entry.value.kind == YamlNode::Kind::kNull) {
      reader.Error(entry.where, key, "has no value", "write a value, or leave the key out");
    } else {
      Value child{&entry.value, key, entry.value.where};
      reader.Remember(child);
      matched.emplace_back(static_cast<size_t>(name - names.begin()), std::move(child));
    }
  }
  return matched;
}

bool CheckHeader(const Value& document, Reader& reader, std::string_view kind) {
  if (!Expect(document, reader, YamlNode::Kind::kMapping)) {
    return false;
  }
  bool right = true;
  const auto check = [&](std::string_view key, std::string_view wanted) {
    const auto& entries = document.node->entries;
    const auto entry = std::find_if(entries.begin(), entries.end(),
                                    [&](const YamlEntry& each) { return each.key == key; });
    const std::string fix = StrCat("write ", key, ": ", wanted);
    if (entry == entries.end()) {
      reader.Error(document.where, std::string(key), "is required and missing", fix);
    } else if (entry->value.kind != YamlNode::Kind::kScalar || entry->value.text != wanted) {
      reader.Error(entry->value.where, std::string(key), StrCat("must be ", Quoted(wanted)), fix);
      right = false;
    }
  };
  check("apiVersion", kApiVersion);
  check("kind", kind);
  return right;
}

std::string KeyDoc::ToMarkdownRow() const {
  return StrCat("| `", key, "` | ", type, " | ", fallback.empty() ? "–" : fallback, " | ", doc,
                " |");
}

}  // namespace sekisho::config
