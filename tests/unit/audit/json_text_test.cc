#include "audit/json_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>

namespace sekisho::audit {
namespace {

std::string Quoted(std::string_view text) {
  std::string out = "before ";
  AppendQuoted(text, out);
  return out.substr(7);
}

std::string ByTheLibrary(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

TEST(JsonText, EveryByteIsWrittenAsTheLibraryWritesIt) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text = std::string("a") + static_cast<char>(byte) + "z";
    EXPECT_EQ(Quoted(text), ByTheLibrary(text)) << byte;
  }
}

TEST(JsonText, SoIsEveryText) {
  std::mt19937 random(17);
  const std::string bytes("\"\\\n\x01 /ab\x7f\xe9\x96\xa2\xff", 13);
  for (int i = 0; i < 5000; ++i) {
    std::string text;
    for (size_t length = random() % 40; text.size() < length;) {
      // Mostly plain: else no eight in a row ever would be.
      text += random() % 12 != 0 ? 'p' : bytes[random() % bytes.size()];
    }
    ASSERT_EQ(Quoted(text), ByTheLibrary(text));
  }
}

TEST(JsonText, ListsWithAndWithoutValuesAreWhole) {
  std::string out;
  JsonList object('{', out);
  object.PutIf("absent", "");
  object.Put("text", "x");
  JsonList list('[', object.Next("list"));
  list.Close();
  AppendNumber(-9223372036854775807 - 1, object.Next("number"));
  JsonList empty('{', object.Next("object"));
  empty.Close();
  object.Close();
  EXPECT_EQ(out, R"({"text":"x","list":[],"number":-9223372036854775808,"object":{}})");
}

}  // namespace
}  // namespace sekisho::audit
