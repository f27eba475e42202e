#include "verify/verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/verify/fake_node.h"

namespace sekisho::verify {
namespace {

using std::chrono::system_clock;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr pid_t kPid = 100;
constexpr char kId[] = "c1";

policy::Spec SpecAt(policy::Level level) {
  policy::Spec spec = policy::DefaultSpec();
  spec.enforce.level = level;
  return spec;
}

std::string SandboxJson(const std::string& more = "") {
  return R"({"metadata":{"name":"web-0","uid":"uid-1","namespace":"shop"},)"
         R"("linux":{"security_context":{"namespace_options":{"pid":1})" +
         more + "}}}";
}

// containerd's words for a container that asks for what restricted demands.
constexpr char kRestricted[] =
    R"("seccomp":{"profile_type":0},"no_new_privs":true,"run_as_user":{"value":1000},)"
    R"("capabilities":{"drop_capabilities":["ALL"]},"namespace_options":{"pid":1})";
constexpr char kUnconfined[] = R"("seccomp":{"profile_type":1},"namespace_options":{"pid":1})";

std::vector<std::string> WhatOf(const Container& container) {
  std::vector<std::string> what;
  for (const Difference& difference : container.drift) {
    what.push_back(difference.what);
  }
  return what;
}

class VerifierTest : public ::testing::Test {
 protected:
  VerifierTest() {
    node_.sandboxes["sandbox-1"] = {.config = SandboxJson()};
    UsePolicy(policy::DefaultSpec());
    basis_.ledger.since = since_;
  }

  void UsePolicy(policy::Spec spec) {
    basis_.policy = std::make_shared<const policy::Policy>(
        std::move(spec), std::vector<policy::Rule>{}, std::vector<policy::Exemption>{});
  }
  FakeContainer& AddContainer(const std::string& security_context = kRestricted) {
    FakeProcess process{.pid = kPid, .cgroup = "/kubepods/c1", .bounding = "0000000000000000"};
    node_.Add(process);
    node_.containers.push_back({.id = kId,
                                .pid = kPid,
                                .created = since_ + std::chrono::hours(1),
                                .config = ConfigJson("app", security_context)});
    return node_.containers.back();
  }
  Result Run() { return Verifier(node_.Options()).Run(basis_); }
  Container TheOne() {
    Result result = Run();
    EXPECT_THAT(result.errors, IsEmpty());
    EXPECT_THAT(result.containers, SizeIs(1));
    return result.containers.size() == 1 ? result.containers[0] : Container{};
  }
  std::string TheError() {
    const Result result = Run();
    EXPECT_FALSE(result.conforms());
    EXPECT_THAT(result.errors, SizeIs(1));
    return result.errors.size() == 1 ? result.errors[0] : "";
  }
  void Decide(Expected expected) {
    basis_.ledger.entries[kId] = {.time = since_ + std::chrono::hours(1),
                                  .level = "restricted:v1.30",
                                  .policy_hash = "",
                                  .expected = std::move(expected)};
  }

