// A day of a busy node as a page: in time, and small enough to mail.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <string>

#include "audit/reader.h"
#include "html_reader.h"
#include "lines.h"
#include "report/report.h"
#include "support/synthetic_audit.h"
#include "support/temp_dir.h"

namespace sekisho::testing {
namespace {

using std::chrono::steady_clock;

TEST(ReportSpeed, AHundredThousandDecisionsAreAPageInFiveSecondsAndFiveMegabytes) {
  // A sanitizer's seconds are no figures.
  constexpr uint64_t kDecisions = SEKISHO_SANITIZED ? 10'000 : 100'000;
  const TempDir dir;
  const std::string log = dir.File("audit.jsonl");
  WriteSyntheticAudit(log, kDecisions, 7);

  const auto begin = steady_clock::now();
  report::Builder builder(ReportOptions());
  const auto stats = audit::ReadLines(log, {.with_facts = true, .threads = 2},
                                      [&](const audit::Line& line) { builder.Add(line); });
  ASSERT_TRUE(stats.ok()) << stats.status();
  builder.SetReadStats(*stats);
  const auto read = steady_clock::now();
  const std::string page = builder.Html();
  const auto end = steady_clock::now();

  const auto milliseconds = [](auto time) {
    return static_cast<long long>(
        std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
  };
  std::printf("%ju decisions: %lld ms to read and count, %lld ms to write %zu KiB\n",
              static_cast<uintmax_t>(stats->lines), milliseconds(read - begin),
              milliseconds(end - read), page.size() >> 10);
  EXPECT_EQ(stats->lines, kDecisions);
  EXPECT_EQ(stats->unreadable, 0U);
#if SEKISHO_SANITIZED
  constexpr std::chrono::seconds kLongest{60};
#else
  constexpr std::chrono::seconds kLongest{5};
#endif
  EXPECT_LT(end - begin, kLongest);
  EXPECT_LT(page.size(), size_t{5} << 20);
  EXPECT_NO_THROW(HtmlReader::Tags(page));
}

}  // namespace
}  // namespace sekisho::testing
