// A JSON file as a plain tree that remembers where everything stood. Knows no key of ours.
//
// Not through yaml/document.h: YAML takes what Go's encoding/json, and so every runtime, refuses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "yaml/diagnostic.h"

namespace sekisho::seccomp {

struct JsonEntry;

struct JsonNode {
  enum class Kind { kNull, kBoolean, kNumber, kString, kList, kObject };

  Kind kind = Kind::kNull;
  yaml::Location where = {};
  std::string text = {};                 // kString: without escapes; kNumber: as it was written
  std::optional<uint64_t> integer = {};  // kNumber: when it was written as 0 to 2^64-1
  std::vector<JsonNode> items;           // kList
  std::vector<JsonEntry> entries;        // kObject; in file order, repeated keys included
};

struct JsonEntry {
  std::string key;
  yaml::Location where;  // of the key
  JsonNode value;
};

// "an object", "a list", …: what stands there, for messages.
std::string_view KindName(JsonNode::Kind kind);

struct JsonLimits {
  size_t bytes = 0;
  size_t nodes = 0;
  size_t nesting = 0;
};

// Reads the one value of a file. Refused, besides what is no JSON (RFC 8259: no comments, no
// trailing commas): an empty file, text after the value, a byte order mark, bytes that are not
// UTF-8, control characters outside of escapes, halves of surrogate pairs, and what goes beyond the
// limits. On a refusal one diagnostic is added and nothing is returned.
std::optional<JsonNode> ReadJson(std::string_view bytes, const std::string& file,
                                 const JsonLimits& limits, std::vector<yaml::Diagnostic>* errors);

}  // namespace sekisho::seccomp
