// That the bench works, with what is always there. Its figures are nobody's business here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/str_cat.h"
#include "support/child_process.h"
#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::bench {
namespace {

using Json = nlohmann::json;
using testing::Finished;
using ::testing::HasSubstr;
using testing::ReadText;
using ::testing::StartsWith;

Finished Bench(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), SEKISHO_BENCH_BINARY);
  return testing::RunToEnd(arguments);
}

// Tags that are opened and closed, in XML without comments and CDATA. The first that is not closed,
// or is closed without being open; "" when all is well.
std::string TagOutOfPlace(const std::string& xml) {
  std::vector<std::string> open;
  for (size_t at = xml.find('<'); at != std::string::npos; at = xml.find('<', at + 1)) {
    const size_t end = xml.find('>', at);
    if (end == std::string::npos) {
      return xml.substr(at, 20);
    }
    const bool closes = xml[at + 1] == '/';
    const size_t from = at + (closes ? 2 : 1);
    const std::string name = xml.substr(from, xml.find_first_of(" >/", from) - from);
    if (!closes && xml[end - 1] != '/') {
      open.push_back(name);
    } else if (closes && (open.empty() || open.back() != name)) {
      return name;
    } else if (closes) {
      open.pop_back();
    }
  }
  return open.empty() ? "" : open.back();
}

TEST(BenchTest, MeasuresEveryCaseThroughBothSekishos) {
  const testing::TempDir dir;
  const Finished run = Bench({"--quick", "--ways", "direct,sekisho,enforcing", "--json",
                              dir.File("out.json"), "--svg", dir.File("out.svg")});
  ASSERT_EQ(run.exit_code, 0) << run.output;
  EXPECT_THAT(run.output, HasSubstr("64 B, 1 in flight"));

  const Json json = Json::parse(ReadText(dir.File("out.json")), nullptr, false);
  ASSERT_TRUE(json.is_object());
  ASSERT_EQ(json["cases"].size(), 6u);
  for (const Json& test : json["cases"]) {
    for (const auto& [way, figures] : test["ways"].items()) {
      ASSERT_EQ(figures["p50_us"].size(), 1u) << test["name"] << " " << way;
      EXPECT_GT(figures["p50_us"][0], 0) << test["name"] << " " << way;
      EXPECT_GT(figures["per_second"][0], 0) << test["name"] << " " << way;
      EXPECT_EQ(figures["cpu_us"][0] > 0, way != "direct") << test["name"] << " " << way;
    }
  }
  EXPECT_TRUE(json["cases"][2]["ways"].contains("enforcing"));
  for (const Json& memory : json["memory_kib"]) {
    EXPECT_GT(memory["idle"]["rss"], 1000) << memory;
    EXPECT_GT(memory["loaded"]["anon"], 100) << memory;
  }

  const std::string svg = ReadText(dir.File("out.svg"));
  EXPECT_THAT(svg, StartsWith("<svg "));
  EXPECT_EQ(TagOutOfPlace(svg), "");

  const Finished again = Bench({"--from", dir.File("out.json"), "--svg", dir.File("again.svg")});
  EXPECT_EQ(again.exit_code, 0) << again.output;
  EXPECT_EQ(ReadText(dir.File("again.svg")), svg);
  EXPECT_THAT(run.output, HasSubstr(again.output)) << "the same table, read back";
}

TEST(BenchTest, WatchesTheMemoryOverThePodsOfALeakRun) {
  const testing::TempDir dir;
  const Finished run = Bench({"--quick", "--leak", "--json", dir.File("out.json")});
  ASSERT_EQ(run.exit_code, 0) << run.output;
  const Json json = Json::parse(ReadText(dir.File("out.json")), nullptr, false);
  ASSERT_TRUE(json.is_object());
  EXPECT_EQ(json["leak"]["samples"].back()["calls"], 3000);
  EXPECT_THAT(json["cases"], ::testing::IsEmpty());
}

