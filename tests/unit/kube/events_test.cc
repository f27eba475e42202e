// What an Event is made of, when it goes out, and how many there can be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "base/str_cat.h"
#include "unit/kube/event_recorder_fixture.h"

namespace sekisho::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::StartsWith;

// --- aggregation

TEST_F(EventRecorderTest, TheFirstWaitsForCompany) {
  ExpectIdle();
  Add("web-0", "violates", "a");
  loop_.Pass(milliseconds(600));
  Add("web-0", "violates too", "b");
  loop_.Pass(milliseconds(399));
  EXPECT_EQ(requests(), 0u);
  EXPECT_EQ(loop_.timers(), 1u);
  loop_.Pass(milliseconds(1));
  ASSERT_EQ(requests(), 1u);
  EXPECT_EQ(loop_.request(Open()).method, "POST");
  EXPECT_EQ(Path(), "/api/v1/namespaces/shop/events");
  EXPECT_EQ(Body().at("count"), 2);
  EXPECT_EQ(Body().at("message"), "container \"a\": violates; container \"b\": violates too");
  EXPECT_EQ(Body().at("reportingInstance"), "worker-1");
  EXPECT_THAT(Body().at("metadata").at("name").get<std::string>(), StartsWith("web-0."));
  Answer(201);
  EXPECT_EQ(stats().created, 1u);
  EXPECT_EQ(stats().updated, 0u);
  EXPECT_EQ(stats().dropped, 0u);
  ExpectIdle();
}

TEST_F(EventRecorderTest, FurtherOnesRaiseTheCountNowAndThen) {
  Create("web-0");
  const std::string name = Body().at("metadata").at("name");
  for (int i = 0; i < 5; ++i) {
    loop_.Pass(seconds(5));
    Add("web-0", base::StrCat("violates ", i));
  }
  EXPECT_EQ(requests(), 1u);
  loop_.Pass(seconds(4));
  EXPECT_EQ(requests(), 1u);
  loop_.Pass(seconds(1));  // 30 s after the request before
  ASSERT_EQ(requests(), 2u);
  EXPECT_EQ(loop_.request(Open()).method, "PATCH");
  EXPECT_EQ(Path(), "/api/v1/namespaces/shop/events/" + name);
  EXPECT_EQ(Body().at("count"), 6);
  EXPECT_EQ(Body().at("message"), "container \"web\": violates 4");
  Answer(200);
  EXPECT_EQ(stats().updated, 1u);
  ExpectIdle();

  // After a long time it waits for company only.
  loop_.Pass(std::chrono::minutes(10));
  Add("web-0");
  loop_.Pass(milliseconds(999));
  EXPECT_EQ(requests(), 2u);
  loop_.Pass(milliseconds(1));
  EXPECT_EQ(requests(), 3u);
  EXPECT_EQ(Body().at("count"), 7);
}

TEST_F(EventRecorderTest, WhatComesWhileARequestIsInFlightIsToldLater) {
  Add("web-0");
  loop_.Pass(seconds(1));
  const Loop::Id request = Open();
  Add("web-0", "violates again");
  loop_.Pass(seconds(20));
  EXPECT_EQ(requests(), 1u);
  loop_.Answer(request, 201, "{}");
  loop_.Pass(seconds(9));
  EXPECT_EQ(requests(), 1u);
  loop_.Pass(seconds(1));
  EXPECT_EQ(requests(), 2u) << "30 s after the request was sent";
  EXPECT_EQ(Body().at("count"), 2);
  Answer(200);
  ExpectIdle();
}

TEST_F(EventRecorderTest, EachPodAndReasonHasItsOwnOneRequestAtATime) {
  std::vector<Notice> notices(5, NoticeOf("web-0", "text"));
  notices[1].reason = EventReason::kHardened;
  notices[2].pod_uid = "another";
  notices[3].namespace_ = "other";
  notices[4].container = "db";  // the same as the first
  recorder_->Add(notices);
  loop_.Pass(seconds(1));
  std::set<std::string> names;
  std::vector<int> counts;
  while (!loop_.open().empty()) {
    names.insert(Path() + " " + Body().at("metadata").at("name").get<std::string>());
    counts.push_back(Body().at("count"));
    Answer(201);
  }
  EXPECT_EQ(names.size(), 4u);
  EXPECT_THAT(counts, ::testing::UnorderedElementsAre(2, 1, 1, 1));
  EXPECT_EQ(stats().created, 4u);
  ExpectIdle();
}

TEST_F(EventRecorderTest, NamesThatKubernetesCouldNotHaveAreDropped) {
  std::vector<Notice> notices(3, NoticeOf("web-0", "text"));
  notices[0].pod = "../../nodes";
  notices[1].namespace_ = "..";
  notices[2].pod_uid = "";
  recorder_->Add(notices);
  EXPECT_EQ(stats().dropped, 3u);
  ExpectIdle();
}

