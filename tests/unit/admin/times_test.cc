#include "admin/times.h"

#include <gtest/gtest.h>

#include <limits>

namespace sekisho::admin {
namespace {

TEST(Times, ASpanHasTheTwoLargestUnits) {
  struct Row {
    int64_t milliseconds;
    const char* text;
  };
  for (const Row& row :
       {Row{-5, "0s"}, Row{0, "0s"}, Row{999, "0s"}, Row{1000, "1s"}, Row{59'999, "59s"},
        Row{60'000, "1m"}, Row{302'000, "5m 2s"}, Row{3'600'000, "1h"}, Row{3'659'000, "1h"},
        Row{3'660'000, "1h 1m"}, Row{86'399'999, "23h 59m"}, Row{273'600'000, "3d 4h"},
        Row{86'400'000, "1d"}, Row{86'400'000LL * 4000, "4000d"}}) {
    EXPECT_EQ(Span(row.milliseconds), row.text) << row.milliseconds;
  }
}

TEST(Times, NeverNowAndAgo) {
  EXPECT_EQ(Ago(0, 1'000'000), "never");
  EXPECT_EQ(Ago(999'500, 1'000'000), "now");
  EXPECT_EQ(Ago(2'000'000, 1'000'000), "now") << "a clock that was set back";
  EXPECT_EQ(Ago(940'000, 1'000'000), "1m ago");
}

TEST(Times, ATextIsRfc3339AndNothingForNever) {
  EXPECT_EQ(TimeText(1'795'000'000'123), "2026-11-18T11:06:40.123Z");
  EXPECT_EQ(TimeText(1), "1970-01-01T00:00:00.001Z");
  EXPECT_EQ(TimeText(253'402'300'799'999), "9999-12-31T23:59:59.999Z");
  for (const int64_t none :
       {int64_t{0}, int64_t{-1}, int64_t{253'402'300'800'000}, std::numeric_limits<int64_t>::max(),
        std::numeric_limits<int64_t>::min()}) {
    EXPECT_FALSE(TimeText(none).has_value()) << none;
  }
}

}  // namespace
}  // namespace sekisho::admin
