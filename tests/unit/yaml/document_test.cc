// What is refused before any key is looked at, whatever the kind of file.
#include "yaml/document.h"

#include <gmock/gmock.h>

namespace sekisho::yaml {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> ErrorsOf(std::string_view text) {
  std::vector<Diagnostic> errors;
  const std::optional<YamlNode> root = ParseYaml(text, "f", &errors);
  EXPECT_EQ(root.has_value(), errors.empty());
  std::vector<std::string> texts;
  for (const Diagnostic& error : errors) {
    texts.push_back(error.ToString());
  }
  return texts;
}

TEST(ParseYaml, RefusesWithThePlaceAndTheReason) {
  constexpr std::string_view kEndsInside =
      "not valid YAML: the file ends inside a quoted text, a list or a mapping "
      "(close the quote, bracket or brace)";
  const std::string ends_inside(kEndsInside);
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "f: the file is empty"},
      {"# only a comment\n", "f: the file is empty"},
      {"---\n", "f: the file is empty"},
      {"~\n", "f: the file is empty"},
      {"a: 1\n---\nb: 2\n",
       "f:2:1: not valid YAML: a second YAML document begins here; write one file each"},
      {"a: 1\n...\nb: 2\n",
       "f:3:1: not valid YAML: a second YAML document begins here; write one file each"},
      {"a: b: c\n", "f:1:5: not valid YAML: illegal map value"},
      {"a: 1\n\tb: 2\n",
       "f:2:1: not valid YAML: illegal tab when looking for indentation (indent with spaces)"},
      {"a: @x\n", "f:1:4: not valid YAML: unknown token"},
      // yaml-cpp takes a character to be one byte.
      {"a: \"\\\u0710\"\n",
       "f:1:7: not valid YAML: unknown escape character: \\xdc (between double quotes a "
       "backslash is written as \\\\)"},
      {"a: *nope\n", "f:1:4: not valid YAML: the referenced anchor is not defined"},
      {"a: &x [*x]\n", "f:1:8: not valid YAML: this alias stands inside the value that it names"},
      {"a: 'it\n", "f:1:1: " + ends_inside},
      {"a: \"it\nb: [1]\nc: d\n", "f:3:1: " + ends_inside},
      {"a: \"it\nb: [1]\nc: d", "f:3:1: " + ends_inside},
      {"a: [1\n", "f:1:1: " + ends_inside},
      {"a: {b: 1\n", "f:1:1: " + ends_inside},
      {"a: !!binary eA==\n",
       "f:1:4: not valid YAML: the tag tag:yaml.org,2002:binary is not used here"},
      {"a: !m {b: 1}\n", "f:1:4: not valid YAML: the tag !m is not used here"},
      {"[a]: b\n", "f:1:1: not valid YAML: a key must be text"},
      {"~: b\n", "f:1:1: not valid YAML: a key must be text"},
      // To yaml-cpp, 0x04 is the end of the file: the rules behind it would be lost.
      {"a: 1\nb: x\x04\nrules: []\n",
       "f:2:5: not valid YAML: a control character (save the file as UTF-8 text)"},
      {std::string("a: \0x\n", 6),
       "f:1:4: not valid YAML: a control character (save the file as UTF-8 text)"},
      {"a: \xff\n",
       "f:1:4: not valid YAML: bytes that are not UTF-8 (save the file as UTF-8 text)"},
  };
  for (const auto& [text, error] : cases) {
    EXPECT_THAT(ErrorsOf(text), ElementsAre(error)) << text;
  }
}

TEST(ParseYaml, AcceptsWhatOnlyLooksOdd) {
  for (const std::string_view text :
       {"a: 1", "a: 1\n", "---\na: 1\n", "---\na: 1\n...\n", "%YAML 1.2\n---\na: 1\n",
        "\xef\xbb\xbf"
        "a: 1\n",
        "a: \"it's\"\n", "a: |\n  text\n", "a: 関所\n", "a: 1\r\n"}) {
    EXPECT_THAT(ErrorsOf(text), ElementsAre()) << text;
  }
}

TEST(ParseYaml, KeepsPlacesQuotesAndRepeatedKeys) {
  std::vector<Diagnostic> errors;
  const auto root = ParseYaml("a: 1\nb:\n  - \"2\"\n  -\n  - [x]\na: 3\n", "f", &errors);
  ASSERT_TRUE(root.has_value());
  ASSERT_EQ(root->entries.size(), 3u);
  EXPECT_EQ(root->entries[2].key, "a");
  EXPECT_EQ(root->entries[2].where, (Location{6, 1}));
  EXPECT_EQ(root->entries[2].value.where, (Location{6, 4}));
  const YamlNode& list = root->entries[1].value;
  ASSERT_EQ(list.items.size(), 3u);
  EXPECT_TRUE(list.items[0].quoted);
  EXPECT_EQ(list.items[0].where, (Location{3, 5}));
  EXPECT_EQ(list.items[1].kind, YamlNode::Kind::kNull);
  EXPECT_EQ(list.items[2].kind, YamlNode::Kind::kList);
  EXPECT_FALSE(root->entries[0].value.quoted);
}

TEST(ParseYaml, AnAliasIsACopyWithItsOwnPlace) {
  std::vector<Diagnostic> errors;
  const auto root = ParseYaml("a: &x [p, q]\nb: *x\n", "f", &errors);
  ASSERT_TRUE(root.has_value());
  EXPECT_EQ(root->entries[1].value.items.size(), 2u);
  EXPECT_EQ(root->entries[1].value.where, (Location{2, 4}));
}

