#include "manifest/annotations.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/str_cat.h"
#include "manifest/identity.h"
#include "manifest/volumes.h"

namespace sekisho::manifest {
namespace {

using base::StrCat;
using Json = nlohmann::ordered_json;  // in the order in which the API's types have their fields

// JSON as Go's encoder writes it, which escapes what would be markup in HTML.
std::string Encode(const Json& json) {
  const std::string plain = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string out;
  for (size_t i = 0; i < plain.size(); ++i) {
    const std::string_view rest = std::string_view(plain).substr(i);
    if (plain[i] == '<') {
      out += "\\u003c";
    } else if (plain[i] == '>') {
      out += "\\u003e";
    } else if (plain[i] == '&') {
      out += "\\u0026";
    } else if (rest.starts_with("\u2028") || rest.starts_with("\u2029")) {
      out += rest.starts_with("\u2028") ? "\\u2028" : "\\u2029";
      i += 2;
    } else {
      out.push_back(plain[i]);
    }
  }
  return out;
}

void SetIfGiven(Json& json, const char* key, const std::string& value) {
  if (!value.empty()) {
    json[key] = value;
  }
}

Json PortJson(const Port& port) {
  return port.is_number ? Json::parse(port.text) : Json(port.text);
}

Json HttpGetJson(const HttpGet& get) {
  Json json = Json::object();
  json["path"] = get.path.empty() ? "/" : get.path;
  json["port"] = PortJson(get.port);
  SetIfGiven(json, "host", get.host);
  json["scheme"] = get.scheme.empty() ? "HTTP" : get.scheme;
  for (const HttpHeader& header : get.headers) {
    json["httpHeaders"].push_back(Json{{"name", header.name}, {"value", header.value}});
  }
  return json;
}

Json HandlerJson(const Handler& handler) {
  Json json = Json::object();
  if (handler.exec.has_value()) {
    json["exec"] = Json::object();
    if (!handler.exec->empty()) {
      json["exec"]["command"] = *handler.exec;
    }
  }
  if (handler.http_get.has_value()) {
    json["httpGet"] = HttpGetJson(*handler.http_get);
  }
  if (handler.tcp_socket.has_value()) {
    json["tcpSocket"]["port"] = PortJson(handler.tcp_socket->port);
    SetIfGiven(json["tcpSocket"], "host", handler.tcp_socket->host);
  }
  if (handler.sleep_seconds.has_value()) {
    json["sleep"]["seconds"] = *handler.sleep_seconds;
  }
  return json;
}

Json PortsJson(const std::vector<ContainerPort>& ports) {
  Json json = Json::array();
  for (const ContainerPort& port : ports) {
    Json one = Json::object();
    SetIfGiven(one, "name", port.name);
    if (port.host_port != 0) {
      one["hostPort"] = port.host_port;
    }
    one["containerPort"] = port.container_port;
    one["protocol"] = port.protocol;
    SetIfGiven(one, "hostIP", port.host_ip);
    json.push_back(std::move(one));
  }
  return json;
}

// The kubelet's hash of what makes a container another one: image and name, as JSON, whose bytes it
// prints in Go's notation for a slice before it hashes them.
std::string ContainerHash(const Container& container) {
  const std::string json = Encode(Json{{"image", container.image}, {"name", container.name}});
  std::string printed = "([]uint8)[";
  for (size_t i = 0; i < json.size(); ++i) {
    printed += StrCat(i == 0 ? "" : " ", static_cast<int>(static_cast<unsigned char>(json[i])));
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string hex;
  for (uint32_t hash = Fnv32(printed + "]"); hash != 0 || hex.empty(); hash >>= 4) {
    hex.insert(hex.begin(), kHex[hash & 15]);
  }
  return hex;
}

}  // namespace

std::vector<ContainerPort> DefaultedPorts(const PodSpec& spec, const Container& container) {
  std::vector<ContainerPort> ports = container.ports;
  for (ContainerPort& port : ports) {
    if (port.protocol.empty()) {
      port.protocol = "TCP";
    }
    if (spec.host_network && port.host_port == 0) {
      port.host_port = port.container_port;
    }
  }
  return ports;
}

void ProjectContainerAnnotations(const PodSpec& spec, const Container& container,
                                 runtime::v1::ContainerConfig& out) {
  constexpr int64_t kDefaultGracePeriod = 30;  // seconds
  auto& annotations = *out.mutable_annotations();
  annotations["io.kubernetes.container.hash"] = ContainerHash(container);
  annotations["io.kubernetes.container.restartCount"] = "0";
  annotations["io.kubernetes.container.terminationMessagePath"] = TerminationMessagePath(container);
  annotations["io.kubernetes.container.terminationMessagePolicy"] =
      container.termination_message_policy.empty() ? "File" : container.termination_message_policy;
  annotations["io.kubernetes.pod.terminationGracePeriod"] =
      StrCat(spec.termination_grace_period_seconds.value_or(kDefaultGracePeriod));
  if (container.pre_stop.has_value()) {
    annotations["io.kubernetes.container.preStopHandler"] =
        Encode(HandlerJson(*container.pre_stop));
  }
  if (!container.ports.empty()) {
    annotations["io.kubernetes.container.ports"] =
        Encode(PortsJson(DefaultedPorts(spec, container)));
  }
}

}  // namespace sekisho::manifest
