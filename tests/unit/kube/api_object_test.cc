#include "kube/api_object.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/str_cat.h"
#include "kube/list_and_watch.h"

namespace sekisho::kube {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ApiObject, DropsOnlyTheMetadataThatNobodyReads) {
  const std::string object =
      R"({"annotations":{"kept":1},"managedFields":2,"metadata":{"name":"a",)"
      R"("annotations":{"x":"y"},"managedFields":[{"fieldsV1":{"f:metadata":{"f:labels":{}}}}],)"
      R"("labels":{"annotations":"kept","managedFields":"kept"}},)"
      R"("spec":{"metadata":{"annotations":{"kept":1}}}})";
  const json expected =
      json::parse(R"({"annotations":{"kept":1},"managedFields":2,"metadata":{"name":"a",)"
                  R"("labels":{"annotations":"kept","managedFields":"kept"}},)"
                  R"("spec":{"metadata":{"annotations":{"kept":1}}}})");
  const auto parsed = ParseObject(object);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(*parsed, expected);

  const auto message = ParseWatchMessage(base::StrCat(R"({"type":"ADDED","object":)", object, "}"));
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_EQ(message->type, "ADDED");
  EXPECT_EQ(message->object, expected);
}

TEST(ApiObject, RefusesWhatIsNoObject) {
  const std::string deep = std::string(63, '[') + std::string(63, ']');
  EXPECT_TRUE(ParseObject(base::StrCat(R"({"a":)", deep, "}")).ok());
  const std::vector<std::string> bad = {"",
                                        " ",
                                        "1",
                                        "[]",
                                        "null",
                                        "\"a\"",
                                        "{",
                                        "{}}",
                                        "{]",
                                        "{} {}",
                                        "{'a':1}",
                                        "{\"a\":\"\xc3\"}",
                                        base::StrCat(R"({"a":[)", deep, "]}"),
                                        R"({"a":1e999)",
                                        "{\"a\":\"\n\"}"};
  for (const std::string& text : bad) {
    EXPECT_FALSE(ParseObject(text).ok()) << text;
  }
}

TEST(ApiObject, RefusesWhatIsNoMessage) {
  const std::vector<std::string> bad = {
      "{}", R"({"type":"ADDED"})", R"({"object":[]})", R"({"type":"ADDED","object":null})", "[]",
      "{"};
  for (const std::string& text : bad) {
    EXPECT_FALSE(ParseWatchMessage(text).ok()) << text;
  }
  const auto without_type = ParseWatchMessage(R"({"type":7,"object":{}})");
  ASSERT_TRUE(without_type.ok());
  EXPECT_EQ(without_type->type, "");
}

TEST(ApiObject, ReadsTextsOfAnything) {
  struct Row {
    std::string object;
    std::string expected;
  };
  const std::vector<Row> rows = {
      {R"({"metadata":{"resourceVersion":"7"}})", "7"},
      {R"({"metadata":{"resourceVersion":7}})", ""},
      {R"({"metadata":null})", ""},
      {R"({"metadata":[]})", ""},
      {"{}", ""},
      {"[]", ""},
      {R"({"resourceVersion":"7"})", ""},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(MetadataText(json::parse(row.object), "resourceVersion"), row.expected) << row.object;
  }
}

TEST(ApiObject, KnowsWhatAWatchCanGoOnFrom) {
  EXPECT_TRUE(IsWatchable("1"));
  EXPECT_TRUE(IsWatchable("anything"));
  EXPECT_TRUE(IsWatchable(std::string(256, '9')));
  EXPECT_FALSE(IsWatchable(""));
  EXPECT_FALSE(IsWatchable("0"));
  EXPECT_FALSE(IsWatchable(std::string(257, '9')));
}

TEST(ApiStatus, TakesWhatIsThereAndOfTheRightType) {
  const ApiStatus status = ApiStatusOf(json::parse(
      R"({"kind":"Status","code":504,"reason":"Timeout","message":"Too large resource version",)"
      R"("details":{"retryAfterSeconds":1,"causes":[{"reason":"ResourceVersionTooLarge"},{},5]}})"));
  EXPECT_EQ(status.code, 504);
  EXPECT_EQ(status.reason, "Timeout");
  EXPECT_EQ(status.message, "Too large resource version");
  EXPECT_THAT(status.causes, ElementsAre("ResourceVersionTooLarge", "", ""));
  EXPECT_EQ(status.retry_after, std::chrono::seconds(1));

  const ApiStatus wrong = ApiStatusOf(json::parse(
      R"({"code":"504","reason":1,"message":[],"details":{"retryAfterSeconds":-1,"causes":{}}})"));
  EXPECT_EQ(wrong.code, 0);
  EXPECT_EQ(wrong.reason, "");
  EXPECT_EQ(wrong.message, "");
  EXPECT_TRUE(wrong.causes.empty());
  EXPECT_FALSE(wrong.retry_after.has_value());

  EXPECT_EQ(ApiStatusOf(json::parse(R"({"code":1e30,"details":7})")).code, 0);
  EXPECT_EQ(ApiStatusOf(json::parse(R"({"code":18446744073709551615})")).code, 0);
}

