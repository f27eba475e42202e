// What the daemon's own judge decided, decided again from the line that it left in the log.
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "audit/reader.h"
#include "audit/record.h"
#include "cri/facts.h"
#include "enforce/judge.h"
#include "replay/replay.h"
#include "support/request_builders.h"
#include "unit/policy/random_facts.h"

namespace sekisho::testing {
namespace {

namespace cri = runtime::v1;

constexpr std::chrono::sys_seconds kNow =
    std::chrono::sys_days(std::chrono::year(2026) / std::chrono::November / 21);

// Requests of a kubelet with some of what a policy has something to say about.
class RandomRequests {
 public:
  explicit RandomRequests(uint32_t seed) : random_(seed) {}

  PodOptions Pod() {
    PodOptions pod;
    pod.name = Chance(50) ? "web-6d4cf56db6-x2lpq" : "db-0";
    pod.source = Chance(80) ? "api" : "file";
    pod.edit = [this](cri::PodSandboxConfig& config) { Edit(config); };
    return pod;
  }
  ContainerOptions Container() {
    ContainerOptions container;
    container.edit = [this](cri::ContainerConfig& config) { Edit(config); };
    return container;
  }
  bool Chance(uint32_t percent) { return random_() % 100 < percent; }

 private:
  void Edit(cri::PodSandboxConfig& config) {
    auto* const context = config.mutable_linux()->mutable_security_context();
    if (Chance(10)) {
      context->mutable_namespace_options()->set_network(cri::NODE);
    }
    if (Chance(10)) {
      (*config.mutable_linux()->mutable_sysctls())["net.core.somaxconn"] = "4096";
    }
    if (Chance(10)) {
      (*config.mutable_annotations())["io.kubernetes.cri-o.userns-mode"] = "auto";
    }
    if (Chance(10)) {
      (*config.mutable_annotations())["container.apparmor.security.beta.kubernetes.io/web"] =
          "unconfined";
    }
    if (Chance(10)) {
      context->set_privileged(true);
    }
  }

  void Edit(cri::ContainerConfig& config) {
    auto* const context = config.mutable_linux()->mutable_security_context();
    if (Chance(30)) {
      MakeRestricted(config);
    }
    if (Chance(20)) {
      context->mutable_capabilities()->add_add_capabilities(Chance(50) ? "NET_ADMIN" : "CHOWN");
    }
    if (Chance(20)) {
      context->mutable_seccomp()->set_profile_type(cri::SecurityProfile::Localhost);
      context->mutable_seccomp()->set_localhost_ref("/var/lib/kubelet/seccomp/web.json");
    }
    if (Chance(10)) {
      context->set_privileged(true);
    }
    if (Chance(20)) {
      cri::Mount* const mount = config.add_mounts();
      mount->set_container_path("/host");
      mount->set_host_path(Chance(50) ? "/var/log" : "/");
      mount->set_readonly(Chance(50));
    }
    if (Chance(20)) {
      context->mutable_run_as_user()->set_value(Chance(50) ? 0 : 1000);
    }
    if (Chance(10)) {
      (*config.mutable_annotations())["vendor.example/device"] = "secret";
    }
    if (Chance(10)) {
      context->mutable_masked_paths()->Clear();
    }
  }