TEST(ParseYaml, NestingIsBounded) {
  const auto nested = [](size_t depth) {
    return std::string(depth, '[') + "x" + std::string(depth, ']');
  };
  EXPECT_THAT(ErrorsOf(nested(64)), ElementsAre());
  EXPECT_THAT(ErrorsOf(nested(65)),
              ElementsAre("f:1:65: not valid YAML: nested deeper than 64 levels"));
  EXPECT_THAT(ErrorsOf(nested(100'000)),
              ElementsAre("f:1:65: not valid YAML: nested deeper than 64 levels"));
  // By an alias, too.
  EXPECT_THAT(ErrorsOf("a: &x " + nested(60) + "\nb: [[[[*x]]]]\n"),
              ElementsAre("f:2:8: not valid YAML: nested deeper than 64 levels"));
}

TEST(ParseYaml, AliasesCannotGrowWithoutBound) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 20; ++i) {
    const std::string last = std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + last + ", *a" + last +
            ", *a" + last + ", *a" + last + "]\n";
  }
  const std::vector<std::string> errors = ErrorsOf(text);
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_THAT(errors[0], ::testing::EndsWith("more than 100000 values in one file"));
}

// One letter a document: what its value is.
std::string Documents(std::string_view text) {
  std::vector<Diagnostic> errors;
  const auto roots = ParseYamlDocuments(text, "f", &errors);
  if (!roots.has_value()) {
    return errors.size() == 1 ? errors[0].ToString() : "no diagnostic";
  }
  EXPECT_TRUE(errors.empty());
  std::string kinds;
  for (const YamlNode& root : *roots) {
    kinds += root.kind == YamlNode::Kind::kMapping ? 'm'
             : root.kind == YamlNode::Kind::kList  ? 'l'
                                                   : 's';
  }
  return kinds;
}

TEST(ParseYamlDocuments, ReadsAnyNumber) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", ""},
      {"# nothing\n", ""},
      {"---\n---\n", ""},
      {"a: 1\n", "m"},
      {"---\na: 1\n---\n# nothing\n---\n- x\n---\ntext\n", "mls"},
      {"a: 1\n...\n---\nb: 2\n...\n", "mm"},
      {"a: 1\n---\n~\n---\nb: 2", "mm"},
      // A document of its own each: an anchor of the first is not known in the second.
      {"a: &x 1\n---\na: *x\n", "f:3:4: not valid YAML: the referenced anchor is not defined"},
      {"a: &x 1\nb: &y 2\n---\na: &x 3\nb: *x\n", "mm"},
      {"a: 1\n---\na: !m 1\n", "f:3:4: not valid YAML: the tag !m is not used here"},
      {"a: 1\n---\na: \"it\n",
       "f:3:1: not valid YAML: the file ends inside a quoted text, a list or a mapping "
       "(close the quote, bracket or brace)"},
  };
  for (const auto& [text, kinds] : cases) {
    EXPECT_EQ(Documents(text), kinds) << text;
  }
}

TEST(ParseYamlDocuments, AnUnclosedQuoteSwallowsNoDocument) {
  EXPECT_THAT(Documents("a: \"it\n---\nb: 2\n"), ::testing::StartsWith("f:2:1: not valid YAML"));
  EXPECT_THAT(Documents("a: 'it\n---\nb: 2\n"), ::testing::StartsWith("f:2:1: not valid YAML"));
  EXPECT_THAT(Documents("a: [1\n---\nb: 2\n"), ::testing::StartsWith("f:"));
}

TEST(ParseYamlDocuments, WhatClosesNothingIsRefused) {
  for (const char* text : {"}", "]", ",", "a: b\n}\n", "{a: b}}\n---\nc: d\n"}) {
    SCOPED_TRACE(text);
    std::vector<Diagnostic> errors;
    EXPECT_FALSE(ParseYamlDocuments(text, "f", &errors).has_value());
    EXPECT_EQ(errors.size(), 1u);
    EXPECT_FALSE(ParseYaml(text, "f", &errors).has_value());
  }
}

TEST(ParseYamlDocuments, TheLimitHoldsForEachDocument) {
  std::string list = "---\n[";
  for (int i = 0; i < 60'000; ++i) {
    list += "x,";
  }
  list += "x]\n";
  EXPECT_EQ(Documents(list + list), "ll");
}

TEST(ParseYaml, ReadsJson) {
  std::vector<Diagnostic> errors;
  const auto root = ParseYaml(
      "{\"a\":1,\"b\":[true,null,\"t\\u003ct\\/\\n\\\"\"],\n\t\"c\":{},\"d\":[],\n"
      "\t\"e\":\t\"true\"\n}\n",
      "f", &errors);
  ASSERT_TRUE(root.has_value()) << (errors.empty() ? "" : errors[0].ToString());
  ASSERT_EQ(root->entries.size(), 5u);
  EXPECT_EQ(root->entries[0].value.text, "1");
  EXPECT_FALSE(root->entries[0].value.quoted);
  const YamlNode& list = root->entries[1].value;
  ASSERT_EQ(list.items.size(), 3u);
  EXPECT_FALSE(list.items[0].quoted);
  EXPECT_EQ(list.items[1].kind, YamlNode::Kind::kNull);
  EXPECT_EQ(list.items[2].text, "t<t/\n\"");
  EXPECT_EQ(root->entries[2].value.kind, YamlNode::Kind::kMapping);
  EXPECT_EQ(root->entries[3].value.kind, YamlNode::Kind::kList);
  EXPECT_TRUE(root->entries[4].value.quoted);
}

}  // namespace
}  // namespace sekisho::yaml
