#include "system/install_fixture.h"

namespace sekisho::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kUnit[] = "/lib/systemd/system/kubelet.service";
constexpr char kKubeadmDropIn[] = "/lib/systemd/system/kubelet.service.d/10-kubeadm.conf";
constexpr char kFlagsEnv[] = "/var/lib/kubelet/kubeadm-flags.env";

std::string Unit(const std::string& flags) {
  return "[Unit]\nDescription=A kubelet's stand-in\nAfter=import-images.service\n\n"
         "[Service]\nExecStart=/usr/bin/kubelet " +
         flags +
         "\nRestart=always\nRestartSec=1\nStartLimitIntervalSec=0\n\n"
         "[Install]\nWantedBy=multi-user.target\n";
}

std::string Config(const std::string& more) {
  return "# Of this cluster.\napiVersion: kubelet.config.k8s.io/v1beta1\n"
         "kind: KubeletConfiguration\nclusterDomain: cluster.local  # as everywhere\n" +
         more;
}

// The variables that kubeadm's drop-in has.
constexpr char kKubeadm[] =
    "[Service]\n"
    "Environment=\"KUBELET_KUBECONFIG_ARGS=--kubeconfig=/etc/kubernetes/kubelet.conf\"\n"
    "Environment=\"KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml\"\n"
    "EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env\n"
    "EnvironmentFile=-/etc/default/kubelet\n"
    "ExecStart=\n"
    "ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS "
    "$KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS\n";

std::string WithEndpoint(std::string text) {
  for (size_t at = text.find('%'); at != std::string::npos; at = text.find('%')) {
    text.replace(at, 1, kRuntimeEndpoint);
  }
  return text;
}

}  // namespace

const std::vector<KubeletLayout>& KubeletLayouts() {
  static const std::vector<KubeletLayout> layouts = {
      {.name = "KubeletConfiguration",
       .files = {{kUnit, Unit("--config=/var/lib/kubelet/config.yaml")},
                 {kKubeletConfig, Config("containerRuntimeEndpoint: %\nmaxPods: 110\n")}}},
      {.name = "KubeadmFlags",
       .files = {{kUnit, Unit("")},
                 {kKubeadmDropIn, kKubeadm},
                 {kKubeletConfig, Config("")},
                 {kFlagsEnv,
                  "KUBELET_KUBEADM_ARGS=\"--container-runtime-endpoint=% "
                  "--pod-infra-container-image=localhost/pause:1\"\n"}}},
      {.name = "KubeadmInstanceConfig",
       .files = {{kUnit, Unit("")},
                 {kKubeadmDropIn, kKubeadm},
                 {kKubeletConfig,
                  Config("containerRuntimeEndpoint: \"%\"\nimageServiceEndpoint: \"%\"\n")},
                 {"/var/lib/kubelet/instance-config.yaml",
                  "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
                  "containerRuntimeEndpoint: %\n"}}},
      {.name = "ExtraArguments",
       .files = {{kUnit, Unit("")},
                 {kKubeadmDropIn, kKubeadm},
                 {kKubeletConfig, Config("")},
                 {"/etc/default/kubelet",
                  "KUBELET_EXTRA_ARGS=--container-runtime-endpoint=% --node-ip=10.0.0.1\n"}}},
      {.name = "FlagOfTheUnit",
       .files = {{kUnit, Unit("--config /var/lib/kubelet/config.yaml "
                              "--container-runtime-endpoint % --v=2")},
                 {kKubeletConfig, Config("")}}},
      {.name = "NothingNamesIt",
       .files = {{kUnit, Unit("--config=/var/lib/kubelet/config.yaml")},
                 {kKubeletConfig, Config("")}}},
  };
  return layouts;
}

const KubeletLayout& ConfigLayout() {
  return KubeletLayouts().front();
}

void InstallFixture::SetUp() {
  SystemTest::SetUp();
}

void InstallFixture::Prepare(const KubeletLayout& layout) {
  for (const auto& [path, text] : layout.files) {
    node_->Write(path, WithEndpoint(text));
  }
  ASSERT_EQ(node_->Boot(), "");
  Must({"systemctl", "enable", "--now", "kubelet.service"});
  InstallPackage();
  Must({"systemctl", "disable", "--now", "sekisho.socket", "sekisho.service"});
  ExpectKubeletWell(kRuntimeEndpoint);
  before_ = Snapshot();
  ASSERT_THAT(before_, HasSubstr("kubelet.service"));
  ASSERT_FALSE(HasFailure());
}

std::string InstallFixture::Sekisho(const std::vector<std::string>& arguments, int exit_code) {
  std::vector<std::string> argv = {"sekisho"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  const Finished finished = node_->Run(argv);
  EXPECT_EQ(finished.exit_code, exit_code) << ::testing::PrintToString(argv) << "\n"
                                           << finished.output;
  return finished.output;
}

std::string InstallFixture::Snapshot() const {
  // /etc/mtab leads to the mounts of who asks.
  return node_
      ->Shell(
          "cd / && find etc lib/systemd usr/lib/systemd var/lib/kubelet ! -path etc/mtab "
          "! -path 'var/lib/kubelet/pods*' -printf '%p %y %m %U:%G %l\\n' | sort && "
          "find etc lib/systemd/. var/lib/kubelet -type f ! -path 'var/lib/kubelet/pods*' "
          "-exec sha256sum {} + | sort -k 2")
      .output;
}

void InstallFixture::ExpectAsBefore() {
  EXPECT_EQ(Snapshot(), before_);
  ExpectKubeletWell(kRuntimeEndpoint);
  Sekisho({"uninstall", "--check"});
}

void InstallFixture::ExpectThroughAgent() {
  ExpectKubeletWell(kAgentEndpoint);
  EXPECT_EQ(KubeletStats()["imageEndpoint"], kAgentEndpoint);
  EXPECT_EQ(UnitProperty("sekisho.service", "UnitFileState"), "enabled");
  EXPECT_EQ(UnitProperty("sekisho.socket", "UnitFileState"), "enabled");
  EXPECT_EQ(UnitProperty("sekisho-install-guard.timer", "ActiveState"), "inactive");
}

}  // namespace sekisho::testing
