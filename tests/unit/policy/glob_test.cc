#include "policy/glob.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace sekisho::policy {
namespace {

TEST(GlobMatches, Rows) {
  const struct {
    std::string_view pattern, text;
    bool matches;
  } cases[] = {
      {"", "", true},
      {"", "a", false},
      {"a", "", false},
      {"*", "", true},
      {"*", "anything", true},
      {"**", "x", true},
      {"?", "", false},
      {"?", "a", true},
      {"?", "ab", false},
      {"*?", "", false},
      {"*?", "abc", true},
      {"web", "web", true},
      {"web", "Web", false},
      {"web", "web-0", false},
      {"web-*", "web-", true},
      {"web-*", "web-0", true},
      {"web-*", "my-web-0", false},
      {"*-web", "my-web", true},
      {"*-web", "my-web-0", false},
      {"*web*", "my-web-0", true},
      {"pay?ents-*", "payments-eu", true},
      {"a*b*c", "a-b-b-c", true},
      {"a*b*c", "a-c-b", false},
      {"*ab", "aab", true},  // the star takes one character back
      {"a*ab*b", "aabb", true},
      {"*.*", "a.b", true},
      {"a.c", "abc", false},  // no regular expression
      {"[a-z]", "b", false},
      {"[a-z]", "[a-z]", true},
      {"web*", "web\n0", true},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(GlobMatches(c.pattern, c.text), c.matches) << c.pattern << " on " << c.text;
  }
}

// Names come from whoever makes pods. A matcher that tries every way to share the text among the
// stars would not come back from these within the test's time limit.
TEST(GlobMatches, ManyStarsOnALongTextEndSoon) {
  const std::string text(20'000, 'a');
  EXPECT_FALSE(GlobMatches("a*a*a*b", text));
  EXPECT_TRUE(GlobMatches("a*a*a*a", text));
  std::string pattern;
  for (int i = 0; i < 200; ++i) {
    pattern += "a*";
  }
  EXPECT_FALSE(GlobMatches(pattern + "b", text));
  EXPECT_TRUE(GlobMatches(pattern, text));
}

}  // namespace
}  // namespace sekisho::policy
