// A small HTTP/1.1 server for scrapes and probes: GET and HEAD, one answer each.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/unique_fd.h"

namespace sekisho::metrics {

struct HttpAnswer {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body = {};
};

// What one client can take. One that is over a limit is turned away or left waiting, not served.
struct HttpLimits {
  unsigned int connections = 16;  // more wait in the socket's queue
  std::chrono::seconds idle{5};   // neither side could read or write
  size_t request_bytes = size_t{16} * 1024;
};

class HttpServer {
 public:
  // For a path as it was sent, without its query ("/metrics"), on the server's own thread. Not
  // called for other methods than GET and HEAD, which are answered with 405. Must not throw.
  using Handler = std::function<HttpAnswer(std::string_view path)>;

  // Serves the connections of a listening socket, unix or TCP, on one thread. Connections, their
  // idle time and the size of a request are bounded: a client that is slow or hostile can only
  // hinder other scrapes.
  // The descriptor is closed when the server ends, and when it cannot start. Whether another
  // process or systemd still listens on the same socket is its own matter: it is not shut down.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(base::UniqueFd listening,
                                                           Handler handler,
                                                           const HttpLimits& limits = {});
  virtual ~HttpServer() = default;  // ends the thread; connections are closed
};

// A listening TCP socket on a loopback address, "127.0.0.1:9469" or "[::1]:9469". Port 0: any. The
// error names the address.
absl::StatusOr<base::UniqueFd> ListenOnLoopback(std::string_view address);
// The port that a listening TCP socket has; 0 for any other descriptor.
int PortOf(int listening_fd);

}  // namespace sekisho::metrics