TEST(BenchTest, SoaksForAWhileAndSaysItInOneLine) {
  const testing::TempDir dir;
  const Finished run = Bench({"--quick", "--soak", "0.1", "--json", dir.File("out.json")});
  ASSERT_EQ(run.exit_code, 0) << run.output;
  const size_t at = run.output.find("{\"calls\"");
  ASSERT_NE(at, std::string::npos) << run.output;
  const Json line =
      Json::parse(run.output.substr(at, run.output.find('\n', at) - at), nullptr, false);
  ASSERT_TRUE(line.is_object()) << run.output;
  EXPECT_GT(line["calls"], 100);
  EXPECT_EQ(line["errors"], 0) << run.output;
  EXPECT_GT(line["refused"], 0);
  EXPECT_EQ(line["wronglyForwarded"], 0);
  EXPECT_EQ(line["verify"], "");
  EXPECT_GT(line["loaded"]["anonKib"]["firstThird"], 100);
  EXPECT_GT(line["loaded"]["heapKib"]["firstThird"], 100);
  EXPECT_GT(line["loaded"]["fds"]["lastThird"], 3);
  EXPECT_GT(line["lastThird"]["p99Us"], 0);
  // Real pods, or why there were none.
  EXPECT_NE(line["podsAtATime"] > 0, run.output.find("real pods of the soak") != std::string::npos)
      << run.output;
  const Json json = Json::parse(ReadText(dir.File("out.json")), nullptr, false);
  EXPECT_EQ(json["soak"]["samples"].size(), 30u);
}

// A leak, a descriptor forgotten now and then, and calls that become slower.
TEST(BenchTest, ASoakThatGrowsMissesItsBars) {
  const testing::TempDir dir;
  Json soak = {{"minutes", 30},    {"calls", 1000}, {"errors", 1},  {"first_error", "e"},
               {"pods", 1},        {"live", 1},     {"refused", 5}, {"wrongly_forwarded", 1},
               {"verify", "drift"}};
  for (int i = 0; i < 30; ++i) {
    const Json process = {
        {"anon_kib", 60000}, {"heap_kib", 9000 + 200 * i}, {"fds", 20 + i}, {"threads", 4}};
    soak["samples"].push_back({{"per_second", 1},
                               {"p50_us", 1},
                               {"p99_us", 100 + 4 * i},
                               {"p999_us", 1},
                               {"direct_p99_us", i < 15 ? 50 : 55},
                               {"loaded", process},
                               {"node", process}});
  }
  const Json results = {{"machine", "m"},           {"versions", Json::object()},
                        {"skipped", Json::array()}, {"memory_kib", Json::array()},
                        {"cases", Json::array()},   {"soak", soak}};
  testing::WriteText(dir.File("in.json"), results.dump());
  const Finished run = Bench({"--from", dir.File("in.json"), "--check"});
  EXPECT_EQ(run.exit_code, 3) << run.output;
  for (const char* bar :
       {"memory of the agent before the stub", "memory of the agent before containerd",
        "descriptors of the agent before the stub", "descriptors of the agent before containerd",
        "anonymous memory of the agent before the stub",
        "anonymous memory of the agent before containerd", "p99 of the last third", "no errors",
        "nothing forbidden", "every container"}) {
    EXPECT_THAT(run.output, ::testing::ContainsRegex(base::StrCat("MISSED  soak: [a-z ]*", bar)));
  }
}

TEST(BenchTest, WritesTheTableIntoAPage) {
  const testing::TempDir dir;
  testing::WriteText(dir.File("page.md"),
                     "before\n<!-- results -->\nold\n<!-- /results -->\nafter\n");
  const Finished run = Bench(
      {"--quick", "--ways", "direct,sekisho", "--case", "small-1", "--page", dir.File("page.md")});
  ASSERT_EQ(run.exit_code, 0) << run.output;
  const std::string page = ReadText(dir.File("page.md"));
  EXPECT_THAT(page, StartsWith("before\n<!-- results -->\n\n```\n"));
  EXPECT_THAT(page, HasSubstr("64 B, 1 in flight"));
  EXPECT_THAT(page, HasSubstr("```\n\n<!-- /results -->\nafter\n"));
  EXPECT_THAT(page, ::testing::Not(HasSubstr("old")));
}

