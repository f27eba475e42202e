// Manifests for tests, from short texts.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "manifest/project.h"
#include "manifest/read.h"

namespace sekisho::manifest {

// Every line moved to the right.
inline std::string Indented(std::string_view text, size_t columns) {
  std::string out;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    out.append(columns, ' ').append(text.substr(begin, end - begin)).push_back('\n');
    begin = end + 1;
  }
  return out;
}

// A pod "p" of namespace "n" with one container "c": `spec` and `container` are lines of YAML.
inline PodManifest PodOf(std::string_view spec, std::string_view container) {
  const std::string text =
      "apiVersion: v1\n"
      "kind: Pod\n"
      "metadata: {name: p, namespace: n, uid: u}\n"
      "spec:\n" +
      Indented(spec, 2) +
      "  containers:\n"
      "  - name: c\n"
      "    image: i\n" +
      Indented(container, 4);
  const Manifests read = ReadManifests(text, "f");
  for (const yaml::Diagnostic& error : read.errors) {
    ADD_FAILURE() << error.ToString() << "\n" << text;
  }
  return read.pods.empty() ? PodManifest{} : read.pods[0];
}

}  // namespace sekisho::manifest
