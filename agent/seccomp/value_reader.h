// From a JSON tree to typed values, by tables: one row per key.
//
// Every reader reports what it does not like and goes on, so that one run shows all errors of a
// file.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "seccomp/json_reader.h"

namespace sekisho::seccomp {

// A value with its name. Borrows the node from the tree.
struct Value {
  const JsonNode* node = nullptr;
  std::string key = {};  // "syscalls[3].args[0].op"; empty for the whole document
};

// Collects what is wrong with one file.
class ErrorList {
 public:
  // More are not collected: nobody reads them, and a hostile file could have a million.
  static constexpr size_t kErrorsMax = 100;

  explicit ErrorList(std::string file) : file_(std::move(file)) {}

  void Add(const Value& value, std::string message, std::string fix = {}) {
    Add(value.node->where, value.key, std::move(message), std::move(fix));
  }
  void Add(yaml::Location where, std::string key, std::string message, std::string fix = {});

  bool empty() const { return errors_.empty(); }
  bool full() const { return errors_.size() >= kErrorsMax; }
  // In the order of the file.
  std::vector<yaml::Diagnostic> TakeSorted();

 private:
  std::string file_;
  std::vector<yaml::Diagnostic> errors_;
};

// The value of a key of an object: null counts as absent, as it does in Go (where it is what an
// empty list is written as).
const JsonNode* Find(const JsonNode& object, std::string_view name);

// Reports anything but the wanted kind.
bool Expect(const Value& value, ErrorList& errors, JsonNode::Kind kind);

// --- leaves: nothing is returned when something was reported -------------------------------------
// Text that may be printed as it is: no control characters, which escapes can write.
// `empty_is_fine` for what Go leaves empty.
std::optional<std::string> ReadText(const Value& value, ErrorList& errors,
                                    bool empty_is_fine = false);
std::optional<uint64_t> ReadUnsigned(const Value& value, ErrorList& errors, uint64_t most);
// A name of a fixed set; its index in `names`.
std::optional<size_t> ReadName(const Value& value, ErrorList& errors,
                               std::span<const std::string_view> names);
// The elements of a list, each with its key.
std::vector<Value> ReadList(const Value& value, ErrorList& errors);

// "did you mean "X"?", or all of the names.
std::string DidYouMean(std::string_view given, std::span<const std::string_view> names);
// In quotes, fit for a terminal, and not too long.
std::string Quoted(std::string_view text);

// --- objects -------------------------------------------------------------------------------------
std::string ChildKey(std::string_view parent, std::string_view name);  // "a.b", or "b" at the top

// Reports what is no object, and unknown, repeated and wrongly cased keys. The rest comes back as
// (index into `names`, value), without those that are null.
std::vector<std::pair<size_t, Value>> MatchKeys(const Value& value, ErrorList& errors,
                                                std::span<const std::string_view> names);

// One key of the object that fills a T.
template <typename T>
struct Field {
  std::string_view name;
  void (*read)(const Value& value, T& out, ErrorList& errors);
  std::string_view required = {};  // what to write when it is missing; empty: it may be
};

template <typename T, size_t kCount>
void ReadObject(const Value& value, T& out, ErrorList& errors,
                const std::array<Field<T>, kCount>& table) {
  std::array<std::string_view, kCount> names;
  for (size_t i = 0; i < kCount; ++i) {
    names[i] = table[i].name;
  }
  for (const auto& [index, child] : MatchKeys(value, errors, names)) {
    table[index].read(child, out, errors);
  }
  if (value.node->kind != JsonNode::Kind::kObject) {
    return;
  }
  for (const Field<T>& field : table) {
    if (!field.required.empty() && Find(*value.node, field.name) == nullptr) {
      errors.Add(value.node->where, ChildKey(value.key, field.name), "is required and missing",
                 std::string(field.required));
    }
  }
}

}  // namespace sekisho::seccomp
