// The spellings of one endpoint, as the kubelet takes them.
#include <optional>
#include <string>
#include <string_view>

#include "base/str_cat.h"
#include "install/kubelet_setup.h"

namespace sekisho::install {

std::optional<std::string> SocketOf(std::string_view endpoint) {
  for (const std::string_view scheme : {"unix://", "unix:"}) {
    if (endpoint.starts_with(scheme)) {
      endpoint.remove_prefix(scheme.size());
      break;
    }
  }
  // The kubelet reads an endpoint as a URL, in which these mean something else.
  if (!endpoint.starts_with('/') || endpoint.find_first_of("%?#") != std::string_view::npos) {
    return std::nullopt;
  }
  return std::string(endpoint);
}

bool SameEndpoint(std::string_view a, std::string_view b) {
  std::optional<std::string> first = SocketOf(a);
  std::optional<std::string> second = SocketOf(b);
  if (!first.has_value() || !second.has_value()) {
    return a == b;
  }
  for (std::string* path : {&*first, &*second}) {
    for (size_t at = path->find("//"); at != std::string::npos; at = path->find("//", at)) {
      path->erase(at, 1);
    }
    if (path->starts_with("/var/run/")) {
      path->erase(0, std::string_view("/var").size());
    }
  }
  return *first == *second;
}

}  // namespace sekisho::install
