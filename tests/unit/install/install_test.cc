#include "install/install.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/install/fake_node.h"

namespace sekisho::install {
namespace {

using ::testing::HasSubstr;

constexpr char kFlags[] = "/var/lib/kubelet/kubeadm-flags.env";
constexpr char kGuardTimer[] = "sekisho-install-guard.timer";

TEST(InstallTest, PutsTheAgentBeforeTheKubelet) {
  FakeNode node;
  ASSERT_EQ(node.EndpointOfFiles(), "unix:///run/containerd/containerd.sock");
  ASSERT_EQ(Install({}, node.Access()), kDone);
  EXPECT_EQ(node.Read(kFlags),
            "KUBELET_KUBEADM_ARGS=\"--container-runtime-endpoint=unix:///run/sekisho/"
            "sekisho.sock --v=2\"\n");
  EXPECT_EQ(node.kubelet_socket(), kAgentListens);
  EXPECT_TRUE(node.agent_running);
  EXPECT_TRUE(node.agent_enabled);
  EXPECT_EQ(node.kubelet_restarts, 1);
  EXPECT_TRUE(node.timers.empty());
  EXPECT_TRUE(node.Works());
}

TEST(InstallTest, UninstallRestoresTheVeryBytes) {
  FakeNode node;
  const auto before = node.Files();
  ASSERT_EQ(Install({}, node.Access()), kDone);
  ASSERT_NE(node.Files(), before);
  ASSERT_EQ(Uninstall({}, node.Access()), kDone);
  EXPECT_EQ(node.Files(), before);
  EXPECT_EQ(node.kubelet_socket(), kRuntimeSocket);
  EXPECT_FALSE(node.agent_running);
  EXPECT_FALSE(node.agent_enabled);
  EXPECT_TRUE(node.Works());
}

TEST(InstallTest, TheSecondTimeThereIsNothingToDo) {
  FakeNode node;
  ASSERT_EQ(Install({}, node.Access()), kDone);
  const auto installed = node.Files();
  ASSERT_EQ(Install({}, node.Access()), kDone);
  EXPECT_TRUE(node.Said("nothing to do"));
  EXPECT_EQ(node.Files(), installed);
  EXPECT_EQ(node.kubelet_restarts, 1);
}

TEST(InstallTest, ADryRunChangesNothing) {
  FakeNode node;
  const auto before = node.Files();
  InstallOptions options;
  options.dry_run = true;
  ASSERT_EQ(Install(options, node.Access()), kDone);
  EXPECT_EQ(node.Files(), before);
  EXPECT_EQ(node.kubelet_restarts, 0);
  EXPECT_FALSE(node.agent_running);
  EXPECT_TRUE(
      node.Said("+KUBELET_KUBEADM_ARGS=\"--container-runtime-endpoint=unix:///run/sekisho"));
  EXPECT_FALSE(std::filesystem::exists(node.root() + "/var/lib/sekisho"));
}

TEST(InstallTest, AKubeletThatMindsGetsItsFilesBack) {
  FakeNode node;
  node.kubelet_minds_the_agent = true;
  const auto before = node.Files();
  EXPECT_EQ(Install({}, node.Access()), kRolledBack);
  EXPECT_EQ(node.Files(), before);
  EXPECT_TRUE(node.kubelet_running);
  EXPECT_EQ(node.kubelet_socket(), kRuntimeSocket);
  EXPECT_FALSE(node.agent_running);
  EXPECT_TRUE(node.timers.empty());
  EXPECT_TRUE(node.Said("the kubelet was not well after 20 s"));
}

TEST(InstallTest, LittleTimeForTheNewIsEnoughForTheOld) {
  FakeNode node;
  node.kubelet_minds_the_agent = true;
  const auto before = node.Files();
  InstallOptions options;
  options.timeout = std::chrono::seconds(1);  // less than a kubelet must be well for
  EXPECT_EQ(Install(options, node.Access()), kRolledBack);
  EXPECT_EQ(node.Files(), before);
  EXPECT_TRUE(node.Works());
}

TEST(InstallTest, AnAgentThatDoesNotStartIsNotWaitedForByTheKubelet) {
  FakeNode node;
  node.agent_cannot_start = true;
  const auto before = node.Files();
  EXPECT_EQ(Install({}, node.Access()), kRolledBack);
  EXPECT_EQ(node.Files(), before);
  EXPECT_EQ(node.kubelet_restarts, 0);
  EXPECT_TRUE(node.Said("last words of the agent"));
}

TEST(InstallTest, RefusesWhatItDoesNotUnderstand) {
  struct Case {
    const char* name;
    std::function<void(FakeNode&)> change;
    const char* why;
  };
  const std::vector<Case> cases = {
      {"no kubelet",
       [](FakeNode& node) {
         std::filesystem::remove(node.root() + "/lib/systemd/system/kubelet.service");
       },
       "systemd has no kubelet.service"},
      {"no agent",
       [](FakeNode& node) {
         std::filesystem::remove(node.root() + "/lib/systemd/system/sekisho.service");
       },
       "systemd has no sekisho.service"},
      {"no configuration",
       [](FakeNode& node) { std::filesystem::remove(node.root() + "/etc/sekisho/config.yaml"); },
       "/etc/sekisho/config.yaml: there is no such file"},
      {"the kubelet is down", [](FakeNode& node) { node.kubelet_running = false; },
       "install on a node whose kubelet works"},
      {"the runtime is down", [](FakeNode& node) { node.runtime_silent = true; }, "nobody answers"},
      {"not a unix socket",
       [](FakeNode& node) {
         node.Write(kFlags,
                    "KUBELET_KUBEADM_ARGS=\"--container-runtime-endpoint=tcp://10.0.0.1:1\"\n");
       },
       "unix sockets only"},
      {"the files were changed, the kubelet not restarted",
       [](FakeNode& node) {
         node.Write(
             kFlags,
             "KUBELET_KUBEADM_ARGS=\"--container-runtime-endpoint=unix:///run/other.sock\"\n");
         node.runtime_silent = false;
       },
       "/run/other.sock"},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.name);
    FakeNode node;
    test.change(node);
    const auto before = node.Files();
    EXPECT_EQ(Install({}, node.Access()), kRefused);
    EXPECT_EQ(node.Files(), before);
    EXPECT_TRUE(node.Said(test.why)) << ::testing::PrintToString(node.said);
    EXPECT_EQ(node.kubelet_restarts, 0);
  }
}

// The kubelet looks at the end of its endpoint to know CRI-O.
TEST(InstallTest, KeepsTheEndInFrontOfCrio) {
  FakeNode node;
  node.runtime_text = "cri-o 1.30.0";
  node.runtime_socket = "/var/run/crio/crio.sock";
  node.Write(
      kFlags,
      "KUBELET_KUBEADM_ARGS=\"--container-runtime-endpoint=unix:///var/run/crio/crio.sock\"\n");
  ASSERT_TRUE(node.Restart("kubelet.service").ok());
  const auto before = node.Files();
  ASSERT_EQ(Install({}, node.Access()), kDone) << ::testing::PrintToString(node.said);
  EXPECT_EQ(node.kubelet_socket(), "/run/sekisho/run/crio/crio.sock");
  EXPECT_EQ(node.Read(kFlags),
            "KUBELET_KUBEADM_ARGS=\"--container-runtime-endpoint=unix:///run/sekisho/run/crio/"
            "crio.sock\"\n");
  const absl::StatusOr<AgentSockets> sockets =
      ReadAgentSockets(node.Read("/etc/sekisho/config.yaml"), "config.yaml");
  ASSERT_TRUE(sockets.ok()) << sockets.status();
  EXPECT_EQ(sockets->listen, "/run/sekisho/run/crio/crio.sock");
  EXPECT_TRUE(SameEndpoint(sockets->upstream, "/run/crio/crio.sock")) << sockets->upstream;
  EXPECT_THAT(node.Read("/etc/systemd/system/sekisho.socket.d/50-listen.conf"),
              HasSubstr("ListenStream=\nListenStream=/run/sekisho/run/crio/crio.sock\n"));
  EXPECT_TRUE(node.Works());
  EXPECT_EQ(Install({}, node.Access()), kDone);
  EXPECT_TRUE(node.Said("nothing to do"));
  ASSERT_EQ(Uninstall({}, node.Access()), kDone);
  EXPECT_EQ(node.Files(), before);
}

// What the kubelet used is what the agent has to stand before, wherever that is.
TEST(InstallTest, TheAgentStandsBeforeTheRuntimeThatTheKubeletUsed) {
  FakeNode node;
  node.runtime_socket = "/run/other/containerd.sock";
  node.Write(kFlags,
             "KUBELET_KUBEADM_ARGS=\"--container-runtime-endpoint=unix:///run/other/"
             "containerd.sock\"\n");
  ASSERT_TRUE(node.Restart("kubelet.service").ok());
  ASSERT_EQ(Install({}, node.Access()), kDone) << ::testing::PrintToString(node.said);
  EXPECT_THAT(node.Read("/etc/sekisho/config.yaml"), HasSubstr("/run/other/containerd.sock"));
  EXPECT_EQ(node.kubelet_socket(), kAgentListens);
}

// --- killed

class KilledTest : public ::testing::TestWithParam<int> {};

// The steps that an installation announces, and one more: not killed at all.
constexpr int kSteps = 9;

TEST_P(KilledTest, TheNodeWorksAndTheGuardUndoesIt) {
  FakeNode node;
  const auto before = node.Files();
  node.steps_until_killed = GetParam();
  bool killed = false;
  try {
    EXPECT_EQ(Install({}, node.Access()), kDone);
  } catch (const Killed&) {
    killed = true;
  }
  EXPECT_EQ(killed, GetParam() < kSteps) << ::testing::PrintToString(node.said);
  EXPECT_TRUE(node.Works());
  node.steps_until_killed = -1;
  UninstallOptions guard;
  guard.unfinished = true;
  EXPECT_EQ(Uninstall(guard, node.Access()), kDone);
  EXPECT_TRUE(node.Works());
  if (killed) {
    EXPECT_EQ(node.Files(), before);
    EXPECT_EQ(node.kubelet_socket(), kRuntimeSocket);
    EXPECT_FALSE(node.agent_running);
  } else {
    EXPECT_EQ(node.kubelet_socket(), kAgentListens);
  }
}

TEST_P(KilledTest, ASecondInstallationCompletesAndCanBeUndone) {
  FakeNode node;
  const auto before = node.Files();
  node.steps_until_killed = GetParam();
  try {
    (void)Install({}, node.Access());
  } catch (const Killed&) {
  }
  node.steps_until_killed = -1;
  ASSERT_EQ(Install({}, node.Access()), kDone);
  EXPECT_EQ(node.kubelet_socket(), kAgentListens);
  EXPECT_TRUE(node.Works());
  ASSERT_EQ(Uninstall({}, node.Access()), kDone);
  EXPECT_EQ(node.Files(), before);
  EXPECT_TRUE(node.Works());
}

TEST_P(KilledTest, AKilledRollBackIsFinishedByTheGuard) {
  FakeNode node;
  node.kubelet_minds_the_agent = true;
  const auto before = node.Files();
  node.steps_until_killed = GetParam();
  try {
    (void)Install({}, node.Access());
  } catch (const Killed&) {
  }
  node.steps_until_killed = -1;
  UninstallOptions guard;
  guard.unfinished = true;
  EXPECT_EQ(Uninstall(guard, node.Access()), kDone);
  EXPECT_EQ(node.Files(), before);
  EXPECT_TRUE(node.kubelet_running);
  EXPECT_TRUE(node.Works());
}

TEST_P(KilledTest, AKilledRemovalIsFinishedByTheNext) {
  FakeNode node;
  const auto before = node.Files();
  ASSERT_EQ(Install({}, node.Access()), kDone);
  node.steps_until_killed = GetParam();
  try {
    (void)Uninstall({}, node.Access());
  } catch (const Killed&) {
  }
  EXPECT_TRUE(node.Works());
  node.steps_until_killed = -1;
  ASSERT_EQ(Uninstall({}, node.Access()), kDone);
  EXPECT_EQ(node.Files(), before);
  EXPECT_TRUE(node.Works());
  EXPECT_FALSE(node.agent_running);
}

INSTANTIATE_TEST_SUITE_P(AtEachStep, KilledTest, ::testing::Range(0, kSteps + 1));

// --- upgrades: files that are brought

class BringTest : public ::testing::Test {
 protected:
  void SetUp() override {
    before_ = node_.Files();
    ASSERT_EQ(Install({}, node_.Access()), kDone);
    installed_ = node_.Files();
  }
  // As the pod of the DaemonSet does.
  int Bring(const std::string& policy) {
    testing::WriteText(tree_.File("policy.yaml"), policy);
    InstallOptions options;
    options.files = {{.source = tree_.path(), .destination = "/etc/sekisho"}};
    return Install(options, node_.Access());
  }

