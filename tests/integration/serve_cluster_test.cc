// The daemon and an API server: labels, staleness, what is on disk, Events.
#include <cstdio>
#include <fstream>
#include <limits>
#include <thread>

#include "integration/serve_cluster_fixture.h"

namespace sekisho::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Not the compiler's macros: for gRPC's headers one of them is taken away.
constexpr bool kSanitized = SEKISHO_SANITIZED != 0;

TEST_F(ServeClusterTest, ALabelDecidesTheNextContainerWithinASecond) {
  StartApi();
  api_->SetNamespace("shop", {});
  Start(WithCluster());
  ASSERT_TRUE(WaitForSync());
  EXPECT_FALSE(IsRefused());

  for (const bool refused : {true, false, true}) {
    const auto changed = std::chrono::steady_clock::now();
    api_->SetNamespace("shop", {{kEnforce, refused ? "baseline" : "privileged"}});
    ASSERT_TRUE(Eventually([&] { return IsRefused() == refused; }, kLong));
    const auto took = std::chrono::steady_clock::now() - changed;
    EXPECT_LT(took, std::chrono::seconds(1));
    RecordProperty("milliseconds",
                   static_cast<int>(std::chrono::duration_cast<milliseconds>(took).count()));
  }
}

TEST_F(ServeClusterTest, TheAuditLogSaysWhoseTheLevelIs) {
  StartApi();
  api_->SetNamespace("shop", {{kEnforce, "restricted"}});
  Start(WithCluster(PolicyEnforcing("baseline")));
  ASSERT_TRUE(WaitForSync());
  ASSERT_TRUE(IsRefused());
  const nlohmann::json line = LastAudited(1);
  EXPECT_EQ(line.value("enforced", ""), "restricted:latest");
  EXPECT_EQ(line.value("levelSource", ""), "labels");
}

// The floor is the file's, whatever anybody writes on a namespace.
TEST_F(ServeClusterTest, ALabelCannotLoosenTheFloor) {
  StartApi();
  api_->SetNamespace("shop", {{kEnforce, "privileged"}});
  Start(WithCluster(PolicyEnforcing("baseline")));
  ASSERT_TRUE(WaitForSync());
  EXPECT_TRUE(IsRefused());
}

TEST_F(ServeClusterTest, WhereTheRuleFollowsALabelCanLoosen) {
  StartApi();
  api_->SetNamespace("shop", {{kEnforce, "privileged"}});
  Start(WithCluster(PolicyEnforcing("baseline") + "namespaceLabels: follow\n"));
  ASSERT_TRUE(WaitForSync());
  EXPECT_FALSE(IsRefused());
  api_->DeleteNamespace("shop");
  ASSERT_TRUE(Eventually([&] { return IsRefused(); }, kLong)) << "unknown: the file's level";
}

// A CreateContainer that waits for the runtime's word about its sandbox keeps what held when it
// came.
TEST_F(ServeClusterTest, ARequestUnderWayKeepsWhatHeldWhenItCame) {
  StartApi();
  api_->SetNamespace("shop", {});
  Start(WithCluster());
  ASSERT_TRUE(WaitForSync());
  const std::string sandbox = RunSandbox({});
  // Another process of the agent, which does not know the sandbox.
  ASSERT_EQ(sekisho_->Terminate(), 0);
  Start(WithCluster());
  ASSERT_TRUE(WaitForSync());

  Gate gate;
  runtime_->SetHandler([this, wait = gate.future()](const FakeCall& call) {
    if (call.method == kPodSandboxStatus) {
      wait.wait();
    }
    return node_.Answer(call);
  });
  const ContainerOptions privileged{.edit = [](runtime::v1::ContainerConfig& config) {
    config.mutable_linux()->mutable_security_context()->set_privileged(true);
  }};
  const std::string request =
      CreateContainer(sandbox, PodOptions{}, privileged).SerializeAsString();
  auto under_way =
      std::async(std::launch::async, [&] { return CodeOf(kCreateContainer, request); });
  ASSERT_TRUE(Eventually([&] { return runtime_->CountOf(kPodSandboxStatus) > 0; }, kLong));
  api_->SetNamespace("shop", {{kEnforce, "restricted"}});
  ASSERT_TRUE(Eventually([&] { return IsRefused(); }, kLong)) << "a new request hears of it";
  gate.Open();
  EXPECT_EQ(under_way.get(), grpc::StatusCode::OK);
  EXPECT_EQ(CodeOf(kCreateContainer, request), grpc::StatusCode::PERMISSION_DENIED);
}

// --- no API server for the whole life of the process ---------------------------------------------

class NoApiTest : public ServeClusterTest {
 protected:
  // The label is known, then the API server is gone, and the agent starts anew.
  void RestartWithoutApi(const std::string& policy) {
    StartApi();
    api_->SetNamespace("shop", {{kEnforce, "baseline"}});
    Start(WithCluster(policy));
    ASSERT_TRUE(WaitForSync());
    ASSERT_TRUE(IsRefused());
    ASSERT_EQ(sekisho_->Terminate(), 0);
    ASSERT_TRUE(std::filesystem::exists(CacheFile()));
    api_->Stop();
    before_start_();
    Start(WithCluster(policy));
  }