  const system_clock::time_point since_ = system_clock::now() - std::chrono::hours(24);
  FakeNode node_;
  Basis basis_;
};

TEST_F(VerifierTest, WhatIsToldOfAContainer) {
  const FakeContainer& container = AddContainer();
  Decide({.seccomp_filter = true});
  const Container found = TheOne();
  EXPECT_EQ(found.id, kId);
  EXPECT_EQ(found.namespace_, "shop");
  EXPECT_EQ(found.pod, "web-0");
  EXPECT_EQ(found.name, "app");
  EXPECT_EQ(found.image, "registry.example/app:1");
  EXPECT_EQ(found.runtime, "");
  EXPECT_EQ(found.origin, Origin::kDecided);
  EXPECT_EQ(found.created, container.created);
  EXPECT_EQ(found.level, "restricted:v1.30");
  ASSERT_TRUE(found.process.has_value());
  EXPECT_EQ(found.process->pid, kPid);
  EXPECT_THAT(found.unseen, IsEmpty());
  EXPECT_TRUE(found.conforms());
}

TEST_F(VerifierTest, ADecisionIsWhatCountsAndNotTodaysPolicy) {
  AddContainer(kUnconfined);
  node_.Add({.pid = kPid, .seccomp = false, .bounding = "0000000000000000"});
  Decide({.own_namespaces = {"mnt"}});
  EXPECT_TRUE(TheOne().conforms());
  Decide({.seccomp_filter = true});
  EXPECT_THAT(WhatOf(TheOne()), ElementsAre("seccomp"));
  UsePolicy(SpecAt(policy::Level::kRestricted));
  EXPECT_EQ(TheOne().refusal, "");
}

TEST_F(VerifierTest, WithoutADecisionTodaysPolicyDecides) {
  AddContainer(kUnconfined);
  node_.Add({.pid = kPid, .seccomp = false, .bounding = "0000000000000000"});
  Container found = TheOne();
  EXPECT_EQ(found.origin, Origin::kPast);
  EXPECT_EQ(found.level, "baseline:latest");
  // The default policy attaches RuntimeDefault in place of Unconfined.
  EXPECT_THAT(WhatOf(found), ElementsAre("seccomp"));
  EXPECT_EQ(found.refusal, "");

  node_.containers[0].created = since_ - std::chrono::seconds(1);
  found = TheOne();
  EXPECT_EQ(found.origin, Origin::kOlder);
  EXPECT_THAT(WhatOf(found), ElementsAre("seccomp"));
  node_.Add({.pid = kPid, .bounding = "0000000000000000"});
  EXPECT_TRUE(TheOne().conforms());

  UsePolicy(SpecAt(policy::Level::kRestricted));
  found = TheOne();
  EXPECT_EQ(found.level, "restricted:latest");
  EXPECT_THAT(found.refusal, HasSubstr("violates PodSecurity \"restricted:latest\""));
  EXPECT_FALSE(found.conforms());

  UsePolicy(SpecAt(policy::Level::kPrivileged));
  EXPECT_TRUE(TheOne().conforms());
}

TEST_F(VerifierTest, AnOlderContainerThatTodaysPolicyWouldLetThroughConforms) {
  AddContainer(kRestricted).created = since_ - std::chrono::hours(1);
  UsePolicy(SpecAt(policy::Level::kRestricted));
  EXPECT_TRUE(TheOne().conforms()) << TheOne().refusal;
}

TEST_F(VerifierTest, ASandboxThatTodaysPolicyRefusesIsARefusal) {
  AddContainer(kRestricted);
  node_.sandboxes["sandbox-1"].config = SandboxJson(R"(,"privileged":true)");
  EXPECT_THAT(TheOne().refusal, HasSubstr("privileged"));
}

TEST_F(VerifierTest, ACopyOfOursIsTakenAsJudged) {
  const auto with = [](const std::string& path) {
    return R"("seccomp":{"profile_type":2,"localhost_ref":")" + path +
           R"("},"namespace_options":{"pid":1})";
  };
  AddContainer();
  const auto refusal_of = [&](const std::string& path) {
    node_.containers[0].config = ConfigJson("app", with(path));
    return TheOne().refusal;
  };
  const std::string state = node_.dir().File("state");
  EXPECT_EQ(refusal_of(state + "/seccomp/9f86.json"), "");
  EXPECT_THAT(refusal_of("/tmp/any.json"), HasSubstr("outside the node's directory"));
  EXPECT_THAT(refusal_of(state + "/seccomp/../any.json"),
              HasSubstr("outside the node's directory"));
  EXPECT_THAT(refusal_of(state + "/any.json"), HasSubstr("outside the node's directory"));
}

