// The lists of a reflector.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "log/log.h"
#include "reflector_bench.h"

namespace sekisho::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

using ReflectorList = ReflectorBench;

constexpr auto kFirstList = "/p?limit=500&resourceVersion=0";
constexpr auto kConsistentList = "/p?limit=500";

TEST_F(ReflectorList, NothingIsSentBeforeTheStart) {
  reflector_ = std::make_unique<Reflector>(options_, loop_, store_);
  loop_.Pass(seconds(1000));
  EXPECT_THAT(loop_.all(), IsEmpty());
  reflector_->Start();
  reflector_->Start();
  EXPECT_EQ(loop_.all().size(), 1U);
}

TEST_F(ReflectorList, TheStartIsARandomPartOfTheJitterLater) {
  options_.start_jitter = milliseconds(10'000);
  loop_.SetRandom(0.25);
  Start();
  EXPECT_EQ(Wait(), 2500);
  EXPECT_EQ(Path(), kFirstList);
}

TEST_F(ReflectorList, TheFirstListIsFromTheCacheAndOfMetadataAlone) {
  Start();
  const Request& request = loop_.request(Only());
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.path, kFirstList);
  EXPECT_EQ(request.accept,
            "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json");
  EXPECT_TRUE(request.compressed);
  EXPECT_EQ(request.total_timeout, options_.list_timeout);
  EXPECT_EQ(loop_.timers(), 0U);
}

TEST_F(ReflectorList, WhatIsListedIsConfirmedAndWatched) {
  Start();
  const std::string body = List("10", {Object("a", "1", "3"), Object("b", "2", "4")});
  loop_.Answer(Only(), 200, body);
  EXPECT_THAT(store_.objects, ElementsAre(Pair("a", "1"), Pair("b", "2")));
  EXPECT_THAT(store_.confirmed, ElementsAre("10"));
  EXPECT_EQ(Path(), "/p?watch=1&allowWatchBookmarks=true&timeoutSeconds=300&resourceVersion=10");
  EXPECT_EQ(stats().lists, 1U);
  EXPECT_EQ(stats().bytes, body.size());
  EXPECT_EQ(stats().failures, 0U);
}

TEST_F(ReflectorList, TheQueryIsAddedToBoth) {
  options_.query = "fieldSelector=metadata.name%3Dn";
  Start();
  EXPECT_EQ(Path(), "/p?fieldSelector=metadata.name%3Dn&limit=500&resourceVersion=0");
  loop_.Answer(Only(), 200, List("10", {}));
  EXPECT_THAT(Path(), HasSubstr("/p?fieldSelector=metadata.name%3Dn&watch=1&"));
}

TEST_F(ReflectorList, PagesAreOneList) {
  options_.page_size = 2;
  Start();
  EXPECT_EQ(Path(), "/p?limit=2&resourceVersion=0");
  loop_.Answer(Only(), 200, List("10", {Object("a", "1", "3"), Object("b", "2", "4")}, "t=&1"));
  EXPECT_EQ(Path(), "/p?limit=2&continue=t%3D%261");
  EXPECT_THAT(store_.objects, IsEmpty()) << "not before the last page";
  loop_.Answer(Only(), 200, List("11", {Object("c", "3", "5")}, "t2"));
  EXPECT_EQ(Path(), "/p?limit=2&continue=t2");
  loop_.Answer(Only(), 200, List("12", {}));
  EXPECT_EQ(store_.objects.size(), 3U);
  EXPECT_THAT(store_.confirmed, ElementsAre("10")) << "the first page's version is safe";
  EXPECT_EQ(store_.begun, 1);
  EXPECT_EQ(stats().lists, 1U);
}

TEST_F(ReflectorList, AllPagesTogetherHaveTheListsTime) {
  Start();
  loop_.Pass(seconds(20));
  loop_.Answer(Only(), 200, List("10", {Object("a", "1", "3")}, "t"));
  EXPECT_EQ(loop_.request(Only()).total_timeout, seconds(40));
  loop_.Pass(seconds(40));
  loop_.Answer(Only(), 200, List("10", {Object("b", "1", "3")}, "t"));
  EXPECT_EQ(stats().last_error, "list of namespaces: its pages took too long");
  EXPECT_EQ(store_.abandoned, 1);
  EXPECT_EQ(Wait(), 800);
  EXPECT_EQ(Path(), kFirstList);
}

// What a list may not be. Each row is the body of a 200.
struct BadBody {
  std::string name;
  std::string body;
  std::string error;
};

