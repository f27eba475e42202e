// What the agent repairs is what the second evaluator then calls legal, and what it refuses is what
// the second evaluator calls illegal and nobody told the agent to repair.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "base/str_cat.h"
#include "cri/edits.h"
#include "differential/comparison.h"

namespace sekisho::differential {
namespace {

using policy::CheckGroup;

#if SEKISHO_SANITIZED
constexpr uint64_t kRequests = 5'000;
#else
constexpr uint64_t kRequests = 200'000;
#endif

// The checks whose violations editing a request can put right without breaking the pod, and by
// which key of a policy.
const std::map<std::string_view, CheckGroup>& Repairable() {
  static const auto& groups = *new std::map<std::string_view, CheckGroup>{
      {"allowPrivilegeEscalation", CheckGroup::kAllowPrivilegeEscalation},
      {"appArmorProfile", CheckGroup::kAppArmor},
      {"capabilities_baseline", CheckGroup::kCapabilities},
      {"capabilities_restricted", CheckGroup::kCapabilities},
      {"procMount", CheckGroup::kProcMount},
      {"procMount_restricted", CheckGroup::kProcMount},
      {"seLinuxOptions", CheckGroup::kSELinux},
      {"seccompProfile_baseline", CheckGroup::kSeccomp},
      {"seccompProfile_restricted", CheckGroup::kSeccomp},
      {"sysctls", CheckGroup::kSysctls}};
  return groups;
}

// Of `violated`, what the agent was not told to repair.
Ids NotToBeRepaired(const policy::Spec& spec, Ids violated) {
  std::erase_if(violated, [&spec](std::string_view id) {
    const auto group = Repairable().find(id);
    return group != Repairable().end() && spec.For(group->second) == policy::OnViolation::kHarden &&
           !(group->second == CheckGroup::kSeccomp && spec.harden.deny_unconfined);
  });
  return violated;
}

policy::Spec AnyHardening(Random& random) {
  policy::Spec spec = PureSpec();
  for (policy::OnViolation& what : spec.on_violation) {
    what = random.Chance(75) ? policy::OnViolation::kHarden : policy::OnViolation::kDeny;
  }
  spec.harden.deny_unconfined = random.Chance(10);
  spec.harden.no_new_privileges = random.Chance(30);
  spec.harden.masked_paths = random.Chance(30);
  if (random.Chance(30)) {
    spec.harden.drop_capabilities = {"NET_RAW", "MKNOD"};
  }
  return spec;
}

// A decision against both verdicts. Checks of the agent's own refuse things that no standard does.
void ExpectMatches(const policy::Spec& spec, const policy::Decision& decision, const Ids& before,
                   const Ids& after) {
  const Ids not_repaired = NotToBeRepaired(spec, before);
  const bool has_own = decision.violations.size() > ComparedIn(decision.violations).size();
  if (decision.action == policy::Action::kDeny) {
    EXPECT_TRUE(!not_repaired.empty() || has_own) << decision.message;
    return;
  }
  EXPECT_EQ(IdsText(not_repaired), "nothing");
  EXPECT_EQ(IdsText(after), "nothing");
}

struct Outcomes {
  uint64_t denied = 0;
  uint64_t hardened = 0;
  uint64_t allowed = 0;

  void Add(policy::Action action) {
    denied += action == policy::Action::kDeny ? 1 : 0;
    hardened += action == policy::Action::kHarden ? 1 : 0;
    allowed += action == policy::Action::kAllow ? 1 : 0;
  }
  void ExpectAll() const {
    EXPECT_GT(denied, kRequests / 100);
    EXPECT_GT(hardened, kRequests / 100);
    EXPECT_GT(allowed, kRequests / 100);
  }
};

Ids ContainerViolations(const Case& asked, const Request& request) {
  return ViolatedIn(
      JudgeContainer(asked.AsStandard(), NodeOf(asked), request.pod, request.container));
}

// Below privileged, what the first version that looks at fields says of a kubelet that sends
// Unconfined only where somebody asked for it.
bool RunsUnconfined(const Case& asked, const Request& request) {
  const Node node{.seccomp_default = true};
  const Standard standard{.baseline = true, .minor = 19};
  return !asked.privileged && JudgeContainer(standard, node, request.pod, request.container)
                                  .at("seccompProfile_baseline");
}

// As the runtime gets them: the container after its sandbox.
void Walk(const Agent& agent, const Case& asked, Outcomes& pods, Outcomes& containers) {
  Random random(~asked.seed);
  policy::Spec spec = AnyHardening(random);
  SetStandard(asked, spec);
  const Standard standard = asked.AsStandard();
  Request request = MakeRequest(asked.steps);

  const Ids pod_before = ViolatedIn(JudgeSandbox(standard, request.pod));
  const policy::Decision of_pod = agent.JudgeSandbox(spec, request);
  cri::Apply(of_pod.sandbox_edits, request.pod);
  Ids pod_after = ViolatedIn(JudgeSandbox(standard, request.pod));
  // A pod's annotations are given back to the kubelet as they are: it is each container that gets
  // another profile.
  pod_after.erase("appArmorProfile");
  pod_after.erase("seccompProfile_baseline");
  ExpectMatches(spec, of_pod, pod_before, pod_after);
  pods.Add(of_pod.action);
  if (of_pod.action == policy::Action::kDeny) {
    return;
  }
  Ids before = ContainerViolations(asked, request);
  if (spec.harden.deny_unconfined && RunsUnconfined(asked, request)) {
    before.insert("seccompProfile_baseline");  // whatever the standard says
  }
  const policy::Decision decision = agent.JudgeContainer(spec, request);
  cri::Apply(decision.edits, request.container);
  Ids after = ContainerViolations(asked, request);
  if (RunsUnconfined(asked, request)) {
    after.insert("seccompProfile_baseline");  // repaired also where it is no violation
  }
  ExpectMatches(spec, decision, before, after);
  containers.Add(decision.action);
}

TEST(Hardening, WhatIsLetThroughIsLegalAndWhatIsRefusedIsNot) {
  const Agent agent;
  Outcomes pods;
  Outcomes containers;
  for (uint64_t seed = 0; seed < kRequests && !HasFailure(); ++seed) {
    const Case asked = MakeCase(seed);
    Walk(agent, asked, pods, containers);
    if (HasFailure()) {
      ADD_FAILURE() << CaseText(asked);
    }
  }
  pods.ExpectAll();
  containers.ExpectAll();
}

}  // namespace
}  // namespace sekisho::differential
