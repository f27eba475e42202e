// The contract between the agent's metrics and who looks at them: alert rules, dashboard, the page
// of docs/. A metric that is renamed in one place only would never alert again, and nobody would
// see.
#include "unit/metrics/watchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "support/temp_dir.h"
#include "support/text_file.h"
#include "unit/metrics/populated.h"
#include "unit/metrics/scraped.h"

namespace sekisho::metrics {
namespace {

using nlohmann::json;
using sekisho::testing::FullText;
using sekisho::testing::Parse;
using sekisho::testing::ReadText;
using sekisho::testing::Scraped;
using sekisho::testing::Watcher;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<Watcher> Watchers() {
  std::vector<Watcher> all = sekisho::testing::Alerts();
  for (Watcher& panel : sekisho::testing::Panels()) {
    all.push_back(std::move(panel));
  }
  return all;
}

// Put on every sample by Prometheus itself.
std::set<std::string> TargetLabels() {
  return {"instance", "job"};
}

// The labels that `metric` has, as Prometheus stores it; nothing when there is no such metric.
std::set<std::string> Labels(const Scraped& scraped, const std::string& metric) {
  std::set<std::string> labels = TargetLabels();
  labels.merge(scraped.LabelsOf(metric));
  return labels;
}

TEST(Watchers, AreThere) {
  EXPECT_GE(sekisho::testing::Alerts().size(), 15U);
  EXPECT_GE(sekisho::testing::Panels().size(), 40U);
}

TEST(Watchers, NameMetricsAndLabelsThatExist) {
  const Scraped scraped = Parse(FullText());
  const std::set<std::string> names = scraped.Names();
  for (const Watcher& watcher : Watchers()) {
    SCOPED_TRACE(watcher.where + ": " + watcher.expression);
    EXPECT_FALSE(watcher.scanned.metrics.empty());
    std::set<std::string> all_labels = TargetLabels();
    for (const std::string& metric : watcher.scanned.metrics) {
      EXPECT_TRUE(metric == "up" || names.count(metric) == 1) << metric;
      all_labels.merge(Labels(scraped, metric));
    }
    for (const sekisho::testing::Matcher& matcher : watcher.scanned.matchers) {
      EXPECT_THAT(Labels(scraped, matcher.metric), Contains(matcher.label)) << matcher.metric;
    }
    for (const std::string& label : watcher.scanned.grouping) {
      EXPECT_THAT(all_labels, Contains(label));
    }
    // What the texts say is a label of the result: one that it is grouped by, where it is.
    const bool grouped = watcher.expression.find(" by (") != std::string::npos;
    for (const std::string& label : sekisho::testing::LabelsInTexts(watcher)) {
      EXPECT_THAT(grouped ? watcher.scanned.grouping : all_labels, Contains(label));
    }
  }
}

// Of labels whose values are few and ours; FullText has each of them.
TEST(Watchers, AskForValuesThatLabelsCanHave) {
  const std::set<std::string> bounded = {"action", "mode", "outcome", "result"};
  const Scraped scraped = Parse(FullText());
  int checked = 0;
  for (const Watcher& watcher : Watchers()) {
    for (const sekisho::testing::Matcher& matcher : watcher.scanned.matchers) {
      if (bounded.count(matcher.label) == 1) {
        SCOPED_TRACE(watcher.where);
        EXPECT_EQ(matcher.op, "=");
        EXPECT_GT(scraped.CountOf(matcher.metric), 0U);
        bool found = false;
        for (const sekisho::testing::Sample& sample : scraped.samples) {
          const auto label = sample.labels.find(matcher.label);
          found = found || (sample.name == matcher.metric && label != sample.labels.end() &&
                            label->second == matcher.value);
        }
        EXPECT_TRUE(found) << matcher.metric << " " << matcher.label << "=" << matcher.value;
        ++checked;
      }
    }
  }
  EXPECT_GE(checked, 4);
}

// "x_seconds_bucket" is part of the family "x_seconds".
std::string Family(const Scraped& scraped, const std::string& name) {
  for (const char* part : {"_bucket", "_sum", "_count"}) {
    if (name.ends_with(part)) {
      std::string family = name.substr(0, name.size() - std::string(part).size());
      if (scraped.types.count(family) == 1) {
        return family;
      }
    }
  }
  return name;
}

TEST(Watchers, LookAtEveryMetric) {
  const Scraped scraped = Parse(FullText());
  std::set<std::string> unwatched;
  for (const auto& [family, type] : scraped.types) {
    unwatched.insert(family);
  }
  for (const Watcher& watcher : Watchers()) {
    for (const std::string& metric : watcher.scanned.metrics) {
      unwatched.erase(Family(scraped, metric));
    }
  }
  EXPECT_THAT(unwatched, IsEmpty());
}

// --- alerts --------------------------------------------------------------------------------------

// As a page's headings become anchors.
std::set<std::string> Anchors(const std::string& page) {
  std::set<std::string> anchors;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#")) {
      std::string anchor;
      for (const char c : line.substr(line.find_first_not_of('#') + 1)) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0 || c == '-' || c == '_') {
          anchor.push_back(static_cast<char>(std::tolower(byte)));
        } else if (c == ' ') {
          anchor.push_back('-');
        }
      }
      anchors.insert(anchor);
    }
  }
  return anchors;
}