// CRI-O keeps the OCI spec, and no ContainerConfig.
TEST_F(VerifierTest, WithoutAConfigurationTheLevelsLeastIsExpected) {
  FakeContainer& container = AddContainer();
  container.config = "";
  const struct {
    const char* why;
    policy::Level level;
    FakeProcess process;
    std::vector<std::string> drift;
  } kRows[] = {
      {"baseline, as a runtime starts it",
       policy::Level::kBaseline,
       {.pid = kPid, .no_new_privs = false, .bounding = "00000000a80425fb", .uid = 0},
       {}},
      {"baseline, unconfined",
       policy::Level::kBaseline,
       {.pid = kPid, .seccomp = false},
       {"seccomp"}},
      {"baseline, SYS_ADMIN",
       policy::Level::kBaseline,
       {.pid = kPid, .bounding = "0000000000200000"},
       {"capabilities.effective", "capabilities.permitted", "capabilities.bounding"}},
      {"baseline, the host's mounts",
       policy::Level::kBaseline,
       {.pid = kPid, .mounts = 1},
       {"namespaces.mnt"}},
      {"restricted, as it must be",
       policy::Level::kRestricted,
       {.pid = kPid, .bounding = "0000000000000400"},
       {}},
      {"restricted, root that may gain privileges",
       policy::Level::kRestricted,
       {.pid = kPid, .no_new_privs = false, .bounding = "0000000000000000", .uid = 0},
       {"noNewPrivileges", "user"}},
      {"privileged, whatever it is",
       policy::Level::kPrivileged,
       {.pid = kPid,
        .seccomp = false,
        .no_new_privs = false,
        .bounding = "000001ffffffffff",
        .uid = 0},
       {}},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.why);
    UsePolicy(SpecAt(row.level));
    node_.Add(row.process);
    const Container found = TheOne();
    EXPECT_EQ(WhatOf(found), row.drift);
    EXPECT_EQ(found.refusal, "");
    EXPECT_THAT(found.unseen, ElementsAre(HasSubstr("the container was configured with")));
  }
}

TEST_F(VerifierTest, WithoutAConfigurationMountsAreStillJudged) {
  FakeContainer& container = AddContainer();
  container.config = "";
  container.host_paths = {"/etc"};
  node_.sandboxes["sandbox-1"].config = "";
  const Container found = TheOne();
  EXPECT_THAT(found.refusal, HasSubstr("hostPath"));
  EXPECT_THAT(found.unseen, SizeIs(2));
}

TEST_F(VerifierTest, AConfigurationThatCannotBeReadAsAWholeIsNone) {
  const struct {
    const char* why;
    std::string config;
  } kRows[] = {
      {"a field that this build does not know", ConfigJson("app", R"("future_field":true)")},
      {"another container's", ConfigJson("other", kRestricted)},
      {"no object", "[]"},
  };
  FakeContainer& container = AddContainer();
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.why);
    container.config = row.config;
    EXPECT_FALSE(TheOne().unseen.empty());
  }
  // Then nothing of what the runtime keeps can be read, its process neither.
  container.config = R"({"x":)" + std::string(200, '[') + std::string(200, ']') + "}";
  EXPECT_THAT(TheError(), HasSubstr("does not tell its process"));
}

TEST_F(VerifierTest, WhatRunsInAMachineOfItsOwnIsNotCompared) {
  AddContainer().runtime_type = "io.containerd.kata.v2";
  Decide({.seccomp_filter = true});
  node_.RemoveProcess(kPid);
  const Container found = TheOne();
  EXPECT_THAT(found.drift, IsEmpty());
  EXPECT_FALSE(found.process.has_value());
  EXPECT_THAT(found.unseen, ElementsAre(HasSubstr("io.containerd.kata.v2")));
}

TEST_F(VerifierTest, WhatEndsMeanwhileIsNoError) {
  AddContainer(kUnconfined);
  node_.Add({.pid = kPid, .seccomp = false});  // somebody else's by now
  const struct {
    const char* why;
    std::string method;
    int nth;
  } kRows[] = {
      {"before its status is asked", "ContainerStatus", 1},
      {"after its process was read", "ContainerStatus", 2},
  };
  const FakeContainer whole = node_.containers[0];
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.why);
    for (const bool exited : {true, false}) {
      node_.containers = {whole};
      int calls = 0;
      node_.before = [&](const std::string& method) {
        if (method == row.method && ++calls == row.nth) {
          if (exited) {
            node_.containers[0].state = runtime::v1::CONTAINER_EXITED;
          } else {
            node_.containers.clear();
          }
        }
        return absl::OkStatus();
      };
      const Result result = Run();
      EXPECT_THAT(result.errors, IsEmpty());
      EXPECT_THAT(result.containers, IsEmpty());
    }
  }
}

