#include "bench/scrape.h"

#include <sys/socket.h>

#include <array>
#include <cstdlib>

#include "base/str_cat.h"
#include "base/unique_fd.h"
#include "support/unix_socket.h"

namespace sekisho::bench {

double MetricOf(const std::string& socket, std::string_view name) {
  const base::UniqueFd fd = testing::ConnectUnix(socket);
  constexpr std::string_view kRequest =
      "GET /metrics HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n";
  if (::send(fd.get(), kRequest.data(), kRequest.size(), MSG_NOSIGNAL) < 0) {
    return 0;
  }
  std::string answer;
  std::array<char, 16384> chunk;
  for (ssize_t got = 0; (got = ::recv(fd.get(), chunk.data(), chunk.size(), 0)) > 0;) {
    answer.append(chunk.data(), static_cast<size_t>(got));
  }
  const std::string line = base::StrCat("\n", name, " ");
  const size_t at = answer.find(line);
  return at == std::string::npos ? 0 : std::strtod(answer.c_str() + at + line.size(), nullptr);
}

}  // namespace sekisho::bench
