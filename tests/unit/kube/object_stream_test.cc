// The incremental splitters. Every row is fed as a whole, byte by byte, and in random pieces: what
// comes out may never depend on how the bytes were cut.
#include "kube/object_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/str_cat.h"

namespace sekisho::kube {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// How a body is cut, by the number of bytes of each piece in turn.
std::vector<std::vector<std::string_view>> Cuts(std::string_view body) {
  std::vector<std::vector<std::string_view>> cuts = {{body}};
  std::mt19937 random(static_cast<unsigned>(body.size()));
  for (const size_t most : {size_t{1}, size_t{2}, size_t{7}, size_t{40}}) {
    std::vector<std::string_view> pieces;
    for (size_t at = 0; at < body.size();) {
      const size_t length = 1 + random() % most;
      pieces.push_back(body.substr(at, length));
      at += length;
    }
    cuts.push_back(pieces);
  }
  return cuts;
}

struct Split {
  std::vector<std::string> objects;
  absl::StatusOr<ListRest> rest = absl::UnknownError("not read");
};

Split ReadList(const std::vector<std::string_view>& pieces, size_t object_bytes_max) {
  Split split;
  ListSplitter splitter(object_bytes_max, [&split](std::string_view text) {
    split.objects.emplace_back(text);
    return absl::OkStatus();
  });
  absl::Status status;
  for (const std::string_view piece : pieces) {
    status = splitter.Feed(piece);
  }
  split.rest = splitter.End();
  if (!status.ok()) {
    EXPECT_EQ(split.rest.status(), status) << "an error is not forgotten at the end";
  }
  return split;
}

std::string Nested(size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

struct GoodList {
  std::string name;
  std::string body;
  std::vector<std::string> objects;
  bool has_items = true;
};

TEST(ListSplitter, FindsTheObjectsHoweverTheyAreWritten) {
  const std::vector<GoodList> rows = {
      {"none", R"({"kind":"NamespaceList","items":[]})", {}},
      {"white space everywhere",
       " \r\n{ \"items\" : [ {\"a\" : 1} ,\t{ } ] } \n",
       {R"({"a" : 1})", "{ }"}},
      {"items first", R"({"items":[{"a":1}],"metadata":{"resourceVersion":"7"}})", {R"({"a":1})"}},
      {"null", R"({"items":null,"kind":"List"})", {}},
      {"missing", R"({"kind":"Status","code":500})", {}, false},
      {"an empty document", "{}", {}, false},
      {"brackets and quotes in texts",
       R"({"items":[{"a":"}]\"{[\\"},{"b":"\\\\"}]})",
       {R"({"a":"}]\"{[\\"})", R"({"b":"\\\\"})"}},
      {"escapes of all kinds", R"({"items":[{"a\"":"\u005d\n\/"}]})", {R"({"a\"":"\u005d\n\/"})"}},
      {"letters of other scripts",
       "{\"items\":[{\"a\":\"関所🚧\"}],\"kind\":\"é\"}",
       {"{\"a\":\"関所🚧\"}"}},
      {"arrays and objects inside",
       R"({"items":[{"a":[{"b":[]},[{}]],"c":{"items":[1]}}]})",
       {R"({"a":[{"b":[]},[{}]],"c":{"items":[1]}})"}},
      {"items of something else",
       R"({"metadata":{"items":[{"x":1}]},"items":[{"a":1}]})",
       {R"({"a":1})"}},
      {"items as a value", R"({"kind":"items","items":[{"a":1}],"z":"items"})", {R"({"a":1})"}},
      {"items as a value in an array",
       R"({"k":["items",{"items":2}],"items":[{"a":1}]})",
       {R"({"a":1})"}},
      {"a key that only begins so",
       R"({"items2":[1],"item":[2],"items":[{"a":1}]})",
       {R"({"a":1})"}},
      {"as deep as is allowed",
       base::StrCat(R"({"items":[{"a":)", Nested(61), R"(}],"b":)", Nested(63), "}"),
       {base::StrCat(R"({"a":)", Nested(61), "}")}},
  };
  for (const GoodList& row : rows) {
    SCOPED_TRACE(row.name);
    for (const auto& pieces : Cuts(row.body)) {
      SCOPED_TRACE(pieces.size());
      const Split split = ReadList(pieces, 1000);
      EXPECT_EQ(split.objects, row.objects);
      ASSERT_TRUE(split.rest.ok()) << split.rest.status();
      EXPECT_EQ(split.rest->has_items, row.has_items);
    }
  }
}

TEST(ListSplitter, KeepsWhatIsNotItems) {
  const std::string body =
      R"({"kind":"NamespaceList","metadata":{"resourceVersion":"12\u0033","continue":"a\"b"},)"
      R"("items":[{"kind":"no"}],"details":{"causes":[{"reason":"x"}]}})";
  for (const auto& pieces : Cuts(body)) {
    const Split split = ReadList(pieces, 1000);
    ASSERT_TRUE(split.rest.ok()) << split.rest.status();
    EXPECT_EQ(split.rest->document,
              nlohmann::json::parse(
                  R"({"kind":"NamespaceList","metadata":{"resourceVersion":"123",)"
                  R"("continue":"a\"b"},"items":[],"details":{"causes":[{"reason":"x"}]}})"));
  }
}

