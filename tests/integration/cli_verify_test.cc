// `sekisho verify` where no container is needed: a runtime that says what the test tells it to, and
// processes of the test's own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "runtime/v1/api.pb.h"
#include "support/child_process.h"
#include "support/fake_runtime.h"
#include "support/sekisho_process.h"
#include "support/temp_dir.h"

namespace sekisho::testing {
namespace {

namespace cri_v1 = runtime::v1;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

class CliVerifyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) {
      GTEST_SKIP() << "only root may verify";
    }
  }

  Finished Verify(std::vector<std::string> more = {}) const {
    std::vector<std::string> argv = {SEKISHO_BINARY, "verify", "--config",
                                     dir_.File("config.yaml")};
    argv.insert(argv.end(), more.begin(), more.end());
    return RunToEnd(argv);
  }

  const TempDir dir_;
  const std::string socket_ = dir_.File("runtime.sock");
  // Never started: it writes the files.
  const SekishoProcess agent_{
      SekishoOptions{.dir = dir_.path(),
                     .upstream_socket = socket_,
                     .policy = "apiVersion: sekisho.io/v1alpha1\nkind: NodePolicy\n"
                               "defaults: {enforce: baseline}\n",
                     .kubelet_root = dir_.File("kubelet")}};
};

TEST_F(CliVerifyTest, ExitsWithTwoWhenItCannotTell) {
  FakeRuntime runtime(socket_, [](const FakeCall&) { return ReplyWith(""); });
  ASSERT_EQ(Verify().exit_code, 0) << Verify().output;
  const struct {
    const char* why;
    std::string file;
    std::string text;
    std::string says;
  } kRows[] = {
      {"no configuration", "config.yaml", "", "config.yaml"},
      {"a wrong configuration", "config.yaml", "kind: AgentConfig\nlisten: 7\n", "config.yaml:"},
      {"a wrong policy", "policy.yaml", "kind: NodePolicy\nenfroce: nothing\n",
       "enfroce: unknown key"},
      {"a ledger that is none", "state/containers.jsonl", "nonsense\n",
       "containers.jsonl: its first line does not say since when it is kept"},
  };
  std::filesystem::create_directory(dir_.File("state"));
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.why);
    const std::string file = dir_.File(row.file);
    const std::string before = ReadText(file);
    row.text.empty() ? (void)std::filesystem::remove(file) : WriteText(file, row.text);
    const Finished run = Verify();
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_THAT(run.output, HasSubstr(row.says));
    before.empty() ? (void)std::filesystem::remove(file) : WriteText(file, before);
  }
  EXPECT_EQ(Verify().exit_code, 0);
  EXPECT_EQ(Verify({"--interval", "0"}).exit_code, 2);
  EXPECT_EQ(Verify({"--output", "yaml"}).exit_code, 2);
}

TEST_F(CliVerifyTest, ASilentRuntimeIsNamed) {
  const Finished run = Verify();
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.output, HasSubstr(socket_ + ": the runtime does not answer"));
}

TEST_F(CliVerifyTest, ARuntimeThatDoesNotTellEverythingIsNoProof) {
  FakeRuntime runtime(socket_, [](const FakeCall& call) {
    return call.method.ends_with("/ListPodSandbox")
               ? ReplyWith(grpc::Status(grpc::StatusCode::INTERNAL, "not today"))
               : ReplyWith("");
  });
  const Finished run = Verify();
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.output, HasSubstr("not today"));
}

// As root of a user namespace of its own, or nobody of it: the kernel does not call it root.
TEST_F(CliVerifyTest, OnlyRootCanVerify) {
  if (RunToEnd({"unshare", "--user", "true"}).exit_code != 0) {
    GTEST_SKIP() << "no user namespaces here";
  }
  const Finished run = RunToEnd(
      {"unshare", "--user", SEKISHO_BINARY, "verify", "--config", dir_.File("config.yaml")});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.output, HasSubstr("only root"));
}

// A container whose first process is one of this test's.
class OneContainer {
 public:
  OneContainer(std::string image, pid_t pid) : image_(std::move(image)), pid_(pid) {}

