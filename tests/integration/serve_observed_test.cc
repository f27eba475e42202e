// The running agent as Prometheus, a probe and `sekisho status` see it.
#include <arpa/inet.h>
#include <netinet/in.h>

#include <nlohmann/json.hpp>

#include "integration/serve_fixture.h"
#include "support/child_process.h"
#include "support/http_get.h"

namespace sekisho::testing {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string Exchange(const base::UniqueFd& fd, const std::string& path) {
  const std::optional<std::string> answer = HttpGet(fd, path);
  EXPECT_TRUE(answer.has_value()) << path;
  return answer.value_or("");
}

base::UniqueFd ConnectLoopback(int port) {
  base::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int done =
      ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  return done == 0 ? std::move(fd) : base::UniqueFd();
}

// A port that nobody has just now.
int FreePort() {
  const base::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
  EXPECT_EQ(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  return ntohs(address.sin_port);
}

class ObservedTest : public ServeTest {
 protected:
  std::string Get(const std::string& path) const {
    return Exchange(ConnectUnix(dir_.File("metrics.sock")), path);
  }
  std::string Metrics() const { return Get("/metrics"); }
  bool EventuallyHas(const std::string& line) const {
    return Eventually([&] { return Metrics().find(line) != std::string::npos; }, kLong);
  }
  Finished Status(std::vector<std::string> arguments = {}) const {
    std::vector<std::string> argv = {SEKISHO_BINARY, "status",
                                     "--config=" + dir_.File("config.yaml")};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return RunToEnd(argv);
  }
  json StatusJson() const {
    const Finished status = Status({"-o", "json"});
    json parsed = json::parse(status.output, nullptr, /*allow_exceptions=*/false);
    EXPECT_TRUE(parsed.is_object()) << status.output;
    return parsed;
  }
  static mode_t ModeOf(const std::string& path) {
    struct stat info {};
    return ::lstat(path.c_str(), &info) == 0 ? info.st_mode : 0;
  }
};

TEST_F(ObservedTest, EveryCallAndDecisionIsCounted) {
  Start(Options());
  EXPECT_EQ(CodeOf(kStatus), grpc::StatusCode::OK);
  EXPECT_NE(RunSandbox({.namespace_ = "shop"}), "");
  EXPECT_EQ(CodeOfHostPidPod(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(CodeOf(kMadeUpLater), grpc::StatusCode::UNIMPLEMENTED);
  for (const char* line : {
           "sekisho_calls_total{code=\"OK\",method=\"Status\",outcome=\"forwarded\"} 1\n",
           "method=\"RunPodSandbox\",outcome=\"refused\"} 1\n",
           "outcome=\"rejected\"} 1\n",
           "sekisho_ready 1\n",
           "sekisho_policy_reload_success 1\n",
           "sekisho_policy_generation 1\n",
       }) {
    EXPECT_TRUE(EventuallyHas(line)) << line << Metrics();
  }
  EXPECT_THAT(Metrics(), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("version=0.0.4"),
                               HasSubstr("action=\"deny\""), HasSubstr("namespace=\"shop\""),
                               HasSubstr("check=\"hostNamespaces\"")));
}

TEST_F(ObservedTest, ReadyAndHealthyAreDifferentQuestions) {
  Start(Options());
  EXPECT_THAT(Get("/healthz"), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("ok\n")));
  EXPECT_THAT(Get("/readyz"),
              AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("no call has come through")));
  EXPECT_EQ(CodeOf(kStatus), grpc::StatusCode::OK);
  EXPECT_TRUE(Eventually([&] { return Get("/readyz").starts_with("HTTP/1.1 200"); }, kLong));
  sekisho_->WritePolicy(kBrokenPolicy);
  sekisho_->Reload();
  EXPECT_THAT(Get("/readyz"),
              AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("the last reload was refused"),
                    HasSubstr("policy.yaml:1:1: defaults.enforce")));
  EXPECT_THAT(Get("/healthz"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Metrics(), AllOf(HasSubstr("sekisho_policy_reload_success 0\n"),
                               HasSubstr("sekisho_ready 0\n")));
  sekisho_->WritePolicy(PolicyEnforcing("restricted"));
  sekisho_->Reload();
  EXPECT_THAT(Get("/readyz"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Get("/"), StartsWith("HTTP/1.1 404"));
}

TEST_F(ObservedTest, ARuntimeThatIsGoneIsSaid) {
  Start(Options());
  EXPECT_EQ(CodeOf(kStatus), grpc::StatusCode::OK);
  runtime_.reset();
  EXPECT_TRUE(EventuallyHas("sekisho_upstream_reachable 0\n"));
  EXPECT_THAT(Get("/readyz"), HasSubstr("the runtime does not answer\n"));
  StartRuntime();
  EXPECT_TRUE(EventuallyHas("sekisho_upstream_reachable 1\n"));
}

TEST_F(ObservedTest, StatusSaysWhatIsInForceAndWhatWasRefused) {
  Start(Options());
  EXPECT_EQ(Status().exit_code, 1) << "no call has come through yet";
  EXPECT_EQ(CodeOfHostPidPod(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(CodeOfHostPidPod(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(CodeOf(kStatus), grpc::StatusCode::OK);
  ASSERT_TRUE(Eventually([&] { return Status().exit_code == 0; }, kLong)) << Status().output;
  const json status = StatusJson();
  EXPECT_EQ(status["ready"], true) << status.dump(1);
  EXPECT_EQ(status["pid"], sekisho_->pid());
  EXPECT_EQ(status["policy"]["files"][0]["path"], dir_.File("policy.yaml"));
  EXPECT_EQ(status["upstream"]["socket"], runtime_socket());
  ASSERT_EQ(status["refusals"].size(), 1u) << status.dump(1);
  EXPECT_EQ(status["refusals"][0]["count"], 2);
  EXPECT_THAT(status["refusals"][0]["text"].get<std::string>(), HasSubstr("hostPID=true"));
  EXPECT_THAT(Status().output, AllOf(HasSubstr("ready"), HasSubstr("hostPID=true")));

  sekisho_->WritePolicy(kBrokenPolicy);
  sekisho_->Reload();
  EXPECT_EQ(Status().exit_code, 1);
  EXPECT_THAT(Status().output, HasSubstr("defualts"));
}

TEST_F(ObservedTest, OnlyRootMayAsk) {
  Start(Options());
  EXPECT_EQ(ModeOf(dir_.File("admin.sock")), static_cast<mode_t>(S_IFSOCK | 0600));
  EXPECT_EQ(ModeOf(dir_.File("metrics.sock")), static_cast<mode_t>(S_IFSOCK | 0600));
  EXPECT_EQ(sekisho_->Terminate(), 0);
  EXPECT_EQ(ModeOf(dir_.File("admin.sock")), 0u) << "it is left behind";
  EXPECT_EQ(ModeOf(dir_.File("metrics.sock")), 0u) << "it is left behind";
  EXPECT_EQ(Status().exit_code, 2);
}

TEST_F(ObservedTest, ALoopbackPortServesTheSame) {
  SekishoOptions options = Options();
  const int port = FreePort();
  options.more_config = "metrics: {listen: 127.0.0.1:" + std::to_string(port) + "}\n";
  Start(options);
  EXPECT_THAT(Exchange(ConnectLoopback(port), "/metrics"),
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("sekisho_build_info")));
  EXPECT_FALSE(std::filesystem::exists(dir_.File("metrics.sock")));
}

TEST_F(ObservedTest, NobodyNeedsToBeAbleToAsk) {
  // Somebody else has both sockets: the agent enforces all the same.
  const base::UniqueFd admin = ListenUnix(dir_.File("admin.sock"));
  const base::UniqueFd metrics = ListenUnix(dir_.File("metrics.sock"));
  Start(Options());
  EXPECT_EQ(CodeOfHostPidPod(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(sekisho_->Log(), AllOf(HasSubstr("there is no `sekisho status` now"),
                                     HasSubstr("there is no metrics endpoint now")));
}

TEST_F(ObservedTest, MetricsCanBeOff) {
  SekishoOptions options = Options();
  options.more_config = "metrics: {listen: off}\n";
  Start(options);
  EXPECT_FALSE(std::filesystem::exists(dir_.File("metrics.sock")));
  EXPECT_THAT(sekisho_->Log(), Not(HasSubstr("metrics endpoint")));
}

TEST_F(ObservedTest, FactsAreKeptUnlessTheyAreNotWanted) {
  Start(Options());
  EXPECT_NE(RunSandbox({.namespace_ = "shop"}), "");
  const std::vector<std::string> with = sekisho_->AuditLines(1);
  ASSERT_EQ(with.size(), 1u);
  EXPECT_TRUE(json::parse(with[0])["facts"].contains("sandbox")) << with[0];
  EXPECT_EQ(sekisho_->Terminate(), 0);

  SekishoOptions options = Options();
  options.audit_path = dir_.File("without.jsonl");
  // The fixture writes the section itself.
  sekisho_ = std::make_unique<SekishoProcess>(options);
  EditConfig(*sekisho_, "without.jsonl}", "without.jsonl, facts: false}");
  ASSERT_TRUE(sekisho_->Start()) << sekisho_->Log();
  EXPECT_NE(RunSandbox({.namespace_ = "shop"}), "");
  const std::vector<std::string> without = sekisho_->AuditLines(1);
  ASSERT_EQ(without.size(), 1u);
  EXPECT_FALSE(json::parse(without[0]).contains("facts")) << without[0];
}

}  // namespace
}  // namespace sekisho::testing
