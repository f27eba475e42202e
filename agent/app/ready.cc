#include "app/ready.h"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <optional>
#include <utility>
#include <vector>

#include "app/signals.h"
#include "base/str_cat.h"
#include "base/str_join.h"
#include "config/snapshot.h"
#include "status/readiness.h"

namespace sekisho::app {
namespace {

using base::StrCat;

constexpr std::chrono::seconds kRound{5};

status::Time Now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::string AllOf(const std::vector<config::Diagnostic>& errors) {
  return base::StrJoin(errors, "; ", &config::Diagnostic::ToString);
}

struct Answer {
  bool ready = false;
  std::string text;
  friend bool operator==(const Answer&, const Answer&) = default;
};

// Everything is read anew each time: a mounted ConfigMap changes under a running pod.
Answer Ask(const ReadyOptions& options) {
  const config::LoadResult<config::AgentConfig> config =
      config::LoadAgentConfig(options.config_file);
  if (!config.ok()) {
    return {false, AllOf(config.errors)};
  }
  const absl::StatusOr<status::AgentStatus> agent = status::ReadAgentStatus(
      options.status_file.empty() ? status::StatusFileOf(config.value.listen_socket)
                                  : options.status_file);
  if (!agent.ok()) {
    return {false, std::string(agent.status().message())};
  }
  // The agent knows which of the files are for its node; a pod does not.
  const config::LoadResult<config::Snapshot> policy =
      config::LoadPolicy(config.value, Now(), {.name = agent->node, .group = agent->group});
  if (!policy.ok()) {
    return {false, AllOf(policy.errors)};
  }
  const std::string why = status::WhyNotReady(*agent, policy.value.hash, Now());
  if (!why.empty()) {
    return {false, why};
  }
  return {true,
          StrCat("sekisho ", agent->version, " enforces policy ",
                 agent->policy_sha256.substr(0, 12), " (", agent->policy_file,
                 agent->policy_revision.has_value() ? StrCat(", revision ", *agent->policy_revision)
                                                    : "",
                 "), generation ", agent->policy_generation, ", before ", agent->upstream)};
}

void Print(const Answer& answer) {
  std::printf("%s: %s\n", answer.ready ? "ready" : "not ready", answer.text.c_str());
  (void)std::fflush(stdout);  // whoever reads this through a pipe wants it now
}

}  // namespace

int Ready(const ReadyOptions& options) {
  Signals signals;
  std::optional<Answer> last;
  for (;;) {
    Answer answer = Ask(options);
    if (answer != last) {
      Print(answer);
    }
    if (!options.watch) {
      return answer.ready ? 0 : 1;
    }
    last = std::move(answer);
    const int signal = signals.Wait(kRound).value_or(0);
    if (signal == SIGTERM || signal == SIGINT) {
      return 0;
    }
  }
}

}  // namespace sekisho::app