TEST(ApiStatus, TheAnswersOwnCodeCounts) {
  EXPECT_EQ(ApiStatusOf(500, R"({"code":410,"reason":"X"})").code, 500);
  EXPECT_EQ(ApiStatusOf(500, R"({"code":410,"reason":"X"})").reason, "X");
  EXPECT_EQ(ApiStatusOf(502, "<html>").code, 502);
}

TEST(ApiStatus, KnowsWhenAVersionIsOfNoUse) {
  struct Row {
    ApiStatus status;
    bool expected;
  };
  const std::vector<Row> rows = {
      {{.code = 410}, true},
      {{.code = 200, .reason = "Expired"}, true},
      {{.code = 200, .reason = "Gone"}, true},
      {{.code = 400, .reason = "BadRequest"}, true},
      {{.code = 504, .causes = {"other", "ResourceVersionTooLarge"}}, true},
      {{.code = 504, .reason = "Timeout", .message = "Too large resource version: 7"}, true},
      {{.code = 504, .reason = "Timeout"}, false},
      {{.code = 500, .reason = "InternalError"}, false},
      {{.code = 403, .reason = "Forbidden"}, false},
      {{.code = 429}, false},
      {{}, false},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(VersionIsOfNoUse(row.status), row.expected) << Describe(row.status);
  }
}

TEST(ApiStatus, IsDescribedInOneLineOfBoundedLength) {
  EXPECT_EQ(Describe({}), "an error");
  EXPECT_EQ(Describe({.code = 502}), "502");
  EXPECT_EQ(Describe({.code = 403, .reason = "Forbidden", .message = "no"}), "403 Forbidden: no");
  // The last two are what a terminal takes for ESC [, and no UTF-8.
  EXPECT_EQ(Describe({.code = 500, .message = "a\nb\x1b[31m\x7f\xc2\x9b\xff"}),
            R"(500: a\x0ab\x1b[31m\x7f\xc2\x9b\xff)");
  const std::string text = Describe({.code = 500, .message = std::string(70'000, 'x')});
  EXPECT_LT(text.size(), 600U);
  // Cut between letters, whatever the length of what stands before.
  for (size_t before = 0; before < 4; ++before) {
    std::string message(before, 'x');
    for (int i = 0; i < 400; ++i) {
      message += "関";
    }
    const std::string cut = Describe({.code = 500, .message = message});
    EXPECT_FALSE(json::parse("\"" + cut + "\"", nullptr, false).is_discarded()) << cut;
    EXPECT_THAT(cut, HasSubstr("関…"));
  }
}

TEST(ListAndWatch, ServersTextsCannotAddToAQuery) {
  EXPECT_EQ(QueryEscaped("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(QueryEscaped("a&b=c d/+\r\n%\xff#?"), "a%26b%3Dc%20d%2F%2B%0D%0A%25%FF%23%3F");
  EXPECT_EQ(WatchPath("/p", "", "1&limit=0", std::chrono::seconds(300)),
            "/p?watch=1&allowWatchBookmarks=true&timeoutSeconds=300&resourceVersion=1%26limit%3D0");
}

TEST(ListAndWatch, ListsAreAskedForByWhatIsKnown) {
  struct Row {
    std::string name;
    ListQuery list;
    std::string expected;
  };
  const std::vector<Row> rows = {
      {"the first", {.page_size = 5}, "/p?limit=5&resourceVersion=0"},
      {"its next page", {.page_size = 5, .continue_token = "a=="}, "/p?limit=5&continue=a%3D%3D"},
      {"known",
       {.known = "7", .page_size = 5},
       "/p?resourceVersion=7&resourceVersionMatch=NotOlderThan"},
      {"its next page, should there be one",
       {.known = "7", .page_size = 5, .continue_token = "a"},
       "/p?continue=a"},
      {"consistent", {.known = "7", .consistent = true, .page_size = 5}, "/p?limit=5"},
      {"its next page",
       {.known = "7", .consistent = true, .page_size = 5, .continue_token = "a"},
       "/p?limit=5&continue=a"},
      {"consistent and whole",
       {.known = "7", .consistent = true, .whole = true, .page_size = 5},
       "/p"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(ListPath("/p", "", row.list), row.expected);
  }
  EXPECT_EQ(ListPath("/p", "fieldSelector=metadata.name%3Da", {.page_size = 5}),
            "/p?fieldSelector=metadata.name%3Da&limit=5&resourceVersion=0");
}

}  // namespace
}  // namespace sekisho::kube
