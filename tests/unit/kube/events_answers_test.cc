// What an EventRecorder makes of the API server's answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "base/str_cat.h"
#include "unit/kube/event_recorder_fixture.h"

namespace sekisho::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

// --- answers

TEST_F(EventRecorderTest, ANameThatIsTakenIsChangedOnce) {
  Add("web-0");
  loop_.Pass(seconds(1));
  const std::string first = Body().at("metadata").at("name");
  Answer(409);
  ASSERT_EQ(requests(), 2u);
  EXPECT_EQ(loop_.all().back().method, "POST");
  EXPECT_NE(Body().at("metadata").at("name"), first);
  Answer(201);
  EXPECT_EQ(stats().created, 1u);
  EXPECT_EQ(stats().last_error, "");
  ExpectIdle();

  Add("web-1");
  loop_.Pass(seconds(1));
  Answer(409);
  Answer(409);
  EXPECT_EQ(requests(), 4u);
  EXPECT_EQ(stats().dropped, 1u);
  EXPECT_THAT(stats().last_error, HasSubstr("HTTP 409"));
  ExpectIdle();
  const std::string taken = Body().at("metadata").at("name");
  loop_.Pass(seconds(60));
  Add("web-1");
  loop_.Pass(seconds(1));
  EXPECT_NE(Body().at("metadata").at("name"), taken);
}

TEST_F(EventRecorderTest, AConflictOfAnUpdateIsTriedAgain) {
  Create("web-0");
  loop_.Pass(seconds(60));
  Add("web-0");
  loop_.Pass(seconds(1));
  const std::string path = Path();
  Answer(409);
  loop_.Pass(milliseconds(800));
  EXPECT_EQ(requests(), 3u);
  EXPECT_EQ(Path(), path);
  Answer(200);
  EXPECT_EQ(stats().updated, 1u);
  EXPECT_EQ(stats().dropped, 0u);
}

TEST_F(EventRecorderTest, APostThatWasDoneButNotAnsweredIsGoneOnWith) {
  Add("web-0");
  loop_.Pass(seconds(1));
  const std::string name = Body().at("metadata").at("name");
  Fail(absl::DeadlineExceededError("no answer within 15 s"));
  Add("web-0");
  loop_.Pass(seconds(1));
  EXPECT_EQ(Body().at("metadata").at("name"), name);
  Answer(409);
  ASSERT_EQ(requests(), 3u);
  EXPECT_EQ(loop_.all().back().method, "PATCH");
  EXPECT_EQ(Path(), "/api/v1/namespaces/shop/events/" + name);
  EXPECT_EQ(Body().at("count"), 2);
  Answer(200);
  EXPECT_EQ(stats().created, 1u);
  EXPECT_EQ(stats().updated, 1u);
  EXPECT_EQ(stats().dropped, 0u);
  ExpectIdle();
}

TEST_F(EventRecorderTest, AnEventThatIsGoneIsMadeAnew) {
  Create("web-0");
  const std::string name = Body().at("metadata").at("name");
  loop_.Pass(seconds(60));
  Add("web-0");
  loop_.Pass(seconds(1));
  ASSERT_EQ(loop_.all().back().method, "PATCH");
  Answer(404);
  ASSERT_EQ(loop_.all().back().method, "POST");
  EXPECT_EQ(Body().at("count"), 2) << "the count goes on";
  EXPECT_NE(Body().at("metadata").at("name"), name);
  Answer(404);  // the namespace is gone, too
  EXPECT_EQ(stats().dropped, 1u);
  ExpectIdle();
}

