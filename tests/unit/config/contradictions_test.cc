// What a policy file may say together: whatever is accepted, a hardened container is legal.
//
// Each contradiction by itself, in its words: controls_errors_test.cc.
#include "config/contradictions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <random>

#include "policy/checks.h"
#include "policy/evaluate.h"
#include "policy/repair.h"

namespace sekisho::config {
namespace {

using policy::ContainerFacts;
using policy::Level;
using policy::OnViolation;
using policy::ProfileRule;
using policy::ProfileType;
using policy::SandboxFacts;
using policy::SeccompTarget;
using policy::SecurityProfile;
using policy::SELinuxOptions;
using policy::Spec;
using Names = std::vector<std::string>;

constexpr std::string_view kRoot = "/var/lib/kubelet/seccomp/";

// The same for the same seed on every machine.
class Random {
 public:
  explicit Random(uint32_t seed) : random_(seed) {}

  uint32_t Below(uint32_t bound) { return static_cast<uint32_t>(random_()) % bound; }
  bool Chance(uint32_t percent) { return Below(100) < percent; }
  template <typename T>
  T OneOf(std::initializer_list<T> of) {
    return *(of.begin() + Below(static_cast<uint32_t>(of.size())));
  }
  Names Some(std::initializer_list<const char*> of, uint32_t percent) {
    Names names;
    for (const char* name : of) {
      if (Chance(percent)) {
        names.emplace_back(name);
      }
    }
    return names;
  }

 private:
  std::mt19937 random_;
};

Names SomeCapabilities(Random& any) {
  return any.Some({"ALL", "all", "CHOWN", "chown", "CAP_CHOWN", "KILL", "NET_RAW", "NET_ADMIN",
                   "NET_BIND_SERVICE", "net_bind_service"},
                  15);
}

SELinuxOptions SomeLabel(Random& any) {
  return {any.Chance(20) ? "u" : "", "", any.OneOf<const char*>({"", "container_t", "spc_t"}),
          any.OneOf<const char*>({"", "s0:c1,c2", "s0:c2,c1"})};
}

// As the reader makes them: a fallback is of the list, and never Unconfined.
ProfileRule SomeRule(Random& any) {
  ProfileRule rule;
  rule.allowed = any.Some({"RuntimeDefault", "Unconfined", "Localhost/*", "Localhost/a"}, 40);
  for (const std::string& entry : rule.allowed) {
    if (entry == "RuntimeDefault" || entry == "Localhost/a") {
      rule.fallback = entry;
    }
  }
  if (rule.allowed.empty()) {
    rule.allowed = {"*"};
    rule.fallback = "RuntimeDefault";
  }
  return rule;
}

SeccompTarget SomeTarget(Random& any) {
  return any.Chance(50) ? SeccompTarget{} : SeccompTarget{std::string(kRoot) + "a"};
}

Spec SomeSpec(Random& any) {
  Spec spec;
  spec.enforce.level = static_cast<Level>(any.Below(3));
  spec.node.kubelet_seccomp_default = any.Chance(50);
  for (OnViolation& action : spec.on_violation) {
    action = any.Chance(80) ? OnViolation::kHarden : OnViolation::kDeny;
  }
  spec.harden.drop_capabilities = any.Some({"NET_RAW", "KILL", "ALL"}, 15);
  spec.harden.seccomp_unconfined = SomeTarget(any);
  spec.harden.deny_unconfined = any.Chance(10);
  if (any.Chance(50)) {
    spec.missing_profile = SomeTarget(any);
  }
  if (any.Chance(20)) {
    spec.harden.seccomp_always = SomeTarget(any);
  }
  policy::Controls& controls = spec.controls;
  controls.default_add_capabilities = any.Some({"CHOWN", "KILL", "NET_BIND_SERVICE"}, 15);
  controls.required_drop_capabilities = any.Some({"ALL", "NET_RAW", "KILL"}, 20);
  if (any.Chance(50)) {
    controls.allowed_capabilities = any.Some({"*", "CHOWN", "NET_ADMIN", "NET_RAW"}, 25);
  }
  if (any.Chance(30)) {
    controls.selinux = SomeLabel(any);
  }
  if (any.Chance(40)) {
    controls.apparmor = SomeRule(any);
  }
  if (any.Chance(50)) {
    controls.seccomp = SomeRule(any);
  }
  controls.read_only_root_filesystem = any.Chance(50);
  return spec;
}

SecurityProfile SomeProfile(Random& any, std::string_view root) {
  const auto type = any.OneOf({ProfileType::kAbsent, ProfileType::kRuntimeDefault,
                               ProfileType::kUnconfined, ProfileType::kLocalhost});
  return {type, type == ProfileType::kLocalhost
                    ? std::string(root) + any.OneOf<const char*>({"a", "b"})
                    : ""};
}

ContainerFacts SomeContainer(Random& any) {
  ContainerFacts container;
  container.name = "c";
  container.capabilities_add = SomeCapabilities(any);
  container.capabilities_drop = SomeCapabilities(any);
  container.capabilities_ambient = SomeCapabilities(any);
  container.seccomp = SomeProfile(any, kRoot);
  container.seccomp_profile_path = any.OneOf<const char*>({"", "", "unconfined"});
  container.apparmor = SomeProfile(any, "");
  container.apparmor_profile = any.OneOf<const char*>({"", "", "unconfined"});
  container.run_as_user = 1000;
  if (any.Chance(50)) {
    container.selinux = SomeLabel(any);
  }
  return container;
}

// Whether every violation is of a group that the policy has repaired.
bool WantsRepair(const Spec& spec, const policy::Decision& decision) {
  return std::ranges::all_of(decision.violations, [&spec](const policy::Violation& violation) {
    const auto check = std::ranges::find(policy::Checks(), violation.check, &policy::Check::id);
    const bool denied = check->group == policy::CheckGroup::kSeccomp && spec.harden.deny_unconfined;
    return check->group.has_value() && spec.For(*check->group) == OnViolation::kHarden && !denied;
  });
}

// A repair that makes nothing legal ends in a refusal: so that there is none is what is looked for.
TEST(Contradictions, WhatIsAcceptedHardensToWhatIsLegal) {
  constexpr uint32_t kSeeds = 20000;
  int accepted = 0;
  int hardened = 0;
  for (uint32_t seed = 0; seed < kSeeds && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Random any(seed);
    const Spec spec = SomeSpec(any);
    if (!ContradictionsIn(spec).empty()) {
      continue;
    }
    ++accepted;
    const SandboxFacts sandbox;
    const ContainerFacts container = SomeContainer(any);
    const policy::Decision decision = EvaluateContainer(spec, sandbox, container);
    if (!WantsRepair(spec, decision)) {
      continue;
    }
    EXPECT_NE(decision.action, policy::Action::kDeny) << decision.message;
    hardened += decision.action == policy::Action::kHarden ? 1 : 0;
    const policy::Decision again =
        EvaluateContainer(spec, sandbox, WithEdits(container, decision.edits));
    EXPECT_EQ(again.action, policy::Action::kAllow) << again.message;
    EXPECT_TRUE(again.violations.empty());
  }
  EXPECT_GT(accepted, static_cast<int>(kSeeds) / 10);
  EXPECT_GT(hardened, static_cast<int>(kSeeds) / 50);
}

}  // namespace
}  // namespace sekisho::config