  std::function<void()> before_start_ = [] {};
};

TEST_F(NoApiTest, WhatWasOnDiskDecides) {
  RestartWithoutApi(PolicyEnforcing("privileged"));
  EXPECT_TRUE(IsRefused());
  const std::vector<std::string> lines = sekisho_->AuditLines(2);
  EXPECT_EQ(nlohmann::json::parse(lines.back()).value("levelSource", ""), "labels");
  ASSERT_TRUE(Known().has_value());
  EXPECT_FALSE(Known()->synced);
}

TEST_F(NoApiTest, AStaticPodBeforeTheFirstSyncIsTheFiles) {
  RestartWithoutApi(PolicyEnforcing("privileged"));
  const PodOptions pod{
      .source = "file", .edit = [](runtime::v1::PodSandboxConfig& config) {
        config.mutable_linux()->mutable_security_context()->mutable_namespace_options()->set_pid(
            runtime::v1::NODE);
      }};
  EXPECT_EQ(CodeOf(kRunPodSandbox, RunPodSandbox(pod).SerializeAsString()), grpc::StatusCode::OK);
  EXPECT_TRUE(IsRefused()) << "one of the API's";
}

TEST_F(NoApiTest, ADamagedCopyIsPutAsideAndTheFileDecides) {
  before_start_ = [this] {
    std::string text = ReadText(CacheFile());
    text[text.size() / 2] ^= 1;
    WriteText(CacheFile(), text);
  };
  RestartWithoutApi(PolicyEnforcing("privileged"));
  EXPECT_FALSE(IsRefused());
  EXPECT_TRUE(std::filesystem::exists(CacheFile() + ".damaged"));
  EXPECT_THAT(sekisho_->Log(), HasSubstr(CacheFile()));
}

TEST_F(NoApiTest, WithoutACopyTheFileDecides) {
  before_start_ = [this] { std::filesystem::remove(CacheFile()); };
  RestartWithoutApi(PolicyEnforcing("privileged"));
  EXPECT_FALSE(IsRefused());
}

TEST_F(NoApiTest, WithoutACopyTheStatedDefaultDecides) {
  before_start_ = [this] { std::filesystem::remove(CacheFile()); };
  RestartWithoutApi(PolicyEnforcing("privileged") +
                    "namespaceLabels: {unknownNamespace: restricted}\n");
  EXPECT_TRUE(IsRefused());
  EXPECT_EQ(LastAudited(2).value("levelSource", ""), "unknown-namespace");
}

TEST_F(NoApiTest, AnOldCopyIsWorthWhatThePolicySays) {
  const std::string stale = "namespaceLabels: {staleAfter: 1s, whenStale: ";
  for (const auto& [when, refused] :
       {std::pair("keep", true), std::pair("filePolicy", false), std::pair("restricted", true)}) {
    SCOPED_TRACE(when);
    RestartWithoutApi(PolicyEnforcing("privileged") + stale + when + "}\n");
    ASSERT_TRUE(Eventually(
        [&] {
          return IsRefused() == refused && nlohmann::json::parse(sekisho_->AuditLines(1).back())
                                               .value("levelSource", "")
                                               .starts_with("stale");
        },
        kLong));
    ASSERT_EQ(sekisho_->Terminate(), 0);
    std::filesystem::remove_all(dir_.File("state"));
    std::filesystem::remove(sekisho_->audit_path());
  }
}

TEST_F(ServeClusterTest, NobodyWaitsForAnApiServerThatIsNotThere) {
  WriteKubeconfig("https://127.0.0.1:1");
  const auto began = std::chrono::steady_clock::now();
  Start(WithCluster(PolicyEnforcing("baseline")));
  EXPECT_TRUE(IsRefused());
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(10));
  ASSERT_TRUE(
      Eventually([&] { return Known().has_value() && !Known()->last_error.empty(); }, kLong));
  EXPECT_THAT(Known()->last_error, HasSubstr("127.0.0.1:1"));
  // A kubeconfig that comes later is taken up.
  StartApi();
  api_->SetNamespace("shop", {});
  EXPECT_TRUE(WaitForSync());
}

TEST_F(ServeClusterTest, ABadKubeconfigIsSaidAndMendedWithoutARestart) {
  WriteText(dir_.File("kubeconfig"), "apiVersion: v1\nclusters: [\n");
  Start(WithCluster(PolicyEnforcing("baseline")));
  EXPECT_TRUE(IsRefused());
  ASSERT_TRUE(Eventually(
      [&] {
        return Known().has_value() && Known()->last_error.find("kubeconfig") != std::string::npos;
      },
      kLong));
  StartApi();
  EXPECT_TRUE(WaitForSync());
}

// --- Events --------------------------------------------------------------------------------------

