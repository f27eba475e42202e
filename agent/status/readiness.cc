#include "status/readiness.h"

#include "base/str_cat.h"

namespace sekisho::status {

using base::StrCat;

std::string WhyNotReady(const AgentStatus& status, std::string_view policy_sha256, Time now) {
  if (now - status.updated > kStaleAfter) {
    return StrCat("the agent has not been heard of for more than ", kStaleAfter.count(), " s");
  }
  if (status.policy_sha256 != policy_sha256) {
    return StrCat("policy ", status.policy_sha256.substr(0, 12), " is in force instead of ",
                  policy_sha256.substr(0, 12),
                  status.last_reload_failed ? "; the last reload failed" : "");
  }
  if (status.calls_answered == 0) {
    return "no call has come through the agent yet";
  }
  if (now - status.last_answered > kSilentAfter) {
    return StrCat("no call has come through the agent for more than ", kSilentAfter.count(), " s");
  }
  return "";
}

}  // namespace sekisho::status
