// Manifests as people write them -> the pods in them, and the namespaces.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "manifest/pod.h"
#include "yaml/diagnostic.h"

namespace sekisho::manifest {

// An object that makes no pods: a Service, a custom resource.
struct Skipped {
  std::string kind;
  std::string name;
  yaml::Location where;
};

// A Namespace: what its labels say of the pods in it.
struct NamespaceManifest {
  std::string name;
  std::map<std::string, std::string> labels;
};

struct Manifests {
  std::vector<PodManifest> pods;
  std::vector<NamespaceManifest> namespaces;
  std::vector<Skipped> skipped;
  std::vector<yaml::Diagnostic> errors;

  bool ok() const { return errors.empty(); }
};

// YAML of one or more documents, or JSON. `file` is for the diagnostics. The pods of a file with
// errors are there as far as they could be read, but are not what anybody wrote.
Manifests ReadManifests(std::string_view bytes, const std::string& file);

}  // namespace sekisho::manifest
