// What must hold of every decision about a sandbox, and of a pod as a whole: the sandbox first,
// then its container in what became of it.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "policy/checks.h"
#include "policy/evaluate.h"
#include "policy/repair.h"
#include "policy/steering_annotations.h"
#include "unit/policy/check_case.h"
#include "unit/policy/random_facts.h"

namespace sekisho::policy {
namespace {

constexpr uint32_t kSeeds = 8000;

// One request a seed. The seed is in the trace of whatever fails.
template <typename Property>
void ForEachSeed(Property property) {
  for (uint32_t seed = 0; seed < kSeeds && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    property(RandomFacts(seed).Any());
  }
}

bool IsEnforced(const Request& r) {
  return r.spec.enforce.level != Level::kPrivileged;
}

// The other properties would hold of a generator that makes one thing only.
TEST(PropertySandbox, TheGeneratorReachesEveryOutcome) {
  int outcomes[3] = {};
  std::set<std::string_view> failed;
  ForEachSeed([&](const Request& r) {
    const Decision decision = OfSandbox(r);
    ++outcomes[static_cast<size_t>(decision.action)];
    for (const Violation& violation : decision.violations) {
      failed.insert(violation.check);
    }
  });
  for (const int count : outcomes) {
    EXPECT_GT(count, static_cast<int>(kSeeds) / 40);
  }
  for (const Check& check : Checks()) {
    if (check.kind != CheckKind::kControl) {
      EXPECT_EQ(failed.contains(check.id), check.at_sandbox) << check.id;
    }
  }
}

TEST(PropertySandbox, TheMembersOfADecisionAgree) {
  ForEachSeed([](const Request& r) {
    const Decision d = OfSandbox(r);
    const SandboxEdits& edits = d.sandbox_edits;
    EXPECT_EQ(d.action == Action::kHarden, !edits.empty());
    EXPECT_EQ(d.action == Action::kDeny, !d.message.empty());
    EXPECT_TRUE(d.edits.empty());
    EXPECT_EQ(d.edit_records.size(), edits.remove_sysctls.size() + edits.remove_annotations.size() +
                                         (edits.selinux.has_value() ? 1 : 0));
    if (d.action == Action::kDeny) {
      EXPECT_FALSE(d.violations.empty());
    }
  });
}

TEST(PropertySandbox, TheSameArgumentsGiveTheSameDecision) {
  ForEachSeed([](const Request& r) {
    const Decision one = OfSandbox(r);
    const Request copy = r;
    const Decision two = OfSandbox(copy);
    EXPECT_EQ(one.action, two.action);
    EXPECT_EQ(one.message, two.message);
    EXPECT_EQ(Ids(one.violations), Ids(two.violations));
    EXPECT_EQ(WithEdits(r.sandbox, one.sandbox_edits), WithEdits(r.sandbox, two.sandbox_edits));
  });
}

// What is left over is what each container is hardened for instead.
TEST(PropertySandbox, TheHardenedResultIsAllowedAsItIs) {
  ForEachSeed([](const Request& r) {
    const Decision decision = OfSandbox(r);
    if (decision.action == Action::kDeny) {
      return;
    }
    Request after = r;
    after.sandbox = WithEdits(r.sandbox, decision.sandbox_edits);
    const Decision again = OfSandbox(after);
    EXPECT_EQ(again.action, Action::kAllow) << again.message;
    EXPECT_TRUE(again.sandbox_edits.empty());
    for (const Violation& violation : again.violations) {
      EXPECT_TRUE(violation.check == "appArmorProfile" ||
                  violation.check == "seccompProfile_baseline")
          << violation.check;
    }
  });
}

TEST(PropertySandbox, EverythingElseStaysAsItWas) {
  ForEachSeed([](const Request& r) {
    const Decision decision = OfSandbox(r);
    SandboxFacts after = WithEdits(r.sandbox, decision.sandbox_edits);
    if (decision.action == Action::kHarden) {
      EXPECT_NE(after, r.sandbox) << "an edit that changes nothing";
    }
    for (const auto& [name, value] : after.sysctls) {
      EXPECT_EQ(r.sandbox.sysctls.at(name), value);
    }
    for (const auto& [key, value] : after.annotations) {
      EXPECT_EQ(r.sandbox.annotations.at(key), value);
    }
    after.sysctls = r.sandbox.sysctls;
    after.annotations = r.sandbox.annotations;
    after.selinux = r.sandbox.selinux;
    EXPECT_EQ(after, r.sandbox);
  });
}

// Whatever passes, with its edits, has no annotation left that the rules strip or deny.
TEST(PropertySandbox, NoAnnotationThatIsStrippedOrDeniedGetsThrough) {
  int stripped = 0;
  ForEachSeed([&](const Request& r) {
    const Decision sandbox = OfSandbox(r);
    const Decision container = OfContainer(r);
    const auto expect_clean = [&](const std::map<std::string, std::string>& annotations) {
      for (const auto& [key, value] : annotations) {
        EXPECT_FALSE(IsStrippedAnnotation(r.spec.annotations, key)) << key;
        EXPECT_FALSE(IsForbiddenAnnotation(r.spec.annotations, key)) << key;
      }
    };
    if (IsEnforced(r) && sandbox.action != Action::kDeny) {
      expect_clean(WithEdits(r.sandbox, sandbox.sandbox_edits).annotations);
    }
    if (IsEnforced(r) && container.action != Action::kDeny) {
      expect_clean(WithEdits(r.container, container.edits).annotations);
    }
    stripped += sandbox.sandbox_edits.remove_annotations.empty() ? 0 : 1;
    stripped += container.edits.remove_annotations.empty() ? 0 : 1;
  });
  EXPECT_GT(stripped, static_cast<int>(kSeeds) / 100);
}

// As the daemon does it: the container is judged in the sandbox that the runtime gets.
TEST(PropertySandbox, AContainerInTheHardenedSandboxIsHardenedOnce) {
  ForEachSeed([](Request r) {
    const Decision sandbox = OfSandbox(r);
    if (sandbox.action == Action::kDeny) {
      return;
    }
    r.sandbox = WithEdits(r.sandbox, sandbox.sandbox_edits);
    const Decision decision = OfContainer(r);
    if (decision.action == Action::kDeny) {
      return;
    }
    r.container = WithEdits(r.container, decision.edits);
    const Decision again = OfContainer(r);
    EXPECT_EQ(again.action, Action::kAllow) << again.message;
    EXPECT_EQ(Ids(again.violations), "");
  });
}

}  // namespace
}  // namespace sekisho::policy
