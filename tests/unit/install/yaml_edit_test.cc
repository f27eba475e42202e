#include "install/yaml_edit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "yaml/document.h"

namespace sekisho::install {
namespace {

using ::testing::HasSubstr;

struct Row {
  const char* why;
  std::string_view text;
  std::vector<std::string> keys;
  std::string value;
  std::string_view want;
};

// What a file says at these keys.
std::string ValueAt(const std::string& text, const std::vector<std::string>& keys) {
  std::vector<yaml::Diagnostic> errors;
  std::optional<yaml::YamlNode> node = yaml::ParseYaml(text, "f", &errors);
  for (const std::string& key : keys) {
    std::optional<yaml::YamlNode> next;
    for (size_t i = 0; node.has_value() && i < node->entries.size(); ++i) {
      if (node->entries[i].key == key) {
        next = node->entries[i].value;
      }
    }
    node = std::move(next);
  }
  return node.has_value() ? node->text : "(nothing)";
}

std::vector<Row> Replaced() {
  return {
      {"plain", "a: x # c\nb: 1\n", {"a"}, "/z", "a: /z # c\nb: 1\n"},
      {"the last line without an end", "b: 1\na: x", {"a"}, "z", "b: 1\na: z"},
      {"double quotes stay", "a: \"x\\\"\\n\" # c\n", {"a"}, "z", "a: \"z\" # c\n"},
      {"single quotes stay", "a: 'it''s'\n", {"a"}, "z", "a: 'z'\n"},
      {"single quotes cannot hold it", "a: 'x'\n", {"a"}, "z\n", "a: \"z\\u000a\"\n"},
      {"quoted key", "\"a\" : x\n", {"a"}, "z", "\"a\" : z\n"},
      {"value on the next line", "a:\n  # c\n  x\n", {"a"}, "z", "a:\n  # c\n  z\n"},
      {"nothing there", "a:\nb: 1\n", {"a"}, "z", "a: z\nb: 1\n"},
      {"nothing there but a comment", "a:   # c\n", {"a"}, "z", "a: z   # c\n"},
      {"nothing there at the end", "a:", {"a"}, "z", "a: z"},
      {"null and ~", "a: null\nb: ~\n", {"b"}, "z", "a: null\nb: z\n"},
      {"null by name", "a: null # c\n", {"a"}, "z", "a: z # c\n"},
      {"deeper",
       "s:\n  t:\n    a: x\n    b: 1\n",
       {"s", "t", "a"},
       "z",
       "s:\n  t:\n    a: z\n    b: 1\n"},
      {"the same key elsewhere",
       "s: {a: 1}\na: x\nt:\n- a: 2\n",
       {"a"},
       "z",
       "s: {a: 1}\na: z\nt:\n- a: 2\n"},
      {"in braces", "s: {b: 1, a: x}\n", {"s", "a"}, "z", "s: {b: 1, a: z}\n"},
      {"after letters beyond ASCII",
       "{\"\xc3\xa9\xe2\x82\xac\": 1, \"a\": \"x\"}\n",
       {"a"},
       "z",
       "{\"\xc3\xa9\xe2\x82\xac\": 1, \"a\": \"z\"}\n"},
      {"CRLF", "b: 1\r\na: x\r\n", {"a"}, "z", "b: 1\r\na: z\r\n"},
      {"JSON with tabs",
       "{\n\t\"b\": [1,\n\t\t2],\n\t\"a\": \"x\"\n}",
       {"a"},
       "z",
       "{\n\t\"b\": [1,\n\t\t2],\n\t\"a\": \"z\"\n}"},
      {"already so", "a: z\n", {"a"}, "z", "a: z\n"},
  };
}

std::vector<Row> Added() {
  return {
      {"at the end", "b: 1\n", {"a"}, "z", "b: 1\na: z\n"},
      {"after the last comment", "b: 1\n\n# c\n", {"a"}, "z", "b: 1\n\n# c\na: z\n"},
      {"no end of the last line", "b: 1", {"a"}, "z", "b: 1\na: z\n"},
      {"no end of a last comment", "b: 1\n# c", {"a"}, "z", "b: 1\n# c\na: z\n"},
      {"after a list without indentation", "b:\n- 1\n", {"a"}, "z", "b:\n- 1\na: z\n"},
      {"after a block of text", "b: |\n  1\n\n", {"a"}, "z", "b: |\n  1\n\na: z\n"},
      {"the outermost mapping is indented", "  b: 1\n", {"a"}, "z", "  b: 1\n  a: z\n"},
      {"before the end marker",
       "--- # c\nb: 1\n... # c\n",
       {"a"},
       "z",
       "--- # c\nb: 1\na: z\n... # c\n"},
      {"CRLF", "b: 1\r\n", {"a"}, "z", "b: 1\r\na: z\r\n"},
      {"a whole section", "b: 1\n", {"s", "t", "a"}, "z", "b: 1\ns:\n  t:\n    a: z\n"},
      {"to a section",
       "s: # c\n    b: 1\nd: 2\n",
       {"s", "a"},
       "z",
       "s: # c\n    a: z\n    b: 1\nd: 2\n"},
      {"to an empty section", "s:\nd: 2\n", {"s", "a"}, "z", "s:\n  a: z\nd: 2\n"},
      {"to an empty section at the end", "d: 2\ns:", {"s", "a"}, "z", "d: 2\ns:\n  a: z\n"},
      {"to a section in braces", "s: {b: 1}\n", {"s", "a"}, "z", "s: {\"a\": \"z\", b: 1}\n"},
      {"to empty braces", "s: {}\n", {"s", "t", "a"}, "z", "s: {\"t\": {\"a\": \"z\"}}\n"},
      {"to JSON", "{\n  \"b\": 1\n}\n", {"a"}, "z", "{\n  \"a\": \"z\",\n  \"b\": 1\n}\n"},
      {"to JSON on one line", "{\"b\":1}", {"a"}, "z", "{\"a\": \"z\", \"b\":1}"},
      {"to empty JSON", "{}", {"a"}, "z", "{\"a\": \"z\"}"},
  };
}

void Check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    SCOPED_TRACE(row.why);
    const absl::StatusOr<std::string> got = SetYamlScalar(row.text, "f", row.keys, row.value);
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ(*got, row.want);
    EXPECT_EQ(ValueAt(*got, row.keys), row.value);
    EXPECT_EQ(SetYamlScalar(*got, "f", row.keys, row.value).value(), *got) << "and once more";
  }
}