TEST(BenchTest, SaysWhichBarsAreMetAndFailsOnlyWhenTold) {
  const testing::TempDir dir;
  // Twice as much added as nginx adds, and half of its throughput.
  testing::WriteText(dir.File("in.json"), R"({"machine": "m", "versions": {}, "skipped": [],
    "memory_kib": [{"way": "sekisho", "idle": {"rss": 10240, "anon": 1, "file": 1},
                    "loaded": {"rss": 10240, "anon": 1, "file": 1}}],
    "cases": [
      {"name": "small-1", "title": "t", "unit": "calls", "ways": {
        "direct": {"p50_us": [10, 10], "p99_us": [1, 1], "per_second": [1, 1], "cpu_us": [0, 0]},
        "sekisho": {"p50_us": [30, 30], "p99_us": [1, 1], "per_second": [1, 1], "cpu_us": [1, 1]},
        "nginx": {"p50_us": [20, 20], "p99_us": [1, 1], "per_second": [1, 1], "cpu_us": [1, 1]}}},
      {"name": "small-16", "title": "t", "unit": "calls", "ways": {
        "direct": {"p50_us": [1], "p99_us": [1], "per_second": [9], "cpu_us": [0]},
        "sekisho": {"p50_us": [1], "p99_us": [1], "per_second": [2], "cpu_us": [1]},
        "nginx": {"p50_us": [1], "p99_us": [1], "per_second": [4], "cpu_us": [1]}}}]})");
  const Finished run = Bench({"--from", dir.File("in.json")});
  EXPECT_EQ(run.exit_code, 0) << run.output;
  EXPECT_THAT(run.output, HasSubstr("MISSED  64 B, 1 in flight: added p50 at most 1.2 x nginx's\n"
                                    "          2.00 x (20.0 us, 10.0 us)"));
  EXPECT_THAT(run.output,
              HasSubstr("MISSED  64 B, 16 in flight: throughput at least 1.0 x nginx's\n"
                        "          0.50 x (2/s, 4/s)"));
  EXPECT_THAT(run.output, HasSubstr("met     RSS idle at most 20 MiB\n          10.0 MiB"));
  EXPECT_THAT(run.output, HasSubstr("not measured in this run: 8"));
  EXPECT_EQ(Bench({"--from", dir.File("in.json"), "--check"}).exit_code, 3);
}

TEST(BenchTest, ALineThatIsNoLimitIsNamed) {
  const testing::TempDir dir;
  for (const char* line : {"small-1 sekisho", "small-1 sekisho 0", "small-1 haproxy 100",
                           "small-1 sekisho 100 more", "small-1 sekisho many"}) {
    testing::WriteText(dir.File("limits"), base::StrCat("# a comment\n\n", line, "\n"));
    const Finished run = Bench({"--instructions", dir.File("limits")});
    EXPECT_EQ(run.exit_code, 1) << run.output;
    EXPECT_THAT(run.output, HasSubstr(base::StrCat(dir.File("limits"), ":3: not ")));
    EXPECT_THAT(run.output, HasSubstr(line));
  }
}

TEST(BenchTest, AFileWithoutLimitsIsNoneThatHolds) {
  const testing::TempDir dir;
  testing::WriteText(dir.File("limits"), "# none\n");
  const Finished run = Bench({"--instructions", dir.File("limits")});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.output, HasSubstr("has no limits"));
}

TEST(BenchTest, FailsWhereAProxyDoesNotStart) {
  const Finished run = Bench({"--quick", "--ways", "direct,haproxy", "--haproxy", "/bin/false"});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.output, HasSubstr("haproxy: it does not serve"));
}

TEST(BenchTest, FailsOnResultsThatAreNone) {
  const testing::TempDir dir;
  testing::WriteText(dir.File("in.json"), "{}");
  const Finished run = Bench({"--from", dir.File("in.json")});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.output, HasSubstr("no results of a bench"));
}

}  // namespace
}  // namespace sekisho::bench
