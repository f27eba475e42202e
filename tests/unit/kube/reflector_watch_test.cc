// The watches of a reflector.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "reflector_bench.h"

namespace sekisho::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

using ReflectorWatch = ReflectorBench;

constexpr auto kWatchPrefix = "/p?watch=1&allowWatchBookmarks=true&timeoutSeconds=";
constexpr auto kNotOlderThan10 = "/p?resourceVersion=10&resourceVersionMatch=NotOlderThan";
constexpr auto kConsistentList = "/p?limit=500";

std::string WatchFrom(const std::string& version) {
  return base::StrCat(kWatchPrefix, 300, "&resourceVersion=", version);
}

TEST_F(ReflectorWatch, IsAskedForWithBookmarksAndARandomEnd) {
  struct Row {
    double random;
    int timeout;
  };
  for (const Row& row : {Row{0, 300}, Row{0.5, 450}, Row{0.999, 599}}) {
    loop_.SetRandom(row.random);
    StartWatch();
    EXPECT_EQ(Path(), base::StrCat(kWatchPrefix, row.timeout, "&resourceVersion=10"));
    reflector_.reset();
  }
}

TEST_F(ReflectorWatch, IsOfMetadataAloneAndHasNoTimeOfItsOwn) {
  StartWatch();
  const Request& request = loop_.request(Only());
  EXPECT_EQ(request.accept,
            "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json");
  EXPECT_FALSE(request.compressed);
  EXPECT_EQ(request.total_timeout, milliseconds(0));
  EXPECT_EQ(loop_.timers(), 1U) << "the idle timer and no other";
}

TEST_F(ReflectorWatch, ACopyFromBeforeIsWatchedOnWithoutAList) {
  options_.resource_version = "77";
  Start();
  EXPECT_EQ(Path(), WatchFrom("77"));
  Body(Bookmark("80"));
  EXPECT_THAT(store_.confirmed, ElementsAre("80"));
  EXPECT_EQ(store_.begun, 0);
}

TEST_F(ReflectorWatch, AVersionThatIsNoneIsNotWatched) {
  for (const std::string& version : {std::string("0"), std::string(300, '1')}) {
    options_.resource_version = version;
    Start();
    EXPECT_EQ(Path(), "/p?limit=500&resourceVersion=0");
    reflector_.reset();
  }
}

TEST_F(ReflectorWatch, ACopyFromBeforeThatIsTooOldIsListedAnew) {
  struct Row {
    std::string name;
    int code;
    std::string body;
  };
  const std::vector<Row> rows = {
      {"gone by its code", 410, StatusObject(410, "Expired", "too old resource version")},
      {"gone by a message", 200, Message("ERROR", StatusObject(410, "Expired", "too old"))},
      {"another cluster's", 400, StatusObject(400, "BadRequest", "Invalid value")},
      {"from the future", 504,
       StatusObject(504, "Timeout", "", R"({"causes":[{"reason":"ResourceVersionTooLarge"}]})")},
  };
  options_.resource_version = "77";
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    Start();
    loop_.Answer(Only(), row.code, row.body);
    EXPECT_EQ(Wait(), 800);
    EXPECT_EQ(Path(), kConsistentList);
    EXPECT_THAT(store_.confirmed, IsEmpty());
    reflector_.reset();
  }
}

TEST_F(ReflectorWatch, ChangesComeToTheStore) {
  StartWatch();
  Body(Message("ADDED", Object("b", "2", "11")));
  EXPECT_THAT(store_.objects, ElementsAre(Pair("a", "1"), Pair("b", "2")));
  EXPECT_THAT(store_.confirmed, ElementsAre("11"));
  Body(Message("MODIFIED", Object("a", "3", "12")) + Message("DELETED", Object("b", "2", "13")));
  EXPECT_THAT(store_.objects, ElementsAre(Pair("a", "3")));
  EXPECT_THAT(store_.confirmed, ElementsAre("11", "13")) << "once for each part";
  Body(Bookmark("20"));
  EXPECT_THAT(store_.confirmed, ElementsAre("11", "13", "20"));
  EXPECT_EQ(stats().changes, 3U);
  EXPECT_EQ(stats().watches, 1U);
  EXPECT_EQ(loop_.timers(), 1U);
}

