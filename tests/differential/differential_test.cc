// The agent's rules against a second evaluator that was written without them, over a million
// requests: check by check, for the sandbox and for the container.
//
// Not covered here: the words of the messages, controls, checks of the agent's own, what a node is
// looked at for (mount table, symlinks, the files of profiles), annotations that are not JSON.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "differential/comparison.h"
#include "policy/checks.h"

namespace sekisho::differential {
namespace {

#if SEKISHO_SANITIZED
constexpr uint64_t kCases = 10'000;
#else
constexpr uint64_t kCases = 1'000'000;
#endif
// Run side by side.
constexpr uint64_t kShards = 4;

struct Tally {
  uint64_t violated = 0;
  uint64_t passed = 0;
};
using Tallies = std::map<std::string_view, Tally>;

void Count(const Verdict& verdict, Tallies& tallies) {
  for (const auto& [id, violated] : verdict) {
    ++(violated ? tallies[id].violated : tallies[id].passed);
  }
}

class Differential : public ::testing::TestWithParam<uint64_t> {};

TEST_P(Differential, TheAgentAndTheSecondEvaluatorAgree) {
  Comparer comparer;
  Tallies tallies;
  const uint64_t first = GetParam() * (kCases / kShards);
  for (uint64_t seed = first; seed < first + kCases / kShards; ++seed) {
    const Case asked = MakeCase(seed);
    const Comparison both = comparer.Compare(asked);
    ASSERT_TRUE(both.Agrees()) << comparer.Explain(asked);
    Count(both.pod, tallies);
    Count(both.container, tallies);
  }
  // A generator that makes one thing only would let everything pass.
  for (const auto& [id, tally] : tallies) {
    EXPECT_GT(tally.violated, kCases / kShards / 1000) << id;
    EXPECT_GT(tally.passed, kCases / kShards / 1000) << id;
  }
  for (const policy::Check& check : policy::Checks()) {
    // Nothing in a request says windowsHostProcess on Linux.
    if (check.kind == policy::CheckKind::kPodSecurity && check.id != "windowsHostProcess") {
      EXPECT_TRUE(tallies.contains(check.id)) << check.id;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shards, Differential, ::testing::Range(uint64_t{0}, kShards));

}  // namespace
}  // namespace sekisho::differential
