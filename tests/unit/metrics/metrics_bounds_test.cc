// What callers, threads and hostile names cannot do to the numbers; and what counting costs.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "base/str_cat.h"
#include "base/utf8.h"
#include "metrics/bounded_names.h"
#include "metrics/metrics.h"
#include "policy/checks.h"
#include "unit/metrics/populated.h"
#include "unit/metrics/scraped.h"

namespace sekisho::metrics {
namespace {

using sekisho::testing::HardenedRecord;
using sekisho::testing::Parse;
using sekisho::testing::Scraped;

State NoState() {
  return {};
}

TEST(Bounds, TenThousandNamespacesShareTwoHundredLabelsAndOneMore) {
  Metrics metrics(NoState);
  for (int i = 0; i < 10'000; ++i) {
    metrics.CountDecision(HardenedRecord(base::StrCat("team-", i)));
  }
  const std::string text = metrics.Text();
  const Scraped now = Parse(text);
  EXPECT_EQ(now.CountOf("sekisho_decisions_total"), Metrics::kNamespacesMax + 1);
  EXPECT_EQ(now.Sum("sekisho_decisions_total", {{"namespace", "team-199"}}), 1);
  EXPECT_EQ(now.Sum("sekisho_decisions_total", {{"namespace", "team-200"}}), 0);
  EXPECT_EQ(now.Sum("sekisho_decisions_total", {{"namespace", "_other"}}), 9'800);
  EXPECT_EQ(now.Sum("sekisho_decisions_total"), 10'000);
  EXPECT_LT(text.size(), 300'000U);
  // Those that came first go on by their names.
  metrics.CountDecision(HardenedRecord("team-0"));
  EXPECT_EQ(Parse(metrics.Text()).Sum("sekisho_decisions_total", {{"namespace", "team-0"}}), 2);
}

// Each namespace breaks every check in every mode at every level, with every answer.
TEST(Bounds, EverythingAtOnceStillHasAnEndAndLosesNothing) {
  Metrics metrics(NoState);
  audit::Record record = HardenedRecord();
  record.decision.violations.clear();
  for (const policy::Check& check : policy::Checks()) {
    record.decision.violations.push_back({check.id, "", ""});
  }
  record.decision.audit = record.decision.violations;
  record.decision.warn = record.decision.violations;
  record.exemption = "everybody";
  double expected = 0;
  for (int i = 0; i < 250; ++i) {
    record.pod.namespace_ = base::StrCat("team-", i);
    for (const char* level : {"baseline:latest", "restricted:v1.30", "privileged:latest"}) {
      record.enforced = level;
      for (const policy::Action action :
           {policy::Action::kAllow, policy::Action::kHarden, policy::Action::kDeny}) {
        record.decision.action = action;
        metrics.CountDecision(record);
        expected += 3.0 * static_cast<double>(record.decision.violations.size());
      }
    }
  }
  const std::string text = metrics.Text();
  const Scraped now = Parse(text);
  EXPECT_EQ(now.Sum("sekisho_violations_total"), expected);
  // 4000, and each combination of the other labels once more for "_other".
  EXPECT_LT(now.CountOf("sekisho_violations_total"), 6'500U);
  EXPECT_LT(text.size(), 1'500'000U);
}

TEST(Bounds, AVersionMakesNoSeries) {
  Metrics metrics(NoState);
  for (int i = 0; i < 500; ++i) {
    audit::Record record = HardenedRecord();
    record.enforced = base::StrCat("restricted:v1.", i);
    metrics.CountDecision(record);
  }
  EXPECT_EQ(Parse(metrics.Text()).CountOf("sekisho_decisions_total"), 1U);
}

TEST(Bounds, NamesTakeTurnsUntilThereIsNoRoom) {
  BoundedNames names(2, 5);
  EXPECT_EQ(names.IdOf(""), BoundedNames::kUnknown);
  EXPECT_EQ(names.IdOf("longer"), BoundedNames::kOther);
  const BoundedNames::Id a = names.IdOf("a");
  const BoundedNames::Id b = names.IdOf("b");
  EXPECT_NE(a, b);
  EXPECT_EQ(names.IdOf("c"), BoundedNames::kOther);
  EXPECT_EQ(names.IdOf("a"), a);
  EXPECT_EQ(names.Label(a), "a");
  EXPECT_EQ(names.Label(BoundedNames::kOther), "_other");
  EXPECT_EQ(names.Label(BoundedNames::kUnknown), "_unknown");
}

TEST(Bounds, AHostileNameIsOneLabelValueOnOneLine) {
  const std::vector<std::string> hostile = {
      "a\nsekisho_ready 1\n",
      "a\"} 1",
      "back\\slash",
      "back\\",
      std::string("nul\0nul", 7),
      "\xff\xfe",
      "\xc3",
      "\xed\xa0\x80",  // a surrogate
      "esc\x1b[31m",
      "\r",
      "関所",
      "{namespace=\"x\"}",
  };
  Metrics metrics(NoState);
  for (const std::string& name : hostile) {
    metrics.CountDecision(HardenedRecord(name));
  }
  const std::string text = metrics.Text();
  EXPECT_FALSE(base::FindBadText(text).has_value());
  const Scraped now = Parse(text);
  EXPECT_EQ(now.Sum("sekisho_decisions_total"), static_cast<double>(hostile.size()));
  EXPECT_EQ(now.CountOf("sekisho_decisions_total"), hostile.size());
  EXPECT_EQ(now.Value("sekisho_ready"), 0);
  EXPECT_EQ(now.Sum("sekisho_decisions_total", {{"namespace", "a\"} 1"}}), 1);
  EXPECT_EQ(now.Sum("sekisho_decisions_total", {{"namespace", "back\\slash"}}), 1);
  EXPECT_EQ(now.Sum("sekisho_decisions_total", {{"namespace", "関所"}}), 1);
  EXPECT_EQ(now.Sum("sekisho_decisions_total", {{"namespace", "nul\\x00nul"}}), 1);
}

TEST(Bounds, TheStateMayHoldAnythingToo) {
  State state;
  state.policy_file = "policy\n.yaml\xff";
  state.profile_judgements["\"}\n"] = 1;
  Metrics metrics([&state] { return state; });
  const Scraped now = Parse(metrics.Text());
  EXPECT_EQ(now.Sum("sekisho_policy_info", {{"file", "policy\\x0a.yaml\\xff"}}) +
                now.Sum("sekisho_policy_info", {{"file", "policy\\x0A.yaml\\xFF"}}),
            1);
}

TEST(Threads, NothingIsLostAndScrapesMayComeAtAnyTime) {
  constexpr int kThreads = 8;
  constexpr int kEach = 100'000;
  Metrics metrics(sekisho::testing::FullState);
  std::vector<std::thread> threads;
  threads.reserve(kThreads + 1);
  std::atomic<int> running = kThreads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&metrics, &running, t] {
      // Half of the threads share a namespace; new series come while others count.
      const audit::Record shared = HardenedRecord("shared");
      const audit::Record own = HardenedRecord(base::StrCat("own-", t));
      for (int i = 0; i < kEach; ++i) {
        metrics.CountDecision(i % 2 == 0 ? shared : own);
        metrics.CountCall({.method = "CreateContainer", .decision = std::chrono::microseconds(80)});
      }
      --running;
    });
  }
  double last = 0;
  while (running > 0) {
    const double sum = Parse(metrics.Text()).Sum("sekisho_decisions_total");
    EXPECT_GE(sum, last);
    last = sum;
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  const Scraped now = Parse(metrics.Text());
  constexpr double kAll = kThreads * kEach;
  EXPECT_EQ(now.Sum("sekisho_decisions_total"), kAll);
  EXPECT_EQ(now.Sum("sekisho_decisions_total", {{"namespace", "shared"}}), kAll / 2);
  EXPECT_EQ(now.Sum("sekisho_violations_total"), 4 * kAll);
  EXPECT_EQ(now.Sum("sekisho_edits_total", {{"field", "seccomp"}}), kAll);
  EXPECT_EQ(now.Sum("sekisho_calls_total"), kAll);
  EXPECT_EQ(now.Sum("sekisho_decision_duration_seconds_count"), kAll);
  EXPECT_EQ(metrics.DecisionsByAction().at("harden"), static_cast<uint64_t>(kAll));
  EXPECT_EQ(metrics.CallsByOutcome().at("forwarded"), static_cast<uint64_t>(kAll));
}

// The number is for reading; the bound is so wide that only a mistake breaks it (a file read, a
// new allocation for each label), also under a sanitizer on a busy machine.
TEST(Cost, CountingADecisionIsCheap) {
  using Clock = std::chrono::steady_clock;
  constexpr int kRounds = 200'000;
  Metrics metrics(NoState);
  audit::Record plain = HardenedRecord();
  plain.decision.violations.clear();
  plain.decision.audit.clear();
  plain.decision.warn.clear();
  plain.decision.edit_records.clear();
  plain.decision.action = policy::Action::kAllow;
  const auto measure = [](const auto& count) {
    count();
    const Clock::time_point begun = Clock::now();
    for (int i = 0; i < kRounds; ++i) {
      count();
    }
    return std::chrono::duration<double, std::nano>(Clock::now() - begun).count() / kRounds;
  };
  const double allowed = measure([&] { metrics.CountDecision(plain); });
  const audit::Record busy = HardenedRecord();
  const double hardened = measure([&] { metrics.CountDecision(busy); });
  const Call call{.method = "CreateContainer",
                  .decision = std::chrono::microseconds(90),
                  .upstream = std::chrono::milliseconds(30)};
  const double called = measure([&] { metrics.CountCall(call); });
  std::cout << "CountDecision: " << allowed << " ns, with 4 violations and 2 edits " << hardened
            << " ns; CountCall with two histograms: " << called << " ns\n";
  EXPECT_LT(allowed, 50'000);
  EXPECT_LT(hardened, 50'000);
  EXPECT_LT(called, 50'000);
}

}  // namespace
}  // namespace sekisho::metrics
