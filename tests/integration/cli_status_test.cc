// `sekisho status`: of a server in this process, and of a running agent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "admin/status_text.h"
#include "integration/serve_fixture.h"
#include "support/child_process.h"
#include "unit/admin/admin_fixture.h"
#include "unit/admin/sample_status.h"

namespace sekisho::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Finished RunStatus(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {SEKISHO_BINARY, "status"});
  return RunToEnd(arguments);
}

class CliStatusTest : public admin::AdminFixture {
 protected:
  void TearDown() override {
    listening_.reset();
    server_.reset();  // it counts in here
  }
  // Serves `status` on the socket.
  void Serve(const sekisho::v1::GetStatusResponse& status) {
    StartServer([this, status](const sekisho::v1::GetStatusRequest& request) {
      refusals_asked_ = request.refusals();
      ++asked_;
      return status;
    });
    listening_ = std::make_unique<admin::Listening>(socket_, *server_);
  }

  const std::string socket_ = dir_.File("admin.sock");
  std::atomic<int> asked_ = 0;
  std::atomic<int> refusals_asked_ = 0;
  std::unique_ptr<admin::Listening> listening_;
};

TEST_F(CliStatusTest, AReadyAgentIsZeroAndItsStatusIsPrinted) {
  Serve(admin::SampleStatus());
  const Finished finished = RunStatus({"--socket", socket_});
  EXPECT_EQ(finished.exit_code, 0);
  // There is no terminal: a hundred columns, no colour.
  EXPECT_EQ(finished.output, admin::ToText(admin::SampleStatus(), 100, /*colour=*/false));
}

TEST_F(CliStatusTest, AnAgentThatIsNotReadyIsOneAndSaysWhy) {
  sekisho::v1::GetStatusResponse status = admin::SampleStatus();
  status.set_ready(false);
  status.add_not_ready_reasons("the runtime does not answer");
  Serve(status);
  const Finished finished = RunStatus({"--socket", socket_});
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.output, HasSubstr("not ready      the runtime does not answer\n"));
  EXPECT_EQ(RunStatus({"--socket", socket_, "-o", "json"}).exit_code, 1);
}

TEST_F(CliStatusTest, NoAnswerIsTwoAndOneLine) {
  const Finished finished = RunStatus({"--socket", socket_});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_EQ(finished.output, "no agent answers at " + socket_ +
                                 ": is sekisho running? (systemctl status sekisho)\n");
}

TEST_F(CliStatusTest, TheSocketIsTheConfigurations) {
  Serve(admin::SampleStatus());
  const std::string config = dir_.File("config.yaml");
  const std::string header = "apiVersion: sekisho.io/v1alpha1\nkind: AgentConfig\n";
  WriteText(config, header + "admin: {socket: " + socket_ + "}\n");
  EXPECT_EQ(RunStatus({"--config", config}).exit_code, 0);
  // Beside the one for the kubelet, when it is not named.
  WriteText(config, header + "listen: {socket: " + dir_.File("sekisho.sock") + "}\n");
  EXPECT_EQ(RunStatus({"--config", config}).exit_code, 0);
  WriteText(config, header + "admin: {sokcet: /x}\n");
  const Finished finished = RunStatus({"--config", config});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.output, HasSubstr("admin.sokcet: unknown key"));
  EXPECT_EQ(RunStatus({"--config", dir_.File("none.yaml")}).exit_code, 2);
  EXPECT_EQ(asked_, 2);
}

TEST_F(CliStatusTest, JsonIsOneLineOfTheWholeStatus) {
  Serve(admin::SampleStatus());
  const Finished finished = RunStatus({"--socket", socket_, "-o", "json"});
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_EQ(finished.output, admin::ToJson(admin::SampleStatus()));
}

TEST_F(CliStatusTest, HowManyRefusalsIsTheCallersChoice) {
  Serve(admin::SampleStatus());
  EXPECT_EQ(RunStatus({"--socket", socket_}).exit_code, 0);
  EXPECT_EQ(refusals_asked_, 10);
  EXPECT_EQ(RunStatus({"--socket", socket_, "--refusals", "77"}).exit_code, 0);
  EXPECT_EQ(refusals_asked_, 77);
}

TEST_F(CliStatusTest, ColourOnlyWhereItIsWanted) {
  Serve(admin::SampleStatus());
  EXPECT_THAT(RunStatus({"--socket", socket_}).output, Not(HasSubstr("\x1b[")));
  EXPECT_EQ(RunStatus({"--socket", socket_, "--color", "always"}).output,
            admin::ToText(admin::SampleStatus(), 100, /*colour=*/true));
  EXPECT_THAT(RunStatus({"--socket", socket_, "--color", "always", "-o", "json"}).output,
              Not(HasSubstr("\x1b[")));
}

TEST_F(CliStatusTest, AWrongCommandLineIsTwo) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"-o", "xml"},
                                                    {"--refusals", "0"},
                                                    {"--refusals", "many"},
                                                    {"--color", "green"},
                                                    {"--config", "/a", "--socket", "/b"},
                                                    {"extra"}}) {
    SCOPED_TRACE(::testing::PrintToString(arguments));
    EXPECT_EQ(RunStatus(arguments).exit_code, 2);
  }
}

TEST_F(CliStatusTest, WatchAsksAgainUntilItIsToldToStop) {
  Serve(admin::SampleStatus());
  const std::string output = dir_.File("out");
  ChildProcess watch(
      {.argv = {SEKISHO_BINARY, "status", "--socket", socket_, "-o", "json", "--watch"},
       .output_file = output});
  ASSERT_TRUE(Eventually([&] { return asked_ >= 2; }, kLong));
  // An agent that is away meanwhile ends nothing.
  listening_.reset();
  ASSERT_TRUE(Eventually(
      [&] { return ReadText(output).find("no agent answers at") != std::string::npos; }, kLong));
  watch.Signal(SIGTERM);
  EXPECT_EQ(watch.Wait(kLong), 0);
  const std::string line = admin::ToJson(admin::SampleStatus());
  EXPECT_THAT(ReadText(output), StartsWith(line + line));
}

