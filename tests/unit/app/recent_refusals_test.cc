#include "app/recent_refusals.h"

#include <gtest/gtest.h>

namespace sekisho::app {
namespace {

audit::Record Refusal(const std::string& pod, const std::string& text) {
  audit::Record record;
  record.time = std::chrono::system_clock::now();
  record.method = "RunPodSandbox";
  record.pod.namespace_ = "shop";
  record.pod.name = pod;
  record.decision.action = policy::Action::kDeny;
  record.decision.message = text;
  return record;
}

TEST(RecentRefusals, TheNewestComesFirst) {
  RecentRefusals refusals;
  refusals.Note(Refusal("a", "first"));
  refusals.Note(Refusal("b", "second"));
  const auto newest = refusals.Newest(10);
  ASSERT_EQ(newest.size(), 2u);
  EXPECT_EQ(newest[0].pod, "b");
  EXPECT_EQ(newest[1].pod, "a");
  EXPECT_EQ(refusals.Newest(1).size(), 1u);
  EXPECT_EQ(refusals.Newest(0).size(), 0u);
}

TEST(RecentRefusals, WhatIsRefusedAgainCountsUpAndMovesToTheFront) {
  RecentRefusals refusals;
  refusals.Note(Refusal("a", "same"));
  refusals.Note(Refusal("b", "other"));
  refusals.Note(Refusal("a", "same"));
  const auto newest = refusals.Newest(10);
  ASSERT_EQ(newest.size(), 2u);
  EXPECT_EQ(newest[0].pod, "a");
  EXPECT_EQ(newest[0].count, 2u);
  EXPECT_EQ(newest[1].count, 1u);
  refusals.Note(Refusal("a", "for another reason"));
  EXPECT_EQ(refusals.Newest(10).size(), 3u);
}

TEST(RecentRefusals, WhatWasLetThroughIsNone) {
  RecentRefusals refusals;
  audit::Record record = Refusal("a", "");
  record.decision.action = policy::Action::kHarden;
  refusals.Note(record);
  EXPECT_EQ(refusals.Newest(10).size(), 0u);
}

TEST(RecentRefusals, AnErrorIsToldByItsText) {
  RecentRefusals refusals;
  audit::Record record = Refusal("a", "");
  record.error_id = "unparsable";
  record.error = "not a valid message";
  refusals.Note(record);
  const auto newest = refusals.Newest(1);
  ASSERT_EQ(newest.size(), 1u);
  EXPECT_EQ(newest[0].error_id, "unparsable");
  EXPECT_EQ(newest[0].text, "not a valid message");
}

TEST(RecentRefusals, IsBounded) {
  RecentRefusals refusals;
  const std::string long_text(100'000, 'x');
  for (int i = 0; i < 1000; ++i) {
    refusals.Note(Refusal("pod-" + std::to_string(i), long_text));
  }
  const auto newest = refusals.Newest(5000);
  ASSERT_EQ(newest.size(), RecentRefusals::kEntriesMax);
  EXPECT_EQ(newest.front().pod, "pod-999");
  EXPECT_EQ(newest.front().text.size(), RecentRefusals::kTextMax);
}

}  // namespace
}  // namespace sekisho::app
