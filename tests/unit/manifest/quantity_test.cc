#include "manifest/quantity.h"

#include <gtest/gtest.h>

#include <string>

namespace sekisho::manifest {
namespace {

TEST(Quantity, InThousandthsAndWhole) {
  constexpr int64_t kMost = INT64_MAX;
  struct Row {
    std::string text;
    int64_t milli, whole;
  };
  for (const Row& row : {
           Row{"0", 0, 0},
           Row{"1", 1000, 1},
           Row{"100m", 100, 1},  // rounded up
           Row{"1.5", 1500, 2},
           Row{".5", 500, 1},
           Row{"5.", 5000, 5},
           Row{"+2", 2000, 2},
           Row{"1n", 1, 1},
           Row{"64Mi", 67'108'864'000, 67'108'864},
           Row{"1.5Gi", 1'610'612'736'000, 1'610'612'736},
           Row{"2k", 2'000'000, 2000},
           Row{"1e3", 1'000'000, 1000},
           Row{"1E3", 1'000'000, 1000},
           Row{"1e+3", 1'000'000, 1000},
           Row{"1e-3", 1, 1},
           Row{"7Ei", kMost, 7ll << 60},
           Row{"8Ei", kMost, kMost},
           Row{"1e99", kMost, kMost},
           Row{"99999999999999999999999999999999999999999999", kMost, kMost},
           Row{"0.00000000000000000000000000000000000000000001", 1, 1},
           Row{"-1", -1000, -1},
       }) {
    SCOPED_TRACE(row.text);
    EXPECT_EQ(ParseMilli(row.text), row.milli);
    EXPECT_EQ(ParseWhole(row.text), row.whole);
  }
}

TEST(Quantity, RefusesTheRest) {
  for (const std::string text : {"", "-", ".", "m", "Mi", "1 Mi", "1mi", "1K", "1.2.3", "1e", "1ex",
                                 "e3", "--1", "0x10", "1i"}) {
    EXPECT_EQ(ParseMilli(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace sekisho::manifest