  FakeNode node_;
  testing::TempDir tree_;
  std::map<std::string, std::string> before_;
  std::map<std::string, std::string> installed_;
};

constexpr char kRestricted[] =
    "apiVersion: sekisho.io/v1alpha1\nkind: NodePolicy\ndefaults: {enforce: restricted}\n";

TEST_F(BringTest, ANewPolicyRestartsTheAgentAndNotTheKubelet) {
  ASSERT_EQ(Bring(kRestricted), kDone) << ::testing::PrintToString(node_.said);
  EXPECT_EQ(node_.Read("/etc/sekisho/policy.yaml"), kRestricted);
  EXPECT_EQ(node_.agent_restarts, 1);
  EXPECT_EQ(node_.kubelet_restarts, 1);
}

TEST_F(BringTest, ABadPolicyIsTakenBackBeforeTheAgentSeesIt) {
  EXPECT_EQ(Bring("kind: Nonsense\n"), kRolledBack);
  EXPECT_EQ(node_.Files(), installed_);
  EXPECT_TRUE(node_.agent_running);
  EXPECT_TRUE(node_.agent_enabled);
  EXPECT_EQ(node_.kubelet_restarts, 1);
  EXPECT_TRUE(node_.Works());
}

TEST_F(BringTest, AnAgentThatDoesNotComeUpGetsItsOldFilesBack) {
  EXPECT_EQ(Bring(std::string(kRestricted) + "# agent dies\n"), kRolledBack);
  EXPECT_EQ(node_.Files(), installed_);
  EXPECT_TRUE(node_.agent_running);
  EXPECT_TRUE(node_.Works());
}

TEST_F(BringTest, WhatIsNoLongerBroughtGoesAndWhatItReplacedComesBack) {
  testing::WriteText(tree_.File("extra.yaml"), "an extra rule\n");
  ASSERT_EQ(Bring(kRestricted), kDone);
  EXPECT_EQ(node_.Read("/etc/sekisho/extra.yaml"), "an extra rule\n");
  std::filesystem::remove(tree_.File("extra.yaml"));
  ASSERT_EQ(Bring(kRestricted), kDone);
  EXPECT_FALSE(std::filesystem::exists(node_.root() + "/etc/sekisho/extra.yaml"));
  EXPECT_EQ(node_.agent_restarts, 2);
  ASSERT_EQ(Bring(kRestricted), kDone);
  EXPECT_EQ(node_.agent_restarts, 2);  // nothing is left to take away

  std::filesystem::remove(tree_.File("policy.yaml"));
  testing::WriteText(tree_.File("other.yaml"), "other\n");
  InstallOptions options;
  options.files = {{.source = tree_.path(), .destination = "/etc/sekisho"}};
  ASSERT_EQ(Install(options, node_.Access()), kDone);
  EXPECT_THAT(node_.Read("/etc/sekisho/policy.yaml"), HasSubstr("enforce: baseline"));
  ASSERT_EQ(Uninstall({}, node_.Access()), kDone);
  EXPECT_EQ(node_.Files(), before_);
}

TEST_F(BringTest, UninstallAfterwardsRestoresWhatWasBeforeTheFirstTime) {
  ASSERT_EQ(Bring(kRestricted), kDone);
  ASSERT_EQ(Bring(std::string(kRestricted) + "# again\n"), kDone);
  ASSERT_EQ(Uninstall({}, node_.Access()), kDone);
  EXPECT_EQ(node_.Files(), before_);
}

TEST(InstallFilesTest, FilesAndFoldersThatWereBroughtGoAgain) {
  FakeNode node;
  const auto before = node.Files();
  const testing::TempDir tree;
  std::filesystem::create_directories(tree.File("bin/deep"));
  testing::WriteText(tree.File("bin/deep/sekisho"), "program");
  std::filesystem::permissions(tree.File("bin/deep/sekisho"), std::filesystem::perms(0755));
  InstallOptions options;
  options.files = {{.source = tree.path(), .destination = "/opt/sekisho"}};
  ASSERT_EQ(Install(options, node.Access()), kDone);
  EXPECT_EQ(node.Files().at("/opt/sekisho/bin/deep/sekisho"), "program493");  // 0755
  ASSERT_EQ(Uninstall({}, node.Access()), kDone);
  EXPECT_EQ(node.Files(), before);
}

// --- uninstall where something changed meanwhile

TEST(UninstallTest, AFileThatWasRewrittenIsPointedBackAndKeepsTheRest) {
  FakeNode node;
  ASSERT_EQ(Install({}, node.Access()), kDone);
  node.Write(kFlags,
             "# by an upgrade\nKUBELET_KUBEADM_ARGS=\"--container-runtime-endpoint="
             "unix:///run/sekisho/sekisho.sock --v=4\"\n");
  ASSERT_EQ(Uninstall({}, node.Access()), kDone);
  EXPECT_EQ(node.Read(kFlags),
            "# by an upgrade\nKUBELET_KUBEADM_ARGS=\"--container-runtime-endpoint="
            "unix:///run/containerd/containerd.sock --v=4\"\n");
  EXPECT_TRUE(node.Works());
  EXPECT_TRUE(node.Said("was changed since the installation"));
}

TEST(UninstallTest, AKubeletThatWasPointedByHandIsPointedBack) {
  FakeNode node;
  node.agent_running = true;
  node.Write(kFlags,
             "KUBELET_KUBEADM_ARGS=\"--container-runtime-endpoint=unix:///run/sekisho/"
             "sekisho.sock\"\n");
  EXPECT_EQ(node.Restart("kubelet.service"), absl::OkStatus());
  ASSERT_EQ(Uninstall({}, node.Access()), kDone);
  EXPECT_EQ(node.kubelet_socket(), kRuntimeSocket);
  EXPECT_TRUE(node.Works());
}

TEST(UninstallTest, CheckNamesWhatPointsAtTheAgent) {
  FakeNode node;
  UninstallOptions check;
  check.check = true;
  EXPECT_EQ(Uninstall(check, node.Access()), 0);
  ASSERT_EQ(Install({}, node.Access()), kDone);
  node.said.clear();
  EXPECT_EQ(Uninstall(check, node.Access()), 1);
  EXPECT_TRUE(
      node.Said("/var/lib/kubelet/kubeadm-flags.env:1: --container-runtime-endpoint is "
                "unix:///run/sekisho/sekisho.sock"))
      << ::testing::PrintToString(node.said);
  ASSERT_EQ(Uninstall({}, node.Access()), kDone);
  EXPECT_EQ(Uninstall(check, node.Access()), 0);
}

TEST(UninstallTest, ADryRunChangesNothing) {
  FakeNode node;
  ASSERT_EQ(Install({}, node.Access()), kDone);
  const auto installed = node.Files();
  UninstallOptions options;
  options.dry_run = true;
  ASSERT_EQ(Uninstall(options, node.Access()), kDone);
  EXPECT_EQ(node.Files(), installed);
  EXPECT_TRUE(node.agent_running);
  EXPECT_TRUE(
      node.Said("-KUBELET_KUBEADM_ARGS=\"--container-runtime-endpoint=unix:///run/sekisho"));
}

TEST(UninstallTest, WithNothingInstalledItIsDone) {
  FakeNode node;
  const auto before = node.Files();
  EXPECT_EQ(Uninstall({}, node.Access()), kDone);
  EXPECT_EQ(node.Files(), before);
  EXPECT_EQ(node.kubelet_restarts, 0);
}

TEST(UninstallTest, AStateThatCannotBeReadStopsEverything) {
  FakeNode node;
  ASSERT_EQ(Install({}, node.Access()), kDone);
  node.Write("/var/lib/sekisho/install/state.json", "{");
  EXPECT_EQ(Uninstall({}, node.Access()), kRefused);
  EXPECT_EQ(Install({}, node.Access()), kRefused);
  EXPECT_TRUE(node.Said("state.json: cannot be understood"));
}

TEST(GuardTest, IsArmedWhileTheKubeletIsChangedAndCallsTheProgramOfTheNode) {
  FakeNode node;
  node.steps_until_killed = 6;  // restarting kubelet.service
  EXPECT_THROW((void)Install({}, node.Access()), Killed);
  EXPECT_THAT(node.said.back(), HasSubstr("restarting kubelet.service"));
  ASSERT_TRUE(node.timers.contains(kGuardTimer));
  EXPECT_EQ(node.timers[kGuardTimer],
            (std::vector<std::string>{"/usr/sbin/sekisho", "uninstall", "--unfinished",
                                      "--kubelet-unit=kubelet.service", "--timeout=20"}));
}

}  // namespace
}  // namespace sekisho::install
