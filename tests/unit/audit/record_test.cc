#include "audit/record.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "audit/timestamp.h"

namespace sekisho::audit {
namespace {

Record Example() {
  Record record;
  record.time =
      std::chrono::system_clock::time_point(std::chrono::microseconds(1'700'000'000'000'001));
  record.method = "CreateContainer";
  record.pod = {"web-0", "shop", "uid-1", 0, policy::PodSource::kApi, ""};
  record.sandbox_id = "sandbox-1";
  record.container = "web";
  record.image = "nginx:1";
  record.enforced = "baseline:latest";
  record.rule = "defaults";
  record.decision.action = policy::Action::kHarden;
  record.decision.violations = {{"seccompProfile_baseline", "seccompProfile", "why"}};
  record.decision.edit_records = {{"f", "Unconfined", "RuntimeDefault"}};
  record.policy_hash = "abc";
  record.duration = std::chrono::microseconds(17);
  return record;
}

TEST(RecordTest, IsOneLineWithEverythingInIt) {
  EXPECT_EQ(
      ToJsonLine(Example()),
      R"({"time":"2023-11-14T22:13:20.000001Z","method":"CreateContainer","decision":"harden",)"
      R"("namespace":"shop","pod":"web-0","uid":"uid-1","source":"api","sandboxId":"sandbox-1",)"
      R"("container":"web","image":"nginx:1","enforced":"baseline:latest","rule":"defaults",)"
      R"("violations":[{"check":"seccompProfile_baseline","reason":"seccompProfile","detail":"why"}],)"
      R"("edits":[{"field":"f","before":"Unconfined","after":"RuntimeDefault"}],)"
      R"("policyHash":"abc","durationUs":17})");
}

TEST(RecordTest, ThatSeccompIsIgnoredIsSaidAfterTheEditsAndOnlyThen) {
  Record record = Example();
  EXPECT_FALSE(nlohmann::json::parse(ToJsonLine(record)).contains("seccompIgnored"));
  record.decision.seccomp_ignored = true;
  const std::string line = ToJsonLine(record);
  EXPECT_NE(line.find(R"("after":"RuntimeDefault"}],"seccompIgnored":true,"policyHash")"),
            std::string::npos)
      << line;
}

// The audit log's page says what each word means.
TEST(RecordTest, WhereTheLevelComesFromIsSaidWhenItIsNotThePolicyAlone) {
  using policy::LevelSource;
  const std::vector<std::pair<LevelSource, std::string>> rows = {
      {LevelSource::kLabels, "labels"},
      {LevelSource::kStaleLabels, "stale-labels"},
      {LevelSource::kStale, "stale"},
      {LevelSource::kUnknownNamespace, "unknown-namespace"},
      {LevelSource::kStaticBeforeSync, "static-before-sync"},
  };
  for (const auto& [source, word] : rows) {
    Record record = Example();
    record.enforced = "restricted:v1.30 and baseline:latest";
    record.level_source = policy::LevelSourceName(source);
    EXPECT_NE(ToJsonLine(record).find(
                  R"("enforced":"restricted:v1.30 and baseline:latest","levelSource":")" + word +
                  R"(","rule":"defaults")"),
              std::string::npos)
        << ToJsonLine(record);
  }
  Record record = Example();
  record.level_source = policy::LevelSourceName(LevelSource::kPolicy);
  EXPECT_FALSE(nlohmann::json::parse(ToJsonLine(record)).contains("levelSource"));
}

TEST(RecordTest, AnErrorIsSaidWithItsId) {
  Record record = Example();
  record.decision = {};
  record.error_id = "unknown-sandbox";
  record.error = "whose?";
  const auto json = nlohmann::json::parse(ToJsonLine(record));
  EXPECT_EQ(json["decision"], "deny");
  EXPECT_EQ(json["error"]["id"], "unknown-sandbox");
  EXPECT_EQ(json["error"]["text"], "whose?");
}

TEST(RecordTest, TextThatIsNotUtf8OrHoldsNewlinesStaysOneValidLine) {
  Record record = Example();
  record.container = "a\nb\xff\"";
  const std::string line = ToJsonLine(record);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_TRUE(nlohmann::json::accept(line));
}

}  // namespace
}  // namespace sekisho::audit
