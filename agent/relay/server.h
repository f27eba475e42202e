// The relay as the rest of the agent sees it: connections in, calls to the runtime out.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/unique_fd.h"
#include "relay/call_hook.h"
#include "relay/call_observer.h"

namespace sekisho::relay {

// How much callers may have at once. The kubelet needs some hundred calls on a handful of
// connections; what is beyond that is a caller gone wrong, and must not take the node's memory or
// descriptors along.
struct ServerLimits {
  size_t connections = 1024;         // one more is closed as it comes
  int streams = 4096;                // of one connection, as HTTP/2 tells its client
  int calls = 8192;                  // of one thread, for clients that heed no such limit
  size_t header_bytes = 64U << 10U;  // of one call's metadata
};

struct ServerOptions {
  std::string upstream_socket;                  // path of the runtime's unix socket
  int threads = 1;                              // completion queues, one thread each
  size_t message_bytes_max = size_t{64} << 20;  // of one message, in either direction
  // UNSAFE: relay methods that are not in the table instead of answering UNIMPLEMENTED.
  bool forward_unknown = false;
  ServerLimits limits = {};
  // Told how each call went, on the queues' threads; null: nobody. Outlives the server.
  CallObserver* observer = nullptr;
};

class Server {
 public:
  // Starts the queues. Does not touch the runtime yet. `hook` outlives the server.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options,
                                                       CallHook& hook);
  virtual ~Server() = default;  // Shutdown(0) if it was not called

  // Serves one accepted connection. Thread-safe. A connection that comes after Shutdown is closed.
  // False when it was closed because there are as many as there may be.
  virtual bool Adopt(base::UniqueFd connection) = 0;

  // Calls the runtime and waits for the answer. Not on a queue's thread.
  virtual absl::StatusOr<std::string> CallUpstream(std::string_view method, std::string request,
                                                   std::chrono::milliseconds timeout) = 0;

  // How many unary calls of clients the runtime has answered with OK. Thread-safe.
  virtual uint64_t answered() const = 0;

  // Calls `done` once every queue's thread has come round to it: proof that none of them hangs.
  // Thread-safe; `done` runs on the last thread that answers, or never when the server is shut
  // down.
  virtual void Ping(std::function<void()> done) = 0;

  // Stops: callers are told to go elsewhere (relay/connections.h), streams end with UNAVAILABLE,
  // unary calls under way have `drain` to finish and are then cancelled. Without a drain nobody is
  // told. Returns when nothing of the relay runs any more.
  virtual void Shutdown(std::chrono::milliseconds drain) = 0;
};

}  // namespace sekisho::relay