TEST_F(ReflectorWatch, MessagesMayBeCutAnywhere) {
  StartWatch();
  const std::string body = "\n" + Message("ADDED", Object("関所", "2", "11")) + "\n \n" +
                           Message("DELETED", Object("a", "1", "12")) + Bookmark("15");
  for (const char c : body) {
    Body(std::string(1, c));
  }
  EXPECT_THAT(store_.objects, ElementsAre(Pair("関所", "2")));
  EXPECT_THAT(store_.confirmed, ElementsAre("11", "12", "15"));
}

TEST_F(ReflectorWatch, ARegularEndIsWatchedOnFromTheLastVersion) {
  StartWatch();
  Body(Bookmark("20"));
  loop_.Pass(seconds(5));
  Finish();
  EXPECT_EQ(Path(), WatchFrom("20")) << "at once";
  EXPECT_EQ(stats().failures, 0U);
  EXPECT_EQ(loop_.timers(), 1U);
}

TEST_F(ReflectorWatch, ARegularEndWithoutAMessageConfirmsWhatIsKnown) {
  StartWatch();
  loop_.Pass(seconds(1));
  EXPECT_THAT(store_.confirmed, IsEmpty());
  Finish();
  EXPECT_THAT(store_.confirmed, ElementsAre("10"));
  EXPECT_EQ(Path(), WatchFrom("10"));
  EXPECT_EQ(stats().watches, 1U);
  EXPECT_EQ(stats().failures, 0U);
}

TEST_F(ReflectorWatch, TheLastMessageMayHaveNoEnd) {
  StartWatch();
  std::string message = Message("ADDED", Object("b", "2", "11"));
  message.pop_back();
  Body(message);
  EXPECT_EQ(store_.objects.size(), 1U);
  loop_.Pass(seconds(5));
  Finish();
  EXPECT_EQ(store_.objects.size(), 2U);
  EXPECT_EQ(Path(), WatchFrom("11"));
  EXPECT_EQ(loop_.timers(), 1U);
}

TEST_F(ReflectorWatch, AServerThatEndsEveryWatchAtOnceIsNotAskedInALoop) {
  StartWatch();
  std::vector<int64_t> waits;
  for (int i = 0; i < 8; ++i) {
    loop_.Pass(milliseconds(999));
    Finish();
    waits.push_back(Wait());
    EXPECT_EQ(Path(), WatchFrom("10"));
  }
  EXPECT_THAT(waits, ElementsAre(800, 1600, 3200, 6400, 12800, 25600, 30000, 30000));
  EXPECT_THAT(store_.confirmed, IsEmpty());
  EXPECT_EQ(stats().failures, 8U);
  EXPECT_EQ(stats().watches, 0U);
  EXPECT_EQ(stats().last_error, "watch of namespaces: the server ended it at once");
}

TEST_F(ReflectorWatch, AServerThatEndsEveryWatchAfterOneMessageIsAskedOnceASecond) {
  StartWatch();
  for (int i = 0; i < 5; ++i) {
    Body(Bookmark(base::StrCat(20 + i)));
    loop_.Pass(milliseconds(300));
    Finish();
    EXPECT_EQ(Wait(), 700);
  }
  EXPECT_EQ(stats().failures, 0U);
}

// What makes the watch end, and what follows.
struct BadMessage {
  std::string name;
  std::string line;
  std::string error;
  std::string next;
};

