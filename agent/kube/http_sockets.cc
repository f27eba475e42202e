#include "kube/http_sockets.h"

#include <sys/socket.h>
#include <unistd.h>

namespace sekisho::kube {

HttpSockets::~HttpSockets() {
  for (const int socket : open_) {
    (void)::close(socket);
  }
}

int HttpSockets::Open(int family, int type, int protocol) {
  const int socket = ::socket(family, type | SOCK_CLOEXEC, protocol);
  if (socket >= 0) {
    const std::lock_guard lock(mu_);
    open_.insert(socket);
  }
  return socket;
}

int HttpSockets::Close(int socket) {
  // Closed under the lock: the number may be another file's right afterwards.
  const std::lock_guard lock(mu_);
  open_.erase(socket);
  return ::close(socket);
}

void HttpSockets::ShutDown() {
  const std::lock_guard lock(mu_);
  for (const int socket : open_) {
    (void)::shutdown(socket, SHUT_RDWR);
  }
}

}  // namespace sekisho::kube