// A runtime that does not answer the second time hides nothing.
TEST_F(VerifierTest, WhatWasFoundStandsWhenItCannotBeAskedAgain) {
  AddContainer(kUnconfined);
  node_.Add({.pid = kPid, .seccomp = false, .bounding = "0000000000000000"});
  int calls = 0;
  node_.before = [&calls](const std::string& method) {
    return method == "ContainerStatus" && ++calls > 1 ? absl::UnavailableError("too busy")
                                                      : absl::OkStatus();
  };
  EXPECT_THAT(WhatOf(TheOne()), ElementsAre("seccomp"));
}

TEST_F(VerifierTest, AProcessThatIsNotThereIsAnError) {
  AddContainer();
  node_.RemoveProcess(kPid);
  EXPECT_THAT(TheError(), HasSubstr("another pid namespace"));
  node_.containers[0].pid = 0;
  EXPECT_THAT(TheError(), HasSubstr("does not tell its process"));
}

TEST_F(VerifierTest, WhatCannotBeAskedIsOneErrorEach) {
  AddContainer();
  Decide({.seccomp_filter = true});
  const struct {
    std::string method;
    std::string error;
    size_t containers;
  } kRows[] = {
      {"ContainerStatus", "container app (c1): " + std::string(300, 'x') + "…", 0},
      {"PodSandboxStatus", "container app (c1): " + std::string(300, 'x') + "…", 0},
      {"ListPodSandbox", "containers that CRI does not know were not looked for", 1},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.method);
    node_.before = [&](const std::string& method) {
      return method == row.method ? absl::UnavailableError(std::string(5000, 'x'))
                                  : absl::OkStatus();
    };
    const Result result = Run();
    ASSERT_THAT(result.errors, SizeIs(1));
    EXPECT_THAT(result.errors[0], HasSubstr(row.error));
    EXPECT_LT(result.errors[0].size(), 500U);
    EXPECT_THAT(result.containers, SizeIs(row.containers));
  }
}

TEST_F(VerifierTest, ASilentRuntimeMakesNobodyForeign) {
  node_.Add({.pid = 40, .name = "containerd-shim", .mounts = 1});
  node_.Add({.pid = kPid, .parent = 40, .cgroup = "/kubepods/c1"});
  node_.before = [](const std::string&) { return absl::UnavailableError("down"); };
  const Result result = Run();
  EXPECT_THAT(result.errors, SizeIs(2));
  EXPECT_THAT(result.containers, IsEmpty());
  EXPECT_FALSE(result.conforms());
}

TEST_F(VerifierTest, ForeignContainersAreNamedAndCompared) {
  AddContainer();
  Decide({.seccomp_filter = true});
  node_.Add({.pid = 40,
             .name = "containerd-shim",
             .mounts = 1,
             .words = {"shim", "-namespace", "default", "-id", "smuggled"}});
  node_.Add({.pid = 41, .parent = 40, .cgroup = "/default/smuggled", .seccomp = false});
  const Result result = Run();
  EXPECT_THAT(result.errors, IsEmpty());
  ASSERT_THAT(result.containers, SizeIs(2));
  const Container& foreign = result.containers[0];
  EXPECT_EQ(foreign.origin, Origin::kForeign);
  EXPECT_EQ(foreign.name, "smuggled");
  EXPECT_EQ(foreign.runtime, "default");
  EXPECT_EQ(foreign.image, "");
  EXPECT_THAT(WhatOf(foreign), ElementsAre("seccomp"));
  EXPECT_TRUE(result.containers[1].conforms());
}