TEST_F(ReflectorWatch, WhatCannotBeTakenEndsIt) {
  const std::string error_500 = StatusObject(500, "InternalError", "boom");
  const std::vector<BadMessage> rows = {
      {"malformed", "{\n", "malformed JSON", kNotOlderThan10},
      {"no JSON", "<html>\n", "malformed JSON", kNotOlderThan10},
      {"no object", "7\n", "JSON that is no object", kNotOlderThan10},
      {"two on a line", "{} {}\n", "malformed JSON", kNotOlderThan10},
      {"a message over two lines", "{\n}\n", "malformed JSON", kNotOlderThan10},
      {"too deep", std::string(65, '[') + "\n", "JSON that is nested too deeply", kNotOlderThan10},
      {"no object in it",
       R"({"type":"ADDED"})"
       "\n",
       "a message without an object", kNotOlderThan10},
      {"a Status of its own", error_500 + "\n", "a message without an object", kNotOlderThan10},
      {"an unknown type", Message("RENAMED", Object("b", "2", "11")),
       "a message of an unknown type", kNotOlderThan10},
      {"a type in small letters", Message("added", Object("b", "2", "11")),
       "a message of an unknown type", kNotOlderThan10},
      {"no version", Message("ADDED", R"({"metadata":{"name":"b","labels":{"v":"2"}}})"),
       "a message without a resourceVersion", kNotOlderThan10},
      {"a bookmark without a version", Bookmark(""), "a message without a resourceVersion",
       kNotOlderThan10},
      {"a bookmark of version 0", Bookmark("0"), "a message without a resourceVersion",
       kNotOlderThan10},
      {"a version that is too long", Bookmark(std::string(300, '1')),
       "a message without a resourceVersion", kNotOlderThan10},
      {"refused by the store", Message("ADDED", Object("bad", "2", "11")), "bad: it is refused",
       kNotOlderThan10},
      {"too long", std::string(1001, ' '), "a message of more than 1000 bytes", kNotOlderThan10},
      {"gone", Message("ERROR", StatusObject(410, "Expired", "too old")), "410 Expired: too old",
       kConsistentList},
      {"another error", Message("ERROR", error_500), "500 InternalError: boom", WatchFrom("10")},
      {"an error that says nothing", Message("ERROR", "{}"), "an error", WatchFrom("10")},
  };
  options_.object_bytes_max = 1000;
  for (const BadMessage& row : rows) {
    SCOPED_TRACE(row.name);
    StartWatch();
    // What follows it is not read.
    EXPECT_FALSE(loop_.Body(Only(), 200, row.line + Message("ADDED", Object("c", "2", "12"))));
    EXPECT_THAT(store_.objects, ElementsAre(Pair("a", "1")));
    EXPECT_THAT(store_.confirmed, IsEmpty());
    EXPECT_EQ(stats().last_error, "watch of namespaces: " + row.error);
    EXPECT_EQ(stats().failures, 1U);
    EXPECT_EQ(stats().changes, 0U);
    EXPECT_EQ(stats().watches, 0U);
    EXPECT_EQ(loop_.timers(), 1U);
    EXPECT_EQ(Wait(), 800);
    EXPECT_EQ(Path(), row.next);
    reflector_.reset();
  }
}

TEST_F(ReflectorWatch, WhatCameBeforeTheBadMessageCounts) {
  StartWatch();
  Body(Message("ADDED", Object("b", "2", "11")) + Message("ADDED", Object("bad", "2", "12")));
  EXPECT_EQ(store_.objects.size(), 2U);
  EXPECT_THAT(store_.confirmed, ElementsAre("11"));
  EXPECT_THAT(stats().last_error, HasSubstr("refused"));
  Wait();
  EXPECT_EQ(Path(), "/p?resourceVersion=11&resourceVersionMatch=NotOlderThan");
}

TEST_F(ReflectorWatch, AnErrorMessageCanAskForTime) {
  StartWatch();
  Body(Message("ERROR",
               StatusObject(429, "TooManyRequests", "storage", R"({"retryAfterSeconds":9})")));
  EXPECT_EQ(Wait(), 9000);
  EXPECT_EQ(Path(), WatchFrom("10"));
}

