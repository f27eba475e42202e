#include "install/yaml_edit.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/status_macros.h"
#include "base/str_cat.h"
#include "install/refusal.h"
#include "install/yaml_text.h"
#include "yaml/document.h"

namespace sekisho::install {
namespace {

using base::StrCat;
using yaml::YamlEntry;
using yaml::YamlNode;

absl::StatusOr<YamlNode> Parse(std::string_view text, const std::string& file) {
  std::vector<yaml::Diagnostic> errors;
  std::optional<YamlNode> root = yaml::ParseYaml(text, file, &errors);
  if (!root.has_value()) {
    return Refuse(errors.front().ToString());
  }
  if (root->kind != YamlNode::Kind::kMapping) {
    return RefuseAt(file, static_cast<size_t>(root->where.line), "not a mapping");
  }
  return *std::move(root);
}

// Whether two trees hold the same, wherever it stands. The order of keys means nothing.
bool SameContent(const YamlNode& a, const YamlNode& b) {
  if (a.kind != b.kind || a.text != b.text || a.quoted != b.quoted ||
      a.items.size() != b.items.size() || a.entries.size() != b.entries.size()) {
    return false;
  }
  const auto sorted = [](const YamlNode& node) {
    std::vector<const YamlEntry*> entries;
    for (const YamlEntry& entry : node.entries) {
      entries.push_back(&entry);
    }
    std::stable_sort(entries.begin(), entries.end(),
                     [](const auto* x, const auto* y) { return x->key < y->key; });
    return entries;
  };
  const std::vector<const YamlEntry*> of_a = sorted(a);
  const std::vector<const YamlEntry*> of_b = sorted(b);
  return std::equal(a.items.begin(), a.items.end(), b.items.begin(), SameContent) &&
         std::equal(of_a.begin(), of_a.end(), of_b.begin(), [](const auto* x, const auto* y) {
           return x->key == y->key && SameContent(x->value, y->value);
         });
}

// The last value that is written, however deep.
const YamlNode& LastLeaf(const YamlNode& node) {
  if (!node.entries.empty()) {
    return LastLeaf(node.entries.back().value);
  }
  return node.items.empty() ? node : LastLeaf(node.items.back());
}

class Editor {
 public:
  Editor(std::string_view text, const std::string& file, const std::string& value)
      : text_(text), file_(file), value_(value) {}

  absl::StatusOr<std::string> Set(const YamlNode& root, const std::vector<std::string>& keys) {
    const YamlNode* mapping = &root;
    const YamlEntry* section = nullptr;
    for (size_t depth = 0; depth < keys.size(); ++depth) {
      SEKISHO_ASSIGN_OR_RETURN(const YamlEntry* entry, Find(*mapping, keys[depth]));
      const std::vector<std::string> rest(keys.begin() + static_cast<std::ptrdiff_t>(depth),
                                          keys.end());
      if (entry == nullptr) {
        return section == nullptr || text_[text_.OffsetOf(mapping->where)] == '{'
                   ? AddToMapping(*mapping, rest, section == nullptr)
                   : AddBelow(*section, mapping->entries.front().where.column, rest);
      }
      if (depth + 1 == keys.size()) {
        return SetValue(*entry);
      }
      if (entry->value.kind == YamlNode::Kind::kNull && text_.IsNothing(*entry)) {
        return AddBelow(*entry, entry->where.column + 2, {rest.begin() + 1, rest.end()});
      }
      if (entry->value.kind != YamlNode::Kind::kMapping) {
        return Error(*entry, StrCat("holds ", yaml::KindName(entry->value.kind),
                                    ", where a mapping belongs"));
      }
      section = entry;
      mapping = &entry->value;
    }
    return Refuse("no key is named");
  }

 private:
  absl::Status Error(const YamlEntry& entry, std::string_view what) const {
    return RefuseAt(file_, static_cast<size_t>(entry.where.line), StrCat(entry.key, " ", what));
  }

  absl::StatusOr<const YamlEntry*> Find(const YamlNode& mapping, const std::string& key) const {
    const YamlEntry* found = nullptr;
    for (const YamlEntry& entry : mapping.entries) {
      if (entry.key == key && std::exchange(found, &entry) != nullptr) {
        return Error(entry, "stands here twice");
      }
    }
    return found;
  }

  absl::StatusOr<std::string> SetValue(const YamlEntry& entry) const {
    const YamlNode& node = entry.value;
    if (node.kind == YamlNode::Kind::kList || node.kind == YamlNode::Kind::kMapping) {
      return Error(entry, StrCat("holds ", yaml::KindName(node.kind), ", not a single value"));
    }
    const std::optional<size_t> colon = text_.AfterColon(entry);
    if (!colon.has_value()) {
      return Error(entry, "is written in a way that is not understood here");
    }
    if (node.kind == YamlNode::Kind::kNull && text_.IsNothing(entry)) {
      return text_.Spliced(*colon, 0, StrCat(" ", YamlScalar(value_)));
    }
    const size_t begin = text_.OffsetOf(node.where);
    const std::optional<size_t> length = text_.ScalarLength(begin, node);
    if (!length.has_value()) {
      return Error(entry,
                   "is written in a way that is not understood here; write it on one line, "
                   "without an anchor");
    }
    const char first = text_[begin];
    const bool keeps_quotes = (first == '"' || first == '\'') && IsPlainYaml(value_);
    if (keeps_quotes) {
      return text_.Spliced(begin, *length, StrCat(first, value_, first));
    }
    return text_.Spliced(begin, *length, first == '"' ? QuotedYaml(value_) : YamlScalar(value_));
  }

