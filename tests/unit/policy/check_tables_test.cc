// What must hold of every row of every table, and of the tables as a whole.
#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "policy/checks.h"
#include "unit/policy/check_case.h"

namespace sekisho::policy {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;

bool Fails(const Decision& decision, std::string_view id) {
  return std::ranges::find(decision.violations, id, &Violation::check) != decision.violations.end();
}

// A check and where it looks, as one word.
std::string Look(std::string_view id, Judged judged) {
  return std::string(id) + (judged == Judged::kSandbox ? " of a sandbox" : " of a container");
}

// A check that is added without a row, or whose message nobody wrote down, shows up here.
TEST(CheckTables, EveryCheckHasARowThatFailsItAndARowWithItsText) {
  std::set<std::string> failed;
  std::set<std::string> worded;
  for (const CheckTable& table : AllTables()) {
    for (const CheckCase& row : table.rows) {
      for (const Violation& violation : Judge(table, row, table.level).violations) {
        failed.insert(Look(violation.check, table.judged));
        if (Text(violation) == row.text) {
          worded.insert(Look(violation.check, table.judged));
        }
      }
    }
  }
  for (const Check& check : Checks()) {
    if (check.sandbox != nullptr) {
      EXPECT_THAT(failed, Contains(Look(check.id, Judged::kSandbox)));
      EXPECT_THAT(worded, Contains(Look(check.id, Judged::kSandbox)));
    }
    if (check.container != nullptr) {
      EXPECT_THAT(failed, Contains(Look(check.id, Judged::kContainer)));
      EXPECT_THAT(worded, Contains(Look(check.id, Judged::kContainer)));
    }
  }
}

TEST(CheckTables, PrivilegedFindsNothingInAnyRow) {
  for (const CheckTable& table : AllTables()) {
    for (const CheckCase& row : table.rows) {
      const Decision decision = Judge(table, row, Level::kPrivileged);
      EXPECT_THAT(Ids(decision.violations), IsEmpty()) << table.name << ": " << row.why;
      EXPECT_EQ(decision.action, Action::kAllow) << table.name << ": " << row.why;
    }
  }
}

// Restricted is never laxer: what fails baseline fails there too, by the same check or by the one
// that takes its place.
TEST(CheckTables, WhatFailsBaselineFailsRestricted) {
  for (const CheckTable& table : AllTables()) {
    for (const CheckCase& row : table.rows) {
      const Decision baseline = Judge(table, row, Level::kBaseline);
      const Decision restricted = Judge(table, row, Level::kRestricted);
      for (const Violation& violation : baseline.violations) {
        const auto heir = std::ranges::find(Checks(), violation.check,
                                            [](const Check& c) { return c.overrides; });
        const std::string_view id = heir == Checks().end() ? violation.check : heir->id;
        EXPECT_TRUE(Fails(restricted, id)) << table.name << ": " << row.why << ": " << id;
      }
    }
  }
}

// Kubernetes reports baseline by id, then restricted by id; ours come last.
TEST(CheckTables, TheChecksAreInTheOrderOfTheReport) {
  const auto rank = [](const Check& check) {
    return std::tuple(!check.group.has_value(), check.level, check.id);
  };
  EXPECT_TRUE(std::ranges::is_sorted(Checks(), {}, rank));
}

TEST(CheckTables, AnOverridingCheckIsOfRestrictedAndNamesOneOfBaseline) {
  for (const Check& check : Checks()) {
    if (check.overrides.empty()) {
      continue;
    }
    const auto old = std::ranges::find(Checks(), check.overrides, &Check::id);
    ASSERT_NE(old, Checks().end()) << check.id;
    EXPECT_EQ(old->level, Level::kBaseline) << check.id;
    EXPECT_EQ(old->group, check.group) << check.id;
    EXPECT_EQ(check.level, Level::kRestricted) << check.id;
    EXPECT_TRUE(IsActive(*old, Level::kBaseline)) << check.id;
    EXPECT_FALSE(IsActive(*old, Level::kRestricted)) << check.id;
    EXPECT_FALSE(IsActive(check, Level::kBaseline)) << check.id;
  }
}

}  // namespace
}  // namespace sekisho::policy
