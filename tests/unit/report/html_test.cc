// Text on its way into the page.
#include "report/html.h"

#include <gtest/gtest.h>

#include <string>

namespace sekisho::testing {
namespace {

using report::Escaped;

TEST(Escaped, NothingCanBecomeMarkupOrHide) {
  const struct {
    const char* name;
    std::string text;
    std::string html;
  } kRows[] = {
      {"plain", "web-1", "web-1"},
      {"a tag", "</script><img src=x onerror='a()'>",
       "&lt;/script&gt;&lt;img src=x onerror=&#39;a()&#39;&gt;"},
      {"an attribute's end", "\" onload=\"", "&quot; onload=&quot;"},
      {"an entity stays what it was", "&lt;", "&amp;lt;"},
      {"letters of the world", "関所 čaj", "関所 čaj"},
      {"line ends and tabs", "a\nb\r\tc", "a\\x0ab\\x0d\\x09c"},
      {"an escape sequence", "\x1b[31m", "\\x1b[31m"},
      {"NUL", std::string("a\0b", 3), "a\\x00b"},
      {"C1 control", "\xc2\x9b", "\\u009b"},
      {"right-to-left override",
       "a\xe2\x80\xae"
       "gpj.exe",
       "a\\u202egpj.exe"},
      {"an isolate", "\xe2\x81\xa6x", "\\u2066x"},
      {"zero width", "pay\xe2\x80\x8bments", "pay\\u200bments"},
      {"byte order mark", "\xef\xbb\xbfx", "\\ufeffx"},
      {"a line separator", "\xe2\x80\xa8", "\\u2028"},
      {"a tag character", "\xf3\xa0\x81\x81", "\\U000e0041"},
      {"bytes that are not UTF-8", "\xff\xfe", "\\xff\\xfe"},
      {"an overlong slash", "\xc0\xaf", "\\xc0\\xaf"},
      {"an overlong three", "\xe0\x80\xaf", "\\xe0\\x80\\xaf"},
      {"a surrogate", "\xed\xa0\x80", "\\xed\\xa0\\x80"},
      {"beyond Unicode", "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
      {"a character that is cut off", "a\xe9\x96", "a\\xe9\\x96"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(Escaped(row.text), row.html);
  }
}

TEST(Escaped, EndsWithAnEllipsisWhereItIsCut) {
  EXPECT_EQ(Escaped("abcd", 4), "abcd");
  EXPECT_EQ(Escaped("abcde", 4), "abcd…");
  EXPECT_EQ(Escaped("関所関", 2), "関所…");
  EXPECT_EQ(Escaped("<<<", 2), "&lt;&lt;…");
  // Whatever it is, a character has at most ten in the page.
  EXPECT_LE(Escaped(std::string(1'000'000, '\x01'), 253).size(), 253U * 10 + 3);
}

TEST(Number, IsGroupedInThousands) {
  EXPECT_EQ(report::Number(0), "0");
  EXPECT_EQ(report::Number(999), "999");
  EXPECT_EQ(report::Number(1204), "1,204");
  EXPECT_EQ(report::Number(UINT64_MAX), "18,446,744,073,709,551,615");
  EXPECT_EQ(report::Counted(1, "line", "lines"), "1 line");
  EXPECT_EQ(report::Counted(2, "line", "lines"), "2 lines");
}

TEST(TimeElement, IsReadByPeopleAndPrograms) {
  const std::chrono::system_clock::time_point time{std::chrono::seconds(1'795'219'200)};
  EXPECT_EQ(report::TimeElement(time),
            "<time datetime=\"2026-11-21T00:00:00Z\">2026-11-21 00:00:00</time>");
}

TEST(Rows, AreTheFirstOnesThatFit) {
  report::Rows by_number(2, 1000);
  EXPECT_TRUE(by_number.Add("a"));
  EXPECT_FALSE(by_number.full());
  EXPECT_TRUE(by_number.Add("b"));
  EXPECT_TRUE(by_number.full());
  EXPECT_FALSE(by_number.Add("c"));
  EXPECT_EQ(by_number.html(), "ab");
  EXPECT_EQ(by_number.left_out(), 1U);

  report::Rows by_size(100, 5);
  EXPECT_TRUE(by_size.Add("abc"));
  EXPECT_FALSE(by_size.Add("defg"));
  EXPECT_FALSE(by_size.Add("h")) << "it would stand before one that was left out";
  EXPECT_EQ(by_size.html(), "abc");
  EXPECT_EQ(by_size.left_out(), 2U);
}

}  // namespace
}  // namespace sekisho::testing
