#include "status/readiness.h"

#include <gtest/gtest.h>

#include <functional>

namespace sekisho::status {
namespace {

using std::chrono::seconds;

constexpr Time kNow{seconds(1'700'000'000)};

AgentStatus Ready() {
  AgentStatus status;
  status.updated = kNow - seconds(2);
  status.policy_sha256 = std::string(64, 'a');
  status.calls_answered = 7;
  status.last_answered = kNow - seconds(4);
  return status;
}

struct Case {
  const char* name;
  std::function<void(AgentStatus&)> change;
  const char* why;
};

TEST(ReadinessTest, SaysWhatIsMissing) {
  const std::vector<Case> cases = {
      {"nothing", [](AgentStatus&) {}, ""},
      {"as old as it may be", [](AgentStatus& s) { s.updated = kNow - seconds(30); }, ""},
      {"stale", [](AgentStatus& s) { s.updated = kNow - seconds(31); },
       "the agent has not been heard of for more than 30 s"},
      {"the clock was set back", [](AgentStatus& s) { s.updated = kNow + seconds(3600); }, ""},
      {"another policy", [](AgentStatus& s) { s.policy_sha256 = std::string(64, 'b'); },
       "policy bbbbbbbbbbbb is in force instead of aaaaaaaaaaaa"},
      {"a policy that was refused",
       [](AgentStatus& s) {
         s.policy_sha256 = std::string(64, 'b');
         s.last_reload_failed = true;
       },
       "policy bbbbbbbbbbbb is in force instead of aaaaaaaaaaaa; the last reload failed"},
      {"nobody came", [](AgentStatus& s) { s.calls_answered = 0; },
       "no call has come through the agent yet"},
      {"nobody comes any more", [](AgentStatus& s) { s.last_answered = kNow - seconds(61); },
       "no call has come through the agent for more than 60 s"},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.name);
    AgentStatus status = Ready();
    test.change(status);
    EXPECT_EQ(WhyNotReady(status, std::string(64, 'a'), kNow), test.why);
  }
}

}  // namespace
}  // namespace sekisho::status
