#include "config/label_rules_file.h"

#include <array>
#include <charconv>
#include <string>

#include "base/str_cat.h"

namespace sekisho::config {
namespace {

using policy::LabelMode;
using policy::Level;
using policy::WhenStale;

// A number and a unit, as Kubernetes writes durations: 90s, 15m, 24h. One unit is enough here.
std::optional<std::chrono::seconds> ReadDuration(const Value& value, Reader& reader) {
  constexpr std::chrono::seconds kMost = std::chrono::hours(24 * 365);
  const std::optional<std::string> text = ReadText(value, reader);
  if (!text.has_value()) {
    return std::nullopt;
  }
  int64_t number = 0;
  const char* const end = text->data() + text->size();
  const auto [unit, error] = std::from_chars(text->data(), end, number);
  int64_t seconds = 0;
  if (error == std::errc() && end - unit == 1 && text->front() != '-') {
    seconds = *unit == 's' ? 1 : *unit == 'm' ? 60 : *unit == 'h' ? 3600 : 0;
  }
  if (seconds == 0 || number < 1 || number > kMost.count() / seconds) {
    reader.Error(value, base::StrCat("\"", *text, "\" is no duration from 1s to 8760h"),
                 "write a number and s, m or h: 90s, 15m, 24h");
    return std::nullopt;
  }
  return std::chrono::seconds(number * seconds);
}

std::optional<WhenStale> ReadWhenStale(const Value& value, Reader& reader) {
  static constexpr std::array kAll = {WhenStale::kKeep, WhenStale::kFilePolicy,
                                      WhenStale::kRestricted};
  static constexpr std::array<std::string_view, 3> kNames = {"keep", "filePolicy", "restricted"};
  const std::optional<size_t> index = ReadName(value, reader, kNames);
  return index.has_value() ? std::optional(kAll[*index]) : std::nullopt;
}

std::optional<std::optional<Level>> ReadUnknownNamespace(const Value& value, Reader& reader) {
  static constexpr std::array<std::optional<Level>, 3> kAll = {std::nullopt, Level::kBaseline,
                                                               Level::kRestricted};
  static constexpr std::array<std::string_view, 3> kNames = {"filePolicy", "baseline",
                                                             "restricted"};
  const std::optional<size_t> index = ReadName(value, reader, kNames);
  return index.has_value() ? std::optional(kAll[*index]) : std::nullopt;
}

using Row = Field<LabelRulesFile>;

template <auto kMember, auto kParse>
constexpr Row Leaf(std::string_view name, std::string_view type, std::string_view fallback,
                   std::string_view doc) {
  return {name, type, fallback, doc, &ReadLeaf<LabelRulesFile, kMember, kParse>, false, nullptr};
}

constexpr std::array<Row, 4> kLabelRules = {
    Row{"mode", "`floor`, `follow` or `ignore`", "`floor`",
        "The stricter of labels and this file; the labels alone; this file alone.", &ReadLabelMode,
        false, nullptr},
    Leaf<&LabelRulesFile::stale_after, ReadDuration>(
        "staleAfter", "duration: `90s`, `15m`, `24h`", "`24h`",
        "How long the labels count without a word from the API server."),
    Leaf<&LabelRulesFile::when_stale, ReadWhenStale>(
        "whenStale", "`keep`, `filePolicy` or `restricted`", "`keep`",
        "What counts after that: the labels all the same, this file, or `restricted`."),
    Leaf<&LabelRulesFile::unknown_namespace, ReadUnknownNamespace>(
        "unknownNamespace", "`filePolicy`, `baseline` or `restricted`", "`filePolicy`",
        "What counts in a namespace that the API server never named: this file, or as if it were "
        "labelled so."),
};

}  // namespace

void ReadLabelMode(const Value& value, LabelRulesFile& out, Reader& reader) {
  static constexpr std::array kAll = {LabelMode::kFloor, LabelMode::kFollow, LabelMode::kIgnore};
  static constexpr std::array<std::string_view, 3> kNames = {"floor", "follow", "ignore"};
  if (const std::optional<size_t> index = ReadName(value, reader, kNames)) {
    out.mode = kAll[*index];
    out.mode_key = value.key;
    out.mode_where = value.where;
  }
}

void ReadLabelRules(const Value& value, LabelRulesFile& out, Reader& reader) {
  if (value.node->kind == YamlNode::Kind::kMapping) {
    ReadMapping(value, reader, kLabelRules, out);
  } else {
    ReadLabelMode(value, out, reader);
  }
}

void ListLabelRules(std::string_view prefix, std::vector<KeyDoc>& rows) {
  ListRows(kLabelRules, prefix, rows);
}

}  // namespace sekisho::config
