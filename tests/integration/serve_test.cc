// The daemon while it runs: reload, watchdog, audit log, methods that it does not know.
#include <sstream>

#include "integration/serve_fixture.h"
#include "support/raw_http2.h"

namespace sekisho::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

// --- reload
// ----------------------------------------------------------------------------------------

TEST_F(ServeTest, SighupTakesAGoodPolicyAndKeepsTheLastGoodOneOtherwise) {
  Start(Options(PolicyEnforcing("privileged")));
  EXPECT_EQ(CodeOfHostPidPod(), grpc::StatusCode::OK);

  sekisho_->WritePolicy(PolicyEnforcing("baseline"));
  EXPECT_EQ(CodeOfHostPidPod(), grpc::StatusCode::OK);  // not before it is told to
  EXPECT_THAT(sekisho_->Reload(), HasSubstr("generation 2"));
  EXPECT_EQ(CodeOfHostPidPod(), grpc::StatusCode::PERMISSION_DENIED);

  sekisho_->WritePolicy(kBrokenPolicy);
  const std::string status = sekisho_->Reload();
  EXPECT_THAT(status, HasSubstr("generation 2"));
  EXPECT_THAT(status, HasSubstr("THE LAST RELOAD FAILED"));
  EXPECT_THAT(sekisho_->Log(), HasSubstr("policy.yaml:3:1: defualts: unknown key (did you mean "
                                         "\"defaults\"?)"));
  EXPECT_THAT(sekisho_->Log(), HasSubstr("the last good policy stays in force"));
  EXPECT_EQ(CodeOfHostPidPod(), grpc::StatusCode::PERMISSION_DENIED);

  std::filesystem::remove(dir_.File("policy.yaml"));
  EXPECT_THAT(sekisho_->Reload(), HasSubstr("THE LAST RELOAD FAILED"));
  EXPECT_EQ(CodeOfHostPidPod(), grpc::StatusCode::PERMISSION_DENIED);

  sekisho_->WritePolicy(PolicyEnforcing("privileged"));
  const std::string healed = sekisho_->Reload();
  EXPECT_THAT(healed, HasSubstr("generation 3"));
  EXPECT_THAT(healed, Not(HasSubstr("FAILED")));
  EXPECT_EQ(CodeOfHostPidPod(), grpc::StatusCode::OK);
}

TEST_F(ServeTest, AReloadBreaksNoCallUnderWay) {
  Start(Options());
  Gate gate;
  runtime_->SetHandler([wait = gate.future()](const FakeCall&) {
    wait.wait();
    return ReplyWith("late");
  });
  auto call = std::async(std::launch::async, [&] { return Call(kStatus); });
  ASSERT_TRUE(Eventually([&] { return runtime_->CountOf(kStatus) == 1; }, kLong));
  EXPECT_THAT(sekisho_->Reload(), HasSubstr("generation 2"));
  gate.Open();
  EXPECT_THAT(call.get().messages, ::testing::ElementsAre("late"));
}

TEST_F(ServeTest, AReloadDoesNotApplyTheAgentsOwnSettingsAndSaysSo) {
  SekishoOptions options = Options(PolicyEnforcing("privileged"));
  options.arguments = {"--unsafe-forward-unknown"};  // not in the file, and no change of it
  Start(options);
  EXPECT_THAT(sekisho_->Reload(), HasSubstr("generation 2"));
  EXPECT_THAT(sekisho_->Log(), Not(HasSubstr("is not what this agent was started with")));

  const std::string config = dir_.File("config.yaml");
  WriteText(config, ReadText(config) + "drain: {timeoutSeconds: 7}\n");
  EXPECT_THAT(sekisho_->Reload(), HasSubstr("generation 3"));
  EXPECT_THAT(sekisho_->Log(),
              HasSubstr(config + " is not what this agent was started with; restart it"));

  // Not even a broken one keeps a good policy out.
  WriteText(config, "no: configuration\n");
  sekisho_->WritePolicy(PolicyEnforcing("baseline"));
  EXPECT_THAT(sekisho_->Reload(), HasSubstr("generation 4"));
  EXPECT_THAT(sekisho_->Log(), HasSubstr("config.yaml:1:1: no: unknown key"));
  EXPECT_EQ(CodeOfHostPidPod(), grpc::StatusCode::PERMISSION_DENIED);
}

// --- watchdog
// --------------------------------------------------------------------------------------

TEST_F(ServeTest, TheWatchdogIsFedAgainAndAgain) {
  SekishoOptions options = Options();
  options.environment = {{"WATCHDOG_USEC", "200000"}};
  Start(options);
  for (int i = 0; i < 5; ++i) {
    ASSERT_NE(sekisho_->WaitForNotification("WATCHDOG=1"), "");
  }
}

// --- audit log
// -------------------------------------------------------------------------------------

