// `sekisho replay` as a process: inputs, options, output, exit codes.
//
// Which decision changes how is in tests/unit/replay; here it is enough that the answer arrives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "runtime/v1/api.pb.h"
#include "support/child_process.h"
#include "support/fake_runtime.h"
#include "support/synthetic_audit.h"
#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kHead[] = "apiVersion: sekisho.io/v1alpha1\nkind: NodePolicy\n";

struct Ran {
  int exit_code = -1;
  std::string out;
  std::string err;
};

// A day of 3000 decisions, the policy that made them, and a stricter and a laxer one.
class CliReplayTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WriteSyntheticAudit(dir_.File("audit.jsonl"), 3000, 1);
    Write("same.yaml", SyntheticPolicy());
    Write("strict.yaml", std::string(kHead) + "defaults: {enforce: restricted}\n");
    Write("lax.yaml", std::string(kHead) + "defaults: {enforce: privileged}\n");
    Write("broken.yaml", std::string(kHead) + "defaults: {enforce: rigid}\n");
    Write("config.yaml", "apiVersion: sekisho.io/v1alpha1\nkind: AgentConfig\naudit: {path: " +
                             dir_.File("audit.jsonl") +
                             "}\npolicy: {dropInDirectory: " + dir_.File("none") +
                             "}\nkubernetes: {kubeconfig: /nowhere/kubelet.conf}\n");
  }

  void Write(const std::string& name, const std::string& text) const {
    WriteText(dir_.File(name), text);
    std::filesystem::permissions(dir_.File(name), std::filesystem::perms(0644));
  }

  // `arguments` as a shell reads them.
  Ran Replay(const std::string& arguments) const {
    const std::string script = "cd \"$1\" && exec \"$0\" replay --config config.yaml " + arguments +
                               " >\"$1/.out\" 2>\"$1/.err\"";
    Ran ran;
    ran.exit_code = RunToEnd({"sh", "-c", script, SEKISHO_BINARY, dir_.path()}).exit_code;
    ran.out = ReadText(dir_.File(".out"));
    ran.err = ReadText(dir_.File(".err"));
    return ran;
  }

  const TempDir dir_;
};

TEST_F(CliReplayTest, TheSamePolicyChangesNothing) {
  const Ran ran = Replay("--policy same.yaml audit.jsonl -o json --fail-on any");
  EXPECT_EQ(ran.err, "");
  EXPECT_EQ(ran.exit_code, 0);
  const nlohmann::json json = nlohmann::json::parse(ran.out);
  // The few that were errors then are not made again, and are the only ones.
  EXPECT_EQ(json.at("decisions").get<int>() + json.at("errors").get<int>(), 3000);
  EXPECT_LT(json.at("errors"), 30);
  EXPECT_EQ(json.at("unchanged"), json.at("decisions"));
  EXPECT_TRUE(json.at("groups").empty());
}

TEST_F(CliReplayTest, TheExitCodeSaysWhetherSomethingIsNewlyRefused) {
  const struct {
    const char* arguments;
    int exit_code;
  } kRows[] = {
      {"--policy same.yaml audit.jsonl", 0},
      {"--policy strict.yaml audit.jsonl", 1},
      {"--policy strict.yaml --fail-on any audit.jsonl", 1},
      {"--policy strict.yaml --fail-on none audit.jsonl", 0},
      {"--policy lax.yaml audit.jsonl", 0},
      {"--policy lax.yaml --fail-on any audit.jsonl", 1},
      {"--policy broken.yaml audit.jsonl", 2},
      {"--policy missing.yaml audit.jsonl", 2},
      {"--policy same.yaml missing.jsonl", 2},
      {"--policy same.yaml audit.jsonl missing.jsonl", 2},
      {"--policy same.yaml .", 2},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.arguments);
    const Ran ran = Replay(row.arguments);
    EXPECT_EQ(ran.exit_code, row.exit_code) << ran.err;
    EXPECT_EQ(ran.out.empty(), row.exit_code == 2) << ran.out;
    EXPECT_EQ(ran.err.empty(), row.exit_code != 2) << ran.err;
  }
}

