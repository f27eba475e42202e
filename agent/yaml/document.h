// A YAML file as a plain tree that remembers where everything stood. Knows no key of ours.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "yaml/diagnostic.h"

namespace sekisho::yaml {

struct YamlEntry;

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMapping };

  Kind kind = Kind::kNull;
  Location where;
  std::string text;                // kScalar
  bool quoted = false;             // kScalar in quotes or as a block: never a number or a boolean
  std::vector<YamlNode> items;     // kList
  std::vector<YamlEntry> entries;  // kMapping; in file order, repeated keys included
};

struct YamlEntry {
  std::string key;
  Location where;  // of the key
  YamlNode value;
};

// "a mapping", "a list", …: what stands there, for messages.
std::string_view KindName(YamlNode::Kind kind);

// Reads the one document of a file. Anchors are resolved (an alias becomes a copy). Refused,
// besides what is no YAML: an empty file, a second document, tags, a key that is not text, nesting
// beyond 64, growth by aliases beyond 100 000 nodes, control characters, bytes that are not UTF-8.
// On a refusal one diagnostic is added and nothing is returned: the rest of such a file cannot be
// trusted. JSON text is read as well, but for characters beyond U+FFFF that are written as a pair
// of \u escapes.
std::optional<YamlNode> ParseYaml(std::string_view bytes, const std::string& file,
                                  std::vector<Diagnostic>* errors);

// The same for a file of any number of documents. Those with nothing in them are left out, so that
// an empty file gives an empty list. The limits hold for each document by itself.
std::optional<std::vector<YamlNode>> ParseYamlDocuments(std::string_view bytes,
                                                        const std::string& file,
                                                        std::vector<Diagnostic>* errors);

}  // namespace sekisho::yaml
