// How the daemon starts, and everything that keeps it from starting. Socket activation has a file
// of its own.
#include <atomic>
#include <functional>
#include <thread>

#include "integration/serve_fixture.h"
#include "support/raw_http2.h"

namespace sekisho::testing {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

// --- ready
// -----------------------------------------------------------------------------------------

TEST_F(ServeTest, IsReadyOnlyOnceTheRuntimeHasAnswered) {
  std::atomic<bool> answered = false;
  std::atomic<bool> open_too_early = false;
  const auto look = [&] {
    open_too_early = open_too_early || std::filesystem::exists(dir_.File("sekisho.sock"));
  };
  base::UniqueFd silent = ListenUnix(runtime_socket());
  // The agent has connected to something that does not speak; only then does the runtime come up.
  std::thread runtime([&] {
    const base::UniqueFd connection = AcceptUnix(silent.get());
    EXPECT_TRUE(connection.valid());
    look();
    silent.Reset();
    // What comes after the first answer may come when the agent serves.
    runtime_ = std::make_unique<FakeRuntime>(runtime_socket(), [&](const FakeCall&) {
      if (!answered) {
        look();
      }
      answered = true;
      return ReplyWith("");
    });
  });
  sekisho_ = std::make_unique<SekishoProcess>(Options());
  const bool ready = sekisho_->Start();
  const bool answered_before_ready = answered;
  runtime.join();
  EXPECT_TRUE(ready) << sekisho_->Log();
  EXPECT_TRUE(answered_before_ready);
  EXPECT_FALSE(open_too_early) << "the kubelet could connect before the runtime was there";
  EXPECT_EQ(runtime_->calls().at(0).method, kVersion);
  EXPECT_EQ(CodeOf(kStatus), grpc::StatusCode::OK);
}

TEST_F(ServeTest, OnlyRootMayConnect) {
  Start(Options());
  struct stat status {};
  ASSERT_EQ(::lstat(sekisho_->socket().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode, static_cast<mode_t>(S_IFSOCK | 0600));
}

// --- no start
// --------------------------------------------------------------------------------------

struct NoStart {
  const char* name;
  std::function<void(const SekishoProcess& sekisho, const std::string& dir)> spoil;
  const char* log;  // regular expression
};

void PrintTo(const NoStart& row, std::ostream* out) {
  *out << row.name;
}

class NoStartTest : public ServeTest, public ::testing::WithParamInterface<NoStart> {};

TEST_P(NoStartTest, ExitsWithOneAndSaysWhy) {
  StartRuntime();
  sekisho_ = std::make_unique<SekishoProcess>(Options());
  GetParam().spoil(*sekisho_, dir_.path());
  const bool socket_file_before = std::filesystem::symlink_status(sekisho_->socket()).type() !=
                                  std::filesystem::file_type::not_found;
  EXPECT_FALSE(sekisho_->Start());
  EXPECT_EQ(sekisho_->Wait(kLong), 1);
  EXPECT_THAT(sekisho_->Log(), ContainsRegex(GetParam().log));
  EXPECT_THAT(sekisho_->Log(), Not(HasSubstr("serving")));
  // What stood in the way stands there still; otherwise nothing was left behind.
  EXPECT_EQ(std::filesystem::symlink_status(sekisho_->socket()).type() !=
                std::filesystem::file_type::not_found,
            socket_file_before);
}

const NoStart kNoStart[] = {
    {"NoConfiguration",
     [](const SekishoProcess&, const std::string& dir) {
       std::filesystem::remove(dir + "/config.yaml");
     },
     "error .*/config\\.yaml: .*[Nn]o such file"},
    {"BrokenConfiguration",
     [](const SekishoProcess& sekisho, const std::string&) {
       EditConfig(sekisho, "audit: {path:", "audit: {paht:");
     },
     "/config\\.yaml:8:9: audit\\.paht: unknown key .*\"path\""},
    {"ConfigurationThatOthersMayWrite",
     [](const SekishoProcess&, const std::string& dir) {
       std::filesystem::permissions(dir + "/config.yaml", std::filesystem::perms(0666));
     },
     "/config\\.yaml: is writable by group or others .chmod go-w"},
    {"NoPolicy",
     [](const SekishoProcess&, const std::string& dir) {
       std::filesystem::remove(dir + "/policy.yaml");
     },
     "/policy\\.yaml: .*[Nn]o such file.*\n.*no policy, no start"},
    {"BrokenPolicy",
     [](const SekishoProcess& sekisho, const std::string&) { sekisho.WritePolicy(kBrokenPolicy); },
     "/policy\\.yaml:3:1: defualts: unknown key .*\"defaults\".*\n.*no policy, no start"},
    {"BrokenDropIn",
     [](const SekishoProcess&, const std::string& dir) {
       std::filesystem::create_directory(dir + "/policy.d");
       std::filesystem::permissions(dir + "/policy.d", std::filesystem::perms(0755));
       WriteText(dir + "/policy.d/50-shop.yaml", "rules: 7\n");
     },
     "/policy\\.d/50-shop\\.yaml:1:"},
    {"UnknownGroup",
     [](const SekishoProcess& sekisho, const std::string&) {
       EditConfig(sekisho, "sekisho.sock}", "sekisho.sock, group: no-such-group}");
     },
     "listen\\.group: this node has no group .no-such-group."},
    {"NoRuntime",
     [](const SekishoProcess& sekisho, const std::string&) {
       EditConfig(sekisho, "runtime.sock, startTimeoutSeconds: 20",
                  "no-runtime.sock, startTimeoutSeconds: 1");
     },
     "/no-runtime\\.sock: UNAVAILABLE: the runtime did not answer within 1 s"},
    {"SomethingThatIsNoSocketInTheWay",
     [](const SekishoProcess& sekisho, const std::string&) {
       WriteText(sekisho.socket(), "precious");
     },
     "sekisho\\.sock is there and is no socket"},
    {"NoFolderForTheSocket",
     [](const SekishoProcess& sekisho, const std::string&) {
       EditConfig(sekisho, "/sekisho.sock", "/missing/sekisho.sock");
     },
     "cannot open the lock file .*/missing/sekisho\\.sock\\.lock: No such file"},
};

INSTANTIATE_TEST_SUITE_P(Serve, NoStartTest, ::testing::ValuesIn(kNoStart),
                         [](const auto& row) { return row.param.name; });

TEST_F(ServeTest, ARuntimeThatDoesNotSpeakCriV1IsNotWaitedFor) {
  runtime_ = std::make_unique<FakeRuntime>(runtime_socket(), [](const FakeCall&) {
    return ReplyWith({grpc::StatusCode::UNIMPLEMENTED, "unknown service runtime.v1"});
  });
  sekisho_ = std::make_unique<SekishoProcess>(Options());
  EXPECT_FALSE(sekisho_->Start());
  EXPECT_EQ(sekisho_->Wait(kLong), 1);
  EXPECT_THAT(sekisho_->Log(), HasSubstr("the runtime does not speak CRI runtime.v1"));
  EXPECT_THAT(sekisho_->Log(), HasSubstr("unknown service runtime.v1"));
  EXPECT_EQ(runtime_->calls().size(), 1u);
}

TEST_F(ServeTest, WhatARuntimeSaysBeginsNoLineOfTheLogAndSteersNoTerminal) {
  runtime_ = std::make_unique<FakeRuntime>(runtime_socket(), [](const FakeCall&) {
    return ReplyWith({grpc::StatusCode::UNIMPLEMENTED, "no\n<0>forged\r\x1b[2Jline\xc2\x9b"});
  });
  sekisho_ = std::make_unique<SekishoProcess>(Options());
  EXPECT_FALSE(sekisho_->Start());
  EXPECT_EQ(sekisho_->Wait(kLong), 1);
  EXPECT_THAT(sekisho_->Log(), HasSubstr("no\\x0a<0>forged\\x0d\\x1b[2Jline\\xc2\\x9b"));
  EXPECT_THAT(sekisho_->Log(), ::testing::Not(HasSubstr("\n<0>")));
}

// gRPC says by itself what it did not understand.
TEST_F(ServeTest, WhatACallerSendsBeginsNoLineOfTheLogAndSteersNoTerminal) {
  Start(Options());
  const base::UniqueFd caller = ConnectUnix(sekisho_->socket());
  EXPECT_TRUE(ExchangeUntilStreamEnds(
      caller.get(),
      Http2Call(kStatus, GrpcFrame(0, ""), {{"grpc-timeout", "no\n<0>forged\x1b[2J"}}), 20));
  EXPECT_TRUE(Eventually([this] { return sekisho_->Log().find("forged") != std::string::npos; }));
  EXPECT_THAT(sekisho_->Log(), HasSubstr("no\\x0a<0>forged\\x1b[2J"));
  EXPECT_THAT(sekisho_->Log(), ::testing::Not(HasSubstr("\n<0>")));
}

TEST_F(ServeTest, ALiveSocketInTheWayIsNotTakenOver) {
  StartRuntime();
  sekisho_ = std::make_unique<SekishoProcess>(Options());
  const base::UniqueFd other = ListenUnix(sekisho_->socket());
  EXPECT_FALSE(sekisho_->Start());
  EXPECT_EQ(sekisho_->Wait(kLong), 1);
  EXPECT_THAT(sekisho_->Log(), HasSubstr("something answers on " + sekisho_->socket()));
  EXPECT_TRUE(Answers(sekisho_->socket()));
}

TEST_F(ServeTest, ASecondAgentOnTheSameSocketDoesNotDisturbTheFirst) {
  Start(Options());
  const TempDir second_dir;
  SekishoOptions options = Options();
  options.dir = second_dir.path();
  SekishoProcess second(options);
  EditConfig(second, second.socket(), sekisho_->socket());
  EXPECT_FALSE(second.Start());
  EXPECT_EQ(second.Wait(kLong), 1);
  EXPECT_THAT(second.Log(), HasSubstr("another sekisho serves this socket"));
  EXPECT_EQ(CodeOf(kStatus), grpc::StatusCode::OK);
}

// --- a start after a crash
// --------------------------------------------------------------------------

TEST_F(ServeTest, KilledAndRestartedItServesTheSameSocketAndKnowsItsSandboxes) {
  Start(Options(PolicyEnforcing("privileged") +
                "rules:\n- match: {namespaces: [shop]}\n  enforce: restricted\n"));
  const PodOptions pod;
  const std::string sandbox = RunSandbox(pod);
  ASSERT_EQ(sandbox, "sandbox-0");
  sekisho_->Kill9();
  ASSERT_TRUE(std::filesystem::exists(sekisho_->socket()));
  ASSERT_TRUE(sekisho_->Start()) << sekisho_->Log();

  const RawResult refused =
      Call(kCreateContainer, CreateContainer(sandbox, pod, {}).SerializeAsString());
  EXPECT_EQ(refused.status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(refused.status.error_message(), HasSubstr("\"restricted:latest\""));
  // Its namespace is what the runtime says, not what the request claims.
  PodOptions forged = pod;
  forged.namespace_ = "open";
  EXPECT_THAT(Call(kCreateContainer, CreateContainer(sandbox, forged, {}).SerializeAsString())
                  .status.error_message(),
              HasSubstr("does not describe the sandbox"));
  EXPECT_EQ(runtime_->CountOf(kCreateContainer), 0u);
  const std::string allowed =
      CreateContainer(sandbox, pod, {.with_kubelet_mounts = false, .edit = MakeRestricted})
          .SerializeAsString();
  EXPECT_EQ(CodeOf(kCreateContainer, allowed), grpc::StatusCode::OK);
  EXPECT_EQ(runtime_->CountOf(kCreateContainer), 1u);
  EXPECT_EQ(runtime_->CountOf(kPodSandboxStatus), 1u);
}

}  // namespace
}  // namespace sekisho::testing
