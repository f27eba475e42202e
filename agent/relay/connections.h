// The callers' connections, beside gRPC, which owns them: so that callers can be told that the
// agent stops before gRPC is.
//
// A gRPC server that shuts down cancels every call that arrives from then on, and also says goodbye
// (GOAWAY), but what a caller sends until it has heard that fails with CANCELLED. So the relay says
// it first, in the same words, while calls are still served. A caller that hears it sends its next
// call on a new connection, where the next process of the agent takes it.
// https://www.rfc-editor.org/rfc/rfc9113#section-6.8
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "base/unique_fd.h"

namespace sekisho::relay {

// Not thread-safe.
class Connections {
 public:
  // `fd` stays the caller's; what is kept is a copy of it. False when there are `most` already that
  // nobody has hung up on.
  bool Add(int fd, size_t most);

  // Until the youngest connection has the server's first frame behind it, before which there can be
  // no other.
  std::chrono::milliseconds TimeUntilGreeted() const;

  // Writes a GOAWAY frame to each. Only between two writes of gRPC's: nobody may be in the middle
  // of one, and none may have been cut short by a full buffer.
  void SayGoodbye() const;

  // Waits until every caller has read everything, or hung up, and has had a moment to act upon it.
  void WaitUntilHeard(std::chrono::milliseconds timeout) const;

 private:
  struct Connection {
    base::UniqueFd fd;
    std::chrono::steady_clock::time_point since;
  };

  std::vector<Connection> connections_;
};

}  // namespace sekisho::relay
