#include "base/str_cat.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace sekisho::base {
namespace {

TEST(StrCat, JoinsEveryKindOfPart) {
  const std::string text = "d";
  const std::string_view view = "c";
  const absl::string_view absl_view = "e";
  EXPECT_EQ(StrCat("a", 'b', view, text, absl_view, -1, uint64_t{18446744073709551615u}),
            "abcde-118446744073709551615");
  EXPECT_EQ(StrCat(), "");
}

TEST(StrCat, KeepsZeroBytes) {
  EXPECT_EQ(StrCat(std::string_view("a\0", 2), "b"), std::string("a\0b", 3));
  EXPECT_EQ(StdView(AbslView(std::string_view("a\0b", 3))).size(), 3u);
}

}  // namespace
}  // namespace sekisho::base
