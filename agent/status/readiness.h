// Whether a node is enforced with the policy that it should have.
#pragma once

#include <string>
#include <string_view>

#include "status/agent_status.h"

namespace sekisho::status {

// How old an agent's word may be before it counts for nothing.
inline constexpr std::chrono::seconds kStaleAfter{30};
// A kubelet lists its containers at least every few seconds, so a minute without an answered call
// means that nobody goes through the agent.
inline constexpr std::chrono::seconds kSilentAfter{60};

// "" when the agent runs, serves a client and has the policy with this SHA-256 in force; otherwise
// what is missing, in a few words that stay the same while it is missing. A clock that stands
// before `status.updated` counts as fresh.
std::string WhyNotReady(const AgentStatus& status, std::string_view policy_sha256, Time now);

}  // namespace sekisho::status
