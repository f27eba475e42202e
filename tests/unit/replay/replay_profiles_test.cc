// Localhost profiles: their files may be gone, and what was found out about them answered the
// question of another policy.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "caps/cri_caps.h"
#include "enforce/decide.h"
#include "replay/replay.h"

namespace sekisho::replay {
namespace {

using policy::Action;
using seccomp::DockerFormat;
using seccomp::Floor;
using seccomp::ProfileFacts;
using State = ProfileFacts::State;
using ::testing::HasSubstr;

constexpr std::chrono::sys_seconds kNow{};
constexpr char kFile[] = "/var/lib/kubelet/seccomp/web.json";
const policy::PodIdentity kPod = {"web-0", "shop", "5f1c", 0, policy::PodSource::kApi, ""};

policy::Spec SpecWith(const seccomp::Demands& demands) {
  policy::Spec spec = policy::DefaultSpec();
  spec.localhost = demands;
  return spec;
}

ProfileFacts Usable() {
  return {.path = kFile, .state = State::kUsable, .pinned_path = "/pins/a.json", .digest = "ab"};
}

// A container that names the file, with what was found out about it for `asked`.
audit::DecidedFacts Facts(const ProfileFacts& profile, const seccomp::Demands& asked) {
  audit::DecidedFacts facts;
  facts.sandbox.seccomp.type = policy::ProfileType::kRuntimeDefault;
  policy::ContainerFacts& container = facts.container.emplace();
  container.name = "app";
  container.masked_paths = {"/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/sched_debug",
                            "/sys/firmware"};
  container.readonly_paths = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
                              "/proc/sysrq-trigger"};
  container.seccomp = {policy::ProfileType::kLocalhost, kFile};
  container.profiles = {profile};
  facts.profile_question = enforce::QuestionDigest(asked, caps::EffectiveFromCri({}, {}));
  return facts;
}

Verdict DecideWith(const seccomp::Demands& demands, const audit::DecidedFacts& facts) {
  const policy::Policy policy(SpecWith(demands), {}, {});
  return Decide(policy, kNow, kPod, facts);
}

TEST(ReplayProfiles, TheSameQuestionHasTheRecordedAnswer) {
  const seccomp::Demands demands;
  const Verdict verdict = DecideWith(demands, Facts(Usable(), demands));
  EXPECT_EQ(verdict.uncertain, "");
  EXPECT_EQ(verdict.action, Action::kHarden) << verdict.message;
  ASSERT_EQ(verdict.edits.size(), 1U);
  EXPECT_THAT(verdict.edits[0].after, HasSubstr("/pins/a.json"));

  ProfileFacts weak = Usable();
  weak.beyond_floor = {"bpf"};
  const Verdict refused = DecideWith(demands, Facts(weak, demands));
  EXPECT_EQ(refused.uncertain, "");
  EXPECT_EQ(refused.action, Action::kDeny);
  EXPECT_THAT(refused.message, HasSubstr("may also call bpf"));
}

TEST(ReplayProfiles, AnotherQuestionIsUncertain) {
  const seccomp::Demands then;
  const seccomp::Demands now{.must_deny = {"bpf"}};
  const Verdict verdict = DecideWith(now, Facts(Usable(), then));
  EXPECT_THAT(verdict.uncertain, HasSubstr("other demands"));
  // Old lines do not say what was asked.
  audit::DecidedFacts unknown = Facts(Usable(), then);
  unknown.profile_question.clear();
  EXPECT_NE(DecideWith(then, unknown).uncertain, "");
  // The capabilities are a part of the question.
  audit::DecidedFacts more = Facts(Usable(), then);
  more.container->capabilities_drop = {"ALL"};
  EXPECT_NE(DecideWith(then, more).uncertain, "");
}

TEST(ReplayProfiles, WhatIsTrueWhateverIsDemandedIsCertain) {
  const seccomp::Demands then;
  const seccomp::Demands now{.must_deny = {"bpf"}};
  for (const State state : {State::kMissing, State::kUntrusted}) {
    const ProfileFacts facts{.path = kFile, .state = state, .fault = "is not root's"};
    const Verdict verdict = DecideWith(now, Facts(facts, then));
    EXPECT_EQ(verdict.uncertain, "");
    EXPECT_EQ(verdict.action, Action::kDeny);
  }
  // Nothing is demanded: whatever it may call is fine.
  ProfileFacts weak = Usable();
  weak.beyond_floor = {"bpf"};
  weak.must_deny_allowed = {"mount"};
  const Verdict lax = DecideWith({.floor = {.kind = Floor::Kind::kNone}}, Facts(weak, then));
  EXPECT_EQ(lax.uncertain, "");
  EXPECT_EQ(lax.action, Action::kHarden) << lax.message;
  // Docker's format is refused now.
  ProfileFacts docker = Usable();
  docker.docker_format = true;
  const Verdict refused = DecideWith({.docker_format = DockerFormat::kDeny}, Facts(docker, then));
  EXPECT_EQ(refused.uncertain, "");
  EXPECT_EQ(refused.action, Action::kDeny);
  EXPECT_THAT(refused.message, HasSubstr("Docker's format"));
}

TEST(ReplayProfiles, AFileThatNobodyLookedAtIsUncertain) {
  audit::DecidedFacts facts = Facts(Usable(), {});
  facts.container->profiles.clear();
  facts.profile_question.clear();
  EXPECT_EQ(DecideWith({}, facts).uncertain,
            "the profile /var/lib/kubelet/seccomp/web.json was not looked at then");
  // The policy brings in a file of its own.
  policy::Spec spec = policy::DefaultSpec();
  spec.harden.seccomp_always = policy::SeccompTarget{"/var/lib/kubelet/seccomp/node.json"};
  const policy::Policy policy(spec, {}, {});
  EXPECT_THAT(Decide(policy, kNow, kPod, facts).uncertain, HasSubstr("node.json"));
}

TEST(ReplayProfiles, AContainerThatWasRecordedIsDecidedAsOne) {
  audit::DecidedFacts facts = Facts(enforce::LoggingProfile("/pins/log.json"), {});
  facts.profile_question.clear();
  facts.container->seccomp.type = policy::ProfileType::kUnconfined;
  const Verdict verdict = DecideWith({}, facts);
  EXPECT_EQ(verdict.uncertain, "");
  EXPECT_EQ(verdict.action, Action::kHarden) << verdict.message;
  ASSERT_FALSE(verdict.edits.empty());
  EXPECT_THAT(verdict.edits[0].after, HasSubstr("/pins/log.json"));
}

TEST(ReplayProfiles, MountsThatNobodyLookedUpAreUncertain) {
  audit::DecidedFacts facts = Facts(Usable(), {});
  policy::MountFacts mount;
  mount.container_path = "/x";
  mount.host_path = "/var/lib/kubelet/pods/5f1c/volumes/kubernetes.io~empty-dir/x";
  facts.container->mounts = {mount};
  EXPECT_THAT(DecideWith({}, facts).uncertain, HasSubstr("mounts"));
}

}  // namespace
}  // namespace sekisho::replay
