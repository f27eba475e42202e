// One question over HTTP/1.1, on a connection of its own.
#pragma once

#include <sys/socket.h>

#include <array>
#include <optional>
#include <string>

#include "base/unique_fd.h"

namespace sekisho::testing {

// Everything that comes back, up to the end of the connection. Nothing when the question could not
// be sent.
inline std::optional<std::string> HttpGet(const base::UniqueFd& fd, const std::string& path) {
  const std::string request =
      "GET " + path + " HTTP/1.1\r\nHost: sekisho\r\nConnection: close\r\n\r\n";
  if (::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    return std::nullopt;
  }
  std::string answer;
  std::array<char, 16384> chunk;
  for (ssize_t count = 0; (count = ::recv(fd.get(), chunk.data(), chunk.size(), 0)) > 0;) {
    answer.append(chunk.data(), static_cast<size_t>(count));
  }
  return answer;
}

}  // namespace sekisho::testing
