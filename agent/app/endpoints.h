// Where the agent is asked how it is: the admin socket and the metrics endpoint.
#pragma once

#include <memory>
#include <optional>

#include "app/acceptor.h"
#include "app/agent_view.h"
#include "app/listener.h"
#include "app/peer.h"

namespace sekisho::app {

// Neither is a reason not to enforce: what cannot be opened is said in the log, and the agent goes
// on without it.
class Endpoints {
 public:
  // `view` outlives it.
  Endpoints(const config::AgentConfig& config, const AgentView& view);
  ~Endpoints();
  Endpoints(const Endpoints&) = delete;
  Endpoints& operator=(const Endpoints&) = delete;

 private:
  void OpenAdmin(const config::AgentConfig& config, const AgentView& view);
  void OpenMetrics(const config::AgentConfig& config, const AgentView& view);

  std::unique_ptr<admin::Server> admin_;
  std::optional<Listener> admin_listener_;
  std::optional<PeerGate> admin_gate_;  // only the acceptor's thread
  std::unique_ptr<Acceptor> admin_acceptor_;
  std::optional<Listener> metrics_listener_;  // of a unix socket
  std::unique_ptr<metrics::HttpServer> metrics_;
};

}  // namespace sekisho::app
