#include "install/agent_unit.h"

#include <string>
#include <vector>

#include "base/status_macros.h"
#include "base/str_cat.h"

namespace sekisho::install {
namespace {

using base::StrCat;

constexpr int kLogLines = 12;

absl::Status WithLog(const absl::Status& status, const NodeAccess& node) {
  const std::string log = node.systemd->LogOf(kAgentService, kLogLines);
  return log.empty()
             ? status
             : absl::Status(status.code(), StrCat(status.message(), "\nits last words:\n", log));
}

std::vector<std::string> UnitsThatExist(const NodeAccess& node) {
  std::vector<std::string> units;
  for (const char* unit : {kAgentSocketUnit, kAgentService}) {
    if (const absl::StatusOr<UnitState> state = node.systemd->Show(unit);
        state.ok() && state->loaded) {
      units.emplace_back(unit);
    }
  }
  return units;
}

}  // namespace

absl::Status StartAgent(const Plan& plan, const NodeAccess& node) {
  Systemd& systemd = *node.systemd;
  if (plan.units_change) {
    SEKISHO_RETURN_IF_ERROR(systemd.DaemonReload());
  }
  const std::vector<std::string> units = UnitsThatExist(node);
  SEKISHO_RETURN_IF_ERROR(systemd.Enable(units));
  SEKISHO_ASSIGN_OR_RETURN(const UnitState service, systemd.Show(kAgentService));
  SEKISHO_ASSIGN_OR_RETURN(const UnitState socket, systemd.Show(kAgentSocketUnit));
  const bool takes_socket = socket.loaded && service.IsRunning() &&
                            (socket.active_state != "active" || plan.socket_unit_changes);
  if (takes_socket) {
    // systemd does not bind a socket whose service runs already.
    SEKISHO_RETURN_IF_ERROR(systemd.Stop(units));
  }
  absl::Status started;
  if (service.IsRunning() && !takes_socket) {
    started = plan.agent_changes.empty() ? absl::OkStatus() : systemd.Restart(kAgentService);
  } else {
    started = systemd.Start(units);
  }
  return started.ok() ? started : WithLog(started, node);
}

absl::Status RestartAgent(const NodeAccess& node) {
  SEKISHO_RETURN_IF_ERROR(node.systemd->DaemonReload());
  // The socket goes on listening, so that calls wait instead of failing.
  SEKISHO_RETURN_IF_ERROR(node.systemd->Stop({kAgentService}));
  const absl::Status started = node.systemd->Start(UnitsThatExist(node));
  return started.ok() ? started : WithLog(started, node);
}

absl::Status DisableAgent(const NodeAccess& node) {
  const std::vector<std::string> units = UnitsThatExist(node);
  return units.empty() ? absl::OkStatus() : node.systemd->Disable(units);
}

absl::Status StopAgent(const NodeAccess& node) {
  std::vector<std::string> units;
  for (const char* unit : {kAgentSocketUnit, kAgentService}) {
    if (const absl::StatusOr<UnitState> state = node.systemd->Show(unit);
        state.ok() && state->active_state != "inactive") {
      units.emplace_back(unit);
    }
  }
  return units.empty() ? absl::OkStatus() : node.systemd->Stop(units);
}

}  // namespace sekisho::install
