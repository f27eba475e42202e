#include "kube/text.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "base/utf8.h"

namespace sekisho::kube {
namespace {

TEST(OneLine, KeepsWhatIsPrintableAndFits) {
  EXPECT_EQ(OneLine("", 10), "");
  EXPECT_EQ(OneLine("seccomp: é", 11), "seccomp: é");
  EXPECT_EQ(OneLine("a\nb\tc\x7f\xff", 100), "a\\x0ab\\x09c\\x7f\\xff");
}

TEST(OneLine, CutsAtACharacterAndSaysSo) {
  EXPECT_EQ(OneLine("0123456789", 10), "0123456789");
  EXPECT_EQ(OneLine("0123456789a", 10), "0123456…");
  EXPECT_EQ(OneLine("012345éé9a", 10), "012345…") << "the character does not fit";
  EXPECT_EQ(OneLine("01234ééé9a", 10), "01234é…");
  EXPECT_EQ(OneLine("abcd", 3), "…");
}

// Of every kind of character, at every place, the result is short and whole.
TEST(OneLine, IsNeverTooLongAndAlwaysUtf8) {
  const std::array<std::string, 7> characters = {"a", "\n", "é", "€", "\U0001F512", "\x80", "\xf0"};
  for (const std::string& one : characters) {
    for (const std::string& other : characters) {
      std::string text;
      for (int i = 0; i < 40; ++i) {
        text += i % 3 == 0 ? one : other;
      }
      for (size_t most = 3; most < 60; ++most) {
        const std::string line = OneLine(text, most);
        ASSERT_LE(line.size(), most) << text;
        ASSERT_FALSE(base::FindBadText(line).has_value()) << line;
        if (text.size() > most) {
          ASSERT_TRUE(line.ends_with("…")) << line;
          ASSERT_GT(line.size() + 4, most) << "no more is cut than has to be: " << line;
        }
      }
    }
  }
}

TEST(KubernetesNames, AreToldFromOthers) {
  struct Row {
    std::string name;
    bool is_label;
    bool is_subdomain;
  };
  const std::array<Row, 24> rows = {{
      {"a", true, true},
      {"0", true, true},
      {"kube-system", true, true},
      {std::string(63, 'a'), true, true},
      {std::string(64, 'a'), false, true},
      {std::string(253, 'a'), false, true},
      {std::string(254, 'a'), false, false},
      {"web-0.example", false, true},
      {"", false, false},
      {".", false, false},
      {"..", false, false},
      {"a.", false, false},
      {".a", false, false},
      {"a..b", false, false},
      {"a.-b", false, false},
      {"a-.b", false, false},
      {"-a", false, false},
      {"a-", false, false},
      {"A", false, false},
      {"a/b", false, false},
      {"a%2fb", false, false},
      {"a_b", false, false},
      {"é", false, false},
      {std::string("a\0b", 3), false, false},
  }};
  for (const Row& row : rows) {
    EXPECT_EQ(IsDnsLabel(row.name), row.is_label) << row.name;
    EXPECT_EQ(IsDnsSubdomain(row.name), row.is_subdomain) << row.name;
  }
}

TEST(PathSegment, EncodesWhatCouldMeanAnotherPath) {
  EXPECT_EQ(PathSegment("web-0.example~_Z9"), "web-0.example~_Z9");
  EXPECT_EQ(PathSegment("a/../b?c#d%e \n\xff"), "a%2F..%2Fb%3Fc%23d%25e%20%0A%FF");
}

}  // namespace
}  // namespace sekisho::kube
