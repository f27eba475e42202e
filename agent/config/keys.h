// Every key that our files may hold, as the reference pages list them.
#pragma once

#include <string>
#include <vector>

namespace sekisho::config {

struct KeyDoc {
  std::string key;       // dotted; "[]" for the elements of a list
  std::string type;      // "text", "absolute path", "whole number 1..8", …
  std::string fallback;  // the value that holds when the key is not given, "required", or a remark
  std::string doc;       // one sentence

  // The key's line of docs/configuration.md or docs/policy-reference.md.
  std::string ToMarkdownRow() const;
};

std::vector<KeyDoc> AgentConfigKeys();
std::vector<KeyDoc> PolicyKeys();

}  // namespace sekisho::config