  // "a:\n  b: value\n" for block mappings.
  std::string Lines(const std::vector<std::string>& keys, size_t column) const {
    std::string lines;
    std::string indent(column - 1, ' ');
    for (size_t i = 0; i < keys.size(); ++i) {
      lines +=
          StrCat(indent, YamlScalar(keys[i]), ":",
                 i + 1 == keys.size() ? StrCat(" ", YamlScalar(value_)) : "", text_.line_end());
      indent += "  ";
    }
    return lines;
  }

  // "\"a\": {\"b\": \"value\"}" for mappings in braces, in JSON's spelling.
  std::string Braces(const std::vector<std::string>& keys) const {
    std::string inner = QuotedYaml(value_);
    for (size_t i = keys.size(); i > 0; --i) {
      inner = StrCat(QuotedYaml(keys[i - 1]), ": ", inner);
      inner = i > 1 ? StrCat("{", inner, "}") : inner;
    }
    return inner;
  }

  absl::StatusOr<std::string> AddToMapping(const YamlNode& mapping,
                                           const std::vector<std::string>& keys,
                                           bool outermost) const {
    const size_t begin = text_.OffsetOf(mapping.where);
    if (text_[begin] == '{') {
      if (mapping.entries.empty()) {
        return text_.Spliced(begin + 1, 0, Braces(keys));
      }
      // Before the first entry, so that nothing depends on where the last one ends.
      const size_t first = text_.OffsetOf(mapping.entries.front().where);
      const std::optional<std::string> indent = text_.IndentAt(first);
      return text_.Spliced(
          first, 0,
          StrCat(Braces(keys), ",",
                 indent.has_value() ? StrCat(text_.line_end(), *indent) : std::string(" ")));
    }
    const char last = text_[text_.OffsetOf(LastLeaf(mapping).where)];
    if (text_.EndsMidLine() && (last == '|' || last == '>')) {
      return RefuseAt(file_, 0, "ends inside a block of text; end its last line");
    }
    if (!outermost || mapping.entries.empty()) {
      return Refuse(StrCat(file_, ": a mapping that is not understood here"));
    }
    return text_.Spliced(
        text_.EndOfDocument(), 0,
        StrCat(text_.EndsMidLine() ? text_.line_end() : "",
               Lines(keys, static_cast<size_t>(mapping.entries.front().where.column))));
  }

  absl::StatusOr<std::string> AddBelow(const YamlEntry& section, int column,
                                       const std::vector<std::string>& keys) const {
    const size_t after = text_.NextLine(text_.OffsetOf(section.where));
    const bool mid_line = text_[after - 1] != '\n';
    return text_.Spliced(
        after, 0,
        StrCat(mid_line ? text_.line_end() : "", Lines(keys, static_cast<size_t>(column))));
  }

  const YamlText text_;
  const std::string& file_;
  const std::string& value_;
};

// The tree as it must be afterwards.
void SetInTree(YamlNode* node, const std::vector<std::string>& keys, const std::string& value) {
  for (const std::string& key : keys) {
    node->kind = YamlNode::Kind::kMapping;
    auto entry = std::find_if(node->entries.begin(), node->entries.end(),
                              [&](const YamlEntry& each) { return each.key == key; });
    if (entry == node->entries.end()) {
      entry = node->entries.insert(entry, YamlEntry{.key = key, .where = {}, .value = {}});
    }
    node = &entry->value;
  }
  node->kind = YamlNode::Kind::kScalar;
  node->text = value;
  node->quoted = false;
}

// Takes the mark of quotes off the one value: it may have got them, or lost them.
YamlNode WithoutQuotesAt(YamlNode root, const std::vector<std::string>& keys) {
  YamlNode* node = &root;
  for (const std::string& key : keys) {
    const auto entry = std::find_if(node->entries.begin(), node->entries.end(),
                                    [&](const YamlEntry& each) { return each.key == key; });
    if (entry == node->entries.end()) {
      return root;
    }
    node = &entry->value;
  }
  node->quoted = false;
  return root;
}

}  // namespace

absl::StatusOr<std::string> SetYamlScalar(std::string_view text, const std::string& file,
                                          const std::vector<std::string>& keys,
                                          const std::string& value) {
  if (const std::optional<std::string_view> odd = OddityOf(text); odd.has_value()) {
    return RefuseAt(file, 0, *odd);
  }
  SEKISHO_ASSIGN_OR_RETURN(const YamlNode before, Parse(text, file));
  SEKISHO_ASSIGN_OR_RETURN(std::string changed, Editor(text, file, value).Set(before, keys));
  // Whatever was overlooked above ends here: an alias that shares the value, a text that a line
  // more would lengthen.
  YamlNode wanted = before;
  SetInTree(&wanted, keys, value);
  const absl::StatusOr<YamlNode> after = Parse(changed, file);
  if (!after.ok() || !SameContent(WithoutQuotesAt(*after, keys), wanted)) {
    return RefuseAt(file, 0,
                    StrCat(keys.back(), " cannot be set without changing more; set it by hand"));
  }
  return changed;
}

}  // namespace sekisho::install
