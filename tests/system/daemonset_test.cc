// The pod of packaging/kustomize on a node: the real image, the rendered manifest, the requests
// that a kubelet sends for them.
#include <filesystem>

#include "support/api_server.h"
#include "support/sekisho_process.h"
#include "support/text_file.h"
#include "system/node_network.h"
#include "system/system_fixture.h"

namespace sekisho::testing {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

class DaemonSetTest : public SystemTest {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(SEKISHO_IMAGE)) {
      GTEST_SKIP() << "no image " << SEKISHO_IMAGE << ": the target sekisho_image makes it";
    }
    SystemTest::SetUp();
    if (IsSkipped()) {
      return;
    }
    ASSERT_NO_FATAL_FAILURE(BootWithKubelet());
    node_->CopyIn(SEKISHO_MANIFEST_CLIENT, "/usr/bin/manifest_client");
    node_->CopyIn(SEKISHO_IMAGE, "/var/lib/sekisho-image.tar", 0644);
    Must({"ctr", "-n", "k8s.io", "images", "import", "/var/lib/sekisho-image.tar"});
  }

  // What kustomize makes of an overlay.
  static std::string Render(const std::string& overlay) {
    const Finished rendered =
        RunToEnd({"sh", "-c",
                  "kubectl kustomize " SEKISHO_KUSTOMIZE "/overlays/" + overlay + " 2>/dev/null"});
    EXPECT_EQ(rendered.exit_code, 0) << rendered.output;
    return rendered.output;
  }
  static std::string Replaced(std::string text, const std::string& from, const std::string& to) {
    const size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
  }
  // As the kubelet would run a pod of it.
  nlohmann::json RunPodOf(const std::string& rendered, const std::string& name,
                          const std::string& server = "") {
    node_->Write("/var/lib/rendered.yaml", rendered);
    const Finished ran = node_->Run({"manifest_client", "/var/lib/rendered.yaml", name, server});
    EXPECT_EQ(ran.exit_code, 0) << ran.output;
    return nlohmann::json::parse(ran.output, nullptr, false);
  }
  // The pod's sandbox is not privileged, which the runtime minds: then it was asked.
  bool AgentLetsPrivilegedThrough(const std::string& name) {
    return RunPod("shop", name, {"privileged"})["message"].get<std::string>().find(
               "no privileged container allowed in sandbox") != std::string::npos;
  }
  // What the installation may change.
  std::string Files() const {
    return node_
        ->Shell(
            "find /etc /opt /var/lib/kubelet/*.yaml /lib/systemd -xdev \\( -type f -exec "
            "sha256sum {} + \\) -o -type l -exec ls -l --time-style=+ {} + | sort -k2")
        .output;
  }
};

TEST_F(DaemonSetTest, InstallsChangesThePolicyRefusesABadOneAndGoesAgain) {
  const std::string before = Files();
  const std::string rendered = Render("enforce-baseline");

  // Onto a node that knows nothing of us: program, libraries, units and policy come with the pod.
  nlohmann::json pod = RunPodOf(rendered, "sekisho-aaaaa");
  ASSERT_EQ(pod["containers"]["install"]["exitCode"], 0) << pod.dump(1);
  ExpectKubeletWell(kAgentEndpoint);
  EXPECT_EQ(pod["containers"]["status"]["ready"]["exitCode"], 0) << pod.dump(1);
  EXPECT_THAT(pod["containers"]["status"]["ready"]["output"].get<std::string>(),
              HasSubstr("ready: sekisho"));
  EXPECT_EQ(RunPod("shop", "root", {"privileged"})["code"], "PERMISSION_DENIED");

  // A changed policy: the next pod goes through the agent that it replaces the policy of.
  const std::string restricted =
      Replaced(rendered, "      enforce: baseline\n", "      enforce: privileged\n");
  const pid_t kubelet = MainPid("kubelet.service");
  pod = RunPodOf(restricted, "sekisho-bbbbb");
  ASSERT_EQ(pod["containers"]["install"]["exitCode"], 0) << pod.dump(1);
  EXPECT_EQ(pod["containers"]["status"]["ready"]["exitCode"], 0) << pod.dump(1);
  EXPECT_EQ(MainPid("kubelet.service"), kubelet);  // nothing of it changed
  EXPECT_TRUE(AgentLetsPrivilegedThrough("root-again"));

  // One that the agent would refuse: the node keeps what it has, and the pod says why.
  const std::string bad = Replaced(rendered, "      enforce: baseline\n", "      enforce: all\n");
  pod = RunPodOf(bad, "sekisho-ccccc");
  EXPECT_EQ(pod["containers"]["install"]["exitCode"], 1) << pod.dump(1);
  EXPECT_THAT(pod["containers"]["install"]["log"].get<std::string>(),
              HasSubstr("everything is as it was before"));
  EXPECT_TRUE(AgentLetsPrivilegedThrough("root-still"));
  ExpectKubeletWell(kAgentEndpoint);

  // And off again, to the very bytes.
  pod = RunPodOf(Render("uninstall"), "sekisho-uninstall-aaaaa");
  ASSERT_EQ(pod["containers"]["uninstall"]["exitCode"], 0) << pod.dump(1);
  ExpectKubeletWell(kRuntimeEndpoint);
  EXPECT_EQ(Files(), before);
  EXPECT_EQ(UnitProperty("sekisho.service", "ActiveState"), "inactive");
}

