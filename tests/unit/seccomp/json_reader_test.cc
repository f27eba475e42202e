#include "seccomp/json_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/str_cat.h"

namespace sekisho::seccomp {
namespace {

constexpr JsonLimits kLimits = {.bytes = 4096, .nodes = 50, .nesting = 4};

// Every value of the tree with its place: "3:5 text a; …".
void List(const JsonNode& node, std::string& out) {
  out += base::StrCat(node.where.line, ":", node.where.column, " ", KindName(node.kind));
  if (!node.text.empty()) {
    out += base::StrCat(" ", node.text);
  }
  out += "; ";
  for (const JsonNode& item : node.items) {
    List(item, out);
  }
  for (const JsonEntry& entry : node.entries) {
    out += base::StrCat(entry.where.line, ":", entry.where.column, " ", entry.key, "=");
    List(entry.value, out);
  }
}

std::string Listed(std::string_view text) {
  std::vector<yaml::Diagnostic> errors;
  const std::optional<JsonNode> node = ReadJson(text, "f", kLimits, &errors);
  if (!node.has_value()) {
    return errors.size() == 1 ? errors[0].ToString() : "not one error";
  }
  std::string out;
  List(*node, out);
  return out;
}

TEST(JsonReaderTest, EveryKeyAndValueHasItsPlace) {
  EXPECT_EQ(Listed("{\"a\":1,\n  \"b\" : [ true,null ,\"x\\n\\u00e4\" ,-2.5e3],\"c\":{}\n}"),
            "1:1 an object; 1:2 a=1:6 a number 1; 2:3 b=2:9 a list; 2:11 true or false; "
            "2:16 null; 2:22 text x\n\xC3\xA4; 2:35 a number -2.5e3; 2:43 c=2:47 an object; ");
  EXPECT_EQ(Listed("[[1],[ 22 ],333]"),
            "1:1 a list; 1:2 a list; 1:3 a number 1; 1:6 a list; 1:8 a number 22; "
            "1:13 a number 333; ");
}

TEST(JsonReaderTest, NumbersAreExact) {
  struct Row {
    std::string_view text;
    std::optional<uint64_t> integer;
  };
  constexpr Row kRows[] = {
      {"0", 0},
      {"18446744073709551615", 18446744073709551615u},
      {"9007199254740993", 9007199254740993},  // no double has it
      {"18446744073709551616", {}},
      {"-1", {}},
      {"-0", {}},
      {"1.0", {}},
      {"1e2", {}},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.text);
    for (const std::string_view after : {"", "\n", " "}) {
      std::vector<yaml::Diagnostic> errors;
      const auto node = ReadJson(base::StrCat(row.text, after), "f", kLimits, &errors);
      ASSERT_TRUE(node.has_value());
      EXPECT_EQ(node->integer, row.integer);
      EXPECT_EQ(node->text, row.text);
    }
  }
}

// "[1,1,…]"
std::string Ones(int count) {
  std::string list = "[1";
  for (int i = 1; i < count; ++i) {
    list += ",1";
  }
  return list + "]";
}

TEST(JsonReaderTest, WhatIsNoJson) {
  struct Row {
    std::string_view why;
    std::string text;
    std::string_view error;  // its beginning
  };
  const Row rows[] = {
      {"empty", "", "f: is empty"},
      {"blank", " \n\t\n", "f: is empty"},
      {"mark", "\xEF\xBB\xBF{}", "f:1:1: begins with a byte order mark"},
      {"Latin-1", "{\"a\":\n \"\xE4\"}", "f:2:3: contains bytes that are not UTF-8"},
      {"UTF-16", std::string("\xFF\xFE{\0}\0", 6), "f:1:1: contains bytes that are not UTF-8"},
      {"NUL after the end", std::string("{}\0 {", 5), "f:1:3: contains a control character"},
      {"escape character", "[\"\x1B[31m\"]", "f:1:3: contains a control character"},
      {"tab in text", "[\"a\tb\"]", "f:1:4: not JSON: invalid string"},
      {"line break in text", "[\"a\n\"]", "f:1:4: not JSON: invalid string"},
      {"half a pair", "[\"\\ud83d\"]", "f:1:9: not JSON: invalid string: surrogate"},
      {"unknown escape", "[\"\\x41\"]", "f:1:4: not JSON: invalid string"},
      {"cut in an object", "{\"a\": 1,\n", "f:2:1: not JSON: the file ends in the middle"},
      {"cut in a list", "[1", "f:1:3: not JSON: the file ends in the middle"},
      {"cut in text", "[\"a", "f:1:4: not JSON: "},
      {"comment", "// x\n{}", "f:1:1: not JSON: "},
      {"hash", "# x\n{}", "f:1:1: not JSON: "},
      {"trailing comma", "{\"a\": 1,\n}", "f:2:1: not JSON: unexpected '}'"},
      {"two commas", "[1,,2]", "f:1:4: not JSON: unexpected ','"},
      {"no comma", "{\"a\": 1\n \"b\": 2}", "f:2:2: not JSON: unexpected string"},
      {"no colon", "{\"a\" 1}", "f:1:6: not JSON: unexpected number"},
      {"single quotes", "{'a': 1}", "f:1:2: not JSON: "},
      {"key without quotes", "{a: 1}", "f:1:2: not JSON: "},
      {"hexadecimal", "[0x10]", "f:1:3: not JSON: "},
      {"leading zero", "[007]", "f:1:3: not JSON: unexpected number"},
      {"YAML's yes", "[yes]", "f:1:2: not JSON: "},
      {"capital True", "[True]", "f:1:2: not JSON: "},
      {"infinite", "[1e999]", "f:1:2: not JSON: number overflow"},
      {"second value", "{}\n{}", "f:2:1: more text after the end of the profile"},
      {"second number", "1 2", "f:1:3: more text after the end of the profile"},
      {"words after it", "{} x", "f:1:4: more text after the end of the profile"},
      {"too deep", "[[[[[]]]]]", "f:1:5: nested deeper than 4 levels"},
      {"too many", Ones(50), "f:1:100: more than 50 values"},
      {"too large", std::string(4097, ' '), "f: is larger than 4096 bytes"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.why);
    EXPECT_THAT(Listed(row.text), testing::StartsWith(std::string(row.error)));
  }
}

// What is exactly at a limit is fine.
TEST(JsonReaderTest, LimitsAreInclusive) {
  std::vector<yaml::Diagnostic> errors;
  EXPECT_TRUE(ReadJson("[[[[]]]]", "f", kLimits, &errors).has_value());
  EXPECT_TRUE(ReadJson(std::string(4094, ' ') + "{}", "f", kLimits, &errors).has_value());
  EXPECT_TRUE(ReadJson(Ones(49), "f", kLimits, &errors).has_value());
  EXPECT_THAT(errors, testing::IsEmpty());
}

}  // namespace
}  // namespace sekisho::seccomp
