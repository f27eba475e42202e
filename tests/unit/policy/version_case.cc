#include "unit/policy/version_case.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace sekisho::policy {

Decision JudgeAt(const VersionCase& c, Version version) {
  Request request = LegalRequest(c.level);
  c.edit(request);
  request.spec.enforce.version = version;
  return c.judged == Judged::kSandbox ? OfSandbox(request) : OfContainer(request);
}

std::string TextOf(const Decision& decision, std::string_view id) {
  const auto found = std::ranges::find(decision.violations, id, &Violation::check);
  return found == decision.violations.end() ? "" : Text(*found);
}

void ExpectCase(const VersionCase& c) {
  const std::string level(LevelName(c.level));
  for (int minor = 0; minor <= kLatestMinor; ++minor) {
    const std::string at = level + ":v1." + std::to_string(minor);
    SCOPED_TRACE(std::string(c.id) + ": " + std::string(c.why) + ", " + at);
    const bool wrong = c.from <= minor && minor <= c.to;
    const Decision decision = JudgeAt(c, {minor});
    EXPECT_EQ(TextOf(decision, c.id), wrong ? c.text : "");
    if (wrong) {
      EXPECT_EQ(decision.action, Action::kDeny);
      EXPECT_THAT(decision.message, ::testing::StartsWith("violates PodSecurity \"" + at + "\": "));
      EXPECT_THAT(decision.message, ::testing::HasSubstr(std::string(c.text)));
    }
  }
}

}  // namespace sekisho::policy