struct BadList {
  std::string name;
  std::string body;
  absl::StatusCode code;
  std::string message;
};

TEST(ListSplitter, RefusesWhatIsNoList) {
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  constexpr auto kCut = absl::StatusCode::kDataLoss;
  constexpr auto kTooMuch = absl::StatusCode::kResourceExhausted;
  const std::string object_of_100 = base::StrCat(R"({"a":")", std::string(92, 'x'), "\"}");
  const std::vector<BadList> rows = {
      {"nothing", "", kCut, "cut short"},
      {"white space", " \n", kCut, "cut short"},
      {"an array", "[]", kInvalid, "no JSON object"},
      {"a text", "\"items\"", kInvalid, "no JSON object"},
      {"a page of a proxy", "<html>", kInvalid, "no JSON object"},
      {"a byte order mark", "\xef\xbb\xbf{}", kInvalid, "no JSON object"},
      {"a NUL", std::string(1, '\0'), kInvalid, "no JSON object"},
      {"something after it", R"({"items":[]}x)", kInvalid, "follows the list"},
      {"a second document", R"({"items":[]}{"items":[]})", kInvalid, "follows the list"},
      {"items twice", R"({"items":[{}],"items":[{}]})", kInvalid, "twice"},
      {"items null and then not", R"({"items":null,"items":[{}]})", kInvalid, "twice"},
      {"metadata twice", R"({"metadata":{},"metadata":{}})", kInvalid, "twice"},
      {"an escaped key", R"({"\u0069tems":[{}]})", kInvalid, "escaped key"},
      {"items is an object", R"({"items":{}})", kInvalid, "no array"},
      {"items is a text", R"({"items":"[]"})", kInvalid, "no array"},
      {"items is a number", R"({"items":0})", kInvalid, "no array"},
      {"items is true", R"({"items":true})", kInvalid, "no array"},
      {"items is nearly null", R"({"items":nul})", kInvalid, "malformed"},
      {"items is null and more", R"({"items":null[]})", kInvalid, "malformed"},
      {"a number among the objects", R"({"items":[{},1]})", kInvalid, "not objects"},
      {"an array among the objects", R"({"items":[[]]})", kInvalid, "not objects"},
      {"a null among the objects", R"({"items":[null]})", kInvalid, "not objects"},
      {"no comma", R"({"items":[{}{}]})", kInvalid, "not objects"},
      {"two commas", R"({"items":[{},,{}]})", kInvalid, "not objects"},
      {"a comma first", R"({"items":[,{}]})", kInvalid, "not objects"},
      {"a comma last", R"({"items":[{},]})", kInvalid, "not objects"},
      {"the wrong bracket at the end", R"({"items":[{}]])", kInvalid, "malformed"},
      {"the wrong bracket after the objects", R"({"items":[{}}})", kInvalid, "not objects"},
      {"no value", R"({"kind":,"items":[]})", kInvalid, "malformed"},
      {"no colon", R"({"items"[]})", kInvalid, "malformed"},
      {"a second colon", R"({"items":[]:[{}]})", kInvalid, "malformed"},
      {"words that white space parts", R"({"items":[],"a":tr ue})", kInvalid, "malformed"},
      {"bytes that are no UTF-8", "{\"kind\":\"\xff\",\"items\":[]}", kInvalid, "malformed"},
      {"too deep outside", base::StrCat(R"({"a":)", Nested(64), "}"), kInvalid, "too deeply"},
      {"too deep inside", base::StrCat(R"({"items":[{"a":)", Nested(62), "}]}"), kInvalid,
       "too deeply"},
      {"deep without an end", base::StrCat(R"({"items":[)", std::string(100, '{')), kInvalid,
       "too deeply"},
      {"an object that is too large", base::StrCat(R"({"items":[)", object_of_100, " ]}"), kTooMuch,
       "an object of more than 99 bytes"},
      {"a rest that is too large",
       base::StrCat(R"({"a":")", std::string(ListSplitter::kRestMost, 'x'), R"(","items":[]})"),
       kTooMuch, "more than 65536 bytes"},
  };
  for (const BadList& row : rows) {
    SCOPED_TRACE(row.name);
    for (const auto& pieces : Cuts(row.body)) {
      SCOPED_TRACE(pieces.size());
      const absl::Status status = ReadList(pieces, 99).rest.status();
      EXPECT_EQ(status.code(), row.code) << status;
      EXPECT_THAT(std::string(status.message()), HasSubstr(row.message));
    }
  }
}

TEST(ListSplitter, AnObjectMayBeAsLargeAsTheBound) {
  const std::string object = base::StrCat(R"({"a":")", std::string(92, 'x'), "\"}");
  ASSERT_EQ(object.size(), 100U);
  const std::string body = base::StrCat(R"({"items":[)", object, ",", object, "]}");
  for (const auto& pieces : Cuts(body)) {
    EXPECT_THAT(ReadList(pieces, 100).objects, ElementsAre(object, object));
  }
}

