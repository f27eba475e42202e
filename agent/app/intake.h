// What becomes of a connection to the kubelet's socket before the relay has it.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "app/peer.h"
#include "base/unique_fd.h"
#include "relay/server.h"

namespace sekisho::app {

// Only the acceptor's thread.
class Intake {
 public:
  // `server` outlives it. For the others see PeerGate.
  Intake(const std::string& socket, std::optional<gid_t> group, relay::Server& server)
      : socket_(socket), gate_(socket, group), server_(server) {}

  // Hands it to the relay, or closes it: of whom it is not for, or when there are too many, which
  // the log says once until one is taken again.
  void Take(base::UniqueFd connection);

 private:
  const std::string socket_;
  PeerGate gate_;
  relay::Server& server_;
  bool was_full_ = false;
};

}  // namespace sekisho::app