// --- an agent that asks the API server with the pod's token --------------------------------------

class DaemonSetTokenTest : public DaemonSetTest {
 protected:
  void StartCluster() {
    InNetworkOf(node_->leader(), [this] {
      api_ = std::make_unique<ApiServer>(ApiServerOptions{
          .certificate = pki_.ForServer({"127.0.0.1"}), .tokens = {"first-token"}});
    });
    node_->Write("/var/lib/projected/token/token", "first-token");
    node_->Write("/var/lib/projected/token/ca.crt", pki_.ca_pem());
  }
  // As the kubelet renews it in the pod's volume.
  void Renew(const std::string& pod, const std::string& token) {
    const std::string volume =
        "/var/lib/kubelet/pods/uid-of-" + pod + "/volumes/kubernetes.io~projected/token";
    Must({"sh", "-c",
          "cd " + volume + " && cp -r ..data/ ..next && printf %s " + token +
              " >..next/token && ln -s ..next ..data_tmp && mv -T ..data_tmp ..data"});
  }
  bool IsSynced() const {
    const auto status =
        nlohmann::json::parse(node_->Read("/run/sekisho/status.json"), nullptr, false);
    return status.is_object() && status.contains("kubernetes") && status["kubernetes"]["synced"];
  }

  const TestPki pki_{"cluster"};
  std::unique_ptr<ApiServer> api_;
  int pods_ = 0;
};

TEST_F(DaemonSetTokenTest, ThePodKeepsTheAgentsTokenFresh) {
  StartCluster();
  api_->SetNamespace("shop", {{"pod-security.kubernetes.io/enforce", "restricted"}});
  const std::string server = "127.0.0.1:" + std::to_string(api_->port());
  const nlohmann::json pod = RunPodOf(Render("cluster-token"), "sekisho-aaaaa", server);
  ASSERT_EQ(pod["containers"]["install"]["exitCode"], 0) << pod.dump(1);
  EXPECT_EQ(pod["containers"]["status"]["ready"]["exitCode"], 0) << pod.dump(1);
  ExpectKubeletWell(kAgentEndpoint);
  ASSERT_TRUE(Eventually([this] { return IsSynced(); }, seconds(60)))
      << node_->Read("/run/sekisho/status.json");
  // The file's own baseline would let it through.
  EXPECT_THAT(RunPod("shop", "plain")["message"].get<std::string>(),
              HasSubstr("violates PodSecurity \"restricted:latest\""));
  EXPECT_EQ(
      Must({"stat", "--format=%a %U %n", "/var/lib/sekisho", "/var/lib/sekisho/api/kubeconfig"}),
      "700 root /var/lib/sekisho\n600 root /var/lib/sekisho/api/kubeconfig\n");

  // An hour later. The agent has a connection that it opened with the old one.
  api_->SetTokens({"second-token"});
  Renew("sekisho-aaaaa", "second-token");
  api_->ResetConnections();
  api_->SetNamespace("shop", {});
  EXPECT_TRUE(Eventually(
      [this] { return RunPod("shop", "plain-" + std::to_string(++pods_))["code"] == "OK"; },
      seconds(60)))
      << node_->Read("/run/sekisho/status.json");
  const std::vector<SeenRequest> requests = api_->Requests();
  EXPECT_EQ(requests.back().headers.at("authorization"), "Bearer second-token");
}

}  // namespace
}  // namespace sekisho::testing
