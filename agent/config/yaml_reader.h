// From a YAML tree to typed values, by tables: one row per key.
//
// Every reader reports what it does not like and goes on, so that one run shows all errors of a
// file. A table row says a key's name, how it is read, and what the reference pages say about it;
// the lists of known keys, the parsing and the documentation cannot drift apart.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/keys.h"
#include "config/snapshot.h"
#include "yaml/document.h"

namespace sekisho::config {

using yaml::YamlEntry;
using yaml::YamlNode;

// A value with its name. Borrows the node from the document.
struct Value {
  const YamlNode* node = nullptr;
  std::string key;  // "rules[0].harden.seccomp"; empty for the whole document
  Location where;   // of the value, or of its key when there is no value
};

// Collects what is wrong with one file, and where each key stood.
class Reader {
 public:
  // Without `warnings` nothing is warned about.
  Reader(std::string file, std::vector<Diagnostic>* errors,
         std::vector<Diagnostic>* warnings = nullptr)
      : file_(std::move(file)), errors_(errors), warnings_(warnings) {}

  void Error(const Value& value, std::string message, std::string fix = {});
  void Error(Location where, std::string key, std::string message, std::string fix = {});

  // To tell whether what is being read has had errors: compare before and after.
  size_t ErrorCount() const { return errors_->size(); }

  void Warn(const Value& value, std::string message, std::string fix = {});
  // The same for a key that may stand in many rules: only the first of this file is warned about.
  void WarnOnce(const Value& value, std::string message);

  const std::string& file() const { return file_; }

  // Where a key's value stood, for checks over several keys; {0, 0} when it was not given.
  Location Find(const std::string& key) const;
  void Remember(const Value& value) { places_.emplace(value.key, value.where); }

 private:
  std::string file_;
  std::vector<Diagnostic>* errors_;
  std::vector<Diagnostic>* warnings_;
  std::map<std::string, Location> places_;
  std::set<std::string> warned_;  // messages
};

// One row: one key of the mapping that fills a T.
template <typename T>
struct Field {
  std::string_view name;
  std::string_view type;  // as the reference page prints it
  std::string_view
      fallback;  // what holds when the key is not given; "" for "required" or a mapping
  std::string_view doc;
  void (*read)(const Value& value, T& out, Reader& reader) = nullptr;
  bool required = false;
  // Adds the rows of a nested table; null for a leaf.
  void (*list)(std::string_view prefix, std::vector<KeyDoc>& rows) = nullptr;
};

// --- scalars: nothing is returned when something was reported ------------------------------------
std::optional<std::string> ReadText(const Value& value, Reader& reader);  // non-empty, printable
std::optional<bool> ReadBool(const Value& value, Reader& reader);         // true or false only
std::optional<int64_t> ReadInteger(const Value& value, Reader& reader, int64_t least, int64_t most);
// No empty, "." or ".." component and no "/" at the end. For paths that begin with "/".
bool IsCleanPath(std::string_view path);
// Absolute and clean.
std::optional<std::string> ReadPath(const Value& value, Reader& reader);

// A name of a fixed set; the index of the name in `names`.
std::optional<size_t> ReadName(const Value& value, Reader& reader,
                               std::span<const std::string_view> names);

// The elements of a list, each with its key; reports and returns nothing when it is no list.
std::optional<std::vector<Value>> ReadList(const Value& value, Reader& reader);
// A list of ReadText. An element that was reported is left out.
std::optional<std::vector<std::string>> ReadTexts(const Value& value, Reader& reader);

// --- mappings
// ------------------------------------------------------------------------------------- Reports
// what is no mapping, unknown and repeated keys, and keys without a value. The rest comes back as
// (index into `names`, value), each name at most once.
std::vector<std::pair<size_t, Value>> MatchKeys(const Value& value, Reader& reader,
                                                std::span<const std::string_view> names);

std::string ChildKey(std::string_view parent, std::string_view name);  // "a.b", or "b" at the top

template <typename T, size_t kCount>
void ReadMapping(const Value& value, Reader& reader, const std::array<Field<T>, kCount>& table,
                 T& out) {
  std::array<std::string_view, kCount> names;
  for (size_t i = 0; i < kCount; ++i) {
    names[i] = table[i].name;
  }
  std::array<bool, kCount> given{};
  const bool is_mapping = value.node->kind == YamlNode::Kind::kMapping;
  for (const YamlEntry& entry : value.node->entries) {
    for (size_t i = 0; i < kCount; ++i) {
      given[i] = given[i] || entry.key == names[i];
    }
  }
  for (const auto& [index, child] : MatchKeys(value, reader, names)) {
    table[index].read(child, out, reader);
  }
  for (size_t i = 0; i < kCount; ++i) {
    if (is_mapping && table[i].required && !given[i]) {
      reader.Error(value.where, ChildKey(value.key, names[i]), "is required and missing");
    }
  }
}

// The read function of a leaf: whatever kParse makes of the value goes to the member.
template <typename T, auto kMember, auto kParse>
void ReadLeaf(const Value& value, T& out, Reader& reader) {
  if (auto parsed = kParse(value, reader); parsed.has_value()) {
    out.*kMember = *std::move(parsed);
  }
}

// Adds one row per key of the table, nested tables in place.
template <typename T, size_t kCount>
void ListRows(const std::array<Field<T>, kCount>& table, std::string_view prefix,
              std::vector<KeyDoc>& rows) {
  for (const Field<T>& field : table) {
    const std::string key = ChildKey(prefix, field.name);
    if (field.list != nullptr) {
      field.list(key, rows);
    } else {
      rows.push_back({key, std::string(field.type),
                      std::string(field.required ? "required" : field.fallback),
                      std::string(field.doc)});
    }
  }
}
template <const auto& kTable>
void ListTable(std::string_view prefix, std::vector<KeyDoc>& rows) {
  ListRows(kTable, prefix, rows);
}

// Checks apiVersion and kind, which every file of ours begins with. False (and reported) when the
// file is something else: then its other keys would only be noise.
bool CheckHeader(const Value& document, Reader& reader, std::string_view kind);

// What `apiVersion` and `kind` rows read: nothing, since CheckHeader did.
template <typename T>
void SkipHeaderKey(const Value& /*value*/, T& /*out*/, Reader& /*reader*/) {}

}  // namespace sekisho::config
