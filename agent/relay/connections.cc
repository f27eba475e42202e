#include "relay/connections.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <thread>
#include <utility>

namespace sekisho::relay {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// gRPC writes it within microseconds.
constexpr milliseconds kGreeting{50};
constexpr milliseconds kLookAgain{2};
// A caller that has read a goodbye may be about to send a call all the same.
constexpr milliseconds kToAct{20};

// RFC 9113, 6.8: eight bytes of payload, type 7, stream 0; the last stream that is served is the
// last that there can be, and there is no error.
constexpr std::array<uint8_t, 17> kGoAway = {0, 0, 8, 7, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff};

bool HasHungUp(int fd) {
  pollfd end{.fd = fd, .events = POLLRDHUP, .revents = 0};
  return ::poll(&end, 1, 0) == 1;
}

// unix(7): of a unix socket, what was sent and its other end has not taken yet.
bool HasReadAll(int fd) {
  int bytes = 0;
  return ::ioctl(fd, SIOCOUTQ, &bytes) != 0 || bytes == 0 || HasHungUp(fd);
}

}  // namespace

bool Connections::Add(int fd, size_t most) {
  std::erase_if(connections_, [](const Connection& c) { return HasHungUp(c.fd.get()); });
  if (connections_.size() >= most) {
    return false;
  }
  base::UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (copy.valid()) {
    connections_.push_back({std::move(copy), steady_clock::now()});
  }
  return true;
}

milliseconds Connections::TimeUntilGreeted() const {
  milliseconds left{0};
  for (const Connection& connection : connections_) {
    const auto age =
        std::chrono::duration_cast<milliseconds>(steady_clock::now() - connection.since);
    left = std::max(left, kGreeting - age);
  }
  return left;
}

void Connections::SayGoodbye() const {
  for (const Connection& connection : connections_) {
    // Of a frame this short a socket takes all or nothing; with nothing, its caller does not
    // listen.
    (void)::send(connection.fd.get(), kGoAway.data(), kGoAway.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }
}

void Connections::WaitUntilHeard(milliseconds timeout) const {
  const steady_clock::time_point give_up = steady_clock::now() + timeout;
  while (steady_clock::now() < give_up &&
         !std::all_of(connections_.begin(), connections_.end(),
                      [](const Connection& c) { return HasReadAll(c.fd.get()); })) {
    std::this_thread::sleep_for(kLookAgain);
  }
  std::this_thread::sleep_for(kToAct);
}

}  // namespace sekisho::relay
