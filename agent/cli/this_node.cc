#include "cli/this_node.h"

#include "absl/status/statusor.h"
#include "status/agent_status.h"

namespace sekisho::cli {

config::NodeIdentity ThisNode(const config::AgentConfig& config) {
  config::NodeIdentity node{.name = config::NodeName(config), .group = config.node_group};
  if (!node.group.empty()) {
    return node;
  }
  const absl::StatusOr<status::AgentStatus> agent =
      status::ReadAgentStatus(status::StatusFileOf(config.listen_socket));
  // One that was started with another name speaks of another Node.
  if (agent.ok() && agent->node == node.name) {
    node.group = agent->group;
  }
  return node;
}

}  // namespace sekisho::cli