TEST_F(ReflectorWatch, OtherFailuresAreWatchedOnAfterABackOff) {
  struct Row {
    std::string name;
    int code;
    std::string error;
    int64_t wait = 800;
  };
  const std::vector<Row> rows = {
      {"401", 401, "401; the API server does not accept the agent's credentials"},
      {"403", 403, "403; the agent needs get, list and watch on namespaces"},
      {"429", 429, "429", 3000},
      {"500", 500, "500"},
      {"503", 503, "503", 3000},
      {"no answer", 0, "no answer"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    StartWatch();
    Response response{.status = absl::OkStatus(), .code = row.code};
    if (row.wait != 800) {
      response.retry_after = seconds(3);
    }
    loop_.Finish(Only(), response);
    EXPECT_EQ(stats().last_error, "watch of namespaces: " + row.error);
    EXPECT_THAT(store_.confirmed, IsEmpty());
    EXPECT_EQ(Wait(), row.wait);
    EXPECT_EQ(Path(), WatchFrom("10"));
    reflector_.reset();
  }
}

// No time of its own would end it.
TEST_F(ReflectorWatch, OnlyABoundedPartOfAnErrorIsRead) {
  StartWatch();
  int read = 1;
  while (read < 1000 && loop_.Body(Only(), 500, std::string(1000, 'x'))) {
    ++read;
  }
  EXPECT_EQ(read, 66) << "64 KiB";
  EXPECT_EQ(stats().last_error, "watch of namespaces: 500");
  EXPECT_EQ(Wait(), 800);
  EXPECT_EQ(Path(), WatchFrom("10"));
}

TEST_F(ReflectorWatch, AConnectionThatBreaksIsWatchedOnFromTheLastWholeMessage) {
  StartWatch();
  Body(Message("ADDED", Object("b", "2", "11")) +
       Message("ADDED", Object("c", "3", "12")).substr(0, 40));
  loop_.Pass(seconds(30));
  Break();
  EXPECT_EQ(Wait(), 800);
  EXPECT_EQ(Path(), WatchFrom("11"));
  Body(Message("ADDED", Object("c", "3", "12")));
  EXPECT_EQ(store_.objects.size(), 3U);
  EXPECT_EQ(stats().last_error, "");
}

TEST_F(ReflectorWatch, AMessageThatIsCutByARegularEndIsListedAnew) {
  StartWatch();
  Body(Message("ADDED", Object("b", "2", "11")).substr(0, 40));
  loop_.Pass(seconds(30));
  Finish();
  EXPECT_THAT(store_.confirmed, IsEmpty());
  EXPECT_EQ(Wait(), 800);
  EXPECT_EQ(Path(), kNotOlderThan10);
}

TEST_F(ReflectorWatch, SilenceEndsIt) {
  StartWatch();
  loop_.Pass(milliseconds(149'999));
  EXPECT_TRUE(IsWatch());
  loop_.Pass(milliseconds(1));
  EXPECT_TRUE(Waiting());
  EXPECT_EQ(stats().last_error, "watch of namespaces: no message for 150 s");
  EXPECT_EQ(stats().failures, 1U);
  EXPECT_THAT(store_.confirmed, IsEmpty());
  EXPECT_EQ(Wait(), 800);
  EXPECT_EQ(Path(), WatchFrom("10"));
}

TEST_F(ReflectorWatch, TheSilenceCountsFromTheLastMessage) {
  StartWatch();
  loop_.Pass(seconds(100));
  Body(Bookmark("20"));
  loop_.Pass(milliseconds(149'999));
  EXPECT_TRUE(IsWatch());
  loop_.Pass(milliseconds(1));
  EXPECT_TRUE(Waiting());
}

TEST_F(ReflectorWatch, OnlyWholeMessagesBreakTheSilence) {
  StartWatch();
  const std::string drip = Message("ADDED", Object("b", std::string(300, 'x'), "11"));
  size_t dripped = 0;
  for (; !Waiting() && dripped < 200; ++dripped) {
    Body(drip.substr(dripped, 1));
    loop_.Pass(seconds(1));
  }
  EXPECT_EQ(dripped, 150U);
  EXPECT_EQ(stats().last_error, "watch of namespaces: no message for 150 s");

  Wait();
  size_t blanks = 0;
  for (; !Waiting() && blanks < 200; ++blanks) {
    Body("\n");
    loop_.Pass(seconds(1));
  }
  EXPECT_EQ(blanks, 150U) << "nor do blank lines";
}

// A server whose storage was restored from a backup waits for a version that it has never had.
TEST_F(ReflectorWatch, ASecondSilenceIsListedAnewAndItsBackOffGrows) {
  options_.watch_idle_timeout = seconds(10);
  StartWatch();
  loop_.Answer(Only(), 500, "");
  EXPECT_EQ(Wait(), 800);
  struct Row {
    bool message_before;
    int64_t wait;
    bool list;
  };
  const std::vector<Row> rows = {
      // After the list, and after a message, a silence is the first one again.
      {false, 800, false}, {false, 1600, true}, {false, 800, false},
      {true, 800, false},  {false, 3200, true},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.wait);
    ASSERT_TRUE(IsWatch());
    if (row.message_before) {
      Body(Bookmark("10"));
    }
    loop_.Pass(seconds(10));
    EXPECT_EQ(Wait(), row.wait);
    EXPECT_EQ(Path(), row.list ? kNotOlderThan10 : WatchFrom("10"));
    if (row.list) {
      loop_.Answer(Only(), 200, List("10", {}));
    }
  }
}

TEST_F(ReflectorWatch, VersionsThatGoBackAreListedAnew) {
  struct Row {
    std::string name;
    std::string known;
    std::string next;
    bool goes_back;
  };
  const std::vector<Row> rows = {
      {"lower", "10", "9", true},
      {"lower with as many digits", "20", "19", true},
      {"the same", "10", "10", false},
      {"higher with more digits", "9", "10", false},
      {"what does not fit into 64 bits", "100000000000000000001", "100000000000000000000", true},
      {"no numbers: nobody can say", "b", "a", false},
      {"a number after none", "b", "1", false},
      {"no number after one", "2", "1a", false},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    options_.resource_version = row.known;
    Start();
    Body(Message("ADDED", Object("b", "2", row.next)));
    EXPECT_EQ(store_.objects.contains("b"), !row.goes_back);
    EXPECT_EQ(Waiting(), row.goes_back);
    if (row.goes_back) {
      EXPECT_EQ(stats().last_error, "watch of namespaces: the versions go back");
      EXPECT_EQ(Wait(), 800);
      EXPECT_EQ(Path(), base::StrCat("/p?resourceVersion=", row.known,
                                     "&resourceVersionMatch=NotOlderThan"));
    }
    store_.objects.clear();
    reflector_.reset();
  }
}

TEST_F(ReflectorWatch, NothingComesAfterTheSilence) {
  StartWatch();
  loop_.Pass(seconds(150));
  EXPECT_THAT(loop_.open(), IsEmpty()) << "cancelled";
  EXPECT_EQ(loop_.timers(), 1U) << "the back-off's";
}

TEST_F(ReflectorWatch, AServerThatKnowsNoMetadataIsAskedForWholeObjects) {
  StartWatch();
  loop_.Answer(Only(), 406, "");
  EXPECT_EQ(Path(), WatchFrom("10"));
  EXPECT_EQ(loop_.request(Only()).accept, "application/json");
  EXPECT_EQ(loop_.timers(), 1U);
  loop_.Answer(Only(), 406, "");
  EXPECT_EQ(Wait(), 800);
}

TEST_F(ReflectorWatch, ABackOffGrowsOverListsThatSucceed) {
  StartWatch();
  std::vector<int64_t> waits;
  for (int i = 0; i < 4; ++i) {
    Body(Message("ADDED", Object("bad", "", "11")));
    waits.push_back(Wait());
    loop_.Answer(Only(), 200, List("10", {}));
  }
  EXPECT_THAT(waits, ElementsAre(800, 1600, 3200, 6400));
  EXPECT_EQ(stats().lists, 5U);
}

TEST_F(ReflectorWatch, ServersTextsCannotReachTheRequestLine) {
  StartWatch();
  Body(Bookmark(R"(1 HTTP/1.1\r\nX: y&limit=1)"));
  loop_.Pass(seconds(5));
  Finish();
  EXPECT_EQ(Path(), WatchFrom("1%20HTTP%2F1.1%0D%0AX%3A%20y%26limit%3D1"));
}

TEST_F(ReflectorWatch, NothingIsLeftBehindByTheDestructor) {
  StartWatch();
  reflector_.reset();
  EXPECT_THAT(loop_.open(), IsEmpty());
  EXPECT_EQ(loop_.timers(), 0U);
}

}  // namespace
}  // namespace sekisho::kube
