#include "manifest/environment.h"

#include "base/str_cat.h"

namespace sekisho::manifest {
namespace {

// "labels['app']" and the like.
std::string FromMap(const std::map<std::string, std::string>& map, std::string_view path,
                    std::string_view name) {
  const std::string begin = base::StrCat(name, "['");
  if (!path.starts_with(begin) || !path.ends_with("']") || path.size() < begin.size() + 2) {
    return {};
  }
  const auto found =
      map.find(std::string(path.substr(begin.size(), path.size() - begin.size() - 2)));
  return found == map.end() ? "" : found->second;
}

std::string FieldValue(const PodManifest& pod, const Identity& identity, std::string_view path) {
  if (path == "metadata.name") {
    return identity.name;
  }
  if (path == "metadata.namespace") {
    return identity.namespace_;
  }
  if (path == "metadata.uid") {
    return identity.uid;
  }
  if (path == "spec.nodeName") {
    return pod.spec.node_name;
  }
  if (path == "spec.serviceAccountName") {
    return pod.spec.service_account_name;
  }
  const std::string label = FromMap(pod.labels, path, "metadata.labels");
  return label.empty() ? FromMap(pod.annotations, path, "metadata.annotations") : label;
}

}  // namespace

Environment EnvironmentOf(const PodManifest& pod, const Identity& identity,
                          const Container& container) {
  Environment environment;
  std::map<std::string, std::string> known;
  for (const EnvVar& variable : container.env) {
    std::string value;
    if (!variable.field_path.empty()) {
      value = FieldValue(pod, identity, variable.field_path);
    } else if (!variable.from_outside) {
      value = Expand(variable.value, known);
    }
    known[variable.name] = value;
    environment.emplace_back(variable.name, std::move(value));
  }
  return environment;
}

std::string Expand(std::string_view text, const std::map<std::string, std::string>& variables,
                   std::vector<std::string>* missing) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] != '$' || (next != '$' && next != '(')) {
      out.push_back(text[i]);
      continue;
    }
    const size_t end = next == '(' ? text.find(')', i + 2) : i + 1;
    if (end == std::string_view::npos) {
      out.append("$(");
    } else if (next == '$') {
      out.push_back('$');
    } else {
      const std::string name(text.substr(i + 2, end - i - 2));
      const auto found = variables.find(name);
      out.append(found == variables.end() ? base::StrCat("$(", name, ")") : found->second);
      if (found == variables.end() && missing != nullptr) {
        missing->push_back(name);
      }
    }
    i = end == std::string_view::npos ? i + 1 : end;
  }
  return out;
}

}  // namespace sekisho::manifest
