#include "record/serials.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace sekisho::record {
namespace {

TEST(SerialsTest, CountsWhatNeverCame) {
  const struct {
    const char* why;
    std::vector<uint32_t> seen;
    uint64_t missing;
  } kRows[] = {
      {"nothing", {}, 0},
      {"one", {7}, 0},
      {"in order", {7, 8, 9, 10}, 0},
      {"two records of one event", {7, 8, 8, 8, 9}, 0},
      {"a gap", {7, 8, 11}, 2},
      {"late, but there", {7, 9, 10, 8}, 0},
      {"some late, some lost", {7, 12, 9, 8}, 2},
      {"from before the first", {7, 3, 8}, 0},
      {"the first is the last that there can be", {4294967295u}, 0},
      {"a gap too wide to remember, and one after it", {1, 1'000'001, 1'000'003}, 1'000'000},
      {"late after a wide gap stays lost", {1, 1'000'001, 5}, 999'999},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.why);
    Serials serials;
    for (const uint32_t serial : row.seen) {
      serials.Saw(serial);
    }
    EXPECT_EQ(serials.missing(), row.missing);
  }
}

TEST(SerialsTest, ACounterThatWrapsAroundIsNoSilence) {
  Serials serials;
  serials.Saw(std::numeric_limits<uint32_t>::max());
  serials.Saw(0);
  serials.Saw(2);  // counts as from before the first: a wrap is not followed
  EXPECT_EQ(serials.missing(), 0u);
}

}  // namespace
}  // namespace sekisho::record