TEST(Alerts, PointToAPageAndAHeadingOfOurs) {
  for (const Watcher& alert : sekisho::testing::Alerts()) {
    SCOPED_TRACE(alert.where);
    const size_t hash = alert.runbook.find('#');
    const std::string page = ReadText(SEKISHO_SOURCE "/" + alert.runbook.substr(0, hash));
    EXPECT_FALSE(page.empty()) << alert.runbook;
    if (hash != std::string::npos) {
      EXPECT_THAT(Anchors(page), Contains(alert.runbook.substr(hash + 1)));
    }
  }
}

TEST(Alerts, EachIsTested) {
  const std::string tests = ReadText(SEKISHO_PACKAGING "/prometheus/sekisho.rules.test.yaml");
  for (const Watcher& alert : sekisho::testing::Alerts()) {
    const std::string name = alert.where.substr(alert.where.rfind(' ') + 1);
    EXPECT_NE(tests.find(name), std::string::npos) << name;
  }
}

// --- the dashboard -------------------------------------------------------------------------------

json Dashboard() {
  return json::parse(ReadText(SEKISHO_PACKAGING "/grafana/sekisho.json"));
}

struct Box {
  std::string title;
  int x = 0;
  int y = 0;
  int w = 0;
  int h = 0;

  bool Overlaps(const Box& other) const {
    return x < other.x + other.w && other.x < x + w && y < other.y + other.h && other.y < y + h;
  }
};

TEST(Dashboard, PanelsHaveIdsOfTheirOwnAndDoNotOverlap) {
  std::set<int> ids;
  std::vector<Box> boxes;
  const json dashboard = Dashboard();
  for (const json& panel : dashboard["panels"]) {
    EXPECT_TRUE(ids.insert(panel["id"].get<int>()).second) << panel["title"];
    const json& place = panel["gridPos"];
    boxes.push_back({.title = panel["title"],
                     .x = place["x"],
                     .y = place["y"],
                     .w = place["w"],
                     .h = place["h"]});
    const Box& box = boxes.back();
    EXPECT_TRUE(box.w > 0 && box.h > 0 && box.x >= 0 && box.x + box.w <= 24) << box.title;
    for (size_t i = 0; i + 1 < boxes.size(); ++i) {
      EXPECT_FALSE(box.Overlaps(boxes[i])) << box.title << " and " << boxes[i].title;
    }
  }
  EXPECT_GE(boxes.size(), 40U);
}

