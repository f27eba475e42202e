#include "base/nearest_name.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace sekisho::base {
namespace {

TEST(EditDistance, CountsSingleLetterEdits) {
  struct Case {
    std::string_view a, b;
    size_t distance;
  };
  for (const Case& c :
       {Case{"", "", 0}, Case{"", "abc", 3}, Case{"abc", "", 3}, Case{"enforce", "enforce", 0},
        Case{"enfroce", "enforce", 1}, Case{"enforc", "enforce", 1}, Case{"enforrce", "enforce", 1},
        Case{"ENFORCE", "enforce", 0}, Case{"kitten", "sitting", 3}}) {
    EXPECT_EQ(EditDistance(c.a, c.b), c.distance) << c.a << " / " << c.b;
    EXPECT_EQ(EditDistance(c.b, c.a), c.distance) << c.b << " / " << c.a;
  }
}

TEST(NearestName, FindsWhatWasMeantAndNothingFarFetched) {
  constexpr std::array<std::string_view, 4> kNames = {"enforce", "enforceVersion", "audit", "warn"};
  struct Case {
    std::string_view given;
    std::string_view nearest;  // empty: nothing is close
  };
  for (const Case& c :
       {Case{"enfroce", "enforce"}, Case{"Enforce", "enforce"},
        Case{"enforceversion", "enforceVersion"}, Case{"audti", "audit"}, Case{"wran", "warn"},
        Case{"warning", ""}, Case{"seccomp", ""}, Case{"x", ""}, Case{"", ""}}) {
    EXPECT_EQ(NearestName(c.given, kNames).value_or(""), c.nearest) << c.given;
  }
}

TEST(NearestName, OneLetterIsNotCloseToAnotherLetter) {
  constexpr std::array<std::string_view, 1> kNames = {"a"};
  EXPECT_EQ(NearestName("b", kNames), std::nullopt);
  EXPECT_EQ(NearestName("A", kNames), "a");
}

TEST(NearestName, GivesUpOnVeryLongText) {
  constexpr std::array<std::string_view, 1> kNames = {"enforce"};
  EXPECT_EQ(NearestName(std::string(1 << 20, 'e'), kNames), std::nullopt);
}

}  // namespace
}  // namespace sekisho::base
