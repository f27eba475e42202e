#include "install/kubelet_health.h"

#include "base/str_cat.h"

namespace sekisho::install {
namespace {

using base::StrCat;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kRound{200};
// A kubelet that cannot use its runtime gives up and is restarted within this time.
constexpr std::chrono::seconds kSettled{3};

// The process that was found well, since when, and what the agent had answered by then.
struct Sighting {
  pid_t pid = 0;
  Clock::time_point since;
  std::optional<uint64_t> answered;
};

// "" when all is well right now, otherwise what is missing.
std::string WhatIsMissing(const ExpectedKubelet& expected, const UnitState& state,
                          KubeletHealth& health) {
  if (!state.IsRunning()) {
    return StrCat(expected.unit, " is ", state.active_state, " (", state.sub_state, ")");
  }
  const absl::StatusOr<int> connections = health.Connections(state.main_pid, expected.socket);
  if (!connections.ok()) {
    return std::string(connections.status().message());
  }
  if (*connections == 0) {
    return StrCat(expected.unit, " (pid ", state.main_pid, ") is not connected to ",
                  expected.socket);
  }
  if (expected.healthz && health.AskHealthz() != Healthz::kOk) {
    return "the kubelet's healthz does not say ok";
  }
  return "";
}

}  // namespace

absl::Status WaitForKubelet(const ExpectedKubelet& expected, std::chrono::seconds timeout,
                            Systemd& systemd, KubeletHealth& health) {
  const Clock::time_point end = health.Now() + timeout;
  Sighting first;
  for (;;) {
    const absl::StatusOr<UnitState> state = systemd.Show(expected.unit);
    std::string missing = state.ok() ? WhatIsMissing(expected, *state, health)
                                     : std::string(state.status().message());
    const Clock::time_point now = health.Now();
    const std::optional<uint64_t> answered =
        expected.through_agent ? health.AnsweredBy(expected.socket) : std::nullopt;
    if (!missing.empty() || first.pid != state->main_pid) {
      first = {missing.empty() ? state->main_pid : 0, now, answered};
      missing = missing.empty() ? "it was not well for long enough" : missing;
    } else if (expected.through_agent && (!answered.has_value() || answered == first.answered)) {
      missing = "no call of it was answered through the agent";
    } else if (now - first.since >= kSettled) {
      return absl::OkStatus();
    } else {
      missing = "it was not well for long enough";
    }
    if (now >= end) {
      return absl::DeadlineExceededError(
          StrCat("the kubelet was not well after ", timeout.count(), " s: ", missing));
    }
    health.Sleep(kRound);
  }
}

}  // namespace sekisho::install