TEST_F(EventRecorderTest, ARefusalIsNotRetried) {
  const std::string status = R"({"kind":"Status","message":"events is \n forbidden","code":403})";
  uint64_t dropped = 0;
  for (const int code : {301, 400, 401, 403, 404, 405, 413, 415, 422}) {
    SCOPED_TRACE(code);
    const std::string pod = base::StrCat("web-", code);
    Add(pod);
    Add(pod);
    loop_.Pass(seconds(1));
    Answer(code, status);
    EXPECT_EQ(stats().dropped, dropped += 2);
    EXPECT_EQ(stats().last_error.find(base::StrCat("Event ", pod, ".")), 0u) << stats().last_error;
    EXPECT_THAT(stats().last_error,
                ::testing::EndsWith(base::StrCat(" in namespace shop: HTTP ", code,
                                                 ": events is \\x0a forbidden")));
    ExpectIdle();
  }
  // News of it are another matter, but not at once.
  const size_t before = requests();
  Add("web-422", "of later");
  loop_.Pass(seconds(28));
  EXPECT_EQ(requests(), before);
  loop_.Pass(seconds(2));
  EXPECT_EQ(requests(), before + 1);
  EXPECT_EQ(Body().at("count"), 1) << "those that were dropped are not told";
  Answer(201);
  EXPECT_EQ(stats().last_error, "");
}

TEST_F(EventRecorderTest, ARefusedUpdateLeavesTheEventAsItWas) {
  Create("web-0");
  loop_.Pass(seconds(60));
  Add("web-0");
  loop_.Pass(seconds(1));
  Answer(403);
  EXPECT_EQ(stats().dropped, 1u);
  ExpectIdle();
  loop_.Pass(seconds(60));
  Add("web-0");
  loop_.Pass(seconds(1));
  EXPECT_EQ(loop_.all().back().method, "PATCH");
  EXPECT_EQ(Body().at("count"), 2);
}

