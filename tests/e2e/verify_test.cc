// `sekisho verify` on a real node: what the kernel says, against what was decided.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "e2e/node_fixture.h"
#include "support/isolation.h"

namespace sekisho::testing {
namespace {

using nlohmann::json;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

struct Verdict {
  int exit_code = -1;
  std::string output;
  json result;

  // Of a container, or of a foreign container's id; null: it is not named.
  json Of(const std::string& id) const {
    for (const json& container : result.value("containers", json::array())) {
      if (container["id"] == id) {
        return container;
      }
    }
    return nullptr;
  }
  json Differences(const std::string& id) const {
    json what = json::array();
    const json container = Of(id);
    for (const json& difference : container.is_null() ? json::array() : container["drift"]) {
      what.push_back(difference["what"]);
    }
    return what;
  }
};

void UseHostPids(runtime::v1::NamespaceOption& namespaces) {
  namespaces.set_pid(runtime::v1::NODE);
}

template <typename Config>
void MakePrivileged(Config& config) {
  config.mutable_linux()->mutable_security_context()->set_privileged(true);
}

class VerifyTest : public NodeTest {
 protected:
  void TearDown() override {
    for (const auto& [runtime, id] : foreign_) {
      (void)Ctr(containerd_->socket(), runtime, {"tasks", "delete", "--force", id});
    }
    NodeTest::TearDown();
  }

  std::string FileOfAgent(const std::string& name) const {
    return sekisho_->options().dir + "/" + name;
  }
  Finished VerifyAs(const std::string& format) const {
    return RunToEnd(
        {SEKISHO_BINARY, "verify", "--config", FileOfAgent("config.yaml"), "-o", format});
  }
  Verdict Verify() const {
    const Finished run = VerifyAs("json");
    Verdict verdict{.exit_code = run.exit_code,
                    .output = run.output,
                    .result = json::parse(run.output, nullptr, false)};
    EXPECT_TRUE(verdict.result.is_object()) << run.output;
    return verdict;
  }

  static Finished Ctr(const std::string& socket, const std::string& runtime,
                      const std::vector<std::string>& arguments) {
    std::vector<std::string> argv = {"ctr", "--address", socket, "--namespace", runtime};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return RunToEnd(argv);
  }
  static Finished CtrRun(const std::string& socket, const std::string& runtime,
                         const std::string& id, const std::vector<std::string>& options = {}) {
    std::vector<std::string> arguments = {
        "run", "--detach", "--cgroup", CgroupRoot() + "/" + id, "--runc-binary", OciRuntime()};
    arguments.insert(arguments.end(), options.begin(), options.end());
    arguments.insert(arguments.end(), {kImage, id, "sleep", "100000"});
    return Ctr(socket, runtime, arguments);
  }
  // As an administrator who goes around everything.
  void RunForeign(const std::string& runtime, const std::string& id,
                  const std::vector<std::string>& options = {}) {
    if (runtime != "k8s.io") {
      const Finished imported =
          Ctr(containerd_->socket(), runtime, {"images", "import", containerd_->images_file()});
      ASSERT_EQ(imported.exit_code, 0) << imported.output;
    }
    foreign_.emplace_back(runtime, id);
    const Finished run = CtrRun(containerd_->socket(), runtime, id, options);
    ASSERT_EQ(run.exit_code, 0) << run.output;
  }
  // Past Sekisho.
  std::string RunPast(const PodOptions& pod, const ContainerOptions& container) {
    CriClient* const through = client_;
    client_ = direct_;
    std::string id = RunContainer(pod, container);
    client_ = through;
    return id;
  }
  std::string RunRestricted() {
    return RunContainer(PodIn("restricted"),
                        {.image = kNonRootImage, .edit = [](auto& c) { MakeRestricted(c); }});
  }
  void AwaitSekisho() {
    ASSERT_TRUE(Eventually([&] { return client_->NetworkReady().ok(); }));
  }
  // With another runtime, from the next container on.
  void RestartContainerd(const std::string& handler, const std::string& oci_runtime) {
    containerd_->Kill9();
    containerd_->ConfigureRuntime(handler, oci_runtime);
    ASSERT_EQ(containerd_->Start(), "");
    AwaitSekisho();
  }

