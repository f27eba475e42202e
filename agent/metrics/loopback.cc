// ListenOnLoopback and PortOf of http_server.h.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "base/str_cat.h"
#include "base/utf8.h"
#include "metrics/http_server.h"

namespace sekisho::metrics {
namespace {

struct HostAndPort {
  bool v6 = false;
  std::string host;
  uint16_t port = 0;
};

std::optional<HostAndPort> Split(std::string_view address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) {
    return std::nullopt;
  }
  HostAndPort parts;
  std::string_view host = address.substr(0, colon);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    parts.v6 = true;
  }
  parts.host = std::string(host);
  const std::string_view port = address.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), parts.port);
  if (error != std::errc() || end != port.data() + port.size()) {
    return std::nullopt;
  }
  return parts;
}

struct Address {
  sockaddr_storage bytes{};
  socklen_t size = 0;
};

// Nothing unless `parts` is an address of the loopback interface.
std::optional<Address> LoopbackAddress(const HostAndPort& parts) {
  Address address;
  if (parts.v6) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(parts.port);
    if (::inet_pton(AF_INET6, parts.host.c_str(), &v6.sin6_addr) != 1 ||
        std::memcmp(&v6.sin6_addr, &in6addr_loopback, sizeof(in6addr_loopback)) != 0) {
      return std::nullopt;
    }
    address.size = sizeof(v6);
    std::memcpy(&address.bytes, &v6, sizeof(v6));
    return address;
  }
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(parts.port);
  if (::inet_pton(AF_INET, parts.host.c_str(), &v4.sin_addr) != 1 ||
      ntohl(v4.sin_addr.s_addr) >> 24U != 127) {
    return std::nullopt;
  }
  address.size = sizeof(v4);
  std::memcpy(&address.bytes, &v4, sizeof(v4));
  return address;
}

}  // namespace

absl::StatusOr<base::UniqueFd> ListenOnLoopback(std::string_view address) {
  constexpr int kBacklog = 64;
  const std::string shown = base::Printable(address);
  const std::optional<HostAndPort> parts = Split(address);
  const std::optional<Address> to = parts.has_value() ? LoopbackAddress(*parts) : std::nullopt;
  if (!to.has_value()) {
    return absl::InvalidArgumentError(
        base::StrCat("\"", shown,
                     "\" is not a loopback address with a port, like 127.0.0.1:9469 or "
                     "[::1]:9469"));
  }
  base::UniqueFd fd(
      ::socket(to->bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
  const int yes = 1;
  if (!fd.valid() || ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) != 0 ||
      ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&to->bytes), to->size) != 0 ||
      ::listen(fd.get(), kBacklog) != 0) {
    const int why = errno;
    return absl::ErrnoToStatus(why, base::AbslView(base::StrCat("cannot listen on ", shown)));
  }
  return fd;
}

int PortOf(int listening_fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (::getsockname(listening_fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return 0;
  }
  switch (address.ss_family) {
    case AF_INET:
      return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
    case AF_INET6:
      return ntohs(reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port);
    default:
      return 0;
  }
}

}  // namespace sekisho::metrics