  std::mt19937 random_;
};

policy::NamespaceView Labelled(RandomRequests& random) {
  policy::NamespaceTable::Map table;
  if (random.Chance(70)) {
    table["shop"] = std::make_shared<const policy::PodSecurityLabels>(policy::PodSecurityLabels{
        .enforce = random.Chance(50) ? "restricted" : "baseline", .enforce_version = "v1.30"});
  }
  policy::NamespaceView view{.table = std::make_shared<const policy::NamespaceTable>(table),
                             .synced = random.Chance(80),
                             .age = std::chrono::seconds(5)};
  if (random.Chance(20)) {
    view.age.reset();
  }
  return random.Chance(30) ? policy::NamespaceView{} : view;
}

std::string LineOf(std::string method, enforce::Judgement judgement) {
  audit::Record record;
  record.time = kNow;
  record.method = std::move(method);
  record.pod = judgement.pod;
  record.container = judgement.container;
  record.recording = judgement.recording;
  if (judgement.spec != nullptr) {
    record.enforced = judgement.spec->EnforcedText();
    record.rule = judgement.spec->origin;
    record.level_source = policy::LevelSourceName(judgement.spec->level_source);
  }
  record.decision = std::move(judgement.decision);
  if (!judgement.error_id.empty()) {
    record.error_id = judgement.error_id;
    record.error = std::string(judgement.status.message());
  }
  record.facts = std::move(judgement.facts);
  return audit::ToJsonLine(record);
}

// The lines of a pod and of a container of it.
std::vector<std::string> Judge(const policy::Policy& policy, RandomRequests& random,
                               const enforce::Profiles* profiles) {
  static const mounts::Resolver kMounts({.look_at_node = false});
  const enforce::Judge judge(policy, kMounts, kNow, profiles, Labelled(random), true);
  const PodOptions pod = random.Pod();
  cri::RunPodSandboxRequest run = RunPodSandbox(pod);
  std::vector<std::string> lines = {LineOf("RunPodSandbox", judge.Sandbox(run))};
  cri::CreateContainerRequest create = CreateContainer("sandbox-1", pod, random.Container());
  const enforce::SandboxRecord sandbox{
      .facts = ::sekisho::cri::FactsFrom(create.sandbox_config(), "", "config")};
  lines.push_back(LineOf("CreateContainer", judge.Container(sandbox, create)));
  return lines;
}

TEST(JudgedRequests, AreDecidedAlikeByTheSamePolicy) {
  const enforce::Profiles no_store("cannot be judged: there is no store");
  uint64_t decided = 0;
  uint64_t refused = 0;
  uint64_t hardened = 0;
  for (uint32_t seed = 0; seed < 1500; ++seed) {
    SCOPED_TRACE(seed);
    RandomRequests random(seed);
    policy::Spec spec = policy::RandomFacts(seed).Any().spec;
    spec.labels.mode = random.Chance(50) ? policy::LabelMode::kFloor : policy::LabelMode::kFollow;
    spec.labels.when_stale =
        random.Chance(50) ? policy::WhenStale::kKeep : policy::WhenStale::kRestricted;
    if (random.Chance(50)) {
      spec.labels.unknown_namespace = policy::Level::kRestricted;
    }
    const policy::Policy policy(spec, {}, {});
    replay::Replayer replayer(policy, kNow);
    for (const std::string& text : Judge(policy, random, &no_store)) {
      const absl::StatusOr<audit::Line> line = audit::ParseLine(text);
      ASSERT_TRUE(line.ok()) << line.status() << text;
      EXPECT_EQ(text.find("\"secret\""), std::string::npos);
      refused += line->action == policy::Action::kDeny ? 1 : 0;
      hardened += line->action == policy::Action::kHarden ? 1 : 0;
      replayer.Add(*line);
    }
    const replay::Summary summary = replayer.Finish();
    EXPECT_EQ(summary.without_facts, 0U);
    EXPECT_EQ(summary.uncertain, 0U) << summary.uncertain_why;
    EXPECT_EQ(summary.unchanged, summary.decisions) << replay::ToText(summary, 100, false) << "\n"
                                                    << spec.EnforcedText();
    decided += summary.decisions;
  }
  // Neither all nor nothing: otherwise there would be nothing to find.
  EXPECT_GT(decided, 2500U);
  EXPECT_GT(refused, 300U);
  EXPECT_GT(hardened, 150U);
  EXPECT_GT(decided - refused - hardened, 100U);
}

}  // namespace
}  // namespace sekisho::testing
