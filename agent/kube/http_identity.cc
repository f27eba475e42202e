#include "kube/http_identity.h"

#include <curl/curl.h>

#include <utility>

#include "base/str_cat.h"

namespace sekisho::kube {
namespace {

std::string Where(const ServerAddress& address, const std::string& proxy) {
  if (proxy.empty()) {
    return address.HostAndPort();
  }
  // Without the user and the password that may stand in it.
  size_t host = proxy.rfind('@');
  if (host == std::string::npos) {
    host = proxy.find("://");
    host = host == std::string::npos ? 0 : host + 3;
  } else {
    ++host;
  }
  return base::StrCat(address.HostAndPort(), " (by the proxy ", proxy.substr(host), ")");
}

}  // namespace

absl::StatusOr<std::shared_ptr<HttpIdentity>> HttpIdentity::Create(
    std::shared_ptr<const Credentials> credentials) {
  absl::StatusOr<ServerAddress> address = ParseServerAddress(credentials->server);
  if (!address.ok()) {
    return absl::FailedPreconditionError(
        base::StrCat("the API server's URL ", address.status().message()));
  }
  CURLSH* share = curl_share_init();
  if (share == nullptr ||
      curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT) != CURLSHE_OK) {
    curl_share_cleanup(share);
    return absl::UnavailableError("libcurl has no memory for connections");
  }
  // No std::make_shared: the constructor is private.
  return std::shared_ptr<HttpIdentity>(
      new HttpIdentity(std::move(credentials), *std::move(address), share));
}

HttpIdentity::HttpIdentity(std::shared_ptr<const Credentials> credentials, ServerAddress address,
                           void* share)
    : credentials_(std::move(credentials)),
      address_(std::move(address)),
      where_(Where(address_, credentials_->proxy)),
      share_(share) {}

HttpIdentity::~HttpIdentity() {
  curl_share_cleanup(share_);
}

}  // namespace sekisho::kube