TEST_F(CliReplayTest, TheTextNamesWorkloadReasonAndTotals) {
  const Ran ran = Replay("--policy strict.yaml audit.jsonl");
  EXPECT_THAT(ran.out, StartsWith("newly refused: "));
  EXPECT_THAT(ran.out, HasSubstr("harden -> deny shop/web container "));
  EXPECT_THAT(ran.out, HasSubstr("violates PodSecurity \"restricted:latest\""));
  EXPECT_THAT(ran.out, HasSubstr("strict.yaml: defaults"));
  EXPECT_THAT(ran.out, HasSubstr(" decisions made again: "));
  EXPECT_THAT(ran.out, EndsWith("Z\n"));
  EXPECT_THAT(ran.out, Not(HasSubstr("\x1b")));
  EXPECT_THAT(Replay("--policy strict.yaml --color always audit.jsonl").out,
              HasSubstr("\x1b[1;31mdeny\x1b[0m"));
}

TEST_F(CliReplayTest, TheConfiguredLogIsReadWithItsRotatedFiles) {
  const std::string all = Replay("--policy strict.yaml audit.jsonl").out;
  const std::string text = ReadText(dir_.File("audit.jsonl"));
  const size_t cut = text.find('\n', text.size() / 2) + 1;
  Write("audit.jsonl.1", text.substr(0, cut));
  Write("audit.jsonl", text.substr(cut));
  EXPECT_EQ(Replay("--policy strict.yaml").out, all);
  std::filesystem::remove(dir_.File("audit.jsonl"));
  std::filesystem::remove(dir_.File("audit.jsonl.1"));
  const Ran gone = Replay("--policy strict.yaml");
  EXPECT_EQ(gone.exit_code, 2);
  EXPECT_THAT(gone.err, HasSubstr("audit.jsonl: is not there"));
}

TEST_F(CliReplayTest, TheStandardInputIsALog) {
  const std::string all = Replay("--policy strict.yaml audit.jsonl").out;
  EXPECT_THAT(all, StartsWith("newly refused: "));
  EXPECT_EQ(Replay("--policy strict.yaml - <audit.jsonl").out, all);
}

TEST_F(CliReplayTest, ALogWithoutFactsIsNoAnswer) {
  Write("old.jsonl",
        R"({"time":"2026-11-20T00:00:00.703433Z","method":"RunPodSandbox","decision":"allow",)"
        R"("namespace":"shop","pod":"web","uid":"u","source":"api","policyHash":"","durationUs":1})"
        "\n");
  const Ran old = Replay("--policy same.yaml old.jsonl");
  EXPECT_EQ(old.exit_code, 2);
  EXPECT_EQ(old.out, "");
  EXPECT_THAT(old.err, HasSubstr("audit.facts"));
  Write("empty.jsonl", "");
  const Ran empty = Replay("--policy same.yaml empty.jsonl");
  EXPECT_EQ(empty.exit_code, 2);
  EXPECT_THAT(empty.err, HasSubstr("no decision"));
  // Beside others it is a note.
  const Ran both = Replay("--policy same.yaml old.jsonl audit.jsonl");
  EXPECT_EQ(both.exit_code, 0);
  EXPECT_THAT(both.out, HasSubstr("1 decision left out: recorded without"));
}

TEST_F(CliReplayTest, WhatIsMissingFromTheLogIsSaid) {
  Write("torn.jsonl",
        ReadText(dir_.File("audit.jsonl")) +
            R"({"time":"2026-11-21T00:00:01.000000Z","event":"records-lost","count":12})" +
            "\n{\"time\":");
  const Ran ran = Replay("--policy same.yaml torn.jsonl");
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_THAT(ran.err, HasSubstr("1 line of torn.jsonl cannot be read; the first: "
                                 "torn.jsonl:3002: no JSON"));
  EXPECT_THAT(ran.err, HasSubstr("torn.jsonl says that 12 records are missing"));
}

