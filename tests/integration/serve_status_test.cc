// The status file, and `sekisho ready`, which reads it.
#include "integration/serve_fixture.h"
#include "status/agent_status.h"
#include "support/child_process.h"

namespace sekisho::testing {
namespace {

using ::testing::HasSubstr;

class StatusFileTest : public ServeTest {
 protected:
  absl::StatusOr<status::AgentStatus> Status() const {
    return status::ReadAgentStatus(dir_.File("status.json"));
  }
  Finished Ready(std::vector<std::string> arguments = {}) const {
    std::vector<std::string> argv = {SEKISHO_BINARY, "ready",
                                     "--config=" + dir_.File("config.yaml")};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return RunToEnd(argv);
  }
};

TEST_F(StatusFileTest, SaysWhatIsInForceAndCountsAnsweredCalls) {
  Start(Options());
  absl::StatusOr<status::AgentStatus> status = Status();
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_EQ(status->pid, sekisho_->pid());
  EXPECT_EQ(status->socket, sekisho_->socket());
  EXPECT_EQ(status->upstream, runtime_socket());
  EXPECT_EQ(status->policy_generation, 1u);
  EXPECT_EQ(status->policy_sha256.size(), 64u);
  EXPECT_FALSE(status->last_reload_failed);
  EXPECT_EQ(status->calls_answered, 0u);
  struct stat info {};
  ASSERT_EQ(::stat(dir_.File("status.json").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777u, 0644u);

  EXPECT_EQ(CodeOf(kStatus), grpc::StatusCode::OK);
  EXPECT_EQ(CodeOfHostPidPod(), grpc::StatusCode::PERMISSION_DENIED);  // answers nothing
  EXPECT_TRUE(Eventually([&] { return Status()->calls_answered == 1; }, kLong));
  EXPECT_GE(Status()->last_answered, status->started);
}

TEST_F(StatusFileTest, FollowsReloadsAndGoesWithTheAgent) {
  Start(Options());
  const std::string first = Status()->policy_sha256;
  sekisho_->WritePolicy(kBrokenPolicy);
  sekisho_->Reload();
  EXPECT_TRUE(Status()->last_reload_failed);
  EXPECT_EQ(Status()->policy_sha256, first);
  sekisho_->WritePolicy(PolicyEnforcing("restricted"));
  sekisho_->Reload();
  EXPECT_FALSE(Status()->last_reload_failed);
  EXPECT_NE(Status()->policy_sha256, first);
  EXPECT_EQ(Status()->policy_generation, 2u);
  EXPECT_EQ(sekisho_->Terminate(), 0);
  EXPECT_TRUE(absl::IsNotFound(Status().status())) << Status().status();
}

TEST_F(StatusFileTest, ReadyIsANodeThatIsServedWithThePolicyOfItsFiles) {
  Start(Options());
  Finished answer = Ready();
  EXPECT_EQ(answer.exit_code, 1);
  EXPECT_EQ(answer.output, "not ready: no call has come through the agent yet\n");

  EXPECT_EQ(CodeOf(kStatus), grpc::StatusCode::OK);
  EXPECT_TRUE(Eventually([&] { return Status()->calls_answered == 1; }, kLong));
  answer = Ready();
  EXPECT_EQ(answer.exit_code, 0);
  EXPECT_THAT(answer.output, HasSubstr("ready: sekisho "));
  EXPECT_THAT(answer.output, HasSubstr("generation 1, before " + runtime_socket()));

  sekisho_->WritePolicy(PolicyEnforcing("restricted"));  // and nobody has reloaded it
  answer = Ready();
  EXPECT_EQ(answer.exit_code, 1);
  EXPECT_THAT(answer.output, HasSubstr("is in force instead of"));
  sekisho_->Reload();
  EXPECT_EQ(Ready().exit_code, 0);

  sekisho_->WritePolicy(kBrokenPolicy);
  answer = Ready();
  EXPECT_EQ(answer.exit_code, 1);
  EXPECT_THAT(answer.output, HasSubstr("policy.yaml:3:1"));
}

TEST_F(StatusFileTest, NotReadyWithoutAnAgentOrWithOneThatFellSilent) {
  Start(Options());
  status::AgentStatus old = *Status();
  EXPECT_EQ(sekisho_->Terminate(), 0);
  Finished answer = Ready();
  EXPECT_EQ(answer.exit_code, 1);
  EXPECT_THAT(answer.output, HasSubstr("status.json: cannot open"));

  old.updated -= std::chrono::minutes(5);
  WriteText(dir_.File("old.json"), status::ToJson(old));
  answer = Ready({"--status-file=" + dir_.File("old.json")});
  EXPECT_EQ(answer.exit_code, 1);
  EXPECT_EQ(answer.output, "not ready: the agent has not been heard of for more than 30 s\n");
}

TEST_F(StatusFileTest, WatchPrintsEachNewAnswerUntilItIsStopped) {
  Start(Options());
  ChildProcess watch(
      {.argv = {SEKISHO_BINARY, "ready", "--watch", "--config=" + dir_.File("config.yaml")},
       .output_file = dir_.File("watch.log")});
  const auto log = [&] { return ReadText(dir_.File("watch.log")); };
  EXPECT_TRUE(
      Eventually([&] { return log().find("no call has come") != std::string::npos; }, kLong));
  EXPECT_EQ(CodeOf(kStatus), grpc::StatusCode::OK);
  EXPECT_TRUE(Eventually([&] { return log().find("\nready: ") != std::string::npos; }, kLong));
  watch.Signal(SIGTERM);
  EXPECT_EQ(watch.Wait(kLong), 0);
}

}  // namespace
}  // namespace sekisho::testing
