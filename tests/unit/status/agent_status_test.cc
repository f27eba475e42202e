#include "status/agent_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::status {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

AgentStatus Example() {
  return {.version = "1.2.3",
          .pid = 4711,
          .started = Time(std::chrono::seconds(1'700'000'000)),
          .updated = Time(std::chrono::seconds(1'700'000'100)),
          .socket = "/run/sekisho/sekisho.sock",
          .upstream = "/run/containerd/containerd.sock",
          .policy_sha256 = std::string(64, 'a'),
          .policy_generation = 3,
          .last_reload_failed = true,
          .calls_answered = 123456789012,
          .last_answered = Time(std::chrono::seconds(1'700'000'098)),
          .policy_file = "policy.group.gpu.yaml",
          .policy_revision = 42,
          .node = "worker-1",
          .group = "gpu",
          .kubernetes = AgentStatus::Kubernetes{.server = "https://10.96.0.1:443",
                                                .synced = true,
                                                .age_seconds = 17,
                                                .namespaces = 10'000,
                                                .last_error = "timed out",
                                                .events_sent = 5,
                                                .events_dropped = 2}};
}

TEST(AgentStatusTest, LiesBesideTheSocket) {
  EXPECT_EQ(StatusFileOf("/run/sekisho/sekisho.sock"), "/run/sekisho/status.json");
  EXPECT_EQ(StatusFileOf("/run/sekisho/run/crio/crio.sock"), "/run/sekisho/status.json");
  EXPECT_EQ(StatusFileOf("/srv/x/a.sock"), "/srv/x/status.json");
  EXPECT_EQ(StatusFileOf("a.sock"), "status.json");
}

TEST(AgentStatusTest, ReadsWhatItWrote) {
  const absl::StatusOr<AgentStatus> read = ParseAgentStatus(ToJson(Example()));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, Example());
}

TEST(AgentStatusTest, WhatIsNotKnownIsLeftOutAndReadAsSuch) {
  AgentStatus status = Example();
  status.policy_revision.reset();
  status.kubernetes->age_seconds.reset();
  status.group.clear();
  std::string text = ToJson(status);
  EXPECT_THAT(text, Not(HasSubstr("revision")));
  EXPECT_THAT(text, Not(HasSubstr("ageSeconds")));
  absl::StatusOr<AgentStatus> read = ParseAgentStatus(text);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, status);
  // No API server is asked.
  status.kubernetes.reset();
  text = ToJson(status);
  EXPECT_THAT(text, Not(HasSubstr("kubernetes")));
  read = ParseAgentStatus(text);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, status);
}

// `sekisho ready` of a new version may look at an agent that was not restarted yet.
TEST(AgentStatusTest, AFileOfAnOlderAgentIsRead) {
  const absl::StatusOr<AgentStatus> read = ParseAgentStatus(R"({
  "version": "0.1.0", "pid": 4711,
  "started": "2023-11-14T22:13:20Z", "updated": "2023-11-14T22:15:00Z",
  "socket": "/run/sekisho/sekisho.sock", "upstream": "/run/containerd/containerd.sock",
  "policy": {"sha256": "aa", "generation": 3, "lastReloadFailed": false},
  "calls": {"answered": 9, "lastAnswered": "2023-11-14T22:14:58Z"}
})");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->policy_sha256, "aa");
  EXPECT_EQ(read->policy_file, "");
  EXPECT_EQ(read->policy_revision, std::nullopt);
  EXPECT_EQ(read->node, "");
  EXPECT_EQ(read->group, "");
  EXPECT_EQ(read->kubernetes, std::nullopt);
}

TEST(AgentStatusTest, IsReadableByPeople) {
  const std::string text = ToJson(Example());
  EXPECT_THAT(text, HasSubstr("\"started\": \"2023-11-14T22:13:20Z\""));
  EXPECT_THAT(text, HasSubstr("\"generation\": 3"));
  EXPECT_THAT(text, HasSubstr("\"file\": \"policy.group.gpu.yaml\""));
  EXPECT_THAT(text, HasSubstr("\"revision\": 42"));
  EXPECT_THAT(text, HasSubstr("\"node\": \"worker-1\",\n  \"group\": \"gpu\""));
  EXPECT_THAT(text, HasSubstr("\"ageSeconds\": 17"));
}

TEST(AgentStatusTest, IgnoresKeysOfANewerAgent) {
  std::string text = ToJson(Example());
  text.insert(1, "\"posture\": [1, 2],");
  const absl::StatusOr<AgentStatus> read = ParseAgentStatus(text);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, Example());
}

TEST(AgentStatusTest, RefusesWhatIsIncomplete) {
  const std::string whole = ToJson(Example());
  for (const char* key :
       {"version",    "pid",       "started",      "updated",    "socket",
        "upstream",   "policy",    "sha256",       "generation", "lastReloadFailed",
        "calls",      "answered",  "lastAnswered", "server",     "synced",
        "namespaces", "lastError", "events",       "sent",       "dropped"}) {
    SCOPED_TRACE(key);
    std::string text = whole;
    text.replace(text.find("\"" + std::string(key) + "\""), 2, "\"_");
    EXPECT_FALSE(ParseAgentStatus(text).ok());
  }
  // What is there must be of its kind.
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"\"revision\": 42", "\"revision\": \"42\""},
      {"\"node\": \"worker-1\"", "\"node\": 1"},
      {"\"group\": \"gpu\"", "\"group\": []"},
      {"\"ageSeconds\": 17", "\"ageSeconds\": \"long\""},
      {"\"kubernetes\": {", "\"kubernetes\": 7, \"_\": {"},
  };
  for (const auto& [from, to] : wrong) {
    SCOPED_TRACE(to);
    std::string text = whole;
    ASSERT_NE(text.find(from), std::string::npos);
    text.replace(text.find(from), from.size(), to);
    EXPECT_FALSE(ParseAgentStatus(text).ok());
  }
  for (const char* text : {"", "{", "[]", "null", "{\"version\": 1}"}) {
    EXPECT_FALSE(ParseAgentStatus(text).ok()) << text;
  }
  std::string text = whole;
  text.replace(text.find("2023-11"), 7, "2023-77");
  EXPECT_THAT(std::string(ParseAgentStatus(text).status().message()), HasSubstr("is no time"));
}

TEST(AgentStatusTest, NamesTheFileThatItCannotRead) {
  const testing::TempDir dir;
  EXPECT_THAT(std::string(ReadAgentStatus(dir.path() + "/none").status().message()),
              HasSubstr(dir.path() + "/none"));
  testing::WriteText(dir.path() + "/bad", "{}");
  EXPECT_THAT(std::string(ReadAgentStatus(dir.path() + "/bad").status().message()),
              HasSubstr(dir.path() + "/bad: no status of an agent"));
}

}  // namespace
}  // namespace sekisho::status
