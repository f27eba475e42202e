// What must hold of every decision about a container, whatever is asked and whatever the policy.
// About a sandbox: property_sandbox_test.cc.
//
// Not covered here: the words of the messages (the tables have them), and what Policy chooses.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "caps/cri_caps.h"
#include "policy/checks.h"
#include "policy/evaluate.h"
#include "policy/localhost_profile.h"
#include "policy/repair.h"
#include "unit/policy/check_case.h"
#include "unit/policy/random_facts.h"

namespace sekisho::policy {
namespace {

constexpr uint32_t kSeeds = 8000;

// All that a decision says, in words.
std::string Everything(const Decision& decision) {
  std::string text(ActionName(decision.action));
  for (const auto* list : {&decision.violations, &decision.audit, &decision.warn}) {
    text += "; " + Ids(*list);
    for (const Violation& violation : *list) {
      text += ", " + Text(violation);
    }
  }
  return text + "; " + decision.message;
}

// One request a seed. The seed is in the trace of whatever fails.
template <typename Property>
void ForEachSeed(Property property) {
  for (uint32_t seed = 0; seed < kSeeds && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    property(RandomFacts(seed).Any());
  }
}

// Each member that is set, alone.
std::vector<Edits> OneByOne(const Edits& edits) {
  std::vector<Edits> single;
  const auto take = [&](auto member) {
    if ((edits.*member).has_value()) {
      single.emplace_back().*member = edits.*member;
    }
  };
  take(&Edits::seccomp);
  take(&Edits::apparmor);
  take(&Edits::capabilities_add);
  take(&Edits::capabilities_drop);
  take(&Edits::capabilities_ambient);
  take(&Edits::no_new_privs);
  take(&Edits::masked_paths);
  take(&Edits::readonly_paths);
  take(&Edits::readonly_rootfs);
  take(&Edits::selinux);
  for (const std::string& key : edits.remove_annotations) {
    single.emplace_back().remove_annotations = {key};
  }
  return single;
}

// The other properties would hold of a generator that makes one thing only.
TEST(Property, TheGeneratorReachesEveryOutcome) {
  int outcomes[3] = {};
  std::set<std::string_view> failed;
  ForEachSeed([&](const Request& r) {
    const Decision decision = OfContainer(r);
    ++outcomes[static_cast<size_t>(decision.action)];
    for (const Violation& violation : decision.violations) {
      failed.insert(violation.check);
    }
  });
  for (const int count : outcomes) {
    EXPECT_GT(count, static_cast<int>(kSeeds) / 20);
  }
  for (const Check& check : Checks()) {
    if (check.kind != CheckKind::kControl) {
      EXPECT_EQ(failed.contains(check.id), check.at_container) << check.id;
    }
  }
}

TEST(Property, TheSameArgumentsGiveTheSameDecision) {
  ForEachSeed([](const Request& r) {
    const Decision one = OfContainer(r);
    const Request copy = r;
    const Decision two = OfContainer(copy);
    EXPECT_EQ(Everything(one), Everything(two));
    EXPECT_EQ(WithEdits(r.container, one.edits), WithEdits(r.container, two.edits));
  });
}

TEST(Property, TheMembersOfADecisionAgree) {
  ForEachSeed([](const Request& r) {
    const Decision d = OfContainer(r);
    EXPECT_EQ(d.action == Action::kHarden, !d.edits.empty());
    EXPECT_EQ(d.action == Action::kDeny, !d.message.empty());
    EXPECT_EQ(d.edit_records.size(), OneByOne(d.edits).size());
    if (d.action == Action::kDeny) {
      EXPECT_FALSE(d.violations.empty());
    }
    if (d.action == Action::kAllow) {
      EXPECT_TRUE(d.violations.empty());
    }
  });
}

// What the runtime gets is legal by itself, and needs no further edit.
TEST(Property, TheHardenedResultIsAllowedAsItIs) {
  ForEachSeed([](const Request& r) {
    const Decision decision = OfContainer(r);
    if (decision.action == Action::kDeny) {
      return;
    }
    Request after = r;
    after.container = WithEdits(r.container, decision.edits);
    const Decision again = OfContainer(after);
    EXPECT_EQ(again.action, Action::kAllow) << again.message;
    EXPECT_TRUE(again.violations.empty());
    EXPECT_TRUE(again.edits.empty());
  });
}

TEST(Property, PrivilegedAllows) {
  ForEachSeed([](Request r) {
    r.spec.enforce.level = Level::kPrivileged;
    EXPECT_EQ(OfContainer(r).action, Action::kAllow);
    EXPECT_TRUE(OfContainer(r).edits.empty());
    EXPECT_EQ(EvaluateSandbox(r.spec, r.sandbox).action, Action::kAllow);
  });
}

TEST(Property, WhatRestrictedAllowsBaselineAllows) {
  int allowed = 0;
  for (uint32_t seed = 0; seed < kSeeds && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Request r = RandomFacts(seed).AnyUnhardened();
    r.spec.enforce.level = Level::kRestricted;
    const bool container = OfContainer(r).action == Action::kAllow;
    const bool sandbox = EvaluateSandbox(r.spec, r.sandbox).action == Action::kAllow;
    allowed += container && sandbox ? 1 : 0;
    r.spec.enforce.level = Level::kBaseline;
    if (container) {
      EXPECT_EQ(OfContainer(r).action, Action::kAllow) << OfContainer(r).message;
    }
    if (sandbox) {
      EXPECT_EQ(EvaluateSandbox(r.spec, r.sandbox).action, Action::kAllow);
    }
  }
  EXPECT_GT(allowed, static_cast<int>(kSeeds) / 20);
}

TEST(Property, EveryEditChangesSomething) {
  ForEachSeed([](const Request& r) {
    const Decision decision = OfContainer(r);
    for (const Edits& edit : OneByOne(decision.edits)) {
      EXPECT_NE(WithEdits(r.container, edit), r.container);
    }
  });
}

// Neither by a repair of its own nor by what it takes from the pod.
TEST(Property, NoContainerThatPassesHasALabelThatItsLevelForbids) {
  ForEachSeed([](const Request& r) {
    const Decision decision = OfContainer(r);
    if (decision.action == Action::kDeny || r.spec.enforce.level == Level::kPrivileged) {
      return;
    }
    const SELinuxOptions own =
        WithEdits(r.container, decision.edits).selinux.value_or(SELinuxOptions{});
    const SELinuxOptions label =
        own == SELinuxOptions{} ? r.sandbox.selinux.value_or(SELinuxOptions{}) : own;
    EXPECT_EQ(label.user + label.role, "");
    EXPECT_TRUE(IsAllowedSELinuxType(label.type, r.spec.enforce.version.Clamped())) << label.type;
  });
}

// The edits touch only what hardening is about: nobody's user, namespaces or name.
TEST(Property, EverythingElseStaysAsItWas) {
  ForEachSeed([](const Request& r) {
    ContainerFacts after = WithEdits(r.container, OfContainer(r).edits);
    const ContainerFacts& before = r.container;
    after.seccomp = before.seccomp;
    after.seccomp_profile_path = before.seccomp_profile_path;
    after.apparmor = before.apparmor;
    after.apparmor_profile = before.apparmor_profile;
    after.capabilities_add = before.capabilities_add;
    after.capabilities_drop = before.capabilities_drop;
    after.capabilities_ambient = before.capabilities_ambient;
    after.no_new_privs = before.no_new_privs;
    after.masked_paths = before.masked_paths;
    after.readonly_paths = before.readonly_paths;
    after.selinux = before.selinux;
    after.annotations = before.annotations;
    EXPECT_EQ(after, before);
  });
}

// What a container ends up with, by the runtime's own reading of the lists and not by the checks'.
TEST(Property, NoContainerThatPassesHasMoreThanItsLevel) {
  const caps::CapSet net_bind = caps::CapSet::Of({"NET_BIND_SERVICE"});
  ForEachSeed([&](const Request& r) {
    const Decision decision = OfContainer(r);
    if (decision.action == Action::kDeny || r.spec.enforce.level == Level::kPrivileged) {
      return;
    }
    const ContainerFacts after = WithEdits(r.container, decision.edits);
    const caps::CapSet effective =
        caps::EffectiveFromCri(after.capabilities_add, after.capabilities_drop);
    const bool restricted = r.spec.enforce.level == Level::kRestricted;
    const int minor = r.spec.enforce.version.Clamped();
    const caps::CapSet most = restricted && minor >= 22 ? net_bind : caps::RuntimeDefaultSet();
    EXPECT_EQ(effective.mask() & ~most.mask(), 0u) << effective.ToString();
    for (const std::string& name : r.spec.harden.drop_capabilities) {
      if (const std::optional<int> number = caps::NumberOf(name)) {
        EXPECT_FALSE(effective.Has(*number)) << name;
      }
    }
    EXPECT_FALSE(after.privileged);
    EXPECT_NE(EffectiveSeccomp(after).type, ProfileType::kUnconfined);
    EXPECT_TRUE(after.no_new_privs ||
                !(r.spec.harden.no_new_privileges || (restricted && minor >= 8)));
    EXPECT_TRUE(IsProcMasked(after) ||
                (!restricted && minor >= 35 && InUserNamespace(r.sandbox, after)));
  });
}

// Of the files that somebody looked at none runs but as it was judged, by either field.
TEST(Property, NoFileRunsThatIsNotAsItMustBe) {
  int files = 0;
  int fallbacks = 0;
  ForEachSeed([&](const Request& r) {
    const Decision decision = OfContainer(r);
    if (decision.action == Action::kDeny || r.spec.enforce.level == Level::kPrivileged ||
        r.container.profiles.empty()) {
      return;
    }
    const ContainerFacts after = WithEdits(r.container, decision.edits);
    const SecurityProfile profile = EffectiveSeccomp(after);
    EXPECT_FALSE(NamesAnotherFile(after, profile));
    fallbacks += Ids(decision.violations).find("localhost-profile-missing") != std::string::npos;
    const seccomp::ProfileFacts* file = ProfileOf(after, profile);
    if (file == nullptr) {
      return;
    }
    ++files;
    EXPECT_EQ(file->state, seccomp::ProfileFacts::State::kUsable);
    EXPECT_EQ(profile.localhost_ref, file->pinned_path.empty() ? file->path : file->pinned_path);
    EXPECT_FALSE(file->refused_docker_format);
    EXPECT_TRUE(file->beyond_floor.empty());
    EXPECT_TRUE(file->must_deny_allowed.empty());
    EXPECT_TRUE(file->refused_but_needed.empty());
    EXPECT_FALSE(file->unconfined_in_disguise && !r.spec.localhost.allow_unconfined_in_disguise);
  });
  EXPECT_GT(files, static_cast<int>(kSeeds) / 100);
  EXPECT_GT(fallbacks, static_cast<int>(kSeeds) / 1000);
}

// A profile for everybody is the only one that any runtime can read, by either field.
TEST(Property, OneProfileForEverybodyLeavesNoOther) {
  ForEachSeed([](const Request& r) {
    const Decision decision = OfContainer(r);
    const auto& always = r.spec.harden.seccomp_always;
    if (decision.action == Action::kDeny || r.spec.enforce.level == Level::kPrivileged ||
        !always.has_value()) {
      return;
    }
    const ContainerFacts after = WithEdits(r.container, decision.edits);
    const SecurityProfile wanted{
        always->localhost_path ? ProfileType::kLocalhost : ProfileType::kRuntimeDefault,
        always->localhost_path.value_or("")};
    EXPECT_EQ(after.seccomp, AsFound(r.spec, r.container, wanted));
    ContainerFacts by_the_deprecated = after;
    by_the_deprecated.seccomp = {};
    if (!after.seccomp_profile_path.empty()) {
      EXPECT_EQ(EffectiveSeccomp(by_the_deprecated), after.seccomp) << after.seccomp_profile_path;
    }
  });
}

}  // namespace
}  // namespace sekisho::policy