TEST(YamlEditTest, ReplacesTheValueWhereItStands) {
  Check(Replaced());
}
TEST(YamlEditTest, AddsWhatIsMissing) {
  Check(Added());
}

TEST(YamlEditTest, EveryValueReadsBack) {
  for (const char* value : {"unix:///run/sekisho/sekisho.sock",
                            "/run/x",
                            "a",
                            "",
                            "a b",
                            "true",
                            "No",
                            "~",
                            "null",
                            "1",
                            "1.5",
                            "0x1f",
                            "-",
                            "- a",
                            "a: b",
                            "a #b",
                            "#a",
                            "a:",
                            "'",
                            "\"",
                            "\\",
                            "a\tb",
                            "a\nb",
                            "\xc3\xa9",
                            "{",
                            "[a]",
                            "&a",
                            "*a",
                            "!a",
                            "%a",
                            "@a",
                            "`a",
                            "|",
                            ">",
                            "?",
                            " a",
                            "a ",
                            "2024-01-01",
                            ".inf",
                            "...",
                            "---"}) {
    for (const char* text : {"a: x\nb: 1\n", "a: 'x'\nb: 1\n", "a: \"x\"\nb: 1\n", "b: 1\n",
                             "{\"b\": 1}", "{\"a\": \"x\", \"b\": 1}", "{a: x, b: 1}"}) {
      const absl::StatusOr<std::string> got = SetYamlScalar(text, "f", {"a"}, value);
      ASSERT_TRUE(got.ok()) << value << " in " << text << ": " << got.status();
      EXPECT_EQ(ValueAt(*got, {"a"}), value) << *got;
      EXPECT_EQ(ValueAt(*got, {"b"}), "1") << *got;
    }
  }
}

TEST(YamlEditTest, RefusesWithThePlace) {
  struct Refusal {
    std::string_view text;
    std::vector<std::string> keys;
    const char* message;
  };
  const std::vector<Refusal> rows = {
      {"", {"a"}, "f: the file is empty"},
      {"# only\n", {"a"}, "f: the file is empty"},
      {"- a\n", {"a"}, "f:1: not a mapping"},
      {"x\n", {"a"}, "f:1: not a mapping"},
      {"b: 1\n---\na: x\n", {"a"}, "a second YAML document"},
      {"b: 1\na: [x]\n", {"a"}, "f:2: a holds a list"},
      {"a: {b: 1}\n", {"a"}, "f:1: a holds a mapping"},
      {"b: 1\na: 1\n", {"a", "b"}, "f:2: a holds a single value, where a mapping belongs"},
      {"a: ~\n", {"a", "b"}, "f:1: a holds nothing, where a mapping belongs"},
      {"a: 1\na: 2\n", {"a"}, "f:2: a stands here twice"},
      {"a: |\n  x\n", {"a"}, "f:1: a is written in a way that is not understood"},
      {"a: x\n  y\n", {"a"}, "f:1: a is written in a way that is not understood"},
      {"a: \"x\n  y\"\n", {"a"}, "f:1: a is written in a way that is not understood"},
      {"a: &n x\nb: *n\n", {"a"}, "f:1: a is written in a way that is not understood"},
      {"b: &n x\na: *n\n", {"a"}, "f:2: a is written in a way that is not understood"},
      {"? a\n: x\n", {"a"}, "f:1: a is written in a way that is not understood"},
      {"s: &n\n  a: x\nt: *n\n", {"s", "a"}, "f: a cannot be set without changing more"},
      {"b: |\n  1", {"a"}, "f: ends inside a block of text"},
      {"b: 1\rc: 2\n", {"a"}, "a carriage return without a line feed"},
      {"\xef\xbb\xbf"
       "b: 1\n",
       {"a"},
       "a byte order mark"},
  };
  for (const Refusal& row : rows) {
    SCOPED_TRACE(row.text);
    const absl::StatusOr<std::string> got = SetYamlScalar(row.text, "f", row.keys, "y");
    ASSERT_FALSE(got.ok()) << *got;
    EXPECT_THAT(std::string(got.status().message()), HasSubstr(row.message));
  }
  EXPECT_FALSE(SetYamlScalar("a: x\n", "f", {"a"}, "\xff").ok());
  EXPECT_FALSE(SetYamlScalar("a: x\n", "f", {}, "y").ok());
}

}  // namespace
}  // namespace sekisho::install
