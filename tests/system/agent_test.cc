// The agent as a service of a node: its start, and everything that goes down and comes back.
#include <algorithm>
#include <csignal>
#include <filesystem>

#include "support/sekisho_process.h"
#include "support/text_file.h"
#include "system/agent_fixture.h"

namespace sekisho::testing {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kCallsPerSecond = 50;

double Now() {
  return std::chrono::duration<double, std::milli>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Every call of this load was answered with OK.
void ExpectNoneFailed(const nlohmann::json& totals) {
  EXPECT_EQ(totals["failures"], nlohmann::json::array());
  EXPECT_EQ(totals["answered"], totals["calls"]);
  EXPECT_GT(totals["calls"], 0);
  ::testing::Test::RecordProperty("longestCallMs", totals["longestCallMs"].dump());
}

class AgentTest : public AgentFixture {
 protected:
  // A kubelet whose calls fail starts no pod and says NotReady.
  void ExpectKubeletSawNoFailure() {
    EXPECT_EQ(KubeletStats()["failures"], 0) << KubeletStats().dump(1);
  }
};

TEST_F(AgentTest, PodsRunThroughItAndItWritesThemDown) {
  ExpectKubeletSawNoFailure();
  const std::vector<nlohmann::json> records = AuditRecords();
  const auto of_kubelet = [](const char* method, const char* decision) {
    return [=](const nlohmann::json& record) {
      return record["method"] == method && record["decision"] == decision &&
             record["namespace"] == "stand-in" && record["enforced"] == "baseline:latest";
    };
  };
  EXPECT_TRUE(std::any_of(records.begin(), records.end(), of_kubelet("RunPodSandbox", "allow")));
  EXPECT_TRUE(std::any_of(records.begin(), records.end(), of_kubelet("CreateContainer", "harden")));

  // And the kernel says that the container has what it was hardened with.
  const nlohmann::json pod = RunPod("shop", "web", {"exec=grep Seccomp: /proc/1/status"});
  EXPECT_EQ(pod["code"], "OK") << pod.dump(1);
  EXPECT_EQ(pod["output"], "Seccomp:\t2\n");
  const nlohmann::json refused = RunPod("shop", "root", {"privileged"});
  EXPECT_EQ(refused["code"], "PERMISSION_DENIED");
  EXPECT_THAT(refused["message"].get<std::string>(),
              HasSubstr("violates PodSecurity \"baseline:latest\": privileged"));
}

TEST_F(AgentTest, ANodeThatBootsWithItStartsItBeforeTheKubelet) {
  ASSERT_EQ(node_->Reboot(), "");
  ExpectKubeletWell(kAgentEndpoint);
  ExpectKubeletSawNoFailure();
  EXPECT_EQ(UnitProperty("kubelet.service", "NRestarts"), "0");
  EXPECT_EQ(UnitProperty("sekisho.service", "NRestarts"), "0");
}

TEST_F(AgentTest, RestartsLoseNoCall) {
  SteadyLoad load(*node_, kAgentEndpoint, kCallsPerSecond);
  for (int i = 0; i < 5; ++i) {
    const pid_t before = MainPid("sekisho.service");
    Must({"systemctl", "restart", "sekisho.service"});
    EXPECT_NE(MainPid("sekisho.service"), before);
    ExpectKubeletWell(kAgentEndpoint);
  }
  ExpectNoneFailed(load.Stop());
  ExpectKubeletSawNoFailure();
}

TEST_F(AgentTest, AnUpgradeLosesNoCall) {
  // The same program but for its end, in a package that is newer.
  Must({"dpkg-deb", "-R", "/srv/sekisho.deb", "/srv/newer"});
  Must({"sed", "-i", "s/^Version: .*/&+newer/", "/srv/newer/DEBIAN/control"});
  Must({"sh", "-c", "echo newer >>/srv/newer/usr/sbin/sekisho"});
  Must({"dpkg-deb", "-Znone", "-b", "/srv/newer", "/srv/newer.deb"});
  const pid_t before = MainPid("sekisho.service");
  SteadyLoad load(*node_, kAgentEndpoint, kCallsPerSecond);
  Must({"dpkg", "--install", "/srv/newer.deb"});
  EXPECT_THAT(Must({"dpkg-query", "-W", "sekisho"}), HasSubstr("+newer"));
  EXPECT_NE(MainPid("sekisho.service"), before);
  // The new file runs, not the old one that has no name any more.
  const std::string running = "/proc/" + std::to_string(MainPid("sekisho.service")) + "/exe";
  EXPECT_EQ(Must({"readlink", running}), "/usr/sbin/sekisho\n");
  EXPECT_THAT(Must({"tail", "-c", "6", running}), HasSubstr("newer"));
  ExpectKubeletWell(kAgentEndpoint);
  ExpectNoneFailed(load.Stop());
  ExpectKubeletSawNoFailure();
}

TEST_F(AgentTest, KilledItIsBackWithinTwoSecondsAndOnlyCallsUnderWayAreLost) {
  struct Kill {
    double at;
    double dead;
  };
  std::vector<Kill> kills;
  SteadyLoad load(*node_, kAgentEndpoint, kCallsPerSecond);
  for (int i = 0; i < 3; ++i) {
    const pid_t inside = MainPid("sekisho.service");
    const pid_t pid = node_->PidOutside(inside);
    ASSERT_GT(pid, 0);
    const std::string exe = "/proc/" + std::to_string(pid) + "/exe";
    kills.push_back({.at = Now(), .dead = 0});
    ASSERT_EQ(::kill(pid, SIGKILL), 0);
    // A process that has closed its sockets has no program either.
    ASSERT_TRUE(Eventually([&] { return !std::filesystem::exists(exe); }));
    kills.back().dead = Now();
    ASSERT_TRUE(Eventually(
        [&] {
          return UnitProperty("sekisho.service", "SubState") == "running" &&
                 MainPid("sekisho.service") != inside;
        },
        seconds(10)));
    ExpectKubeletWell(kAgentEndpoint);
  }
  const nlohmann::json totals = load.Stop();
  EXPECT_LT(totals["longestGapMs"], 2000);
  EXPECT_LT(totals["longestCallMs"], 2000);
  // Who calls in the moment in which the connection breaks cannot know it yet.
  constexpr double kMomentMs = 40;
  for (const nlohmann::json& failure : totals["failures"]) {
    EXPECT_EQ(failure["code"], "UNAVAILABLE") << failure;
    EXPECT_TRUE(std::any_of(kills.begin(), kills.end(), [&](const Kill& kill) {
      return failure["start"] < kill.dead + kMomentMs && failure["end"] > kill.at;
    })) << failure;
  }
  EXPECT_EQ(UnitProperty("sekisho.service", "NRestarts"), "3");
}

TEST_F(AgentTest, ContainerdRestartsUnderItAndItStays) {
  const pid_t agent = MainPid("sekisho.service");
  for (const char* how : {"systemctl restart containerd", "pkill -KILL -x containerd"}) {
    SCOPED_TRACE(how);
    const pid_t containerd = MainPid("containerd.service");
    Must({"sh", "-c", how});
    EXPECT_TRUE(Eventually(
        [&] {
          const pid_t now = MainPid("containerd.service");
          return now > 0 && now != containerd &&
                 UnitProperty("containerd.service", "SubState") == "running";
        },
        seconds(30)));
    ExpectKubeletWell(kAgentEndpoint);
    // Whole again, not limping.
    SteadyLoad load(*node_, kAgentEndpoint, kCallsPerSecond);
    ExpectKubeletWell(kAgentEndpoint);
    ExpectNoneFailed(load.Stop());
  }
  EXPECT_EQ(MainPid("sekisho.service"), agent);
  EXPECT_EQ(UnitProperty("sekisho.service", "NRestarts"), "0");
}

TEST_F(AgentTest, ABadPolicyOnReloadLeavesTheOldOneAndShows) {
  const std::string good = node_->Read(kPolicyFile);
  const std::string old = UnitProperty("sekisho.service", "StatusText");
  EXPECT_THAT(old, HasSubstr("generation 1"));
  node_->Write(kPolicyFile, good + "defaluts: {enforce: privileged}\n");
  SteadyLoad load(*node_, kAgentEndpoint, kCallsPerSecond);
  Must({"systemctl", "reload", "sekisho.service"});
  EXPECT_TRUE(Eventually([&] {
    return UnitProperty("sekisho.service", "StatusText").find("THE LAST RELOAD FAILED") !=
           std::string::npos;
  }));
  const std::string status = Must({"systemctl", "status", "sekisho.service"});
  EXPECT_THAT(status, HasSubstr("THE LAST RELOAD FAILED"));
  EXPECT_THAT(status, HasSubstr(old));  // the hash and the generation in force
  EXPECT_THAT(status, HasSubstr("defaluts: unknown key"));
  EXPECT_EQ(RunPod("shop", "privileged", {"privileged"})["code"], "PERMISSION_DENIED");
  EXPECT_EQ(RunPod("shop", "plain")["code"], "OK");

  node_->Write(kPolicyFile, good + "# a comment\n");
  Must({"systemctl", "reload", "sekisho.service"});
  EXPECT_TRUE(Eventually([&] {
    return UnitProperty("sekisho.service", "StatusText").find("generation 2") != std::string::npos;
  }));
  EXPECT_THAT(UnitProperty("sekisho.service", "StatusText"), Not(HasSubstr("FAILED")));
  ExpectNoneFailed(load.Stop());
}

TEST_F(AgentTest, StartedWithABadPolicyItServesNobodyAndComesBackWhenThatIsRepaired) {
  const std::string good = node_->Read(kPolicyFile);
  node_->Write(kPolicyFile, "kind: Nonsense\n");
  EXPECT_NE(node_->Run({"systemctl", "restart", "sekisho.service"}).exit_code, 0);
  EXPECT_EQ(UnitProperty("sekisho.socket", "ActiveState"), "active");
  // Who calls now waits, and is neither refused nor let past.
  const NodeProcess pod(node_->leader(), {"pod_client", kAgentEndpoint, "shop", "waits"}, 2);
  EXPECT_THAT(node_->Run({"journalctl", "-u", "sekisho.service"}).output,
              HasSubstr("no policy, no start"));
  node_->Write(kPolicyFile, good);
  ExpectKubeletWell(kAgentEndpoint);
}

}  // namespace
}  // namespace sekisho::testing