// Whoever imports it has another data source, other jobs and other nodes.
TEST(Dashboard, AsksTheChosenSourceAboutTheChosenNodes) {
  const json dashboard = Dashboard();
  std::set<std::string> variables;
  for (const json& variable : dashboard["templating"]["list"]) {
    variables.insert(variable["name"]);
  }
  EXPECT_THAT(variables, ElementsAre("datasource", "instance", "job"));
  for (const json& panel : dashboard["panels"]) {
    SCOPED_TRACE(panel["title"]);
    if (panel["type"] == "row") {
      continue;
    }
    EXPECT_EQ(panel["datasource"]["uid"], "${datasource}");
    EXPECT_FALSE(panel["targets"].empty());
    std::set<std::string> refs;
    for (const json& target : panel["targets"]) {
      EXPECT_EQ(target["datasource"]["uid"], "${datasource}");
      EXPECT_TRUE(refs.insert(target["refId"]).second);
      const std::string expression = target["expr"];
      EXPECT_NE(expression.find(R"(job=~"$job", instance=~"$instance")"), std::string::npos)
          << expression;
    }
  }
}

// --- the page ------------------------------------------------------------------------------------

struct Documented {
  std::string type;
  std::set<std::string> labels;

  friend bool operator==(const Documented&, const Documented&) = default;
};

void PrintTo(const Documented& documented, std::ostream* out) {
  *out << documented.type << " of " << ::testing::PrintToString(documented.labels);
}

// The rows "| `name` | type | labels | … |".
std::map<std::string, Documented> DocumentedMetrics() {
  static const std::regex kRow(R"(^\| `([a-z_]+)` \| (\w+) \| ([^|]*) \|)");
  static const std::regex kLabel("`([a-z_]+)`");
  std::map<std::string, Documented> documented;
  std::istringstream lines(ReadText(SEKISHO_SOURCE "/docs/metrics.md"));
  for (std::string line; std::getline(lines, line);) {
    std::smatch row;
    if (std::regex_search(line, row, kRow)) {
      Documented& metric = documented[row[1]];
      EXPECT_TRUE(metric.type.empty()) << row[1] << " is there twice";
      metric.type = row[2];
      const std::string labels = row[3];
      for (std::sregex_iterator it(labels.begin(), labels.end(), kLabel), end; it != end; ++it) {
        metric.labels.insert((*it)[1]);
      }
    }
  }
  return documented;
}

TEST(Documentation, ListsEveryMetricWithItsTypeAndLabels) {
  const Scraped scraped = Parse(FullText());
  std::map<std::string, Documented> expected;
  for (const auto& [family, type] : scraped.types) {
    Documented metric{.type = type, .labels = {}};
    metric.labels = scraped.LabelsOf(type == "histogram" ? family + "_count" : family);
    expected[family] = metric;
  }
  const std::map<std::string, Documented> documented = DocumentedMetrics();
  for (const auto& [family, metric] : expected) {
    const auto found = documented.find(family);
    ASSERT_NE(found, documented.end()) << family;
    EXPECT_EQ(found->second, metric) << family;
  }
  EXPECT_EQ(documented.size(), expected.size());
}

// --- promtool ------------------------------------------------------------------------------------

// The full text goes to the file that SEKISHO_METRICS_OUT names, for others to look at.
TEST(Promtool, HasNothingToSayAboutTheText) {
  const sekisho::testing::TempDir dir;
  const char* out = std::getenv("SEKISHO_METRICS_OUT");
  const std::string file = out != nullptr ? out : dir.File("metrics.txt");
  sekisho::testing::WriteText(file, FullText());
  const char* given = std::getenv("SEKISHO_PROMTOOL");
  const std::string promtool = given != nullptr ? given : "promtool";
  // A shell for its redirection; nothing in the command is anybody's but ours.
  if (std::system(("command -v " + promtool + " >/dev/null").c_str()) != 0) {
    GTEST_SKIP() << "there is no promtool; .ci/check-metrics fetches one";
  }
  const std::string said = dir.File("said.txt");
  const int code =
      std::system((promtool + " check metrics <" + file + " >" + said + " 2>&1").c_str());
  EXPECT_EQ(code, 0);
  EXPECT_EQ(ReadText(said), "");
}

}  // namespace
}  // namespace sekisho::metrics
