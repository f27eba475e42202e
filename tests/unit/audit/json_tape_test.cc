// The scanner of our own never takes for JSON what the library does not, and never reads anything
// else from it.
#include "audit/json_tape.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>

#include "unit/audit/full_facts.h"

namespace sekisho::audit {
namespace {

// Whether the scanner reads it by itself.
bool IsPlain(const std::string& json) {
  JsonTape plain;
  JsonTape library;
  const bool by_us = plain.ParsePlain(json);
  const bool by_library = library.ParseByLibrary(json);
  EXPECT_TRUE(by_library || !by_us) << json;
  if (by_us && by_library) {
    EXPECT_EQ(plain, library) << json;
  }
  JsonTape tape;
  EXPECT_EQ(tape.Parse(json), by_library) << json;
  return by_us;
}

TEST(JsonTape, WhatTheAgentWritesIsPlain) {
  for (const char* json :
       {"{}", "[]", "true", "false", "null", "0", "-1", "999999999999999999", "\"\"", "\"a\"",
        R"({"a":{"b":[1,2,{"c":[]}]},"d":"x \" \\ y","e":[[],[[]]]})", R"([{},{"a":null}])"}) {
    EXPECT_TRUE(IsPlain(json)) << json;
  }
}

TEST(JsonTape, AllElseIsLeftToTheLibrary) {
  for (const char* json : {"",
                           " ",
                           "{",
                           "}",
                           "[",
                           "]",
                           "{]",
                           "[}",
                           "[1,]",
                           "[,1]",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{a:1}",
                           "{\"a\" :1}",
                           " 1",
                           "1 ",
                           "[1, 2]",
                           "01",
                           "-",
                           "--1",
                           "+1",
                           "1.5",
                           "1e3",
                           "-0.0",
                           "9223372036854775808",
                           "99999999999999999999",
                           "\"",
                           "\"a",
                           "\"\\u0041\"",
                           "\"\\n\"",
                           "\"\\x\"",
                           "\"\x01\"",
                           "\"\xff\"",
                           "\"関所\"",
                           "tru",
                           "truex",
                           "nul",
                           "1 2",
                           "{}{}",
                           "[1]]",
                           "\"a\"\"b\"",
                           "{\"a\":1 \"b\":2}",
                           "{\"a\":1,2}",
                           "[1:2]"}) {
    EXPECT_FALSE(IsPlain(json)) << json;
  }
}

TEST(JsonTape, NeitherReadsMoreThanTheOther) {
  constexpr std::string_view kBytes = "{}[]\",:\\0123456789-truefalsn .eu\x01\xe9\n";
  std::mt19937 random(11);
  size_t plain = 0;
  for (int i = 0; i < 30000; ++i) {
    std::string json;
    for (size_t left = random() % 12; left > 0; --left) {
      json += kBytes[random() % kBytes.size()];
    }
    plain += IsPlain(json) ? 1 : 0;
  }
  EXPECT_GT(plain, 100U);
  DecidedFacts facts = FullFacts(4).Make();
  facts.sandbox.sysctls = {{"a", "b \" \\"}};
  const std::string whole = ToJson(facts);
  for (int i = 0; i < 5000; ++i) {
    std::string json = whole.substr(0, 200 + random() % (whole.size() - 200));
    json[random() % json.size()] = kBytes[random() % kBytes.size()];
    (void)IsPlain(json);
  }
}

TEST(JsonTape, DepthIsNoMatter) {
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  EXPECT_TRUE(IsPlain(deep));
  EXPECT_FALSE(IsPlain(std::string(200'000, '[')));
}

}  // namespace
}  // namespace sekisho::audit
