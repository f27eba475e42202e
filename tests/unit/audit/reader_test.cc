#include "audit/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "audit/line_parser.h"
#include "audit/record.h"
#include "support/temp_dir.h"
#include "support/text_file.h"
#include "unit/audit/full_facts.h"

namespace sekisho::audit {
namespace {

using sekisho::testing::TempDir;
using sekisho::testing::WriteText;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

Record Full() {
  Record record;
  record.time =
      std::chrono::system_clock::time_point(std::chrono::microseconds(1'700'000'000'000'001));
  record.method = "CreateContainer";
  record.pod = {"web-0", "shop", "uid-1", 0, policy::PodSource::kStatic, "kata"};
  record.sandbox_id = "sandbox-1";
  record.container = "web";
  record.image = "nginx:1";
  record.enforced = "baseline:latest";
  record.rule = "policy.yaml: rules[1] (line 10)";
  record.level_source = "labels";
  record.exemption = "control plane";
  record.recording = "r-1";
  record.decision.action = policy::Action::kHarden;
  record.decision.violations = {{"seccompProfile_baseline", "seccompProfile", "why \"x\""}};
  record.decision.audit = {{"runAsUser", "runAsUser=0", ""}};
  record.decision.warn = {{"a", "b", "c"}, {"d", "e", "関所"}};
  record.decision.edit_records = {{"f", "Unconfined", "RuntimeDefault"}};
  record.decision.message = "no";
  record.decision.seccomp_ignored = true;
  record.error_id = "identity-mismatch";
  record.error = "it differs";
  record.policy_hash = "abc";
  record.duration = std::chrono::microseconds(17);
  std::string redacted;
  AppendRedacted(FullFacts(3).Make(), redacted);
  auto facts = std::make_shared<DecidedFacts>(ParseDecidedFacts(redacted).value());
  facts->sandbox.pod = record.pod;
  record.facts = facts;
  return record;
}

std::string Small(int number) {
  Record record;
  record.method = "RunPodSandbox";
  record.pod.name = std::to_string(number);
  return ToJsonLine(record);
}

struct Read {
  std::vector<std::string> pods;
  absl::StatusOr<ReadStats> stats;
};
Read ReadAll(const std::string& file, int threads) {
  Read read;
  read.stats = ReadLines(file, {.with_facts = true, .threads = threads},
                         [&read](const Line& line) { read.pods.push_back(line.pod.name); });
  return read;
}

TEST(ParseLine, EverythingThatTheLogSaysComesBack) {
  const Record record = Full();
  const absl::StatusOr<Line> parsed = ParseLine(ToJsonLine(record));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  const Line& line = *parsed;
  EXPECT_EQ(line.time, record.time);
  EXPECT_EQ(line.method, record.method);
  EXPECT_EQ(line.action, policy::Action::kHarden);
  EXPECT_EQ(line.pod, record.pod);
  EXPECT_EQ(line.sandbox_id, record.sandbox_id);
  EXPECT_EQ(line.container, record.container);
  EXPECT_EQ(line.image, record.image);
  EXPECT_EQ(line.enforced, record.enforced);
  EXPECT_EQ(line.level_source, record.level_source);
  EXPECT_EQ(line.rule, record.rule);
  EXPECT_EQ(line.exemption, record.exemption);
  EXPECT_EQ(line.recording, record.recording);
  EXPECT_THAT(line.violations,
              ElementsAre(LineViolation{"seccompProfile_baseline", "seccompProfile", "why \"x\""}));
  EXPECT_THAT(line.audit, ElementsAre(LineViolation{"runAsUser", "runAsUser=0", ""}));
  EXPECT_THAT(line.warn,
              ElementsAre(LineViolation{"a", "b", "c"}, LineViolation{"d", "e", "関所"}));
  ASSERT_EQ(line.edits.size(), 1U);
  EXPECT_EQ(line.edits[0].field, "f");
  EXPECT_EQ(line.edits[0].before, "Unconfined");
  EXPECT_EQ(line.edits[0].after, "RuntimeDefault");
  EXPECT_EQ(line.message, "no");
  EXPECT_TRUE(line.seccomp_ignored);
  EXPECT_EQ(line.error_id, record.error_id);
  EXPECT_EQ(line.error, record.error);
  EXPECT_EQ(line.policy_hash, record.policy_hash);
  EXPECT_EQ(line.duration, record.duration);
  ASSERT_TRUE(line.facts.has_value());
  EXPECT_EQ(*line.facts, *record.facts);
}

TEST(ParseLine, WhatIsNoDecisionIsAnErrorThatSaysWhy) {
  const struct {
    const char* json;
    const char* why;
  } kRows[] = {
      {"", "no JSON"},
      {"nonsense", "no JSON"},
      {"{\"time\":", "no JSON"},
      {"7", "no JSON object"},
      {"{}", "\"time\""},
      {R"({"time":"yesterday","method":"m","decision":"allow"})", "\"time\""},
      {R"({"time":"2026-13-01T00:00:00.000000Z","method":"m","decision":"allow"})", "\"time\""},
      {R"({"time":"2026-02-30T00:00:00.000000Z","method":"m","decision":"allow"})", "\"time\""},
      {R"({"time":"2026-02-01T00:00:00.00000xZ","method":"m","decision":"allow"})", "\"time\""},
      {R"({"time":"2026-02-01T00:00:00.000000Z","method":"m","decision":"maybe"})", "\"decision\""},
      {R"({"time":"2026-02-01T00:00:00.000000Z","decision":"allow"})", "\"method\""},
      {R"({"time":"2026-02-01T00:00:00.000000Z","method":"m","decision":"allow","pod":[1]})",
       "\"pod\""},
      {R"({"time":"2026-02-01T00:00:00.000000Z","event":"records-lost","count":3})", "an event"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.json);
    const absl::StatusOr<Line> line = ParseLine(row.json);
    ASSERT_FALSE(line.ok());
    EXPECT_THAT(std::string(line.status().message()), HasSubstr(row.why));
  }
}

TEST(ParseLine, FactsThatMakeNoSenseLeaveALineWithoutThem) {
  const absl::StatusOr<Line> line =
      ParseLine(R"({"time":"2026-02-01T00:00:00.000000Z","method":"m","decision":"allow",)"
                R"("later":{"a":1},"facts":{"sandbox":7}})");
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_FALSE(line->facts.has_value());
}

TEST(ParseLine, TimesThatTheClockCannotTellAreNone) {
  for (const char* year : {"0000", "1677", "1969", "2262", "9999"}) {
    const std::string json =
        std::string(R"({"time":")") + year +
        R"(-05-01T00:00:00.000000Z","method":"m","decision":"allow","pod":{"name":"p"}})";
    EXPECT_FALSE(ParseLine(json).ok()) << year;
  }
  EXPECT_TRUE(
      ParseLine(R"({"time":"2261-12-31T23:59:60.999999Z","method":"m","decision":"allow"})").ok());
}

TEST(ReadLines, WithoutFactsEverythingElseIsTheSame) {
  const TempDir folder;
  const std::string file = folder.File("audit.jsonl");
  WriteText(file, ToJsonLine(Full()) + "\n" + Small(1) + "\n");
  std::vector<Line> lines;
  const auto stats = ReadLines(file, {}, [&](const Line& line) { lines.push_back(line); });
  ASSERT_TRUE(stats.ok());
  ASSERT_EQ(lines.size(), 2U) << stats->first_unreadable;
  EXPECT_FALSE(lines[0].facts.has_value());
  EXPECT_EQ(lines[0].policy_hash, "abc");
  EXPECT_EQ(lines[0].duration, std::chrono::microseconds(17));
}

// By hand, or by a program that sorts members.
TEST(ReadLines, FactsThatAreNotTheLastMemberAreNoReasonToRefuseALine) {
  const std::string begin = R"({"time":"2026-11-21T07:02:11.480312Z","method":"m",)";
  const std::vector<std::string> lines = {
      begin + R"("rule":"r","facts":{},"decision":"allow","more":{}})",
      begin + R"("decision":"allow","rule":"r","warn":[{"check":"c","facts":{}}],"more":{}})",
  };
  for (const std::string& line : lines) {
    for (const bool with_facts : {true, false}) {
      const absl::StatusOr<ParsedLine> parsed = LineParser().Parse(line, with_facts);
      ASSERT_TRUE(parsed.ok()) << parsed.status() << line;
      EXPECT_EQ(parsed->line.action, policy::Action::kAllow);
      EXPECT_EQ(parsed->line.rule, "r");
    }
  }
}

TEST(ReadLines, KeepsTheOrderWithAnyNumberOfThreads) {
  constexpr int kLines = 20000;  // many chunks
  const TempDir folder;
  const std::string file = folder.File("audit.jsonl");
  {
    std::ofstream out(file);
    for (int i = 0; i < kLines; ++i) {
      out << Small(i) << '\n';
    }
  }
  for (const int threads : {0, 1, 2, 5}) {
    SCOPED_TRACE(threads);
    const Read read = ReadAll(file, threads);
    ASSERT_TRUE(read.stats.ok());
    EXPECT_EQ(read.stats->lines, static_cast<uint64_t>(kLines));
    ASSERT_EQ(read.pods.size(), static_cast<size_t>(kLines));
    for (int i = 0; i < kLines; ++i) {
      ASSERT_EQ(read.pods[static_cast<size_t>(i)], std::to_string(i));
    }
  }
}

TEST(ReadLines, CountsWhatItCannotReadAndGoesOn) {
  const TempDir folder;
  const std::string file = folder.File("audit.jsonl");
  const std::string lost =
      R"({"time":"2026-11-21T07:02:11.480312Z","event":"records-lost","count":12,"error":"x"})";
  const std::string other = R"({"time":"2026-11-21T07:02:11.480312Z","event":"rebooted"})";
  const std::string torn = Small(9).substr(0, 40);
  WriteText(file, Small(1) + "\n\n" + torn + "\n" + lost + "\n" + other + "\n" + Small(2) + "\n" +
                      lost + "\n" + torn);
  for (const int threads : {1, 3}) {
    const Read read = ReadAll(file, threads);
    ASSERT_TRUE(read.stats.ok());
    EXPECT_THAT(read.pods, ElementsAre("1", "2"));
    EXPECT_EQ(read.stats->lines, 2U);
    EXPECT_EQ(read.stats->lost, 24U);
    EXPECT_EQ(read.stats->unreadable, 3U);
    EXPECT_EQ(read.stats->first_unreadable, file + ":3: no JSON");
  }
}

TEST(ReadLines, ALastLineWithoutItsLineFeedCountsWhenItIsWhole) {
  const TempDir folder;
  WriteText(folder.File("a"), Small(1) + "\n" + Small(2));
  EXPECT_THAT(ReadAll(folder.File("a"), 2).pods, ElementsAre("1", "2"));
  WriteText(folder.File("b"), "");
  const Read empty = ReadAll(folder.File("b"), 2);
  EXPECT_TRUE(empty.stats.ok());
  EXPECT_TRUE(empty.pods.empty());
}

TEST(ReadLines, PassesOverLinesThatAreTooLong) {
  const TempDir folder;
  const std::string file = folder.File("audit.jsonl");
  for (const size_t length : {(size_t{1} << 20) + 1, size_t{5} << 20}) {
    SCOPED_TRACE(length);
    WriteText(file, Small(1) + "\n" + std::string(length, 'x') + "\n" + Small(2) + "\n" +
                        std::string(length, ' ') + "\n" + Small(3) + "\n" +
                        std::string(length, 'x'));
    const Read read = ReadAll(file, 2);
    ASSERT_TRUE(read.stats.ok());
    EXPECT_THAT(read.pods, ElementsAre("1", "2", "3"));
    EXPECT_EQ(read.stats->unreadable, 3U);
    EXPECT_THAT(read.stats->first_unreadable, EndsWith(":2: longer than 1 MiB"));
  }
}

TEST(ReadLines, AFileThatCannotBeReadIsNamed) {
  const TempDir folder;
  for (const std::string& file : {folder.File("missing"), folder.path()}) {
    const Read read = ReadAll(file, 2);
    ASSERT_FALSE(read.stats.ok());
    EXPECT_THAT(std::string(read.stats.status().message()), HasSubstr(file + ": cannot read: "));
  }
}

TEST(ReadLines, DamageAnywhereDoesNoHarm) {
  const TempDir folder;
  const std::string file = folder.File("audit.jsonl");
  const std::string whole = ToJsonLine(Full()) + "\n" + Small(1) + "\n";
  std::mt19937 random(5);
  for (int i = 0; i < 300; ++i) {
    std::string damaged = whole;
    for (int n = 0; n < 3; ++n) {
      damaged[random() % damaged.size()] = static_cast<char>(random());
    }
    WriteText(file, damaged);
    for (const bool with_facts : {false, true}) {
      const auto stats =
          ReadLines(file, {.with_facts = with_facts, .threads = 1}, [](const Line&) {});
      ASSERT_TRUE(stats.ok());
      EXPECT_LE(stats->lines, 2U);
    }
  }
}

TEST(RotatedFiles, AreOldestFirstAndOnlyThoseThatAreThere) {
  const TempDir folder;
  const std::string path = folder.File("audit.jsonl");
  EXPECT_TRUE(RotatedFiles(path).empty());
  for (const char* name : {"audit.jsonl", "audit.jsonl.1", "audit.jsonl.2", "audit.jsonl.10",
                           "audit.jsonl.x", "audit.jsonl.1.gz", "audit.jsonl.0", "other.jsonl.3"}) {
    WriteText(folder.File(name), "");
  }
  EXPECT_THAT(RotatedFiles(path), ElementsAre(path + ".10", path + ".2", path + ".1", path));
  EXPECT_TRUE(RotatedFiles("/nowhere/at/all").empty());
}

}  // namespace
}  // namespace sekisho::audit
