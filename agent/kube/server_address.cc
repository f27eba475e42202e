#include "kube/server_address.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <system_error>

#include "base/str_cat.h"

namespace sekisho::kube {
namespace {

using base::StrCat;

constexpr std::string_view kScheme = "https://";

absl::Status Fault(std::string_view what, std::string_view instead) {
  return absl::InvalidArgumentError(StrCat(what, " (write ", instead, ")"));
}

bool IsNameCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == '_';
}

bool IsAddressCharacter(char c) {
  return std::isxdigit(static_cast<unsigned char>(c)) != 0 || c == ':' || c == '.';
}

// The length of the host at the beginning; nothing when there is none.
std::optional<size_t> HostLength(std::string_view text) {
  if (!text.starts_with('[')) {
    const auto end = std::find_if_not(text.begin(), text.end(), IsNameCharacter);
    const auto length = static_cast<size_t>(end - text.begin());
    return length == 0 ? std::nullopt : std::optional(length);
  }
  const size_t close = text.find(']');
  if (close == std::string_view::npos || close < 3) {
    return std::nullopt;
  }
  const std::string_view inside = text.substr(1, close - 1);
  return std::all_of(inside.begin(), inside.end(), IsAddressCharacter) ? std::optional(close + 1)
                                                                       : std::nullopt;
}

std::optional<uint16_t> Port(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && port != 0 ? std::optional(port) : std::nullopt;
}

}  // namespace

std::string ServerAddress::HostAndPort() const {
  return StrCat(host, ":", port);
}

std::string ServerAddress::Url() const {
  return StrCat(kScheme, HostAndPort());
}

absl::StatusOr<ServerAddress> ParseServerAddress(std::string_view url) {
  // The text itself is not repeated: there may be a password in it.
  if (!url.starts_with(kScheme)) {
    return Fault(url.starts_with("http://") ? "is not encrypted" : "does not begin with https://",
                 "https://HOST:PORT");
  }
  std::string_view rest = url.substr(kScheme.size());
  if (rest.find('@') != std::string_view::npos) {
    return Fault("has a user name in it", "https://HOST:PORT; a user has a token or a certificate");
  }
  const std::optional<size_t> length = HostLength(rest);
  if (!length.has_value()) {
    return Fault("names no host", "https://HOST:PORT, an IPv6 address in brackets");
  }
  ServerAddress address{.host = std::string(rest.substr(0, *length)), .port = 443};
  rest.remove_prefix(*length);
  if (rest.ends_with('/')) {
    rest.remove_suffix(1);
  }
  if (rest.find_first_of("/?#") != std::string_view::npos) {
    return Fault("has a path or a query",
                 StrCat(kScheme, address.host, ":PORT; a proxy that adds a path is not supported"));
  }
  if (!rest.empty()) {
    const std::optional<uint16_t> port =
        rest.starts_with(':') ? Port(rest.substr(1)) : std::nullopt;
    if (!port.has_value()) {
      return Fault("has no valid port", "https://HOST:PORT with a port from 1 to 65535");
    }
    address.port = *port;
  }
  return address;
}

}  // namespace sekisho::kube