  FakeReply operator()(const FakeCall& call) const {
    const std::string method = call.method.substr(call.method.rfind('/') + 1);
    if (method == "ListContainers") {
      cri_v1::ListContainersResponse response;
      cri_v1::Container& container = *response.add_containers();
      container.set_id("c1");
      container.set_pod_sandbox_id("s1");
      container.mutable_metadata()->set_name("app");
      container.set_state(cri_v1::CONTAINER_RUNNING);
      return ReplyWith(response.SerializeAsString());
    }
    if (method == "ContainerStatus") {
      cri_v1::ContainerStatusResponse response;
      cri_v1::ContainerStatus& status = *response.mutable_status();
      status.set_id("c1");
      status.mutable_metadata()->set_name("app");
      status.set_state(cri_v1::CONTAINER_RUNNING);
      status.mutable_image()->set_image(image_);
      (*response.mutable_info())["info"] = R"({"pid":)" + std::to_string(pid_) + "}";
      return ReplyWith(response.SerializeAsString());
    }
    if (method == "PodSandboxStatus") {
      cri_v1::PodSandboxStatusResponse response;
      cri_v1::PodSandboxStatus& status = *response.mutable_status();
      status.set_id("s1");
      status.mutable_metadata()->set_name("web-0");
      status.mutable_metadata()->set_namespace_("shop");
      status.mutable_metadata()->set_uid("uid-1");
      return ReplyWith(response.SerializeAsString());
    }
    return ReplyWith("");
  }

 private:
  const std::string image_;
  const pid_t pid_;
};

TEST_F(CliVerifyTest, TextAndJsonSayTheSame) {
  ChildProcess process(Command{.argv = {"sleep", "1000"}});
  FakeRuntime runtime(socket_, OneContainer("evil\x1b[31m\nimage", process.pid()));
  const Finished text = Verify();
  EXPECT_EQ(text.exit_code, 1);
  EXPECT_THAT(text.output, HasSubstr("shop/web-0/app"));
  EXPECT_THAT(text.output, HasSubstr("seccomp"));
  EXPECT_THAT(text.output, Not(HasSubstr("\x1b")));
  EXPECT_THAT(Verify({"--color", "always"}).output, HasSubstr("\x1b["));
  EXPECT_THAT(Verify({"--color", "always"}).output, Not(HasSubstr("\x1b[31m\n")));

  const Finished as_json = Verify({"-o", "json"});
  EXPECT_EQ(as_json.exit_code, 1);
  const json result = json::parse(as_json.output, nullptr, false);
  ASSERT_TRUE(result.is_object()) << as_json.output;
  EXPECT_EQ(result["conforms"], false);
  EXPECT_EQ(result["containers"][0]["pid"], process.pid());
  EXPECT_EQ(result["containers"][0]["origin"], "older");  // there is no ledger
}

TEST_F(CliVerifyTest, WatchGoesOnWhenTheRuntimeIsSilentAndSaysSoOnce) {
  const std::string output = dir_.File("output");
  ChildProcess watch(Command{.argv = {SEKISHO_BINARY, "verify", "--config",
                                      dir_.File("config.yaml"), "--watch", "--interval", "1"},
                             .output_file = output});
  const auto says = [&output](const std::string& text) {
    return Eventually([&] { return ReadText(output).find(text) != std::string::npos; },
                      std::chrono::seconds(30));
  };
  EXPECT_TRUE(says("the runtime does not answer")) << ReadText(output);
  {
    FakeRuntime runtime(socket_, [](const FakeCall&) { return ReplyWith(""); });
    EXPECT_TRUE(says("no containers")) << ReadText(output);
    // Rounds go by without another word.
    ASSERT_TRUE(
        Eventually([&] { return runtime.CountOf("/runtime.v1.RuntimeService/Version") > 3; },
                   std::chrono::seconds(30)));
    const std::string so_far = ReadText(output);
    EXPECT_EQ(so_far.find("no containers"), so_far.rfind("no containers"));
  }
  watch.Signal(SIGINT);
  EXPECT_EQ(watch.Wait(std::chrono::seconds(30)), 0);
}

}  // namespace
}  // namespace sekisho::testing
