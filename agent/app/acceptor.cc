#include "app/acceptor.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>

namespace sekisho::app {
namespace {

// How long to leave a connection waiting in the backlog when no descriptor is left for it. Without
// a pause the listening socket, which stays readable, would keep this thread spinning.
constexpr int kOutOfDescriptorsPauseMs = 100;

}  // namespace

Acceptor::Acceptor(int listening_fd, std::function<void(base::UniqueFd)> serve)
    : listening_fd_(listening_fd),
      serve_(std::move(serve)),
      stop_(::eventfd(0, EFD_CLOEXEC)),
      thread_([this] { Run(); }) {}

Acceptor::~Acceptor() {
  const uint64_t one = 1;
  (void)!::write(stop_.get(), &one, sizeof(one));
  thread_.join();
}

bool Acceptor::AcceptOne() {
  base::UniqueFd connection(
      ::accept4(listening_fd_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (connection.valid()) {
    serve_(std::move(connection));
    return true;
  }
  out_of_descriptors_ = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
  // A connection that was reset while it waited, or a signal: the next one may be fine.
  return errno == ECONNABORTED || errno == EINTR;
}

void Acceptor::Run() {
  for (;;) {
    std::array<pollfd, 2> fds = {pollfd{stop_.get(), POLLIN, 0}, pollfd{listening_fd_, POLLIN, 0}};
    const nfds_t watched = out_of_descriptors_ ? 1 : 2;
    (void)::poll(fds.data(), watched, out_of_descriptors_ ? kOutOfDescriptorsPauseMs : -1);
    if ((fds[0].revents & POLLIN) != 0) {
      return;
    }
    out_of_descriptors_ = false;
    while (AcceptOne()) {
    }
  }
}

}  // namespace sekisho::app
