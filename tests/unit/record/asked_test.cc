#include "record/asked.h"

#include <gtest/gtest.h>

namespace sekisho::record {
namespace {

TEST(AskedTest, Durations) {
  const struct {
    const char* text;
    int64_t seconds;
  } kRows[] = {{"90s", 90},    {"10m", 600},      {"1h", 3600}, {"1h30m", 5400},
               {"24h", 86400}, {"23h60m", 86400}, {"1s", 1},    {"1h0m5s", 3605}};
  for (const auto& row : kRows) {
    const absl::StatusOr<std::chrono::seconds> duration = DurationFrom(row.text);
    ASSERT_TRUE(duration.ok()) << row.text;
    EXPECT_EQ(duration->count(), row.seconds) << row.text;
  }
  for (const char* text :
       {"", "10", "m", "0s", "-1s", "+1s", "1.5h", "10 m", "10m ", "30m1h", "1m1m", "25h", "1d",
        "24h1s", "99999999999999999999s", "9223372036854775807h", "10M"}) {
    EXPECT_FALSE(DurationFrom(text).ok()) << text;
  }
}

TEST(AskedTest, NamesAndPatterns) {
  EXPECT_TRUE(RecordingOf("shop", "*", "app").ok());
  EXPECT_TRUE(RecordingOf("shop", "web-?-*.x", "app-2").ok());
  const struct {
    const char* why;
    std::string namespace_;
    std::string pod;
    std::string container;
  } kRows[] = {
      {"every namespace", "*", "web", "app"}, {"a pattern of containers", "shop", "web", "app*"},
      {"no namespace", "", "web", "app"},     {"no container", "shop", "web", ""},
      {"no pod", "shop", "", "app"},          {"capitals", "Shop", "web", "app"},
      {"a path", "shop", "../web", "app"},    {"too long", std::string(64, 'a'), "web", "app"},
  };
  for (const auto& row : kRows) {
    EXPECT_FALSE(RecordingOf(row.namespace_, row.pod, row.container).ok()) << row.why;
  }
}

}  // namespace
}  // namespace sekisho::record