// Two running containers, of which the runtime tells the configuration of the first.
FakeReply TwoContainers(const FakeCall& call) {
  namespace cri = runtime::v1;
  const std::string method = call.method.substr(call.method.rfind('/') + 1);
  if (method == "ListContainers") {
    cri::ListContainersResponse response;
    for (const char* id : {"c1", "c2"}) {
      cri::Container& container = *response.add_containers();
      container.set_id(id);
      container.set_pod_sandbox_id("s1");
      container.mutable_metadata()->set_name("app");
      container.set_state(cri::CONTAINER_RUNNING);
    }
    return ReplyWith(response.SerializeAsString());
  }
  if (method == "ContainerStatus") {
    cri::ContainerStatusRequest request;
    EXPECT_TRUE(request.ParseFromString(call.request));
    cri::ContainerStatusResponse response;
    cri::ContainerStatus& status = *response.mutable_status();
    status.set_id(request.container_id());
    status.mutable_metadata()->set_name("app");
    status.set_state(cri::CONTAINER_RUNNING);
    if (status.id() == "c1") {
      (*response.mutable_info())["info"] =
          R"({"pid":1,"config":{"metadata":{"name":"app"},"image":{"image":"sha256:b64a"},)"
          R"("linux":{"security_context":{"capabilities":{"add_capabilities":["NET_ADMIN"]},)"
          R"("masked_paths":["/proc/kcore"]}}}})";
    }
    return ReplyWith(response.SerializeAsString());
  }
  if (method == "PodSandboxStatus") {
    cri::PodSandboxStatusResponse response;
    cri::PodSandboxStatus& status = *response.mutable_status();
    status.set_id("s1");
    status.mutable_metadata()->set_name("web-6d4cf56db6-x2lpq");
    status.mutable_metadata()->set_namespace_("shop");
    status.mutable_metadata()->set_uid("uid-1");
    return ReplyWith(response.SerializeAsString());
  }
  return ReplyWith("");
}

TEST_F(CliReplayTest, WhatRunsNowIsDecidedInPlaceOfALog) {
  const std::string socket = dir_.File("runtime.sock");
  Write("config.yaml", ReadText(dir_.File("config.yaml")) + "upstream: {socket: " + socket + "}\n");
  const Ran silent = Replay("--policy lax.yaml --live");
  EXPECT_EQ(silent.exit_code, 2);
  EXPECT_NE(silent.err, "");

  FakeRuntime runtime(socket, TwoContainers);
  const Ran strict = Replay("--policy strict.yaml --live -o json");
  EXPECT_EQ(strict.exit_code, 1) << strict.err;
  const nlohmann::json json = nlohmann::json::parse(strict.out);
  EXPECT_EQ(json.at("live"), true);
  EXPECT_EQ(json.at("decisions"), 1);
  EXPECT_EQ(json.at("withoutFacts"), 1);
  EXPECT_EQ(json.at("groups").at(0).at("workload"), "web");
  EXPECT_EQ(json.at("groups").at(0).at("before"), "running");
  EXPECT_THAT(json.at("groups").at(0).at("why").get<std::string>(), HasSubstr("NET_ADMIN"));
  const Ran lax = Replay("--policy lax.yaml --live");
  EXPECT_EQ(lax.exit_code, 0) << lax.err;
  EXPECT_THAT(lax.out, HasSubstr("1 running container: 0 newly refused"));
  EXPECT_THAT(lax.out, HasSubstr("1 container left out"));
}

TEST_F(CliReplayTest, OptionsThatContradictAreRefused) {
  EXPECT_NE(Replay("audit.jsonl").exit_code, 0);
  EXPECT_NE(Replay("--policy same.yaml --live audit.jsonl").exit_code, 0);
  EXPECT_NE(Replay("--policy same.yaml --fail-on never audit.jsonl").exit_code, 0);
}

}  // namespace
}  // namespace sekisho::testing
