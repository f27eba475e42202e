#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace sekisho::base {
namespace {

TEST(FindBadText, FindsTheFirstBadByte) {
  struct Case {
    std::string text;
    long offset;  // -1: nothing is wrong
  };
  for (const Case& c : {Case{"", -1}, Case{"plain\ttext\r\n", -1}, Case{"関所 … é 😀", -1},
                        Case{std::string("a\0b", 3), 1}, Case{"a\x1b[0m", 1}, Case{"a\x7f", 1},
                        Case{"a\xc2\x85", 1},         // U+0085, a C1 control
                        Case{"a\xc2\xa0", -1},        // U+00A0 is none
                        Case{"ab\x80", 2},            // a continuation byte alone
                        Case{"ab\xc3", 2},            // cut short
                        Case{"\xc0\xaf", 0},          // overlong "/"
                        Case{"\xe0\x80\xaf", 0},      // overlong "/"
                        Case{"\xed\xa0\x80", 0},      // a surrogate
                        Case{"\xf4\x90\x80\x80", 0},  // beyond U+10FFFF
                        Case{"\xf4\x8f\xbf\xbf", -1}, Case{"\xe9\x96\x41", 0}}) {
    const std::optional<BadText> bad = FindBadText(c.text);
    EXPECT_EQ(bad.has_value() ? static_cast<long>(bad->offset) : -1, c.offset) << Printable(c.text);
  }
}

TEST(Printable, EscapesWhatATerminalWouldObey) {
  EXPECT_EQ(Printable("plain é"), "plain é");
  EXPECT_EQ(Printable("a\x1b[31m\n\t\r"), "a\\x1b[31m\\x0a\\x09\\x0d");
  EXPECT_EQ(Printable("\xc2\x9b\xff"), "\\xc2\\x9b\\xff");
}

}  // namespace
}  // namespace sekisho::base
