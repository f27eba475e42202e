#include "fault/raw_runtime.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "support/unix_socket.h"

namespace sekisho::testing {
namespace {

// Who takes nothing for so long does not read.
constexpr int kTakesNothingMs = 300;

}  // namespace

bool RawConnection::Greet() {
  return frames_.ReadPreface() && Send(http2::Frame(http2::kSettings, 0, 0, "") +
                                       http2::Frame(http2::kSettings, http2::kAck, 0, ""));
}

uint32_t RawConnection::NextRequest() {
  while (const auto frame = frames_.Next()) {
    if (frame->type == http2::kData && (frame->flags & http2::kEndStream) != 0) {
      ++requests_;
      return frame->stream;
    }
  }
  return 0;
}

bool RawConnection::Send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

void RawConnection::Flood(std::string_view bytes, size_t bytes_max) const {
  pollfd writable{.fd = fd_, .events = POLLOUT, .revents = 0};
  size_t at = 0;
  for (size_t total = 0; total < bytes_max;) {
    const ssize_t sent =
        ::send(fd_, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      total += static_cast<size_t>(sent);
      at = (at + static_cast<size_t>(sent)) % bytes.size();
    } else if (errno != EAGAIN || ::poll(&writable, 1, kTakesNothingMs) != 1) {
      return;
    }
  }
}

void RawConnection::EndWriting() const {
  (void)::shutdown(fd_, SHUT_WR);
}

void RawConnection::WaitForEnd() {
  while (frames_.Next().has_value()) {
  }
}

RawRuntime::RawRuntime(const std::string& socket_path, Behaviour behaviour)
    : path_(socket_path), behaviour_(std::move(behaviour)) {
  (void)::unlink(path_.c_str());
  listening_ = ListenUnix(path_);
  acceptor_ = std::thread([this] { Accept(); });
}

RawRuntime::~RawRuntime() {
  stop_ = true;
  (void)::shutdown(listening_.get(), SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock(mu_);
    for (const int fd : open_) {
      (void)::shutdown(fd, SHUT_RDWR);
    }
  }
  for (std::thread& servant : servants_) {
    servant.join();
  }
  (void)::unlink(path_.c_str());
}

void RawRuntime::Accept() {
  while (!stop_) {
    const int fd = ::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) {
      continue;
    }
    ++connections_;
    const std::lock_guard lock(mu_);
    open_.push_back(fd);
    servants_.emplace_back([this, fd] { Serve(fd); });
  }
}

void RawRuntime::Serve(int fd) {
  RawConnection connection(fd, requests_);
  behaviour_(connection);
  const std::lock_guard lock(mu_);
  std::erase(open_, fd);
  (void)::close(fd);
}

}  // namespace sekisho::testing
