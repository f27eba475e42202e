// What the daemon has to do with the cluster that its node is of.
#pragma once

#include <memory>

#include "config/snapshot.h"
#include "kube/cluster.h"
#include "status/agent_status.h"

namespace sekisho::app {

// Null when the configuration names no API server.
std::unique_ptr<kube::Cluster> OpenCluster(const config::AgentConfig& config);

// Who this node is, by its configuration and, for the group, by the last word of the API server.
config::NodeIdentity IdentityOf(const config::AgentConfig& config, const kube::Cluster* cluster);

status::AgentStatus::Kubernetes StatusOf(const kube::Cluster& cluster);

}  // namespace sekisho::app
