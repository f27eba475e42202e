// One Event: what it says, and as which request it goes out.
#include "kube/event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "base/str_cat.h"
#include "base/utf8.h"
#include "kube/event_json.h"
#include "kube/text.h"
#include "kube/token_bucket.h"

namespace sekisho::kube {
namespace {

using Json = nlohmann::json;
using std::chrono::seconds;
using ::testing::HasSubstr;

Notice NoticeOf(const std::string& container, const std::string& text, int64_t at = 0) {
  return {.reason = EventReason::kDenied,
          .namespace_ = "shop",
          .pod = "web-0",
          .pod_uid = "8f0c6a42-0000-4000-8000-0123456789ab",
          .container = container,
          .text = text,
          .time = std::chrono::system_clock::time_point(seconds(1'800'000'000 + at))};
}

Event EventOf(const std::vector<Notice>& notices) {
  Event event(notices.at(0));
  for (const Notice& notice : notices) {
    event.Add(notice);
  }
  return event;
}

// --- messages

TEST(EventMessage, TellsTheLatestOfEachContainerInTheOrderTheyCame) {
  EXPECT_EQ(EventOf({NoticeOf("", "violates")}).Message(), "violates");
  EXPECT_EQ(EventOf({NoticeOf("web", "violates")}).Message(), "container \"web\": violates");
  EXPECT_EQ(EventOf({NoticeOf("web", "old"), NoticeOf("", "of the sandbox"), NoticeOf("db", "new"),
                     NoticeOf("web", "newer")})
                .Message(),
            "container \"web\": newer; of the sandbox; container \"db\": new");
}

TEST(EventMessage, NamesTenContainersAndCountsTheOthers) {
  std::vector<Notice> notices;
  std::string expected;
  for (int i = 0; i < 10; ++i) {
    notices.push_back(NoticeOf(base::StrCat("c", i), "no"));
    expected += base::StrCat(i == 0 ? "" : "; ", "container \"c", i, "\": no");
  }
  EXPECT_EQ(EventOf(notices).Message(), expected);
  notices.push_back(NoticeOf("c10", "no"));
  notices.push_back(NoticeOf("c11", "no"));
  notices.push_back(NoticeOf("c11", "again"));
  EXPECT_EQ(EventOf(notices).Message(), expected + "; and 2 more");
}

TEST(EventMessage, ShortensAllTextsAlike) {
  std::vector<Notice> notices;
  for (int i = 0; i < 12; ++i) {
    notices.push_back(NoticeOf(base::StrCat("c", i), "violates " + std::string(1000, 'x')));
  }
  const std::string message = EventOf(notices).Message();
  EXPECT_LE(message.size(), 1024u);
  EXPECT_GT(message.size(), 1000u);
  for (int i = 0; i < 10; ++i) {
    EXPECT_THAT(message, HasSubstr(base::StrCat("container \"c", i, "\": violates xx")));
  }
  EXPECT_TRUE(message.ends_with("…; and 2 more")) << message;
}

TEST(EventMessage, IsOneShortLineOfUtf8WhateverIsInIt) {
  const std::array<std::string, 5> evil = {std::string(5'000, 'x'), "a\nb\r\x1b[31m", "\xff\xfe",
                                           std::string(400, '\0'), std::string(300, '\xe2')};
  for (const std::string& text : evil) {
    std::vector<Notice> notices;
    for (int i = 0; i < 400; ++i) {
      notices.push_back(NoticeOf(base::StrCat(i, text), text));
    }
    for (const size_t count : {size_t{1}, size_t{10}, size_t{400}}) {
      const std::string message = EventOf({notices.begin(), notices.begin() + count}).Message();
      EXPECT_LE(message.size(), 1024u);
      EXPECT_FALSE(base::FindBadText(message).has_value());
      EXPECT_EQ(message.find('\n'), std::string::npos);
    }
  }
}

TEST(Event, CountsAndKeepsTheFirstAndTheLastTime) {
  Event event = EventOf({NoticeOf("a", "1", 50), NoticeOf("a", "2", 10), NoticeOf("a", "3", 40)});
  EXPECT_EQ(event.count(), 3u);
  const std::chrono::sys_seconds start{seconds(1'800'000'000)};
  EXPECT_EQ(event.first(), start + seconds(10)) << "the wall clock was set back";
  EXPECT_EQ(event.last(), start + seconds(50));
  event.CutTo(5);
  EXPECT_EQ(event.count(), 3u);
  event.CutTo(2);
  EXPECT_EQ(event.count(), 2u);
  for (int i = 0; i < 12; ++i) {
    event.Add(NoticeOf(base::StrCat("c", i), "and more"));
  }
  event.CutTo(0);
  event.Add(NoticeOf("b", "4", 70));
  EXPECT_EQ(event.count(), 1u);
  EXPECT_EQ(event.first(), start + seconds(70)) << "nothing is left of what nobody was told";
  EXPECT_EQ(event.Message(), "container \"b\": 4");
}

// --- requests

TEST(EventName, IsAValidNameThatTellsThePod) {
  struct Row {
    std::string pod;
    std::string begins;
  };
  const std::array<Row, 5> rows = {{
      {"web-0", "web-0."},
      {std::string(236, 'p'), std::string(236, 'p') + "."},
      {std::string(253, 'p'), std::string(236, 'p') + "."},
      {std::string(235, 'p') + "-tail", std::string(235, 'p') + "."},
      {std::string(234, 'p') + ".-tail", std::string(234, 'p') + "."},
  }};
  for (const Row& row : rows) {
    const std::string name = EventName(row.pod, 0x0123'4567'89ab'cdef);
    EXPECT_EQ(name, row.begins + "0123456789abcdef");
    EXPECT_TRUE(IsDnsSubdomain(name)) << name;
  }
  EXPECT_EQ(EventName("a", 0), "a.0000000000000000");
}

TEST(EventRequest, CreatesAWholeEvent) {
  const Event event = EventOf({NoticeOf("web", "violates", 0), NoticeOf("web", "violates", 5)});
  const Request request = CreateEvent(event, "web-0.0123456789abcdef", "worker-1");
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.path, "/api/v1/namespaces/shop/events");
  EXPECT_EQ(request.content_type, "application/json");
  EXPECT_GT(request.total_timeout.count(), 0);
  const Json expected = {{"apiVersion", "v1"},
                         {"kind", "Event"},
                         {"metadata", {{"name", "web-0.0123456789abcdef"}, {"namespace", "shop"}}},
                         {"involvedObject",
                          {{"apiVersion", "v1"},
                           {"kind", "Pod"},
                           {"namespace", "shop"},
                           {"name", "web-0"},
                           {"uid", "8f0c6a42-0000-4000-8000-0123456789ab"},
                           {"fieldPath", "spec.containers{web}"}}},
                         {"reason", "SekishoDenied"},
                         {"message", "container \"web\": violates"},
                         {"type", "Warning"},
                         {"source", {{"component", "sekisho"}, {"host", "worker-1"}}},
                         {"reportingComponent", "sekisho"},
                         {"reportingInstance", "worker-1"},
                         {"firstTimestamp", "2027-01-15T08:00:00Z"},
                         {"lastTimestamp", "2027-01-15T08:00:05Z"},
                         {"count", 2}};
  EXPECT_EQ(Json::parse(request.body, nullptr, false), expected) << request.body;
}

TEST(EventRequest, TellsTheContainerOnlyWhenItIsTheOnlyOneAndHasAName) {
  struct Row {
    const char* name;
    std::vector<Notice> notices;
    bool has_path;
  };
  const std::array<Row, 5> rows = {{
      {"one", {NoticeOf("web", "1"), NoticeOf("web", "2")}, true},
      {"two", {NoticeOf("web", "1"), NoticeOf("db", "2")}, false},
      {"the sandbox", {NoticeOf("", "1")}, false},
      {"the sandbox and one", {NoticeOf("", "1"), NoticeOf("web", "2")}, false},
      {"no name", {NoticeOf("web} {", "1")}, false},
  }};
  for (const Row& row : rows) {
    const Json json = Json::parse(CreateEvent(EventOf(row.notices), "n", "w").body, nullptr, false);
    EXPECT_EQ(json.at("involvedObject").contains("fieldPath"), row.has_path) << row.name;
  }
}

TEST(EventRequest, NamesTheReasonAndTheType) {
  struct Row {
    EventReason reason;
    const char* text;
    const char* type;
  };
  const std::array<Row, 3> rows = {{
      {EventReason::kDenied, "SekishoDenied", "Warning"},
      {EventReason::kHardened, "SekishoHardened", "Normal"},
      {EventReason::kWarned, "SekishoWarned", "Warning"},
  }};
  for (const Row& row : rows) {
    Notice notice = NoticeOf("web", "text");
    notice.reason = row.reason;
    const Json json = Json::parse(CreateEvent(EventOf({notice}), "n", "w").body, nullptr, false);
    EXPECT_EQ(json.at("reason"), row.text);
    EXPECT_EQ(json.at("type"), row.type);
  }
}

TEST(EventRequest, UpdatesWhatANoticeChanges) {
  const Event event = EventOf({NoticeOf("web", "old", 0), NoticeOf("web", "new", 9)});
  const Request request = UpdateEvent(event, "web-0.0123456789abcdef");
  EXPECT_EQ(request.method, "PATCH");
  EXPECT_EQ(request.path, "/api/v1/namespaces/shop/events/web-0.0123456789abcdef");
  EXPECT_EQ(request.content_type, "application/strategic-merge-patch+json");
  const Json expected = {{"count", 2},
                         {"lastTimestamp", "2027-01-15T08:00:09Z"},
                         {"message", "container \"web\": new"}};
  EXPECT_EQ(Json::parse(request.body, nullptr, false), expected) << request.body;
}

TEST(EventRequest, NoNameChangesThePath) {
  Notice notice = NoticeOf("web", "text");
  notice.namespace_ = "../../x?y#z";
  notice.pod = "a/b";
  EXPECT_EQ(CreateEvent(EventOf({notice}), "n", "w").path,
            "/api/v1/namespaces/..%2F..%2Fx%3Fy%23z/events");
  EXPECT_EQ(UpdateEvent(EventOf({notice}), "a/b.0?").path,
            "/api/v1/namespaces/..%2F..%2Fx%3Fy%23z/events/a%2Fb.0%3F");
}

TEST(IsOfPod, RefusesWhatKubernetesCouldNotHave) {
  struct Row {
    const char* name;
    std::string namespace_;
    std::string pod;
    std::string uid;
    bool is_of_pod;
  };
  const std::array<Row, 10> rows = {{
      {"a pod", "shop", "web-0.a", "8f0c6a42-0000-4000-8000-0123456789ab", true},
      {"a static pod", "kube-system", "etcd-node", std::string(32, 'f'), true},
      {"a namespace of two labels", "a.b", "web", "u", false},
      {"a namespace that is a path", "..", "web", "u", false},
      {"a pod that is a path", "shop", "../web", "u", false},
      {"no namespace", "", "web", "u", false},
      {"no pod", "shop", "", "u", false},
      {"no uid", "shop", "web", "", false},
      {"a long uid", "shop", "web", std::string(129, 'u'), false},
      {"a uid of two words", "shop", "web", "u u", false},
  }};
  for (const Row& row : rows) {
    Notice notice = NoticeOf("web", "text");
    notice.namespace_ = row.namespace_;
    notice.pod = row.pod;
    notice.pod_uid = row.uid;
    EXPECT_EQ(IsOfPod(notice), row.is_of_pod) << row.name;
  }
}

// --- the rate

TEST(TokenBucket, GivesABurstAndThenSoManyASecond) {
  using std::chrono::milliseconds;
  Loop::TimePoint now{std::chrono::hours(1)};
  TokenBucket bucket(3, 2, now);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(bucket.Wait(now), milliseconds(0)) << i;
    bucket.Take();
  }
  EXPECT_EQ(bucket.Wait(now), milliseconds(500));
  now += milliseconds(499);
  EXPECT_EQ(bucket.Wait(now), milliseconds(1));
  now += milliseconds(1);
  EXPECT_EQ(bucket.Wait(now), milliseconds(0));
  bucket.Take();
  now += std::chrono::hours(1);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(bucket.Wait(now), milliseconds(0)) << "no more than the burst: " << i;
    bucket.Take();
  }
  EXPECT_EQ(bucket.Wait(now), milliseconds(500));
}

TEST(TokenBucket, GivesSomethingEvenWhenItIsToldNotTo) {
  const Loop::TimePoint now{std::chrono::hours(1)};
  TokenBucket bucket(0, -1, now);
  EXPECT_EQ(bucket.Wait(now).count(), 0);
  bucket.Take();
  EXPECT_EQ(bucket.Wait(now), std::chrono::hours(1));
  EXPECT_EQ(bucket.Wait(now + std::chrono::hours(1) + std::chrono::milliseconds(1)).count(), 0);
}

}  // namespace
}  // namespace sekisho::kube