TEST_F(ServeClusterTest, ARefusalIsAnEventOfThePodAndItsRepetitionACount) {
  StartApi();
  Start(WithCluster(PolicyEnforcing("baseline")));
  ASSERT_TRUE(IsRefused());
  ASSERT_TRUE(IsRefused());
  ASSERT_TRUE(Eventually([&] { return !api_->Events().empty(); }, kLong));
  const std::vector<nlohmann::json> events = api_->Events();
  ASSERT_EQ(events.size(), 1u);
  const nlohmann::json& event = events.front();
  EXPECT_EQ(event.at("reason"), "SekishoDenied");
  EXPECT_EQ(event.at("type"), "Warning");
  EXPECT_EQ(event.at("metadata").at("namespace"), "shop");
  EXPECT_EQ(event.at("involvedObject").at("name"), "web-0");
  EXPECT_EQ(event.at("involvedObject").at("uid"), PodOptions{}.uid);
  EXPECT_EQ(event.at("source").at("host"), "worker-1");
  EXPECT_EQ(event.at("count"), 2);
  EXPECT_THAT(event.at("message").get<std::string>(),
              HasSubstr("violates PodSecurity \"baseline:latest\": host namespaces"));
}

TEST_F(ServeClusterTest, EventsCanBeSwitchedOff) {
  StartApi();
  SekishoOptions options = WithCluster(PolicyEnforcing("baseline"));
  options.more_config =
      "kubernetes: {kubeconfig: " + dir_.File("kubeconfig") + ", events: false}\n";
  Start(options);
  ASSERT_TRUE(IsRefused());
  ASSERT_TRUE(WaitForSync());
  // A change that is seen to arrive comes after whatever an Event would have been.
  std::this_thread::sleep_for(milliseconds(1500));  // longer than an Event waits for company
  EXPECT_THAT(api_->Events(), IsEmpty());
  EXPECT_EQ(api_->CountRequests({.method = "POST"}), 0u);
}

// --- it costs next to nothing --------------------------------------------------------------------

// CPU time of the whole process, user and system.
milliseconds CpuOf(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  const std::string text((std::istreambuf_iterator<char>(stat)), {});
  std::istringstream rest(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) {
    rest >> skipped;
  }
  int64_t user = 0;
  int64_t system = 0;
  rest >> user >> system;
  return milliseconds((user + system) * 1000 / ::sysconf(_SC_CLK_TCK));
}

// Resident memory that is the process's own, in KiB.
int64_t AnonymousKiB(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  std::string key;
  while (status >> key) {
    if (key == "RssAnon:") {
      int64_t value = 0;
      status >> value;
      return value;
    }
    status.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return 0;
}

TEST_F(ServeClusterTest, TenThousandNamespacesFitIntoAFewMegabytes) {
  StartApi();
  api_->SetNamespace("shop", {});
  Start(WithCluster());
  ASSERT_TRUE(WaitForSync());
  const int64_t before = AnonymousKiB(sekisho_->pid());

  const uint64_t count = kSanitized ? 500 : 10'000;  // a sanitizer's seconds are no figures
  std::map<std::string, Labels> many;
  for (uint64_t i = 0; i < count; ++i) {
    many["team-" + std::to_string(i) + "-of-a-large-cluster"] = {
        {kEnforce, i % 2 == 0 ? "baseline" : "restricted"}};
  }
  api_->SetNamespaces(many, 600);
  ASSERT_TRUE(
      Eventually([&] { return Known().has_value() && Known()->namespaces > count; }, kLong));
  const int64_t by_watch = AnonymousKiB(sekisho_->pid()) - before;
  // A list anew, over what is known.
  api_->EndWatchesWithError(410);
  ASSERT_TRUE(Eventually([&] { return api_->CountRequests({.watch = false}) > 1; }, kLong));
  api_->SetNamespace("shop", {{kEnforce, "baseline"}});
  ASSERT_TRUE(Eventually([&] { return IsRefused(); }, kLong));
  const int64_t by_list = AnonymousKiB(sekisho_->pid()) - before;
  std::printf("RssAnon: %ld KiB before, +%ld KiB by the watch, +%ld KiB after a list\n",
              static_cast<long>(before), static_cast<long>(by_watch), static_cast<long>(by_list));
  if (!kSanitized) {  // a sanitizer keeps what was freed
    EXPECT_LT(by_list, 24 << 10);
  }
}

TEST_F(ServeClusterTest, NothingSpinsWhateverStateTheApiServerIsIn) {
  StartApi();
  api_->SetNamespace("shop", {});
  Start(WithCluster());
  ASSERT_TRUE(WaitForSync());
  const std::vector<std::pair<std::string, std::function<void()>>> states = {
      {"well", [] {}},
      {"half-open", [this] { api_->Freeze(); }},
      {"gone",
       [this] {
         api_->Thaw();
         api_->Stop();
       }},
      {"every request fails",
       [this] {
         api_->Start();
         api_->Fail({}, 500, 1'000'000);
         api_->ResetConnections();
       }},
  };
  for (const auto& [name, enter] : states) {
    SCOPED_TRACE(name);
    enter();
    const milliseconds before = CpuOf(sekisho_->pid());
    std::this_thread::sleep_for(std::chrono::seconds(3));  // what is measured
    EXPECT_LT(CpuOf(sekisho_->pid()) - before, milliseconds(600));
    EXPECT_FALSE(IsRefused());
  }
}

}  // namespace
}  // namespace sekisho::testing