TEST_F(ServeTest, AFullDiskStopsNoDecisionAndIsSaid) {
  SekishoOptions options = Options();
  options.audit_path = "/dev/full";
  // How often the agent looks at its audit log follows from the watchdog.
  options.environment = {{"WATCHDOG_USEC", "200000"}};
  Start(options);
  EXPECT_NE(RunSandbox({}), "");
  EXPECT_EQ(CodeOfHostPidPod(), grpc::StatusCode::PERMISSION_DENIED);
  const std::string status = sekisho_->WaitForNotification("2 audit records lost");
  EXPECT_THAT(status, HasSubstr("STATUS=policy "));
  EXPECT_THAT(status, HasSubstr("No space left on device"));
  EXPECT_THAT(sekisho_->Log(), HasSubstr("the audit log lost "));
  EXPECT_NE(RunSandbox({}), "");
  EXPECT_EQ(sekisho_->Terminate(), 0);
}

TEST_F(ServeTest, Sigusr1OpensTheAuditLogAnew) {
  Start(Options());
  ASSERT_NE(RunSandbox({}), "");
  ASSERT_THAT(sekisho_->AuditLines(1), SizeIs(1));
  const std::string moved = dir_.File("moved.jsonl");
  std::filesystem::rename(sekisho_->audit_path(), moved);
  // Until it is told, it writes where it wrote.
  ASSERT_NE(RunSandbox({}), "");
  ASSERT_TRUE(Eventually([&] { return std::ranges::count(ReadText(moved), '\n') == 2; }, kLong));
  EXPECT_FALSE(std::filesystem::exists(sekisho_->audit_path()));

  sekisho_->Signal(SIGUSR1);
  size_t records = 2;
  EXPECT_TRUE(Eventually(
      [&] {
        ++records;
        return !RunSandbox({}).empty() && std::filesystem::exists(sekisho_->audit_path());
      },
      kLong));
  // None was lost on the way.
  EXPECT_EQ(sekisho_->Terminate(), 0);
  EXPECT_EQ(std::ranges::count(ReadText(moved) + ReadText(sekisho_->audit_path()), '\n'),
            static_cast<ptrdiff_t>(records));
}

// --- methods that this build does not know
// ---------------------------------------------------------

TEST_F(ServeTest, AnUnknownMethodIsUnimplementedByDefault) {
  Start(Options(PolicyEnforcing("privileged")));
  const RawResult result = Call(kMadeUpLater, "x");
  EXPECT_EQ(result.status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_THAT(result.status.error_message(), HasSubstr("MadeUpLater"));
  EXPECT_EQ(runtime_->CountOf(kMadeUpLater), 0u);
  EXPECT_THAT(sekisho_->Log(), Not(HasSubstr("UNSAFE")));
}

// What a client sends must not fill the journal: libprotobuf has a line for each such field.
TEST_F(ServeTest, TextThatIsNotUtf8IsRefusedWithoutALineOfTheLibrarys) {
  Start(Options());
  std::string request = RunPodSandbox(PodOptions()).SerializeAsString();
  request.replace(request.find("web-0"), 5, "we\xff-0");
  const grpc::Status status = Call(kRunPodSandbox, request).status;
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("UTF-8"));
  EXPECT_EQ(sekisho_->Terminate(), 0);
  EXPECT_THAT(sekisho_->Log(),
              AllOf(Not(HasSubstr("libprotobuf")), Not(HasSubstr("String field"))));
}

// gRPC has a line for each header that it does not like, with what the client wrote.
TEST_F(ServeTest, HeadersThatGrpcComplainsOfNeitherFillTheLogNorForgeItsLines) {
  Start(Options());
  for (int i = 0; i < 30; ++i) {
    const base::UniqueFd client = ConnectUnix(sekisho_->socket());
    EXPECT_TRUE(ExchangeUntilStreamEnds(
        client.get(), Http2Call(kVersion, GrpcFrame(1, "x"), {{"te", "\nforged line"}}), 20));
  }
  EXPECT_EQ(CodeOf(kVersion), grpc::StatusCode::OK);
  EXPECT_EQ(sekisho_->Terminate(), 0);
  std::istringstream log(sekisho_->Log());
  std::string line;
  int of_grpc = 0;
  while (std::getline(log, line)) {
    of_grpc += line.find("gRPC: ") != std::string::npos ? 1 : 0;
    EXPECT_NE(line.find("forged"), 0u) << line;
  }
  EXPECT_GE(of_grpc, 1);
  EXPECT_LE(of_grpc, 10);
}

TEST_F(ServeTest, ForwardingWhatIsUnknownIsLoud) {
  const struct {
    const char* name;
    std::vector<std::string> arguments;
    std::string config;
  } kRows[] = {
      {"by the command line", {"--unsafe-forward-unknown"}, ""},
      {"by the configuration", {}, "unsafe: {forwardUnknownMethods: true}\n"},
      // A warning that the log level would hide is none.
      {"in a quiet log", {"--unsafe-forward-unknown"}, "log: {level: error}\n"},
  };
  size_t forwarded = 0;
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.name);
    SekishoOptions options = Options();
    options.arguments = row.arguments;
    options.more_config = row.config;
    Start(options);
    EXPECT_EQ(CodeOf(kMadeUpLater, "x"), grpc::StatusCode::OK);
    EXPECT_EQ(runtime_->CountOf(kMadeUpLater), ++forwarded);
    EXPECT_THAT(sekisho_->Log(), HasSubstr("UNSAFE"));
    EXPECT_EQ(sekisho_->Terminate(), 0);
    std::filesystem::remove(dir_.File("sekisho.log"));
  }
}

}  // namespace
}  // namespace sekisho::testing