TEST_F(EventRecorderTest, AnEventWithoutNewsIsForgotten) {
  Create("web-0");
  for (int i = 0; i < 2; ++i) {
    loop_.Pass(seconds(3'599));  // 60 minutes after the notice before
    Add("web-0");
    loop_.Pass(seconds(1));
    EXPECT_EQ(loop_.all().back().method, "PATCH") << i;
    Answer(200);
  }
  loop_.Pass(std::chrono::minutes(61));
  Add("web-0");
  loop_.Pass(seconds(1));
  EXPECT_EQ(loop_.all().back().method, "POST");
  EXPECT_EQ(Body().at("count"), 1);
  EXPECT_EQ(stats().dropped, 0u);
}

// --- bounds

TEST_F(EventRecorderTest, WhatIsOverTheRateWaitsAndAggregates) {
  options_.burst = 2;
  options_.per_second = 0.5;
  Start();
  for (int i = 0; i < 4; ++i) {
    Add(base::StrCat("web-", i));
  }
  loop_.Pass(seconds(1));
  Answer(201);
  Answer(201);
  EXPECT_EQ(requests(), 2u);
  EXPECT_TRUE(loop_.open().empty());
  for (int i = 0; i < 4; ++i) {
    Add(base::StrCat("web-", i));
  }
  // The burst was spent now: a token comes every two seconds.
  loop_.Pass(milliseconds(1'999));
  EXPECT_EQ(requests(), 2u);
  loop_.Pass(milliseconds(1));
  EXPECT_EQ(requests(), 3u);
  EXPECT_EQ(Body().at("count"), 2);
  Answer(201);
  loop_.Pass(seconds(2));
  EXPECT_EQ(requests(), 4u);
  EXPECT_EQ(Body().at("count"), 2);
  Answer(201);
  EXPECT_EQ(stats().dropped, 0u);
  EXPECT_EQ(loop_.timers(), 1u) << "for the updates of the first two";
}

TEST_F(EventRecorderTest, RetriesTakeFromTheRateToo) {
  options_.burst = 1;
  options_.per_second = 0.1;
  Start();
  Add("web-0");
  loop_.Pass(seconds(1));
  Answer(503);
  loop_.Pass(milliseconds(9'999));
  EXPECT_EQ(requests(), 1u);
  loop_.Pass(milliseconds(1));
  EXPECT_EQ(requests(), 2u);
}

TEST_F(EventRecorderTest, WhenThereAreTooManyTheOneLongestWithoutNewsGoes) {
  options_.events_max = 3;
  Start();
  Create("told");
  Add("first");
  Add("first");
  Add("second");
  Add("first");  // touched again
  EXPECT_EQ(stats().dropped, 0u);
  Add("third");  // instead of "told", of which nothing is unsent
  EXPECT_EQ(stats().dropped, 0u);
  Add("fourth");  // instead of "second"
  EXPECT_EQ(stats().dropped, 1u);
  Add("fifth");  // instead of "first"
  EXPECT_EQ(stats().dropped, 4u);
  loop_.Pass(seconds(1));
  std::set<std::string> pods;
  while (!loop_.open().empty()) {
    pods.insert(Body().at("involvedObject").at("name"));
    Answer(201);
  }
  EXPECT_EQ(pods, (std::set<std::string>{"third", "fourth", "fifth"}));
  ExpectIdle();
}

TEST_F(EventRecorderTest, TheOneInFlightStays) {
  options_.events_max = 1;
  Start();
  Add("web-0");
  loop_.Pass(seconds(1));
  const Loop::Id request = Open();
  Add("web-1");
  EXPECT_EQ(stats().dropped, 1u) << "there is no room for it";
  loop_.Answer(request, 201, "{}");
  EXPECT_EQ(stats().created, 1u);
  Add("web-0");
  loop_.Pass(seconds(30));
  ASSERT_EQ(requests(), 2u);
  EXPECT_EQ(loop_.all().back().method, "PATCH") << "it is known still";
  Answer(200);
  Add("web-1");
  EXPECT_EQ(stats().dropped, 1u) << "now there is";
}

TEST_F(EventRecorderTest, WhatIsNotToldIsNotForgotten) {
  options_.remember = std::chrono::minutes(1);
  Start();
  Add("web-0");
  loop_.Pass(seconds(1));
  loop_.Finish(Open(), {.status = {}, .code = 503, .retry_after = seconds(300)});
  loop_.Pass(seconds(200));
  Add("web-1");
  loop_.Pass(seconds(100));
  EXPECT_EQ(Body().at("involvedObject").at("name"), "web-0");
}

TEST_F(EventRecorderTest, NothingComesAfterItsEnd) {
  Add("web-0");
  recorder_.reset();
  ExpectIdle();
  Start();
  Add("web-0");
  loop_.Pass(seconds(1));
  EXPECT_EQ(loop_.open().size(), 1u);
  recorder_.reset();
  ExpectIdle();
}

}  // namespace
}  // namespace sekisho::kube