TEST_F(VerifierTest, WithoutTheHostsProcessNamespacesAreUnseen) {
  AddContainer();
  Decide({.own_namespaces = {"net"}});
  node_.RemoveProcess(1);
  const Result result = Run();
  ASSERT_THAT(result.errors, SizeIs(1));
  EXPECT_THAT(result.errors[0], HasSubstr("process 1"));
  ASSERT_THAT(result.containers, SizeIs(1));
  EXPECT_THAT(result.containers[0].unseen, ElementsAre(HasSubstr("namespaces")));
}

TEST_F(VerifierTest, OneContainerByItsId) {
  AddContainer();
  Decide({.seccomp_filter = true});
  const Verifier verifier(node_.Options());
  const absl::StatusOr<Container> found = verifier.One(basis_, kId);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_TRUE(found->conforms());
  // The beginning of an id, which the runtime's filter takes, is not one.
  EXPECT_TRUE(absl::IsNotFound(verifier.One(basis_, "c").status()));
  node_.containers[0].state = runtime::v1::CONTAINER_EXITED;
  EXPECT_TRUE(absl::IsNotFound(verifier.One(basis_, kId).status()));
}

TEST_F(VerifierTest, ASandboxIsAskedAboutOnce) {
  for (int i = 0; i < 3; ++i) {
    const pid_t pid = kPid + i;
    node_.Add({.pid = pid, .bounding = "0000000000000000"});
    node_.containers.push_back({.id = "c" + std::to_string(i),
                                .name = "app",
                                .pid = pid,
                                .created = since_ - std::chrono::hours(1),
                                .config = ConfigJson("app", kRestricted)});
  }
  EXPECT_THAT(Run().containers, SizeIs(3));
  EXPECT_EQ(node_.asked["PodSandboxStatus"], 1);
  EXPECT_EQ(node_.asked["ContainerStatus"], 3);
}

TEST_F(VerifierTest, RunningContainersAreListedWithTheirFacts) {
  AddContainer();
  std::vector<std::string> errors;
  const std::vector<Running> running = Verifier(node_.Options()).ListRunning(errors);
  EXPECT_THAT(errors, IsEmpty());
  ASSERT_THAT(running, SizeIs(1));
  EXPECT_TRUE(running[0].config_known);
  EXPECT_TRUE(running[0].sandbox_known);
  EXPECT_EQ(running[0].pid, kPid);
  EXPECT_EQ(running[0].sandbox.pod.namespace_, "shop");
  EXPECT_EQ(running[0].container.run_as_user, 1000);
  EXPECT_EQ(running[0].container.capabilities_drop, std::vector<std::string>{"ALL"});
}

TEST(IsTooEarly, OnlyForWhatIsYoungAndDoesNotConform) {
  const system_clock::time_point now = system_clock::now();
  Result result{.time = now, .containers = {}, .errors = {}};
  EXPECT_FALSE(IsTooEarly(result));
  Container& container = result.containers.emplace_back();
  const struct {
    const char* why;
    Origin origin;
    std::optional<system_clock::time_point> created;
    bool too_early;
  } kRows[] = {
      {"decided", Origin::kDecided, now, false},
      {"past, just now", Origin::kPast, now - std::chrono::seconds(1), true},
      {"past, a minute ago", Origin::kPast, now - std::chrono::minutes(1), false},
      {"foreign, just now", Origin::kForeign, now, true},
      {"foreign, nobody knows when", Origin::kForeign, std::nullopt, false},
      {"from the future", Origin::kPast, now + std::chrono::hours(1), false},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.why);
    container.origin = row.origin;
    container.created = row.created;
    EXPECT_EQ(IsTooEarly(result), row.too_early);
  }
  container.origin = Origin::kDecided;
  container.created = now;
  container.drift = {{"seccomp", "filter", "off"}};
  EXPECT_TRUE(IsTooEarly(result));
}

}  // namespace
}  // namespace sekisho::verify
