// Where an API server is: https, a host, a port, and nothing else.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace sekisho::kube {

struct ServerAddress {
  std::string host;  // an IPv6 address stands in brackets
  uint16_t port = 443;

  std::string HostAndPort() const;  // "10.96.0.1:443"
  std::string Url() const;          // "https://10.96.0.1:443"

  friend bool operator==(const ServerAddress&, const ServerAddress&) = default;
};

// Reads "https://10.96.0.1:443"; the port may be missing, one slash at the end does not matter. An
// error is INVALID_ARGUMENT and says what to write instead, in words that follow the key's name.
absl::StatusOr<ServerAddress> ParseServerAddress(std::string_view url);

}  // namespace sekisho::kube
