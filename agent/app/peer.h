// Who is at the other end of a unix socket, by the kernel's word (unix(7), SO_PEERCRED).
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace sekisho::app {

// Empty when the process that connected may be served: root's, one of this process's own user, or,
// with a `group`, one that has it as its group or among its supplementary ones (SO_PEERGROUPS).
// Otherwise who it was, for the log. The credentials are those of the moment of connect(2).
std::string WhyNotServed(int connection, std::optional<gid_t> group);

// The same question for each connection of one socket, asked before a byte of it is read. The
// socket file's mode has let the caller pass already; this holds where that was changed, or a
// descriptor was passed on. Not thread-safe.
class PeerGate {
 public:
  PeerGate(std::string socket, std::optional<gid_t> group)
      : socket_(std::move(socket)), group_(group) {}

  // False: close the connection. The log names each kind of caller once.
  bool Admits(int connection);

 private:
  static constexpr size_t kSaidMax = 64;  // beyond it, it may repeat itself

  const std::string socket_;
  const std::optional<gid_t> group_;
  std::set<std::string> said_;
};

}  // namespace sekisho::app