// --- of a running agent

class CliStatusOfAgentTest : public ServeTest {
 protected:
  Finished Status(std::vector<std::string> arguments = {}) const {
    arguments.insert(arguments.end(), {"--config", dir_.File("config.yaml")});
    return RunStatus(arguments);
  }
  json StatusJson() const {
    return json::parse(Status({"-o", "json"}).output, nullptr, /*allow_exceptions=*/false);
  }
};

TEST_F(CliStatusOfAgentTest, SaysWhatTheAgentDidAndBecomesReadyWithTheFirstCall) {
  Start(Options());
  EXPECT_EQ(Status().exit_code, 1) << "nobody has called yet";
  EXPECT_EQ(RunSandbox({}), "sandbox-0");
  EXPECT_EQ(CodeOfHostPidPod(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(CodeOfHostPidPod(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(CodeOf(kMadeUpLater), grpc::StatusCode::UNIMPLEMENTED);
  ASSERT_TRUE(Eventually([&] { return Status().exit_code == 0; }, kLong)) << Status().output;
  const json status = StatusJson();
  ASSERT_TRUE(status.is_object());
  EXPECT_EQ(status["pid"], sekisho_->pid());
  EXPECT_EQ(status["ready"], true);
  EXPECT_EQ(status["listen"]["socket"], sekisho_->socket());
  EXPECT_EQ(status["upstream"]["socket"], runtime_socket());
  EXPECT_EQ(status["policy"]["generation"], 1);
  EXPECT_THAT(status["policy"]["defaults"].get<std::string>(), StartsWith("enforce baseline"));
  EXPECT_EQ(status["counters"]["decisions"]["deny"], 2);
  EXPECT_EQ(status["counters"]["calls"]["refused"], 2);
  EXPECT_EQ(status["counters"]["calls"]["rejected"], 1);
  EXPECT_EQ(status["counters"]["sandboxesKnown"], 1);
  ASSERT_EQ(status["refusals"].size(), 1u) << "the same refusal twice is one entry";
  EXPECT_EQ(status["refusals"][0]["count"], 2);
  EXPECT_EQ(status["refusals"][0]["method"], "RunPodSandbox");
  EXPECT_THAT(status["refusals"][0]["text"].get<std::string>(), HasSubstr("hostPID=true"));
  EXPECT_TRUE(status["labels"].is_null());
  EXPECT_EQ(status["weakened"], json::array());
  EXPECT_THAT(Status().output, HasSubstr("violates PodSecurity"));
}

TEST_F(CliStatusOfAgentTest, ARefusedReloadIsSaidUntilOneGoesWell) {
  Start(Options());
  EXPECT_EQ(CodeOf(kVersion), grpc::StatusCode::OK);
  ASSERT_TRUE(Eventually([&] { return Status().exit_code == 0; }, kLong)) << Status().output;
  sekisho_->WritePolicy(kBrokenPolicy);
  (void)sekisho_->Reload();
  const json refused = StatusJson();
  EXPECT_EQ(refused["policy"]["generation"], 1);

  EXPECT_THAT(refused["policy"]["lastReloadErrors"].dump(), HasSubstr("defualts"));
  const Finished finished = Status();
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.output, HasSubstr("REFUSED"));
  sekisho_->WritePolicy(PolicyEnforcing("restricted"));
  (void)sekisho_->Reload();
  const json good = StatusJson();
  EXPECT_EQ(good["policy"]["generation"], 2);
  EXPECT_EQ(good["policy"]["lastReloadErrors"], json::array());
  EXPECT_TRUE(Eventually([&] { return Status().exit_code == 0; }, kLong)) << Status().output;
}

TEST_F(CliStatusOfAgentTest, WhatTheOperatorHasWeakenedIsLoud) {
  SekishoOptions options = Options();
  options.arguments = {"--unsafe-forward-unknown"};
  Start(std::move(options));
  EXPECT_THAT(Status().output, HasSubstr("WEAKENED\n"));
  EXPECT_EQ(StatusJson()["weakened"].size(), 1u);
}

TEST_F(CliStatusOfAgentTest, OnlyRootMayAskAndTheSocketGoesWithTheAgent) {
  Start(Options());
  struct stat info {};
  ASSERT_EQ(::stat(dir_.File("admin.sock").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(info.st_uid, ::geteuid());
  EXPECT_EQ(sekisho_->Terminate(), 0);
  EXPECT_NE(::access(dir_.File("admin.sock").c_str(), F_OK), 0);
  EXPECT_EQ(Status().exit_code, 2);
}

TEST_F(CliStatusOfAgentTest, AClientThatHangsHoldsUpNeitherTheAgentNorItsEnd) {
  Start(Options());
  std::vector<base::UniqueFd> silent;
  for (int i = 0; i < 200; ++i) {
    silent.push_back(ConnectUnix(dir_.File("admin.sock")));
  }
  EXPECT_EQ(CodeOf(kVersion), grpc::StatusCode::OK);
  silent.clear();
  EXPECT_TRUE(Eventually([&] { return Status().exit_code != 2; }, kLong));
  const base::UniqueFd last = ConnectUnix(dir_.File("admin.sock"));
  EXPECT_EQ(sekisho_->Terminate(), 0);
}

}  // namespace
}  // namespace sekisho::testing
