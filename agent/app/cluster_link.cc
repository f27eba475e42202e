#include "app/cluster_link.h"

#include "base/str_cat.h"

namespace sekisho::app {

std::unique_ptr<kube::Cluster> OpenCluster(const config::AgentConfig& config) {
  const kube::CredentialsOptions credentials{
      .kubeconfig = config.kubeconfig,
      .service_account_directory = config.service_account_dir,
      .server = config.api_server};
  if (!credentials.configured()) {
    return nullptr;
  }
  return std::make_unique<kube::Cluster>(
      kube::ClusterOptions{.credentials = credentials,
                           .user_agent = "sekisho/" SEKISHO_VERSION,
                           .directory = base::StrCat(config.state_dir, "/kube"),
                           .node_name = config::NodeName(config),
                           .group_label = config.node_group_label,
                           .events = config.events});
}

config::NodeIdentity IdentityOf(const config::AgentConfig& config, const kube::Cluster* cluster) {
  config::NodeIdentity node{.name = config::NodeName(config), .group = config.node_group};
  if (node.group.empty() && cluster != nullptr) {
    node.group = cluster->group().value_or("");
  }
  return node;
}

status::AgentStatus::Kubernetes StatusOf(const kube::Cluster& cluster) {
  const kube::ClusterStats stats = cluster.stats();
  return {.server = stats.server,
          .synced = stats.synced,
          .age_seconds = stats.age_seconds,
          .namespaces = stats.namespaces,
          .last_error = stats.last_error.empty() ? stats.cache_error : stats.last_error,
          .events_sent = stats.events_created + stats.events_updated,
          .events_dropped = stats.events_dropped};
}

}  // namespace sekisho::app
