// A kubeconfig's mappings and lists, with the places for messages.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "yaml/document.h"

namespace sekisho::kube {

// A mapping with its key and its place, borrowed from the document.
struct KubeconfigSection {
  const yaml::YamlNode* node;
  std::string key;  // with a dot at the end; empty for the whole document
  yaml::Location where;
};

// Looks things up and collects what is wrong.
class KubeconfigReader {
 public:
  // `path` is for messages.
  explicit KubeconfigReader(std::string path) : path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  std::vector<yaml::Diagnostic>& faults() { return faults_; }
  // FAILED_PRECONDITION with all faults; OK when there are none.
  absl::Status status() const;

  void Fault(yaml::Location where, std::string key, std::string message, std::string fix = {});
  // What stands under a name; nothing when it is missing or empty: tools write `null` and "" for
  // nothing.
  const yaml::YamlEntry* Find(const KubeconfigSection& section, std::string_view name);
  // A text; "" when it is missing.
  std::string Text(const KubeconfigSection& section, std::string_view name);
  // A mapping that must be there.
  std::optional<KubeconfigSection> Mapping(const KubeconfigSection& section, std::string_view name);
  // Of a list such as `clusters`: the entry called `wanted`, of which the content is under `inner`.
  std::optional<KubeconfigSection> Named(const KubeconfigSection& document, std::string_view list,
                                         std::string_view inner, const std::string& wanted);

 private:
  const std::string path_;
  std::vector<yaml::Diagnostic> faults_;
};

}  // namespace sekisho::kube