TEST_F(ReflectorList, WhatIsNotWholeIsAbandoned) {
  const std::vector<BadBody> rows = {
      {"nothing", "", "cut short"},
      {"cut", List("10", {Object("a", "1", "3")}).substr(0, 150), "cut short"},
      {"malformed", R"({"kind":"NamespaceList","items":[{"a":}]})", "malformed JSON"},
      {"no version", R"({"kind":"NamespaceList","metadata":{},"items":[]})",
       "the list has no resourceVersion"},
      {"an empty version", List("", {}), "the list has no resourceVersion"},
      {"version 0", List("0", {}), "the list has no resourceVersion"},
      {"a number for a version",
       R"({"kind":"NamespaceList","metadata":{"resourceVersion":7},"items":[]})",
       "the list has no resourceVersion"},
      {"no metadata", R"({"kind":"NamespaceList","items":[]})", "the list has no resourceVersion"},
      {"no items", R"({"kind":"NamespaceList","metadata":{"resourceVersion":"7"}})",
       "the answer is no list"},
      {"another kind", R"({"kind":"Namespace","metadata":{"resourceVersion":"7"},"items":[]})",
       "the answer is no list"},
      {"no kind", R"({"metadata":{"resourceVersion":"7"},"items":[]})", "the answer is no list"},
      {"a Status", StatusObject(500, "InternalError", "boom"), "500 InternalError: boom"},
      {"an object that the store refuses", List("7", {Object("bad", "", "3")}),
       "bad: it is refused"},
      {"brackets that do not match", List("7", {R"({"a":)"}), "malformed JSON"},
      {"an empty page that is not the last one", List("7", {}, "t"),
       "an empty page is not the last one"},
  };
  Start();
  loop_.Answer(Only(), 200, List("5", {Object("kept", "1", "3")}));
  for (const BadBody& row : rows) {
    SCOPED_TRACE(row.name);
    Body("x\n");  // ends the watch so that a list follows
    Wait();
    ASSERT_EQ(Path(), "/p?resourceVersion=5&resourceVersionMatch=NotOlderThan");
    const int abandoned = store_.abandoned;
    const uint64_t failures = stats().failures;
    loop_.Answer(Only(), 200, row.body);
    EXPECT_TRUE(Waiting());
    EXPECT_EQ(store_.abandoned, abandoned + 1);
    EXPECT_EQ(stats().failures, failures + 1);
    EXPECT_THAT(stats().last_error, HasSubstr(row.error));
    EXPECT_THAT(store_.objects, ElementsAre(Pair("kept", "1")));
    EXPECT_THAT(store_.confirmed, ::testing::Each("5"));
    EXPECT_EQ(loop_.timers(), 1U);
    Wait();
    loop_.Answer(Only(), 200, List("5", {Object("kept", "1", "3")}));
    EXPECT_EQ(stats().last_error, "");
    loop_.Pass(seconds(121));  // and the back-off is forgotten
  }
  EXPECT_EQ(stats().lists, 1 + rows.size());
}

TEST_F(ReflectorList, AListThatBreaksOffIsNoList) {
  Start();
  Body(List("10", {Object("a", "1", "3")}));
  Break();
  EXPECT_EQ(store_.abandoned, 1);
  EXPECT_EQ(stats().last_error, "list of namespaces: connection reset");
  EXPECT_THAT(store_.objects, IsEmpty());
  EXPECT_EQ(Wait(), 800);
  EXPECT_EQ(Path(), kFirstList);
}

TEST_F(ReflectorList, ItemsMayBeNull) {
  Start();
  loop_.Answer(Only(), 200,
               R"({"kind":"NamespaceList","metadata":{"resourceVersion":"7"},"items":null})");
  EXPECT_THAT(store_.confirmed, ElementsAre("7"));
}

TEST_F(ReflectorList, TooManyObjectsAreNotKept) {
  options_.objects_max = 2;
  Start();
  loop_.Answer(Only(), 200, List("10", {Object("a", "1", "3"), Object("b", "1", "3")}, "t"));
  loop_.Answer(Only(), 200, List("10", {Object("c", "1", "3")}));
  EXPECT_EQ(stats().last_error, "list of namespaces: there are more than 2");
  EXPECT_EQ(store_.abandoned, 1);
  EXPECT_EQ(Wait(), 800);
  loop_.Answer(Only(), 200, List("10", {Object("a", "1", "3"), Object("b", "1", "3")}));
  EXPECT_EQ(store_.objects.size(), 2U) << "just as many are";
}

TEST_F(ReflectorList, AnObjectThatIsTooLargeIsNotRead) {
  options_.object_bytes_max = 200;
  Start();
  loop_.Answer(Only(), 200, List("10", {Object("a", std::string(200, 'x'), "3")}));
  EXPECT_EQ(stats().last_error, "list of namespaces: an object of more than 200 bytes");
  EXPECT_EQ(Wait(), 800);
}

