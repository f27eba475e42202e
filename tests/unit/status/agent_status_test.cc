#include "status/agent_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::status {
namespace {

using ::testing::HasSubstr;

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
          .last_answered = Time(std::chrono::seconds(1'700'000'098))};
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

TEST(AgentStatusTest, IsReadableByPeople) {
  const std::string text = ToJson(Example());
  EXPECT_THAT(text, HasSubstr("\"started\": \"2023-11-14T22:13:20Z\""));
  EXPECT_THAT(text, HasSubstr("\"generation\": 3"));
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
       {"version", "pid", "started", "updated", "socket", "upstream", "policy", "sha256",
        "generation", "lastReloadFailed", "calls", "answered", "lastAnswered"}) {
    SCOPED_TRACE(key);
    std::string text = whole;
    text.replace(text.find("\"" + std::string(key) + "\""), 2, "\"_");
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
