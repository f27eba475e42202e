#include "kube/rfc3339.h"

#include <gtest/gtest.h>

#include <array>

namespace sekisho::kube {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

TEST(Rfc3339, IsReadAsItIsWritten) {
  struct Row {
    int64_t unix_seconds;
    const char* text;
  };
  const std::array<Row, 6> rows = {{
      {0, "1970-01-01T00:00:00Z"},
      {-1, "1969-12-31T23:59:59Z"},
      {1'800'000'000, "2027-01-15T08:00:00Z"},
      {4'107'542'400, "2100-03-01T00:00:00Z"},  // no leap year
      {-62'135'596'800, "0001-01-01T00:00:00Z"},
      {253'402'300'799, "9999-12-31T23:59:59Z"},
  }};
  for (const Row& row : rows) {
    SCOPED_TRACE(row.text);
    EXPECT_EQ(Rfc3339(sys_seconds(seconds(row.unix_seconds))), row.text);
    EXPECT_EQ(ParseRfc3339(row.text), sys_seconds(seconds(row.unix_seconds)));
  }
}

TEST(Rfc3339, WhatHasNoFourDigitsOfAYearIsWrittenAsTheNearestThatHas) {
  EXPECT_EQ(Rfc3339(sys_seconds::max()), "9999-12-31T23:59:59Z");
  EXPECT_EQ(Rfc3339(sys_seconds::min()), "0001-01-01T00:00:00Z");
}

TEST(Rfc3339, NothingElseIsRead) {
  const std::array<std::string, 17> texts = {"",
                                             "now",
                                             "infinite-future",
                                             "infinite-past",
                                             "2026-01-31",
                                             "2026-01-31T23:59:59",
                                             "2026-01-31T23:59:59z",
                                             "2026-01-31 23:59:59Z",
                                             "2026-01-31T23:59:59+00:00",
                                             "2026-01-31T23:59:59.5Z",
                                             " 2026-01-31T23:59:59Z",
                                             "2026-01-31T23:59:59Z ",
                                             "2026-1-31T23:59:59Z",
                                             "2026-02-30T23:59:59Z",
                                             "2026-01-31T23:59:60Z",
                                             "12026-01-31T23:59:59Z",
                                             "-2026-01-31T23:59:59Z"};
  for (const std::string& text : texts) {
    EXPECT_EQ(ParseRfc3339(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace sekisho::kube
