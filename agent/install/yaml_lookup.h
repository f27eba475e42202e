// One value of a YAML document, looked up.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "yaml/document.h"

namespace sekisho::install {

// The scalar at `keys`, from the outermost mapping inwards; nothing where there is none.
inline std::optional<std::string> ScalarAt(const yaml::YamlNode& root,
                                           std::initializer_list<std::string_view> keys) {
  const yaml::YamlNode* node = &root;
  for (const std::string_view key : keys) {
    const yaml::YamlNode* found = nullptr;
    for (const yaml::YamlEntry& entry : node->entries) {
      if (entry.key == key) {
        found = &entry.value;
        break;
      }
    }
    if (found == nullptr) {
      return std::nullopt;
    }
    node = found;
  }
  return node->kind == yaml::YamlNode::Kind::kScalar ? std::optional(node->text) : std::nullopt;
}

}  // namespace sekisho::install
