// docs/checks.md is made from the table of checks, so that the page cannot say anything else.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "policy/checks.h"

namespace sekisho::policy {
namespace {

constexpr char kPage[] = SEKISHO_SOURCE_DIR "/docs/checks.md";
constexpr std::string_view kBegin = "<!-- from the table of checks: begin -->\n";
constexpr std::string_view kEnd = "<!-- from the table of checks: end -->\n";

TEST(ChecksPage, IsMadeFromTheTable) {
  std::ifstream file(kPage, std::ios::binary);
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  const size_t begin = page.find(kBegin);
  const size_t end = page.find(kEnd);
  ASSERT_NE(begin, std::string::npos) << kPage;
  ASSERT_NE(end, std::string::npos) << kPage;
  const size_t from = begin + kBegin.size();
  if (std::getenv("SEKISHO_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(kPage, std::ios::binary | std::ios::trunc)
        << page.substr(0, from) << ChecksAsMarkdown() << page.substr(end);
    GTEST_SKIP() << kPage << " was written anew";
  }
  EXPECT_EQ(page.substr(from, end - from), ChecksAsMarkdown())
      << "SEKISHO_UPDATE_GOLDEN=1 writes it anew";
}

}  // namespace
}  // namespace sekisho::policy
