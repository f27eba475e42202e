// Plain unix stream sockets: what stands in the agent's way, and who connects to it.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

#include "base/unique_fd.h"

namespace sekisho::testing {

inline sockaddr_un UnixAddress(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    throw std::runtime_error("too long for a unix socket: " + path);
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

inline base::UniqueFd BindUnix(const std::string& path, int type) {
  base::UniqueFd fd(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  const sockaddr_un address = UnixAddress(path);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    throw std::runtime_error("cannot bind " + path + ": " + std::strerror(errno));
  }
  return fd;
}

// Listens on `path`. The file stays when the descriptor is closed, as after a crash.
inline base::UniqueFd ListenUnix(const std::string& path) {
  base::UniqueFd fd = BindUnix(path, SOCK_STREAM);
  if (::listen(fd.get(), 16) != 0) {
    throw std::runtime_error("cannot listen on " + path + ": " + std::strerror(errno));
  }
  return fd;
}

// A connection, or none and why in errno.
inline base::UniqueFd ConnectUnix(const std::string& path) {
  base::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un address = UnixAddress(path);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    const int why = errno;
    fd.Reset();
    errno = why;
  }
  return fd;
}

// The next connection, or none when half a minute brings none.
inline base::UniqueFd AcceptUnix(int listening_fd) {
  pollfd waiting{.fd = listening_fd, .events = POLLIN, .revents = 0};
  return ::poll(&waiting, 1, 30'000) == 1
             ? base::UniqueFd(::accept4(listening_fd, nullptr, nullptr, SOCK_CLOEXEC))
             : base::UniqueFd();
}

inline bool Answers(const std::string& path) {
  return ConnectUnix(path).valid();
}

}  // namespace sekisho::testing
