// The agent as a service that asks the API server, under the unit as it is shipped: name servers,
// TLS, the kubelet's certificate, what it keeps over a restart.
#include <algorithm>

#include "status/agent_status.h"
#include "support/api_server.h"
#include "support/sekisho_process.h"
#include "system/name_server.h"
#include "system/node_network.h"
#include "system/system_fixture.h"

namespace sekisho::testing {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kEnforce[] = "pod-security.kubernetes.io/enforce";
constexpr char kServerName[] = "api.cluster.test";
constexpr seconds kSoon{30};  // longer than the agent ever waits to try again

// Of kubeadm's making, but for the address.
constexpr char kKubeletConf[] = "/etc/kubernetes/kubelet.conf";
constexpr char kKubeletCertificate[] = "/var/lib/kubelet/pki/kubelet-client-2026-11-21.pem";
constexpr char kCurrentCertificate[] = "/var/lib/kubelet/pki/kubelet-client-current.pem";

constexpr char kAgentConfig[] =
    "apiVersion: sekisho.io/v1alpha1\nkind: AgentConfig\n"
    "kubernetes: {kubeconfig: /etc/kubernetes/kubelet.conf}\n";

// Of itself it refuses nothing and changes nothing: what is refused, labels refuse.
std::string PolicyEnforcing(const std::string& level) {
  return "apiVersion: sekisho.io/v1alpha1\nkind: NodePolicy\ndefaults: {enforce: " + level + "}\n";
}

class ClusterTest : public SystemTest {
 protected:
  void SetUp() override {
    SystemTest::SetUp();
    if (IsSkipped()) {
      return;
    }
    ASSERT_NO_FATAL_FAILURE(BootWithKubelet());
    hostname_ = Must({"hostname"});
    hostname_.pop_back();
    StartCluster();
    WriteCredentials();
    node_->Write("/etc/resolv.conf", "nameserver 127.0.0.1\n");
    node_->Write("/etc/nsswitch.conf", "hosts: files dns\n");
    InstallPackage();
    // The unit as it is, but for this: what its filter refuses is not answered with an error, which
    // might go unnoticed, but ends the process.
    node_->Write("/etc/systemd/system/sekisho.service.d/50-deadly.conf",
                 "[Service]\nSystemCallErrorNumber=kill\n");
    Must({"systemctl", "daemon-reload"});
    node_->Write("/etc/sekisho/config.yaml", kAgentConfig);
    node_->Write(kPolicyFile, PolicyEnforcing("privileged"));
    Must({"systemctl", "enable", "sekisho.socket", "sekisho.service"});
    Must({"systemctl", "restart", "sekisho.service"});
    PointKubeletAtAgent();
    ExpectKubeletWell(kAgentEndpoint);
    ASSERT_FALSE(HasFailure());
  }

  void TearDown() override {
    if (node_ != nullptr && node_->leader() > 0 && !IsSkipped()) {
      ExpectNothingWasDenied();
    }
    SystemTest::TearDown();
  }

  // Sockets and threads of the node's network, in this process.
  void StartCluster() {
    InNetworkOf(node_->leader(), [this] {
      names_ = std::make_unique<NameServer>(kServerName);
      api_ = std::make_unique<ApiServer>(ApiServerOptions{
          .certificate = pki_.ForServer({kServerName}), .client_ca_pem = pki_.ca_pem()});
    });
  }

  void WriteCredentials() {
    const CertificateAndKey kubelet = pki_.ForClient("system:node:" + hostname_, "system:nodes");
    node_->Write(kKubeletCertificate, kubelet.certificate_pem + kubelet.key_pem, 0600);
    Must({"ln", "-s", kKubeletCertificate, kCurrentCertificate});
    node_->Write("/etc/kubernetes/pki/ca.crt", pki_.ca_pem());
    node_->Write(kKubeletConf,
                 std::string("apiVersion: v1\nkind: Config\ncurrent-context: default\n"
                             "clusters: [{name: c, cluster: {server: \"https://") +
                     kServerName + ":" + std::to_string(api_->port()) +
                     "\", certificate-authority: pki/ca.crt}}]\n"
                     "users: [{name: u, user: {client-certificate: " +
                     kCurrentCertificate + ", client-key: " + kCurrentCertificate +
                     "}}]\ncontexts: [{name: default, context: {cluster: c, user: u}}]\n",
                 0600);
  }

  status::AgentStatus Status() const {
    return status::ParseAgentStatus(node_->Read("/run/sekisho/status.json"))
        .value_or(status::AgentStatus{});
  }
  bool Synced() const { return Status().kubernetes.has_value() && Status().kubernetes->synced; }
  void ExpectSynced() {
    EXPECT_TRUE(Eventually([this] { return Synced(); }, kSoon))
        << node_->Read("/run/sekisho/status.json");
  }

  // Its container wants a folder of the node, which baseline does not grant.
  bool NextPodIsRefused() {
    const nlohmann::json pod =
        RunPod("shop", "web-" + std::to_string(++pods_), {"mount=/etc:/data"});
    EXPECT_THAT(pod["code"], ::testing::AnyOf("OK", "PERMISSION_DENIED")) << pod.dump(1);
    return pod["code"] == "PERMISSION_DENIED";
  }

