// Which of the policy files is this node's, for commands that read them as the agent does.
#pragma once

#include "config/snapshot.h"

namespace sekisho::cli {

// The name and the group of this node: the configuration's, or else the group that a running agent
// has heard of. Without an agent the group is not known, and there is none.
config::NodeIdentity ThisNode(const config::AgentConfig& config);

}  // namespace sekisho::cli
