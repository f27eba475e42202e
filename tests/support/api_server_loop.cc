#include "support/api_server_loop.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace sekisho::testing::api {
namespace {

constexpr int kBacklog = 128;

void Check(bool good, const char* what) {
  if (!good) {
    throw std::system_error(errno, std::generic_category(), what);
  }
}

// A socket at 127.0.0.1:`port` that does not listen yet.
base::UniqueFd Bind(uint16_t port) {
  base::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  Check(fd.valid(), "socket");
  const int on = 1;
  Check(::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0, "SO_REUSEADDR");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  Check(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0,
        "bind to 127.0.0.1");
  return fd;
}

uint16_t PortOf(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  Check(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0, "getsockname");
  return ntohs(address.sin_port);
}

int MillisecondsUntil(TimePoint until) {
  if (until == TimePoint::max()) {
    return -1;
  }
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<int64_t>(left.count(), 0, 60'000));
}

}  // namespace

ServerLoop::ServerLoop(uint16_t port, SslContext context, LoopUser& user)
    : user_(user),
      context_(std::move(context)),
      reserved_(Bind(port)),
      port_(PortOf(reserved_.get())),
      wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  Check(wake_.valid(), "eventfd");
  StartListening();
  // Signals are for the test's own threads; a write to a closed socket is to be an error here.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { Run(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

ServerLoop::~ServerLoop() {
  {
    const std::lock_guard lock(mu_);
    over_ = true;
  }
  Wake();
  thread_.join();
}

void ServerLoop::StartListening() {
  if (!listener_.valid()) {
    listener_ = Bind(port_);
    Check(::listen(listener_.get(), kBacklog) == 0, "listen");
  }
}

void ServerLoop::StopListening() {
  listener_.Reset();
}

void ServerLoop::ResetConnections() {
  for (const auto& connection : connections_) {
    connection->Reset();
  }
  connections_.clear();
}

void ServerLoop::Wake() {
  (void)::eventfd_write(wake_.get(), 1);
}

void ServerLoop::Do(const std::function<void()>& what) {
  std::unique_lock lock(mu_);
  const uint64_t ticket = ++asked_;
  commands_.push_back(what);
  Wake();
  done_changed_.wait(lock, [this, ticket] { return done_ >= ticket; });
}

bool ServerLoop::RunCommands() {
  std::unique_lock lock(mu_);
  while (!commands_.empty()) {
    const std::vector<std::function<void()>> commands = std::exchange(commands_, {});
    lock.unlock();
    for (const auto& command : commands) {
      command();
    }
    lock.lock();
    done_ += commands.size();
    done_changed_.notify_all();
  }
  return !over_;
}

void ServerLoop::Run() {
  while (RunCommands()) {
    TimePoint until = TimePoint::max();
    if (!frozen_) {
      until = user_.OnRound(std::chrono::steady_clock::now());
      for (const auto& connection : connections_) {
        connection->Flush();
      }
      std::erase_if(connections_, [](const auto& connection) { return !connection->open(); });
    }
    Wait(until);
  }
}

void ServerLoop::Wait(TimePoint until) {
  std::vector<pollfd> polled{{.fd = wake_.get(), .events = POLLIN, .revents = 0}};
  if (!frozen_) {
    // A negative one, of a stopped server, is left out by poll.
    polled.push_back({.fd = listener_.get(), .events = POLLIN, .revents = 0});
    for (const auto& connection : connections_) {
      const int events = connection->wants_to_write() ? POLLIN | POLLOUT : POLLIN;
      polled.push_back(
          {.fd = connection->fd(), .events = static_cast<int16_t>(events), .revents = 0});
    }
  }
  if (::poll(polled.data(), polled.size(), MillisecondsUntil(until)) <= 0) {
    return;
  }
  eventfd_t ignored = 0;
  (void)::eventfd_read(wake_.get(), &ignored);
  if (frozen_) {
    return;
  }
  size_t index = 2;
  for (const auto& connection : connections_) {
    if (polled[index++].revents != 0) {
      connection->Receive();
    }
  }
  if (polled[1].revents != 0) {
    Accept();
  }
}

void ServerLoop::Accept() {
  while (true) {
    base::UniqueFd socket(
        ::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket.valid()) {
      return;
    }
    const int on = 1;
    (void)::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connections_.push_back(std::make_unique<Connection>(
        std::move(socket), context_.get(), ++accepted_,
        [this](Connection& connection, int32_t stream) { user_.OnRequest(connection, stream); }));
  }
}

}  // namespace sekisho::testing::api