  void ExpectNothingWasDenied() {
    EXPECT_EQ(UnitProperty("sekisho.service", "NRestarts"), "0");
    EXPECT_EQ(UnitProperty("sekisho.service", "Result"), "success");
    EXPECT_EQ(UnitProperty("sekisho.service", "ActiveState"), "active");
    const std::string journal =
        node_->Run({"journalctl", "--unit=sekisho.service", "--no-pager"}).output;
    EXPECT_THAT(journal, Not(HasSubstr("SYS")));  // status=31/SYS
    EXPECT_THAT(journal, Not(HasSubstr("Operation not permitted")));
    EXPECT_THAT(journal, Not(HasSubstr("Permission denied")));
    EXPECT_THAT(journal, Not(HasSubstr("not supported by protocol")));  // EAFNOSUPPORT
  }

  const TestPki pki_{"cluster"};
  std::string hostname_;
  std::unique_ptr<NameServer> names_;
  std::unique_ptr<ApiServer> api_;
  int pods_ = 0;
};

// What the ClusterRole of packaging/kustomize and the Node authorizer grant a kubelet.
bool IsGranted(const SeenRequest& request, const std::string& node) {
  const auto is_events = [&request](size_t below) {
    return request.path.starts_with("/api/v1/namespaces/") &&
           std::count(request.path.begin(), request.path.end(), '/') ==
               static_cast<std::ptrdiff_t>(5 + below) &&
           request.path.find("/events") != std::string::npos;
  };
  if (request.method == "POST") {
    return is_events(0);
  }
  if (request.method == "PATCH") {
    return is_events(1);
  }
  return request.method == "GET" &&
         (request.path == "/api/v1/namespaces" ||
          (request.path == "/api/v1/nodes" &&
           request.query.find("fieldSelector=metadata.name%3D" + node) != std::string::npos));
}

TEST_F(ClusterTest, LabelsDecideEventsArriveAndNothingIsAskedThatIsNotGranted) {
  api_->SetNamespace("shop", {});
  ExpectSynced();
  EXPECT_GT(names_->answered(), 0);
  EXPECT_FALSE(NextPodIsRefused());

  api_->SetNamespace("shop", {{kEnforce, "baseline"}});
  EXPECT_TRUE(Eventually([this] { return NextPodIsRefused(); }, kSoon));
  const std::string refused = "web-" + std::to_string(pods_);
  const auto is_told = [this, &refused] {
    const std::vector<nlohmann::json> events = api_->Events();
    return std::any_of(events.begin(), events.end(), [&](const nlohmann::json& event) {
      return event["involvedObject"]["name"] == refused && event["reason"] == "SekishoDenied" &&
             event["source"]["host"] == hostname_;
    });
  };
  EXPECT_TRUE(Eventually(is_told, kSoon)) << nlohmann::json(api_->Events()).dump(1);

  api_->SetNamespace("shop", {{kEnforce, "privileged"}});
  EXPECT_TRUE(Eventually([this] { return !NextPodIsRefused(); }, kSoon));

  // Nobody asks for the Node as long as no policy depends on it.
  EXPECT_EQ(api_->CountRequests({.path_prefix = "/api/v1/nodes"}), 0);
  for (const SeenRequest& request : api_->Requests()) {
    EXPECT_EQ(request.client_common_name, "system:node:" + hostname_);
    EXPECT_EQ(request.protocol, "h2");
    EXPECT_TRUE(IsGranted(request, hostname_))
        << request.method << " " << request.path << "?" << request.query;
  }
}

TEST_F(ClusterTest, WithoutTheApiServerWhatWasHeardDecidesAlsoAfterARestart) {
  api_->SetNamespace("shop", {{kEnforce, "baseline"}});
  ExpectSynced();
  EXPECT_TRUE(Eventually([this] { return NextPodIsRefused(); }, kSoon));

  api_->Stop();
  Must({"systemctl", "restart", "sekisho.service"});
  EXPECT_TRUE(NextPodIsRefused());
  EXPECT_FALSE(Synced());
  EXPECT_EQ(Must({"stat", "--format=%a %U", "/var/lib/sekisho/kube"}), "700 root\n");
  EXPECT_TRUE(node_->Exists("/var/lib/sekisho/kube/namespaces.json"));

  // And it comes back by itself.
  api_->SetNamespace("shop", {});
  api_->Start();
  ExpectSynced();
  EXPECT_FALSE(NextPodIsRefused());
}

TEST_F(ClusterTest, TheNodesGroupHasItsPolicyAndKeepsItWithoutTheApiServer) {
  ExpectSynced();
  EXPECT_FALSE(NextPodIsRefused());
  api_->SetNode(hostname_, {{"sekisho.io/policy-group", "gpu"}});
  node_->Write("/etc/sekisho/policy.group.gpu.yaml", PolicyEnforcing("baseline"));
  Must({"systemctl", "reload", "sekisho.service"});
  EXPECT_TRUE(Eventually([this] { return Status().group == "gpu"; }, kSoon));
  EXPECT_EQ(Status().policy_file, "policy.group.gpu.yaml");
  EXPECT_TRUE(NextPodIsRefused());
  for (const SeenRequest& request : api_->Requests()) {
    EXPECT_TRUE(IsGranted(request, hostname_))
        << request.method << " " << request.path << "?" << request.query;
  }

  api_->Stop();
  Must({"systemctl", "restart", "sekisho.service"});
  EXPECT_TRUE(NextPodIsRefused());
  EXPECT_EQ(Status().policy_file, "policy.group.gpu.yaml");
}

}  // namespace
}  // namespace sekisho::testing