struct BadCode {
  std::string name;
  int code;
  std::string body;
  std::string error;
  std::string next = kFirstList;
};

TEST_F(ReflectorList, EveryCodeThatIsNot200IsAFailure) {
  const std::string too_large =
      StatusObject(504, "Timeout", "Too large resource version: 9, current: 7",
                   R"({"causes":[{"reason":"ResourceVersionTooLarge"}]})");
  const std::vector<BadCode> rows = {
      {"401", 401, StatusObject(401, "Unauthorized", "no"),
       "401 Unauthorized: no; the API server does not accept the agent's credentials"},
      {"403", 403, StatusObject(403, "Forbidden", "namespaces is forbidden"),
       "403 Forbidden: namespaces is forbidden; the agent needs get, list and watch on namespaces"},
      {"404 of a proxy", 404, "404 page not found\n", "404"},
      {"500", 500, StatusObject(500, "InternalError", "boom"), "500 InternalError: boom"},
      {"502 in HTML", 502, "<html>\n", "502"},
      {"no body", 503, "", "503"},
      {"another success", 204, "", "204"},
      {"a redirect", 302, "", "302"},
      {"a body without end", 500, std::string(200'000, '{'), "500"},
      {"gone", 410, StatusObject(410, "Expired", "too old"), "410 Expired: too old",
       kConsistentList},
      {"too large", 504, too_large, "504 Timeout: Too large resource version: 9, current: 7",
       kConsistentList},
      {"too large of old", 504, StatusObject(504, "Timeout", "Too large resource version: 9"),
       "504 Timeout: Too large resource version: 9", kConsistentList},
      {"another timeout", 504, StatusObject(504, "Timeout", "slow"), "504 Timeout: slow"},
      {"a version that is none", 400, StatusObject(400, "BadRequest", "invalid resource version"),
       "400 BadRequest: invalid resource version", kConsistentList},
  };
  for (const BadCode& row : rows) {
    SCOPED_TRACE(row.name);
    FakeLoop loop;
    NotingStore store;
    Reflector reflector(options_, loop, store);
    reflector.Start();
    loop.Answer(loop.open().front(), row.code, row.body);
    EXPECT_THAT(loop.open(), IsEmpty());
    EXPECT_EQ(store.abandoned, 1);
    EXPECT_EQ(reflector.stats().last_error, "list of namespaces: " + row.error);
    loop.Pass(milliseconds(799));
    EXPECT_THAT(loop.open(), IsEmpty());
    loop.Pass(milliseconds(1));
    ASSERT_EQ(loop.open().size(), 1U);
    EXPECT_EQ(loop.all().back().path, row.next);
  }
}

TEST_F(ReflectorList, TheCodeCountsEvenWhenItsBodyBreaksOff) {
  Start();
  loop_.Body(Only(), 410, "{");
  Break(410);
  Wait();
  EXPECT_EQ(Path(), kConsistentList);
}

TEST_F(ReflectorList, AConsistentListStaysOneUntilItSucceeds) {
  Start();
  loop_.Answer(Only(), 410, "");
  Wait();
  EXPECT_EQ(Path(), kConsistentList);
  loop_.Answer(Only(), 500, "");
  Wait();
  EXPECT_EQ(Path(), kConsistentList);
  loop_.Answer(Only(), 200, List("10", {}));
  ASSERT_TRUE(IsWatch());
  Body("x\n");
  Wait();
  EXPECT_EQ(Path(), "/p?resourceVersion=10&resourceVersionMatch=NotOlderThan");
}

TEST_F(ReflectorList, ATokenThatHasExpiredBeginsTheListAgainAsAWhole) {
  Start();
  loop_.Answer(Only(), 200, List("10", {Object("a", "1", "3")}, "t"));
  loop_.Answer(Only(), 410, StatusObject(410, "Expired", "the token is too old"));
  EXPECT_EQ(Path(), "/p") << "at once";
  EXPECT_EQ(store_.abandoned, 1);
  EXPECT_EQ(stats().failures, 1U);
  loop_.Answer(Only(), 200, List("12", {Object("b", "1", "3")}));
  EXPECT_THAT(store_.objects, ElementsAre(Pair("b", "1")));
  EXPECT_TRUE(IsWatch());
}

TEST_F(ReflectorList, ATokenThatExpiresAgainIsABackOff) {
  Start();
  for (int i = 0; i < 3; ++i) {
    SCOPED_TRACE(i);
    EXPECT_EQ(Path(), i == 0 ? kFirstList : kConsistentList);
    loop_.Answer(Only(), 200, List("10", {Object("a", "1", "3")}, "t"));
    loop_.Answer(Only(), 410, "");
    EXPECT_EQ(Path(), "/p");
    // The server pages all the same.
    loop_.Answer(Only(), 200, List("10", {Object("a", "1", "3")}, "t"));
    EXPECT_EQ(Path(), "/p?continue=t");
    loop_.Answer(Only(), 410, "");
    EXPECT_EQ(Wait(), 800 << i);
  }
}

TEST_F(ReflectorList, AFailureOfALaterPageBeginsFromTheFirst) {
  Start();
  loop_.Answer(Only(), 200, List("10", {Object("a", "1", "3")}, "t"));
  loop_.Answer(Only(), 500, "");
  EXPECT_EQ(Wait(), 800);
  EXPECT_EQ(Path(), kFirstList);
  EXPECT_EQ(store_.begun, 2);
}

TEST_F(ReflectorList, RetryAfterIsObeyed) {
  for (const int code : {429, 503}) {
    Start();
    loop_.Finish(Only(), {.status = absl::OkStatus(), .code = code, .retry_after = seconds(17)});
    EXPECT_EQ(Wait(), 17'000);
    reflector_.reset();
  }
  // Not every server says it in a header.
  Start();
  loop_.Answer(Only(), 429, StatusObject(429, "TooManyRequests", "", R"({"retryAfterSeconds":5})"));
  EXPECT_EQ(Wait(), 5'000);
}

TEST_F(ReflectorList, AServerThatKnowsNoMetadataIsAskedForWholeObjects) {
  Start();
  loop_.Answer(Only(), 406, StatusObject(406, "NotAcceptable", "no"));
  EXPECT_EQ(Path(), kFirstList) << "at once";
  EXPECT_EQ(loop_.request(Only()).accept, "application/json");
  EXPECT_EQ(store_.abandoned, 1);
  loop_.Answer(Only(), 406, "");
  EXPECT_EQ(Wait(), 800) << "but not for ever";
  EXPECT_EQ(loop_.request(Only()).accept, "application/json");
  loop_.Answer(Only(), 200, List("10", {}));
  ASSERT_TRUE(IsWatch());
  EXPECT_EQ(loop_.request(Only()).accept, "application/json");
}

TEST_F(ReflectorList, FailuresWithoutAnAnswerBackOff) {
  Start();
  std::vector<int64_t> waits;
  for (int i = 0; i < 8; ++i) {
    Break(0);
    waits.push_back(Wait());
  }
  EXPECT_THAT(waits, ElementsAre(800, 1600, 3200, 6400, 12800, 25600, 30000, 30000));
  EXPECT_EQ(stats().failures, 8U);
  EXPECT_EQ(stats().last_error, "list of namespaces: connection reset");
  EXPECT_EQ(store_.abandoned, 8);
}

// Other tests see last_error; this one sees that nobody fills the journal.
TEST_F(ReflectorList, OnlyTheFirstFailureAndTheRecoveryAreLogged) {
  log::Init("debug");
  ::testing::internal::CaptureStderr();
  Start();
  for (int i = 0; i < 3; ++i) {
    loop_.Answer(Only(), 500, StatusObject(500, "InternalError", "boom"));
    Wait();
  }
  loop_.Answer(Only(), 200, List("10", {}));
  Body(Bookmark("11"));
  Body(Bookmark("12"));
  Break();
  const std::string text = ::testing::internal::GetCapturedStderr();
  log::SetLevel("error");
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3) << text;
  EXPECT_THAT(text, HasSubstr("warning kube: list of namespaces: 500 InternalError: boom\n"));
  EXPECT_THAT(text, HasSubstr("info kube: the API server tells of namespaces again\n"));
  EXPECT_THAT(text, HasSubstr("warning kube: watch of namespaces: connection reset\n"));
}

TEST_F(ReflectorList, NothingIsLeftBehindByTheDestructor) {
  Start();
  Body(R"({"items":[{"metadata":)");
  reflector_.reset();
  EXPECT_THAT(loop_.open(), IsEmpty());
  EXPECT_EQ(loop_.timers(), 0U);
  EXPECT_EQ(store_.abandoned, 1) << "the store outlives it, and may get another list";

  Start();
  loop_.Answer(Only(), 500, "");
  EXPECT_EQ(loop_.timers(), 1U);
  reflector_.reset();
  EXPECT_EQ(loop_.timers(), 0U);

  NotingStore other;
  Reflector(options_, loop_, other).Start();
  EXPECT_THAT(loop_.open(), IsEmpty());
}

}  // namespace
}  // namespace sekisho::kube
