// sekisho install and uninstall: onto a node that works and off it again, and when that fails.
#include <chrono>

#include "system/install_fixture.h"

namespace sekisho::testing {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;
using ::testing::Not;

// What check-config refuses, beside a policy that it takes.
constexpr char kBadPolicy[] =
    "apiVersion: sekisho.io/v1alpha1\nkind: NodePolicy\ndefaults: {enforce: privileged}\n"
    "enfroce: all\n";
constexpr char kOtherPolicy[] =
    "apiVersion: sekisho.io/v1alpha1\nkind: NodePolicy\ndefaults: {enforce: privileged}\n";

class LayoutTest : public InstallFixture, public ::testing::WithParamInterface<KubeletLayout> {};

TEST_P(LayoutTest, OntoTheNodeAndOffItAgain) {
  ASSERT_NO_FATAL_FAILURE(Prepare(GetParam()));
  EXPECT_THAT(Sekisho({"install"}), HasSubstr("done: kubelet.service goes through the agent"));
  ExpectThroughAgent();
  Sekisho({"ready"});
  Sekisho({"uninstall", "--check"}, 1);
  const nlohmann::json stats = KubeletStats();
  EXPECT_EQ(stats["failures"], 0) << stats.dump(1);

  EXPECT_THAT(Sekisho({"uninstall"}), HasSubstr("done: kubelet.service uses"));
  ExpectAsBefore();
  EXPECT_EQ(UnitProperty("sekisho.service", "ActiveState"), "inactive");
  EXPECT_EQ(UnitProperty("sekisho.socket", "ActiveState"), "inactive");
}

INSTANTIATE_TEST_SUITE_P(All, LayoutTest, ::testing::ValuesIn(KubeletLayouts()),
                         [](const auto& row) { return std::string(row.param.name); });

class InstallTest : public InstallFixture {
 protected:
  void SetUp() override {
    InstallFixture::SetUp();
    if (!IsSkipped()) {
      ASSERT_NO_FATAL_FAILURE(Prepare());
    }
  }
};

TEST_F(InstallTest, ADryRunSaysWhatWouldChangeAndChangesNothing) {
  const pid_t kubelet = MainPid("kubelet.service");
  const std::string said = Sekisho({"install", "--dry-run"});
  EXPECT_THAT(said, HasSubstr(std::string("\n-containerRuntimeEndpoint: ") + kRuntimeEndpoint));
  EXPECT_THAT(said, HasSubstr(std::string("\n+containerRuntimeEndpoint: ") + kAgentEndpoint));
  EXPECT_THAT(said, Not(HasSubstr("==>")));
  EXPECT_EQ(MainPid("kubelet.service"), kubelet);
  EXPECT_EQ(UnitProperty("sekisho.service", "ActiveState"), "inactive");
  ExpectAsBefore();
}

TEST_F(InstallTest, TwiceIsAsGoodAsOnce) {
  Sekisho({"install"});
  ExpectThroughAgent();
  const std::string once = Snapshot();
  const pid_t kubelet = MainPid("kubelet.service");
  const pid_t agent = MainPid("sekisho.service");
  EXPECT_THAT(Sekisho({"install"}), HasSubstr("nothing to do"));
  EXPECT_EQ(Snapshot(), once);
  EXPECT_EQ(MainPid("kubelet.service"), kubelet);
  EXPECT_EQ(MainPid("sekisho.service"), agent);
  // And what was there before the first is still known.
  Sekisho({"uninstall"});
  ExpectAsBefore();
  Sekisho({"uninstall"});
  ExpectAsBefore();
}

TEST_F(InstallTest, AnAgentThatCannotStartLeavesTheKubeletAlone) {
  node_->Write("/etc/systemd/system/sekisho.service.d/broken.conf",
               "[Service]\nExecStart=\nExecStart=/usr/bin/false\n");
  Must({"systemctl", "daemon-reload"});
  before_ = Snapshot();
  const pid_t kubelet = MainPid("kubelet.service");
  EXPECT_THAT(Sekisho({"install", "--timeout=5"}, 1), HasSubstr("everything is as it was before"));
  ExpectAsBefore();
  EXPECT_EQ(MainPid("kubelet.service"), kubelet);
}

TEST_F(InstallTest, AKubeletThatDoesNotGetWellIsPutBackWithinHalfAMinute) {
  // Its process does not start with the agent's socket, whatever the reason may be.
  node_->Write(
      "/etc/systemd/system/kubelet.service.d/10-picky.conf",
      "[Service]\nExecStartPre=/bin/sh -c '! grep sekisho " + std::string(kKubeletConfig) + "'\n");
  Must({"systemctl", "daemon-reload"});
  before_ = Snapshot();
  const steady_clock::time_point begun = steady_clock::now();
  EXPECT_THAT(Sekisho({"install", "--timeout=10"}, 1), HasSubstr("everything is as it was before"));
  ExpectAsBefore();
  EXPECT_LT(steady_clock::now() - begun, seconds(30));
}

TEST_F(InstallTest, AnUpgradeWithABadPolicyIsRolledBackAndTheOldOneGoesOn) {
  Sekisho({"install"});
  ExpectThroughAgent();
  const std::string installed = Snapshot();
  const std::string status = UnitProperty("sekisho.service", "StatusText");
  node_->Write("/srv/new/policy.yaml", kBadPolicy);
  const std::string said = Sekisho({"install", "--files=/srv/new:/etc/sekisho"}, 1);
  EXPECT_THAT(said, HasSubstr("enfroce: unknown key"));
  EXPECT_THAT(said, HasSubstr("everything is as it was before"));
  EXPECT_EQ(Snapshot(), installed);
  EXPECT_EQ(UnitProperty("sekisho.service", "StatusText"), status);
  ExpectThroughAgent();
  EXPECT_EQ(RunPod("shop", "before", {"mount=/etc:/data"})["code"], "PERMISSION_DENIED");

  // A good one is taken, and what was there before it comes back at the end.
  node_->Write("/srv/new/policy.yaml", kOtherPolicy);
  Sekisho({"install", "--files=/srv/new:/etc/sekisho"});
  ExpectThroughAgent();
  Sekisho({"ready"});
  EXPECT_EQ(RunPod("shop", "after", {"mount=/etc:/data"})["code"], "OK");
  Sekisho({"uninstall"});
  ExpectAsBefore();
}

// As a privileged pod of a DaemonSet with hostPID does: the files are the pod's own, laid out as
// the kubelet lays out a ConfigMap, and everything else is the node's.
TEST_F(InstallTest, FromAPodWithItsOwnFiles) {
  const std::string pod =
      "mount -t tmpfs tmpfs /mnt && mkdir -p /mnt/..1/policy.d /mnt/files && "
      "mv /mnt/..1 /mnt/files/ && cd /mnt/files && ln -s ..1 ..data && "
      "ln -s ..data/policy.yaml policy.yaml && cp /srv/policy.yaml ..1/policy.yaml && "
      "mount -t tmpfs tmpfs /etc && "
      "sekisho install --enter-host --files=/mnt/files:/etc/sekisho";
  node_->Write("/srv/policy.yaml", kOtherPolicy);
  Must({"unshare", "--mount", "--net", "--ipc", "--uts", "sh", "-c", pod});
  ExpectThroughAgent();
  EXPECT_EQ(node_->Read(kPolicyFile), kOtherPolicy);
  Sekisho({"uninstall"});
  ExpectAsBefore();
}

}  // namespace
}  // namespace sekisho::testing
