// A day of a busy node is replayed while a person waits.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string>

#include "audit/reader.h"
#include "config/snapshot.h"
#include "replay/replay.h"
#include "support/synthetic_audit.h"
#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::testing {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::sys_seconds kNow =
    std::chrono::sys_days(std::chrono::year(2026) / std::chrono::November / 21);

// Of all threads.
double BusySeconds() {
  timespec time{};
  (void)::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

TEST(ReplaySpeed, AHundredThousandDecisionsTakeSeconds) {
  // A sanitizer's seconds are no figures.
  constexpr uint64_t kDecisions = SEKISHO_SANITIZED ? 10'000 : 100'000;
  const TempDir folder;
  const std::string log = folder.File("audit.jsonl");
  WriteSyntheticAudit(log, kDecisions, 7);
  WriteText(folder.File("policy.yaml"), SyntheticPolicy());
  config::AgentConfig agent;
  agent.policy_file = folder.File("policy.yaml");
  agent.policy_dir = folder.File("policy.d");
  const auto policy = config::LoadPolicy(agent, kNow);
  ASSERT_TRUE(policy.ok());

  const auto started = steady_clock::now();
  const double busy_before = BusySeconds();
  replay::Replayer replayer(*policy.value.policy, kNow);
  const auto read = audit::ReadLines(log, {.with_facts = true, .threads = 2},
                                     [&](const audit::Line& line) { replayer.Add(line); });
  const replay::Summary summary = replayer.Finish();
  const std::chrono::duration<double> took = steady_clock::now() - started;
  const double busy = BusySeconds() - busy_before;

  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->lines, kDecisions);
  EXPECT_EQ(read->unreadable, 0U) << read->first_unreadable;
  EXPECT_EQ(summary.decisions + summary.errors, kDecisions);
  EXPECT_EQ(summary.without_facts, 0U);
  // The policy that decided them.
  EXPECT_EQ(summary.unchanged, summary.decisions) << replay::ToText(summary, 100, false);
  std::printf("%.2f s for %ju decisions, %.2f s of them busy\n", took.count(),
              static_cast<uintmax_t>(kDecisions), busy);
#if SEKISHO_SANITIZED
  constexpr double kSecondsMax = 60;
#else
  constexpr double kSecondsMax = 5;
#endif
  // What other programs take of the machine meanwhile is not ours.
  EXPECT_LT(std::min(took.count(), busy), kSecondsMax);
}

}  // namespace
}  // namespace sekisho::testing
