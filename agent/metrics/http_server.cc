#include "metrics/http_server.h"

#include <fcntl.h>
#include <microhttpd.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "base/str_cat.h"

namespace sekisho::metrics {
namespace {

// What libmicrohttpd calls: C, so that nothing may be thrown through it.
struct Served {
  HttpServer::Handler handler;
};

MHD_Result Send(MHD_Connection* connection, const HttpAnswer& answer) {
  MHD_Response* response =
      MHD_create_response_from_buffer(answer.body.size(), const_cast<char*>(answer.body.data()),
                                      MHD_RESPMEM_MUST_COPY);  // which only reads it
  if (response == nullptr) {
    return MHD_NO;
  }
  MHD_Result result =
      MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer.content_type.c_str());
  if (answer.status == MHD_HTTP_METHOD_NOT_ALLOWED && result == MHD_YES) {
    result = MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
  }
  if (result == MHD_YES) {
    result = MHD_queue_response(connection, static_cast<unsigned int>(answer.status), response);
  }
  MHD_destroy_response(response);
  return result;
}

// Called with the headers, for each part of a body, and at the end.
MHD_Result Answer(void* closure, MHD_Connection* connection, const char* url, const char* method,
                  const char* /*version*/, const char* /*upload*/, size_t* upload_size,
                  void** begun) noexcept {
  const std::string_view verb = method;
  if (verb != MHD_HTTP_METHOD_GET && verb != MHD_HTTP_METHOD_HEAD) {
    // Before the body, if there is one: it is not read, and the connection ends.
    return Send(connection, {.status = MHD_HTTP_METHOD_NOT_ALLOWED,
                             .body = "only GET and HEAD are answered here\n"});
  }
  if (*begun == nullptr) {
    *begun = connection;  // any mark will do; an answer from here would end the connection
    return MHD_YES;
  }
  if (*upload_size != 0) {
    *upload_size = 0;
    return MHD_YES;
  }
  return Send(connection, static_cast<const Served*>(closure)->handler(url));
}

// "/%6detrics" is not "/metrics", and "%00" ends no path.
size_t KeepEscapes(void* /*closure*/, MHD_Connection* /*connection*/, char* text) noexcept {
  return std::strlen(text);
}

// Whether `fd` is still the socket that `kept` is. While `kept` is open, no other file has its
// number on the device of sockets.
bool IsSameFile(int fd, int kept) {
  struct stat a {};
  struct stat b {};
  return ::fstat(fd, &a) == 0 && ::fstat(kept, &b) == 0 && a.st_dev == b.st_dev &&
         a.st_ino == b.st_ino;
}

class Server : public HttpServer {
 public:
  Server(base::UniqueFd listening, Handler handler)
      : listening_(std::move(listening)), served_{std::move(handler)} {}
  ~Server() override {
    if (daemon_ != nullptr) {
      MHD_stop_daemon(daemon_);
    }
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  absl::Status Run(const HttpLimits& limits);

 private:
  // Ours to the end. libmicrohttpd gets a duplicate, because it closes what it is given: always at
  // the end, and in some of the ways in which a start can fail.
  base::UniqueFd listening_;
  const Served served_;
  MHD_Daemon* daemon_ = nullptr;
};

absl::Status Server::Run(const HttpLimits& limits) {
  const int flags = ::fcntl(listening_.get(), F_GETFL);
  if (flags < 0 || ::fcntl(listening_.get(), F_SETFL, flags | O_NONBLOCK) != 0) {
    return absl::ErrnoToStatus(errno, "cannot use the socket of the metrics");
  }
  const int given = ::fcntl(listening_.get(), F_DUPFD_CLOEXEC, 3);
  if (given < 0) {
    return absl::ErrnoToStatus(errno, "cannot use the socket of the metrics");
  }
  // With a pipe to wake its thread (ITC), as it would otherwise shut the socket down, for everybody
  // who has it.
  daemon_ = MHD_start_daemon(
      MHD_USE_EPOLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ITC, 0, nullptr, nullptr, Answer,
      const_cast<Served*>(&served_),  // only read there
      MHD_OPTION_LISTEN_SOCKET, given, MHD_OPTION_CONNECTION_LIMIT, limits.connections,
      MHD_OPTION_CONNECTION_TIMEOUT, static_cast<unsigned int>(limits.idle.count()),
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, limits.request_bytes, MHD_OPTION_UNESCAPE_CALLBACK,
      KeepEscapes, nullptr, MHD_OPTION_END);
  if (daemon_ == nullptr) {
    const int why = errno;
    if (IsSameFile(given, listening_.get())) {
      (void)::close(given);
    }
    return absl::ErrnoToStatus(why, "cannot serve metrics on the socket");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(base::UniqueFd listening,
                                                              Handler handler,
                                                              const HttpLimits& limits) {
  auto server = std::make_unique<Server>(std::move(listening), std::move(handler));
  if (const absl::Status started = server->Run(limits); !started.ok()) {
    return started;
  }
  return server;
}

}  // namespace sekisho::metrics
