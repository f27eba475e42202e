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

bool IsActive(std::string_view id, Level level, int minor) {
  const auto active = ActiveChecks(level, minor, false);
  return std::ranges::find(active, id, &Check::id) != active.end();
}

// The version at which a row is judged.
int MinorOf(const CheckTable& table, const CheckCase& row) {
  Request request = LegalRequest(table.level);
  if (table.given != nullptr) {
    table.given(request);
  }
  row.edit(request);
  return request.spec.enforce.version.Clamped();
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
    if (check.kind == CheckKind::kControl) {
      continue;  // controls_test.cc
    }
    if (check.at_sandbox) {
      EXPECT_THAT(failed, Contains(Look(check.id, Judged::kSandbox)));
      EXPECT_THAT(worded, Contains(Look(check.id, Judged::kSandbox)));
    }
    if (check.at_container) {
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
        const auto active = ActiveChecks(Level::kRestricted, MinorOf(table, row), false);
        const auto heir = std::ranges::find(active, violation.check, &Check::overrides);
        const std::string_view id = heir == active.end() ? violation.check : (*heir)->id;
        EXPECT_TRUE(Fails(restricted, id)) << table.name << ": " << row.why << ": " << id;
      }
    }
  }
}

// Kubernetes reports baseline by id, then restricted by id. Controls come after them, in an order
// of their own, and ours last.
TEST(CheckTables, TheChecksAreInTheOrderOfTheReport) {
  const auto rank = [](const Check& check) {
    const bool control = check.kind == CheckKind::kControl;
    return std::tuple(check.kind, control ? Level::kPrivileged : check.level,
                      control ? std::string_view() : check.id);
  };
  EXPECT_TRUE(std::ranges::is_sorted(Checks(), {}, rank));
}

TEST(CheckTables, OnlyOurOwnChecksHaveNoGroup) {
  for (const Check& check : Checks()) {
    if (check.kind != CheckKind::kControl) {
      EXPECT_EQ(check.group.has_value(), check.kind == CheckKind::kPodSecurity) << check.id;
    }
  }
}

// The table of docs/checks.md.
TEST(CheckTables, TheMarkdownHasOneLineForEachCheck) {
  const std::string text = ChecksAsMarkdown();
  for (const Check& check : Checks()) {
    const std::string cell = "| `" + std::string(check.id) + "` |";
    const size_t at = text.find(cell);
    ASSERT_NE(at, std::string::npos) << check.id;
    EXPECT_EQ(text.find(cell, at + 1), std::string::npos) << check.id << " is there twice";
    const std::string line = text.substr(at, text.find('\n', at) - at);
    EXPECT_EQ(std::ranges::count(line, '|'), 7) << "six cells: " << line;
    EXPECT_TRUE(line.ends_with("| " + std::string(check.why) + " |")) << line;
  }
  EXPECT_THAT(text, ::testing::HasSubstr("| `runAsUser` | runAsUser | v1.23 | full | of the pod"));
  EXPECT_THAT(text,
              ::testing::HasSubstr("| `devices` | always denied | | full | the request itself"));
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
    for (int minor = 0; minor <= kLatestMinor; ++minor) {
      SCOPED_TRACE(std::string(check.id) + " in v1." + std::to_string(minor));
      const bool replaced = minor >= check.since;
      EXPECT_EQ(IsActive(check.id, Level::kRestricted, minor), replaced);
      EXPECT_EQ(IsActive(old->id, Level::kRestricted, minor), minor >= old->since && !replaced);
      EXPECT_EQ(IsActive(old->id, Level::kBaseline, minor), minor >= old->since);
      EXPECT_FALSE(IsActive(check.id, Level::kBaseline, minor));
    }
  }
}

}  // namespace
}  // namespace sekisho::policy
