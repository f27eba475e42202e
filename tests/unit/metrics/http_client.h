// A client of HTTP that writes and reads bytes as it pleases.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "base/unique_fd.h"

namespace sekisho::testing {

inline base::UniqueFd ConnectTcp(bool v6, int port) {
  base::UniqueFd fd(::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in to4{};
  to4.sin_family = AF_INET;
  to4.sin_port = htons(static_cast<uint16_t>(port));
  to4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr_in6 to6{};
  to6.sin6_family = AF_INET6;
  to6.sin6_port = to4.sin_port;
  to6.sin6_addr = in6addr_loopback;
  const auto* to =
      v6 ? reinterpret_cast<const sockaddr*>(&to6) : reinterpret_cast<const sockaddr*>(&to4);
  if (::connect(fd.get(), to, v6 ? sizeof(to6) : sizeof(to4)) != 0) {
    throw std::runtime_error("cannot connect");
  }
  return fd;
}

// One connection. Waits at most half a minute for anything.
class Client {
 public:
  explicit Client(base::UniqueFd fd) : fd_(std::move(fd)) {}

  // What the server no longer takes is not sent.
  void Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) {
        return;
      }
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }
  // Everything until the server ends the connection.
  std::string ReadToEnd() {
    while (ReadMore()) {
    }
    return std::exchange(text_, "");
  }
  // Everything until `end` was read, for a connection that stays.
  std::string ReadUntil(std::string_view end) {
    while (text_.find(end) == std::string::npos && ReadMore()) {
    }
    return std::exchange(text_, "");
  }
  std::string Ask(std::string_view bytes) {
    Send(bytes);
    return ReadToEnd();
  }
  // Without reading: whether the server ended the connection.
  bool SeesTheEnd() {
    pollfd waiting{.fd = fd_.get(), .events = POLLRDHUP, .revents = 0};
    return ::poll(&waiting, 1, 30'000) == 1;
  }

 private:
  bool ReadMore() {
    pollfd waiting{.fd = fd_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, 30'000) != 1) {
      throw std::runtime_error("no answer and no end");
    }
    std::array<char, 65536> part;
    const ssize_t got = ::recv(fd_.get(), part.data(), part.size(), 0);
    if (got > 0) {
      text_.append(part.data(), static_cast<size_t>(got));
    }
    return got > 0;
  }

  base::UniqueFd fd_;
  std::string text_;
};

}  // namespace sekisho::testing
