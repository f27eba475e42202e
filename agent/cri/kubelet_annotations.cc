#include "cri/kubelet_annotations.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

namespace sekisho::cri {
namespace {

// The kubelet's own; it overwrites what device plugins wrote there.
constexpr std::string_view kContainerPorts = "io.kubernetes.container.ports";
constexpr std::string_view kPreStopHandler = "io.kubernetes.container.preStopHandler";
constexpr std::string_view kTerminationMessagePath =
    "io.kubernetes.container.terminationMessagePath";
constexpr size_t kJsonAnnotationBytesMax = size_t{256} << 10;

// What a kubelet wrote as JSON; "discarded" when that cannot be read.
nlohmann::json ParseAnnotation(const std::string& annotation) {
  if (annotation.size() > kJsonAnnotationBytesMax) {
    nlohmann::json nothing(nlohmann::json::value_t::discarded);  // in braces it would be a list
    return nothing;
  }
  return nlohmann::json::parse(annotation, /*cb=*/nullptr, /*allow_exceptions=*/false);
}

// The kubelet writes its container's ports there. False when that cannot be read.
bool ReadHostPorts(const std::string& annotation, std::vector<int32_t>& host_ports) {
  const nlohmann::json ports = ParseAnnotation(annotation);
  if (!ports.is_array()) {
    return false;
  }
  for (const nlohmann::json& port : ports) {
    if (!port.is_object()) {
      return false;
    }
    const auto host_port = port.find("hostPort");
    if (host_port == port.end()) {
      continue;
    }
    if (!host_port->is_number_integer()) {
      return false;
    }
    const auto number = host_port->get<int64_t>();
    if (!std::in_range<int32_t>(number)) {
      return false;
    }
    if (number != 0) {
      host_ports.push_back(static_cast<int32_t>(number));
    }
  }
  return true;
}

// A LifecycleHandler. False when it cannot be read.
bool ReadHandlerHosts(const std::string& annotation, std::vector<std::string>& hosts) {
  const nlohmann::json handler = ParseAnnotation(annotation);
  if (!handler.is_object()) {
    return false;
  }
  for (const char* action : {"httpGet", "tcpSocket"}) {
    const auto it = handler.find(action);
    if (it == handler.end() || it->is_null()) {
      continue;
    }
    if (!it->is_object()) {
      return false;
    }
    const auto host = it->find("host");
    if (host == it->end()) {
      continue;
    }
    if (!host->is_string()) {
      return false;
    }
    if (const auto name = host->get<std::string>(); !name.empty()) {
      hosts.push_back(name);
    }
  }
  return true;
}

}  // namespace

std::map<std::string, std::string> WithoutKubeletKeys(const Annotations& map) {
  std::map<std::string, std::string> others;
  for (const auto& [key, value] : map) {
    if (!key.starts_with("io.kubernetes.container.") && !key.starts_with("io.kubernetes.pod.")) {
      others.emplace(key, value);
    }
  }
  return others;
}

void ReadAnnotations(const Annotations& annotations, policy::ContainerFacts& facts) {
  facts.annotations = WithoutKubeletKeys(annotations);
  const auto ports = annotations.find(kContainerPorts);
  facts.ports_annotation_unreadable =
      ports != annotations.end() && !ReadHostPorts(ports->second, facts.host_ports);
  const auto pre_stop = annotations.find(kPreStopHandler);
  facts.pre_stop_annotation_unreadable =
      pre_stop != annotations.end() && !ReadHandlerHosts(pre_stop->second, facts.pre_stop_hosts);
  const auto path = annotations.find(kTerminationMessagePath);
  if (path != annotations.end()) {
    facts.termination_message_path = path->second;
  }
}

}  // namespace sekisho::cri
