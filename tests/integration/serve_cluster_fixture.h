// The daemon as a process, between a fake runtime and a test API server.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "integration/serve_fixture.h"
#include "status/agent_status.h"
#include "support/api_server.h"

namespace sekisho::testing {

inline constexpr char kEnforce[] = "pod-security.kubernetes.io/enforce";

class ServeClusterTest : public ServeTest {
 protected:
  // What a kubelet's kubeconfig looks like, with a token.
  void WriteKubeconfig(const std::string& url, const std::string& token = "node-token") const {
    WriteText(dir_.File("ca.crt"), pki_.ca_pem());
    WriteText(dir_.File("kubeconfig"),
              "apiVersion: v1\nkind: Config\ncurrent-context: here\n"
              "clusters: [{name: c, cluster: {server: \"" +
                  url +
                  "\", certificate-authority: ca.crt}}]\n"
                  "users: [{name: u, user: {token: " +
                  token + "}}]\ncontexts: [{name: here, context: {cluster: c, user: u}}]\n");
  }

  void StartApi() {
    api_ = std::make_unique<ApiServer>(
        ApiServerOptions{.certificate = pki_.ForServer({"127.0.0.1"}),
                         .tokens = {"node-token"},
                         .bookmark_interval = std::chrono::milliseconds(300)});
    WriteKubeconfig(api_->url());
  }

  SekishoOptions WithCluster(const std::string& policy = PolicyEnforcing("privileged")) const {
    SekishoOptions options = Options(policy);
    options.more_config =
        "kubernetes: {kubeconfig: " + dir_.File("kubeconfig") + "}\nnode: {name: worker-1}\n";
    return options;
  }

  std::optional<status::AgentStatus::Kubernetes> Known() const {
    const absl::StatusOr<status::AgentStatus> status =
        status::ReadAgentStatus(dir_.File("status.json"));
    return status.ok() ? status->kubernetes : std::nullopt;
  }
  bool WaitForSync() const {
    return Eventually([this] { return Known().has_value() && Known()->synced; }, kLong);
  }
  std::string CacheFile() const { return dir_.File("state/kube/namespaces.json"); }

  // The pod of "shop" wants the host's processes: refused from baseline on.
  bool IsRefused() const { return CodeOfHostPidPod() == grpc::StatusCode::PERMISSION_DENIED; }
  nlohmann::json LastAudited(size_t count) const {
    const std::vector<std::string> lines = sekisho_->AuditLines(count);
    return lines.empty() ? nlohmann::json() : nlohmann::json::parse(lines.back());
  }

  const TestPki pki_{"test authority"};
  std::unique_ptr<ApiServer> api_;
};

}  // namespace sekisho::testing
