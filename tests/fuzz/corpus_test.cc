// The fuzzers' inputs, as plain tests: what they once found stays found.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#include "fuzz/target.h"
#include "support/text_file.h"

namespace sekisho::testing {

// Where a failure names the parameter.
static void PrintTo(const FuzzTarget& target, std::ostream* out) {
  *out << target.corpus;
}

namespace {

std::vector<std::string> CorpusOf(const FuzzTarget& target) {
  std::vector<std::string> paths;
  for (const auto& entry :
       std::filesystem::directory_iterator(SEKISHO_FUZZ_CORPUS "/" + target.corpus)) {
    paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

class FuzzCorpusTest : public ::testing::TestWithParam<FuzzTarget> {};

// Files whose name begins with "bad-" are refused, the others are not.
TEST_P(FuzzCorpusTest, IsAsItsNamesSay) {
  const std::vector<std::string> paths = CorpusOf(GetParam());
  EXPECT_GE(paths.size(), 5u);
  for (const std::string& path : paths) {
    SCOPED_TRACE(path);
    const FuzzResult result = GetParam().check(ReadText(path));
    EXPECT_EQ(result.broken, "");
    const bool bad = std::filesystem::path(path).filename().string().starts_with("bad-");
    EXPECT_EQ(result.accepted, !bad);
  }
}

// Beginnings of each input, and each input with one byte changed: none may break anything.
TEST_P(FuzzCorpusTest, DamageBreaksNothing) {
  for (const std::string& path : CorpusOf(GetParam())) {
    SCOPED_TRACE(path);
    const std::string text = ReadText(path);
    const size_t step = std::max<size_t>(1, text.size() / 32);
    for (size_t i = 0; i < text.size(); i += step) {
      ASSERT_EQ(GetParam().check(text.substr(0, i)).broken, "") << "cut at " << i;
      for (const char byte : {'\0', '"', '9', '\xFF'}) {
        std::string damaged = text;
        damaged[i] = byte;
        ASSERT_EQ(GetParam().check(damaged).broken, "") << "byte " << i;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, FuzzCorpusTest, ::testing::ValuesIn(FuzzTargets()),
                         [](const auto& target) { return target.param.corpus; });

}  // namespace
}  // namespace sekisho::testing
