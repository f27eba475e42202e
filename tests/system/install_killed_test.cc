// sekisho install and uninstall killed between any two of their steps: the node works, and the rest
// is undone or done.
#include "support/sekisho_process.h"
#include "system/install_fixture.h"
#include "system/stepped_process.h"

namespace sekisho::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// What becomes of the node after the kill.
enum class Then {
  kGuard,     // the guard's time comes
  kSomebody,  // somebody installs again, or uninstalls
};

const std::vector<std::string> kInstall = {"install", "--files=/srv/new:/etc/sekisho"};

class KilledTest : public InstallFixture {
 protected:
  void SetUp() override {
    InstallFixture::SetUp();
    if (!IsSkipped()) {
      ASSERT_NO_FATAL_FAILURE(Prepare());
      node_->Write("/srv/new/policy.d/50-more.yaml",
                   "apiVersion: sekisho.io/v1alpha1\nkind: NodePolicy\nrules:\n"
                   "- match: {namespaces: [trusted]}\n  enforce: privileged\n");
    }
  }

  // Runs `sekisho` with these arguments, and kills it once it has done what its `lines`-th line
  // says. That line; nothing when it ended before.
  std::optional<std::string> KillAfter(int lines, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "sekisho");
    SteppedProcess process(node_->leader(), arguments);
    std::string before;
    for (int i = 0; i < lines; ++i) {
      if (i > 0) {
        before = process.LetGo();
      }
      if (!process.WaitUntilItWaits()) {
        EXPECT_EQ(process.exit_code(), 0) << before;
        return std::nullopt;
      }
    }
    return process.Kill();
  }

  // Whichever socket its kubelet uses at the moment.
  void ExpectNodeWorks() {
    std::string endpoint;
    EXPECT_TRUE(Eventually([&] {
      const nlohmann::json stats = KubeletStats();
      endpoint = stats.is_object() ? stats["endpoint"].get<std::string>() : "";
      return !endpoint.empty();
    }));
    ExpectKubeletWell(endpoint);
  }

  // What the timer starts when its time has come.
  void LetGuardAct() {
    if (UnitProperty("sekisho-install-guard.timer", "ActiveState") == "active") {
      Must({"systemctl", "start", "--wait", "sekisho-install-guard.service"});
    } else {
      // Killed before there was one: nothing of the kubelet's or of the running agent's had
      // changed.
      Sekisho({"uninstall", "--unfinished"});
    }
  }
};

class KilledInstallTest : public KilledTest, public ::testing::WithParamInterface<Then> {};

// Each step is a kill of its own, on a node that has been put back.
TEST_P(KilledInstallTest, AfterAnyStepTheNodeWorks) {
  int kills = 0;
  for (int lines = 1;; ++lines) {
    const std::optional<std::string> last = KillAfter(lines, kInstall);
    if (!last.has_value()) {
      break;
    }
    if (!last->starts_with("==> ")) {
      continue;  // it has only looked so far
    }
    SCOPED_TRACE("killed after: " + *last);
    ++kills;
    ExpectNodeWorks();
    if (last->starts_with("==> confirming")) {
      ExpectThroughAgent();
      Sekisho({"uninstall"});
    } else if (GetParam() == Then::kGuard) {
      LetGuardAct();
    } else {
      if (kills % 2 == 0) {
        Sekisho(kInstall);
        ExpectThroughAgent();
      }
      Sekisho({"uninstall"});
    }
    ExpectAsBefore();
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_EQ(kills, 10);
  // The last one was let through to its end.
  ExpectThroughAgent();
}

INSTANTIATE_TEST_SUITE_P(Then, KilledInstallTest, ::testing::Values(Then::kGuard, Then::kSomebody),
                         [](const auto& row) {
                           return row.param == Then::kGuard ? "TheGuardActs" : "SomebodyActs";
                         });

TEST_F(KilledTest, TheGuardActsByItself) {
  SteppedProcess install(node_->leader(), {"sekisho", "install", "--timeout=5"});
  do {
    ASSERT_TRUE(install.WaitUntilItWaits());
  } while (!install.LetGo().starts_with(std::string("==> writing ") + kKubeletConfig));
  ASSERT_TRUE(install.WaitUntilItWaits());
  EXPECT_THAT(install.Kill(), StartsWith("==> restarting kubelet.service"));
  ExpectNodeWorks();
  EXPECT_THAT(node_->Read(kKubeletConfig), HasSubstr(kAgentEndpoint));
  EXPECT_TRUE(Eventually(
      [this] {
        return node_->Run({"sekisho", "uninstall", "--check"}).exit_code == 0;
      },
      std::chrono::seconds(40)));
  ExpectAsBefore();
}

TEST_F(KilledTest, AnUninstallKilledAfterAnyStepCanBeRepeated) {
  int kills = 0;
  for (int lines = 1;; ++lines) {
    Sekisho(kInstall);
    ExpectThroughAgent();
    const std::optional<std::string> last = KillAfter(lines, {"uninstall"});
    if (!last.has_value()) {
      break;
    }
    SCOPED_TRACE("killed after: " + *last);
    ++kills;
    ExpectNodeWorks();
    Sekisho({"uninstall"});
    ExpectAsBefore();
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_GE(kills, 4);
  ExpectAsBefore();
}

}  // namespace
}  // namespace sekisho::testing