TEST(ListSplitter, EveryCutBodyIsFoundOut) {
  const std::string body =
      R"( {"metadata":{"resourceVersion":"1"},"items":[{"a":"b\"}"},{"c":[1]}],"kind":"L"})";
  for (size_t length = 0; length < body.size(); ++length) {
    const std::string cut = body.substr(0, length);
    EXPECT_EQ(ReadList({cut}, 1000).rest.status().code(), absl::StatusCode::kDataLoss) << cut;
  }
  EXPECT_TRUE(ReadList({body}, 1000).rest.ok());
}

TEST(ListSplitter, WhiteSpaceDoesNotFillIt) {
  const std::string spaces(2 * ListSplitter::kRestMost, ' ');
  const std::string body =
      base::StrCat(spaces, "{", spaces, R"("items":)", spaces, "[", spaces, "{}", spaces, "]",
                   spaces, R"(,"kind")", spaces, R"(:"x y"})", spaces);
  const Split split = ReadList({body}, 10);
  ASSERT_TRUE(split.rest.ok()) << split.rest.status();
  EXPECT_EQ(split.objects.size(), 1U);
  EXPECT_EQ(split.rest->document["kind"], "x y");
}

TEST(ListSplitter, TheReceiverCanEndIt) {
  int seen = 0;
  ListSplitter splitter(100, [&seen](std::string_view) {
    return ++seen == 2 ? absl::AbortedError("enough") : absl::OkStatus();
  });
  EXPECT_EQ(splitter.Feed(R"({"items":[{},{},{},{}]})"), absl::AbortedError("enough"));
  EXPECT_EQ(splitter.Feed("{}"), absl::AbortedError("enough"));
  EXPECT_EQ(splitter.End().status(), absl::AbortedError("enough"));
  EXPECT_EQ(seen, 2);
}

TEST(ListSplitter, TenThousandObjectsInSmallPieces) {
  std::string body = R"({"kind":"List","items":[)";
  for (int i = 0; i < 10'000; ++i) {
    body += base::StrCat(i == 0 ? "" : ",", R"({"metadata":{"name":"ns-)", i, R"("}})");
  }
  body += R"(],"metadata":{"resourceVersion":"1"}})";
  size_t objects = 0;
  ListSplitter splitter(100, [&objects](std::string_view) {
    ++objects;
    return absl::OkStatus();
  });
  for (size_t at = 0; at < body.size(); at += 13) {
    ASSERT_TRUE(splitter.Feed(std::string_view(body).substr(at, 13)).ok());
  }
  EXPECT_TRUE(splitter.End().ok());
  EXPECT_EQ(objects, 10'000U);
}

std::vector<std::string> Lines(const std::vector<std::string_view>& pieces, size_t most,
                               absl::Status* status) {
  std::vector<std::string> lines;
  LineSplitter splitter(most, [&lines](std::string_view line) {
    lines.emplace_back(line);
    return absl::OkStatus();
  });
  for (const std::string_view piece : pieces) {
    *status = splitter.Feed(piece);
    if (!status->ok()) {
      break;
    }
  }
  return lines;
}

TEST(LineSplitter, GivesWholeLines) {
  struct Row {
    std::string name;
    std::string body;
    std::vector<std::string> lines;
    absl::StatusCode code = absl::StatusCode::kOk;
  };
  const std::vector<Row> rows = {
      {"nothing", "", {}},
      {"one", "a\n", {"a"}},
      {"several", "a\nbc\nd\n", {"a", "bc", "d"}},
      {"blank ones", "\n \t\na\n\r\n\n", {"a"}},
      {"without its end", "a\nb", {"a"}},
      {"carriage returns are white space to JSON", "a\r\nb\r\n", {"a\r", "b\r"}},
      {"as long as is allowed", "0123456789\n0123456789\n", {"0123456789", "0123456789"}},
      {"too long", "a\n0123456789x\nb\n", {"a"}, absl::StatusCode::kResourceExhausted},
      {"too long, and no end", "0123456789x", {}, absl::StatusCode::kResourceExhausted},
      {"blank and too long", "            \n", {}, absl::StatusCode::kResourceExhausted},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    for (const auto& pieces : Cuts(row.body)) {
      SCOPED_TRACE(pieces.size());
      absl::Status status;
      EXPECT_EQ(Lines(pieces, 10, &status), row.lines);
      EXPECT_EQ(status.code(), row.code) << status;
    }
  }
}

TEST(LineSplitter, TheReceiverCanEndIt) {
  std::vector<std::string> lines;
  LineSplitter splitter(10, [&lines](std::string_view line) {
    lines.emplace_back(line);
    return line == "b" ? absl::AbortedError("enough") : absl::OkStatus();
  });
  EXPECT_EQ(splitter.Feed("a\nb\nc\n"), absl::AbortedError("enough"));
  EXPECT_THAT(lines, ElementsAre("a", "b"));
}

}  // namespace
}  // namespace sekisho::kube