TEST_F(EventRecorderTest, AServerThatCannotIsAskedAgainAFewTimes) {
  struct Row {
    const char* name;
    Response response;
  };
  const std::array<Row, 9> rows = {{
      {"too many requests", {.status = {}, .code = 429, .retry_after = {}}},
      {"internal error", {.status = {}, .code = 500, .retry_after = {}}},
      {"unavailable", {.status = {}, .code = 503, .retry_after = {}}},
      {"no answer in time", {.status = {}, .code = 504, .retry_after = {}}},
      {"unreachable", {.status = absl::UnavailableError("no"), .code = 0, .retry_after = {}}},
      {"slow", {.status = absl::DeadlineExceededError("no"), .code = 0, .retry_after = {}}},
      {"no token", {.status = absl::FailedPreconditionError("no"), .code = 0, .retry_after = {}}},
      {"another CA", {.status = absl::UnauthenticatedError("no"), .code = 0, .retry_after = {}}},
      {"a 500 that breaks off",
       {.status = absl::UnavailableError("no"), .code = 500, .retry_after = {}}},
  }};
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    Start();
    const size_t before = requests();
    Add("web-0");
    loop_.Pass(seconds(1));
    const std::string body = loop_.all().back().body;
    loop_.Finish(Open(), row.response);
    EXPECT_NE(stats().last_error, "");
    loop_.Pass(milliseconds(799));
    EXPECT_EQ(requests(), before + 1);
    loop_.Pass(milliseconds(1));
    ASSERT_EQ(requests(), before + 2);
    EXPECT_EQ(loop_.all().back().body, body);
    loop_.Finish(Open(), row.response);
    loop_.Pass(milliseconds(1'599));
    EXPECT_EQ(requests(), before + 2);
    loop_.Pass(milliseconds(1));
    ASSERT_EQ(requests(), before + 3);
    EXPECT_EQ(stats().dropped, 0u);
    loop_.Finish(Open(), row.response);
    EXPECT_EQ(stats().dropped, 1u) << "after three tries";
    ExpectIdle();
    // The server may have recovered; until it has, the wait grows for the next Event as well.
    Add("web-1");
    loop_.Pass(milliseconds(3'199));
    EXPECT_EQ(requests(), before + 3);
    loop_.Pass(milliseconds(1));
    ASSERT_EQ(requests(), before + 4);
    Answer(201);
    EXPECT_EQ(stats().last_error, "");
    EXPECT_EQ(stats().created, 1u);
    ExpectIdle();
  }
}

TEST_F(EventRecorderTest, AServerThatAsksForTimeGetsIt) {
  Add("web-0");
  Add("web-1");
  loop_.Pass(seconds(1));
  loop_.Finish(Open(), {.status = {}, .code = 429, .retry_after = seconds(20)});
  loop_.Pass(milliseconds(19'999));
  EXPECT_EQ(requests(), 1u) << "also for the other Event";
  loop_.Pass(milliseconds(1));
  EXPECT_EQ(requests(), 2u);
}

TEST_F(EventRecorderTest, ASuccessEndsTheBackOff) {
  Add("web-0");
  loop_.Pass(seconds(1));
  Answer(503);
  loop_.Pass(seconds(1));
  Answer(503);
  loop_.Pass(seconds(2));
  Answer(201);
  Add("web-1");
  loop_.Pass(seconds(1));
  Answer(503);
  loop_.Pass(milliseconds(800));
  ASSERT_EQ(requests(), 5u) << "the first wait again";
  Answer(201);
  EXPECT_EQ(stats().created, 2u);
}

TEST_F(EventRecorderTest, WhatComesMeanwhileGoesWithTheRetry) {
  Add("web-0");
  loop_.Pass(seconds(1));
  Answer(503);
  Add("web-0", "violates too", "db");
  loop_.Pass(milliseconds(800));
  ASSERT_EQ(requests(), 2u);
  EXPECT_EQ(Body().at("count"), 2);
  EXPECT_THAT(Body().at("message").get<std::string>(), HasSubstr("container \"db\""));
  Answer(503);
  Add("web-0");
  loop_.Pass(seconds(2));
  Answer(503);
  EXPECT_EQ(stats().dropped, 3u);
  ExpectIdle();
}

TEST_F(EventRecorderTest, AnAnswerThatBreaksOffAfterItsFirstLineIsAnAnswer) {
  Add("web-0");
  loop_.Pass(seconds(1));
  loop_.Finish(Open(),
               {.status = absl::UnavailableError("broken"), .code = 201, .retry_after = {}});
  EXPECT_EQ(stats().created, 1u);
  ExpectIdle();
}

TEST_F(EventRecorderTest, AnEndlessAnswerIsReadNoFurther) {
  for (const int code : {201, 403}) {
    Add("web-0");
    loop_.Pass(seconds(30));
    const Loop::Id request = Open();
    const std::string part(10'000, ' ');
    int parts = 0;
    while (loop_.Body(request, code, part)) {
      ASSERT_LT(++parts, 1000);
    }
    EXPECT_GE(parts, 3) << "an Event of some kilobytes is read whole";
    EXPECT_LE(parts, 100);
  }
  EXPECT_EQ(stats().created, 1u);
  EXPECT_EQ(stats().dropped, 1u);
  EXPECT_THAT(stats().last_error, HasSubstr("HTTP 403"));
}

TEST_F(EventRecorderTest, WhateverTheBodyIsTheErrorIsShort) {
  const std::array<std::string, 8> bodies = {"",
                                             "no JSON",
                                             std::string(4096, '['),
                                             "[1]",
                                             R"({"message":7})",
                                             R"({"message":")" + std::string(3'000, 'm') + "\"}",
                                             R"({"message":")" + std::string(60'000, 'm') + "\"}",
                                             "\xff\xfe{\"message\":\"a\"}"};
  for (const std::string& body : bodies) {
    Start();
    Add("web-0");
    loop_.Pass(seconds(1));
    Answer(403, body);
    EXPECT_THAT(stats().last_error, HasSubstr("HTTP 403"));
    EXPECT_LT(stats().last_error.size(), 400u);
  }
}

}  // namespace
}  // namespace sekisho::kube