  std::vector<std::pair<std::string, std::string>> foreign_;
};

TEST_F(VerifyTest, AConformingNodeSaysSo) {
  const std::string plain = RunContainer(PodIn("shop"), {});
  const std::string restricted = RunRestricted();
  const std::string pinned = RunContainer(PodIn("no-mkdir"), {});
  const std::string read_only = RunContainer(PodIn("controlled"), {});
  const auto ask_for_more = [](runtime::v1::ContainerConfig& config) {
    config.mutable_linux()
        ->mutable_security_context()
        ->mutable_capabilities()
        ->add_add_capabilities("SYS_ADMIN");
  };
  const std::string stripped = RunContainer(PodIn("stripped"), {.edit = ask_for_more});
  const auto use_host = [](auto& config) {
    auto& context = *config.mutable_linux()->mutable_security_context();
    context.set_privileged(true);
    context.mutable_namespace_options()->set_network(runtime::v1::NODE);
    context.mutable_namespace_options()->set_pid(runtime::v1::NODE);
    context.mutable_namespace_options()->set_ipc(runtime::v1::NODE);
  };
  PodOptions host = PodIn("privileged");
  host.edit = [&use_host](runtime::v1::PodSandboxConfig& config) {
    use_host(config);
    config.clear_hostname();  // it is the node's
  };
  const std::string privileged = RunContainer(host, {.edit = use_host});

  const Verdict verdict = Verify();
  EXPECT_EQ(verdict.exit_code, 0) << verdict.output;
  EXPECT_EQ(verdict.result["conforms"], true);
  EXPECT_EQ(verdict.result["counts"]["decided"], 6) << verdict.output;
  EXPECT_EQ(verdict.result["errors"], json::array());
  for (const std::string& id : {plain, restricted, pinned, read_only, stripped, privileged}) {
    const json container = verdict.Of(id);
    ASSERT_FALSE(container.is_null()) << verdict.output;
    EXPECT_EQ(container["origin"], "decided");
    EXPECT_EQ(container["drift"], json::array());
    EXPECT_EQ(container["unseen"], json::array());
    EXPECT_EQ(container["pid"], direct_->PidOf(id).value_or(-1));
  }
  EXPECT_EQ(verdict.Of(plain)["namespace"], "shop");
  EXPECT_EQ(verdict.Of(plain)["level"], "baseline:latest");
  EXPECT_EQ(verdict.Of(plain)["kernel"]["seccomp"], "filter");
  EXPECT_EQ(verdict.Of(restricted)["level"], "restricted:latest");
  EXPECT_EQ(verdict.Of(privileged)["level"], "privileged:latest");
  EXPECT_EQ(verdict.Of(privileged)["kernel"]["seccomp"], "off");

  const Finished text = VerifyAs("text");
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_THAT(text.output, HasSubstr("shop"));
  EXPECT_THAT(text.output, Not(HasSubstr("\x1b")));
}

TEST_F(VerifyTest, ANodeWithoutContainersConforms) {
  const Verdict verdict = Verify();
  EXPECT_EQ(verdict.exit_code, 0) << verdict.output;
  EXPECT_EQ(verdict.result["counts"]["containers"], 0);
}

TEST_F(VerifyTest, ContainersOfCtrAreFoundAndNamed) {
  const std::string decided = RunContainer(PodIn("shop"), {});
  RunForeign("k8s.io", "smuggled");
  RunForeign("other", "second-one");
  RunForeign("other", "tighter", {"--seccomp"});

  const Verdict verdict = Verify();
  EXPECT_EQ(verdict.exit_code, 1) << verdict.output;
  EXPECT_EQ(verdict.result["counts"]["foreign"], 3) << verdict.output;
  EXPECT_EQ(verdict.result["counts"]["containers"], 4);
  EXPECT_EQ(verdict.Of(decided)["conforms"], true);
  const json smuggled = verdict.Of("smuggled");
  ASSERT_FALSE(smuggled.is_null()) << verdict.output;
  EXPECT_EQ(smuggled["origin"], "foreign");
  EXPECT_EQ(smuggled["runtime"], "k8s.io");
  EXPECT_EQ(smuggled["name"], "smuggled");
  EXPECT_EQ(smuggled["kernel"]["seccomp"], "off");
  EXPECT_EQ(verdict.Differences("smuggled"), json({"seccomp"}));
  ASSERT_FALSE(verdict.Of("second-one").is_null()) << verdict.output;
  EXPECT_EQ(verdict.Of("second-one")["runtime"], "other");
  // It is as good as any, and still nobody decided on it.
  ASSERT_FALSE(verdict.Of("tighter").is_null()) << verdict.output;
  EXPECT_EQ(verdict.Differences("tighter"), json::array()) << verdict.Of("tighter");
  EXPECT_EQ(verdict.Of("tighter")["conforms"], false);

  const Finished text = VerifyAs("text");
  EXPECT_EQ(text.exit_code, 1);
  EXPECT_THAT(text.output, HasSubstr("smuggled"));
}

// The same machine may have other instances of containerd, such as Docker's; they are nobody's
// business here.
TEST_F(VerifyTest, ContainersOfAnotherContainerdAreNotOurs) {
  const TempDir dir;
  PrivateContainerd other(dir.path());
  ASSERT_EQ(other.Start(), "");
  ASSERT_EQ(other.ImportImages(), "");
  const Finished run = CtrRun(other.socket(), "k8s.io", "not-ours");
  ASSERT_EQ(run.exit_code, 0) << run.output;
  const Verdict verdict = Verify();
  EXPECT_EQ(verdict.exit_code, 0) << verdict.output;
  EXPECT_EQ(verdict.result["counts"]["containers"], 0) << verdict.output;
  const Finished removed =
      Ctr(other.socket(), "k8s.io", {"tasks", "delete", "--force", "not-ours"});
  EXPECT_EQ(removed.exit_code, 0) << removed.output;
}

// Such a process is a child of the shim, too.
TEST_F(VerifyTest, WhatIsExecutedInAContainerIsNoContainer) {
  const std::string running = RunContainer(PodIn("shop"), {});
  std::thread exec([&] {
    const absl::StatusOr<ExecResult> result = direct_->Exec(
        running, {"/bin/sh", "-c", "touch /tmp/there; until [ -e /tmp/stop ]; do sleep 0.1; done"});
    EXPECT_TRUE(result.ok()) << result.status();
  });
  EXPECT_TRUE(Eventually([&] {
    const absl::StatusOr<ExecResult> there = direct_->Exec(running, {"test", "-e", "/tmp/there"});
    return there.ok() && there->exit_code == 0;
  }));
  // What loses its parent in the node's pid namespace gets the shim for one.
  const auto use_host = [](auto& config) {
    UseHostPids(*config.mutable_linux()->mutable_security_context()->mutable_namespace_options());
  };
  PodOptions host = PodIn("privileged");
  host.edit = use_host;
  const std::string in_host = RunContainer(host, {.edit = use_host});
  const absl::StatusOr<ExecResult> left =
      direct_->Exec(in_host, {"/bin/sh", "-c", "sleep 100000 >/dev/null 2>&1 &"});
  EXPECT_TRUE(left.ok()) << left.status();

  const Verdict verdict = Verify();
  EXPECT_EQ(verdict.exit_code, 0) << verdict.output;
  EXPECT_EQ(verdict.result["counts"]["containers"], 2) << verdict.output;
  EXPECT_TRUE(direct_->Exec(running, {"touch", "/tmp/stop"}).ok());
  exec.join();
}

TEST_F(VerifyTest, AContainerThatDidNotPassTheAgentIsNamed) {
  // As the kubelet asks for it when it was not told to use RuntimeDefault.
  const std::string unconfined = RunPast(PodIn("shop"), {.name = "unconfined"});
  PodOptions privileged_pod = PodIn("shop");
  privileged_pod.edit = [](auto& config) { MakePrivileged(config); };
  const std::string privileged =
      RunPast(privileged_pod, {.edit = [](auto& config) { MakePrivileged(config); }});
  const std::string bound = RunPast(PodIn("shop"), {.edit = [](runtime::v1::ContainerConfig& c) {
                                      runtime::v1::Mount& mount = *c.add_mounts();
                                      mount.set_host_path("/etc");
                                      mount.set_container_path("/host");
                                    }});
  const std::string fine = RunPast(
      PodIn("restricted"), {.image = kNonRootImage, .edit = [](auto& c) { MakeRestricted(c); }});

  const Verdict verdict = Verify();
  EXPECT_EQ(verdict.exit_code, 1) << verdict.output;
  ASSERT_EQ(verdict.result["counts"]["past"], 4) << verdict.output;
  for (const std::string& id : {unconfined, privileged, bound, fine}) {
    EXPECT_EQ(verdict.Of(id)["origin"], "past");
    EXPECT_EQ(verdict.Of(id)["conforms"], false);
    EXPECT_EQ(verdict.Of(id)["unseen"], json::array());
  }
  EXPECT_EQ(verdict.Of(unconfined)["level"], "baseline:latest");
  // Today's policy would have attached a profile and taken a capability away.
  EXPECT_THAT(verdict.Differences(unconfined), Contains("seccomp"));
  EXPECT_THAT(verdict.Differences(unconfined), Contains("capabilities.bounding"));
  EXPECT_EQ(verdict.Of(unconfined)["refusal"], "");
  EXPECT_THAT(verdict.Of(privileged)["refusal"].get<std::string>(),
              HasSubstr("violates PodSecurity \"baseline:latest\": privileged"));
  EXPECT_THAT(verdict.Of(bound)["refusal"].get<std::string>(), HasSubstr("hostPath"));
  EXPECT_EQ(verdict.Of(fine)["level"], "restricted:latest");
  EXPECT_EQ(verdict.Of(fine)["drift"], json::array());
  EXPECT_EQ(verdict.Of(fine)["refusal"], "");
}

TEST_F(VerifyTest, WhatIsOlderThanTheLedgerIsJudgedByTodaysPolicy) {
  const std::string pinned = RunContainer(PodIn("no-mkdir"), {});
  const std::string good = RunRestricted();
  ASSERT_EQ(Verify().exit_code, 0);
  EXPECT_EQ(sekisho_->Terminate(), 0);
  ASSERT_TRUE(std::filesystem::remove(FileOfAgent("state/containers.jsonl")));

  Verdict verdict = Verify();  // no agent, no ledger
  EXPECT_EQ(verdict.exit_code, 0) << verdict.output;
  EXPECT_EQ(verdict.result["counts"]["older"], 2) << verdict.output;
  // Its profile is a copy of Sekisho's own, in a directory that no pod could name.
  EXPECT_EQ(verdict.Of(pinned)["refusal"], "");
  EXPECT_EQ(verdict.Of(pinned)["unseen"], json::array());

  const std::string old = RunPast(PodIn("shop"), {});
  ASSERT_TRUE(sekisho_->Start()) << sekisho_->Log();
  verdict = Verify();
  EXPECT_EQ(verdict.exit_code, 1) << verdict.output;
  EXPECT_EQ(verdict.result["counts"]["older"], 3) << verdict.output;
  EXPECT_EQ(verdict.Of(good)["conforms"], true);
  EXPECT_THAT(verdict.Differences(old), Contains("seccomp"));

  // A tighter policy than the one under which they were created.
  sekisho_->WritePolicy(
      "apiVersion: sekisho.io/v1alpha1\nkind: NodePolicy\ndefaults: {enforce: restricted}\n");
  verdict = Verify();
  EXPECT_EQ(verdict.exit_code, 1);
  EXPECT_THAT(verdict.Of(pinned)["refusal"].get<std::string>(), HasSubstr("restricted:latest"));
  EXPECT_EQ(verdict.Of(good)["conforms"], true) << verdict.Of(good);
}

TEST_F(VerifyTest, TheLedgerOutlivesTheAgent) {
  const std::string before = RunContainer(PodIn("shop"), {});
  EXPECT_EQ(Verify().exit_code, 0);
  sekisho_->Kill9();
  Verdict verdict = Verify();  // it needs no agent
  EXPECT_EQ(verdict.exit_code, 0) << verdict.output;
  ASSERT_TRUE(sekisho_->Start()) << sekisho_->Log();
  AwaitSekisho();
  const std::string after = RunContainer(PodIn("shop"), {});
  verdict = Verify();
  EXPECT_EQ(verdict.exit_code, 0) << verdict.output;
  ASSERT_EQ(verdict.result["counts"]["decided"], 2) << verdict.output;
  EXPECT_EQ(verdict.Of(before)["origin"], "decided");
  EXPECT_EQ(verdict.Of(after)["origin"], "decided");
}

// containerd's CRI takes the capabilities of its base spec, and adds and drops what is asked for.
TEST_F(VerifyTest, ABaseSpecThatGivesMoreThanWasDecidedIsFound) {
  const std::string before = RunContainer(PodIn("shop"), {});
  json spec = json::parse(RunToEnd({"ctr", "oci", "spec"}).output, nullptr, false);
  ASSERT_TRUE(spec.is_object());
  for (const char* set : {"bounding", "effective", "permitted"}) {
    spec["process"]["capabilities"][set].push_back("CAP_SYS_ADMIN");
  }
  WriteText(FileOfAgent("base.json"), spec.dump());
  RestartContainerd("      base_runtime_spec = \"" + FileOfAgent("base.json") + "\"", OciRuntime());
  const std::string after = RunContainer(PodIn("shop"), {});

  const Verdict verdict = Verify();
  EXPECT_EQ(verdict.exit_code, 1) << verdict.output;
  EXPECT_EQ(verdict.Of(before)["conforms"], true);
  ASSERT_FALSE(verdict.Of(after).is_null()) << verdict.output;
  EXPECT_EQ(verdict.Of(after)["origin"], "decided");
  EXPECT_THAT(verdict.Differences(after), Contains("capabilities.bounding"));
  EXPECT_THAT(verdict.Of(after)["drift"].dump(), HasSubstr("\"SYS_ADMIN\""));
}

// Whatever stands between containerd and the kernel: an NRI plugin, a hook, a wrapper of runc.
TEST_F(VerifyTest, ARuntimeThatDropsSeccompIsFound) {
  const std::string wrapper = FileOfAgent("runc");
  // runc knows no such key, and reads over it.
  WriteText(wrapper, R"(#!/bin/sh
bundle=
next=
for word in "$@"; do
  [ -z "$next" ] || bundle=$word
  next=
  [ "$word" != --bundle ] || next=1
done
if [ -n "$bundle" ]; then
  sed -i 's/"seccomp":{/"dropped":{/; s/"noNewPrivileges":true/"noNewPrivileges":false/' \
    "$bundle/config.json"
fi
exec )" + OciRuntime() + R"( "$@"
)");
  ASSERT_EQ(::chmod(wrapper.c_str(), 0755), 0);
  const std::string before = RunContainer(PodIn("shop"), {});
  RestartContainerd("", wrapper);
  const std::string plain = RunContainer(PodIn("shop"), {});
  const std::string restricted = RunRestricted();

  const Verdict verdict = Verify();
  EXPECT_EQ(verdict.exit_code, 1) << verdict.output;
  EXPECT_EQ(verdict.result["counts"]["decided"], 3);
  EXPECT_EQ(verdict.result["counts"]["drifted"], 2) << verdict.output;
  EXPECT_EQ(verdict.Of(before)["conforms"], true);
  EXPECT_EQ(verdict.Differences(plain), json({"seccomp"}));
  EXPECT_EQ(verdict.Differences(restricted), json({"seccomp", "noNewPrivileges"}));
  EXPECT_THAT(VerifyAs("text").output, HasSubstr("seccomp"));
}

TEST_F(VerifyTest, WatchSaysWhatChanges) {
  const std::string output = FileOfAgent("watched");
  ChildProcess watch(
      Command{.argv = {SEKISHO_BINARY, "verify", "--config", FileOfAgent("config.yaml"), "--watch",
                       "--interval", "1", "-o", "json"},
              .output_file = output});
  const auto lines = [&output] {
    const std::string text = ReadText(output);
    return std::count(text.begin(), text.end(), '\n');
  };
  ASSERT_TRUE(Eventually([&] { return lines() == 1; })) << ReadText(output);
  RunForeign("k8s.io", "watched");
  ASSERT_TRUE(Eventually([&] { return lines() == 2; })) << ReadText(output);
  EXPECT_THAT(ReadText(output), HasSubstr("\"watched\""));
  watch.Signal(SIGTERM);
  EXPECT_EQ(watch.Wait(std::chrono::seconds(20)), 0);
  EXPECT_EQ(lines(), 2) << ReadText(output);
}

}  // namespace
}  // namespace sekisho::testing
