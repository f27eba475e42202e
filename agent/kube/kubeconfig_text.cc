#include "kube/kubeconfig_text.h"

#include <nlohmann/json.hpp>
#include <string_view>

#include "absl/strings/escaping.h"

namespace sekisho::kube {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kName = "sekisho";

void Add(Json& object, const char* key, std::string_view value) {
  if (!value.empty()) {
    object[key] = value;
  }
}

std::string Base64(const std::string& bytes) {
  return absl::Base64Escape(bytes);
}

// libcurl's name for it is not the one of Kubernetes' clients.
std::string ProxyUrl(const std::string& proxy) {
  constexpr std::string_view kSocks = "socks5h://";
  return proxy.starts_with(kSocks) ? "socks5://" + proxy.substr(kSocks.size()) : proxy;
}

}  // namespace

std::string KubeconfigText(const Credentials& credentials) {
  Json cluster = Json::object();
  Add(cluster, "server", credentials.server);
  Add(cluster, "tls-server-name", credentials.tls_server_name);
  Add(cluster, "proxy-url", ProxyUrl(credentials.proxy));
  Add(cluster, "certificate-authority-data", Base64(credentials.ca_pem));
  Json user = Json::object();
  Add(user, "client-certificate-data", Base64(credentials.client_certificate_pem));
  Add(user, "client-key-data", Base64(credentials.client_key_pem));
  Add(user, "token", credentials.token);
  const auto named = [](const char* what, Json content) {
    return Json::array({Json::object({{"name", kName}, {what, std::move(content)}})});
  };
  const Json config = {{"apiVersion", "v1"},
                       {"kind", "Config"},
                       {"clusters", named("cluster", std::move(cluster))},
                       {"users", named("user", std::move(user))},
                       {"contexts", named("context", {{"cluster", kName}, {"user", kName}})},
                       {"current-context", kName}};
  // What is no UTF-8 cannot be in a server, a name or a token that was read; it would be replaced.
  return config.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sekisho::kube
