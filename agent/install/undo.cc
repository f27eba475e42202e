#include "install/undo.h"

#include <algorithm>

#include "base/status_macros.h"
#include "base/str_cat.h"
#include "install/agent_unit.h"
#include "install/kubelet_setup.h"
#include "install/plan.h"

namespace sekisho::install {
namespace {

using base::StrCat;
using Of = SavedFile::Of;

// A kubelet that gets its old files back is given this long at least, however little time the new
// ones were given.
constexpr std::chrono::seconds kLeastTimeout{20};

bool Touches(const SavedRun& run, Of of) {
  return std::any_of(run.files.begin(), run.files.end(),
                     [of](const SavedFile& file) { return file.of == of; });
}

}  // namespace

absl::Status RestartKubelet(const std::string& unit, std::chrono::seconds timeout, bool healthz,
                            const NodeAccess& node) {
  SEKISHO_RETURN_IF_ERROR(node.systemd->DaemonReload());
  SEKISHO_ASSIGN_OR_RETURN(const UnitState state, ShowKubelet(unit, node));
  SEKISHO_ASSIGN_OR_RETURN(const KubeletSetup setup,
                           ReadKubeletSetup({.name = unit, .files = state.files}, node.root));
  const std::optional<std::string> socket = SocketOf(setup.runtime_endpoint);
  if (!socket.has_value()) {
    return absl::FailedPreconditionError(
        StrCat(setup.runtime_endpoint, ": is no unix socket, so it cannot be watched"));
  }
  const std::unique_ptr<KubeletHealth> health =
      node.health(HealthzUrl(setup.argv, setup.config_file, node.root));
  node.say(StrCat("==> restarting ", unit));
  SEKISHO_RETURN_IF_ERROR(node.systemd->Restart(unit));
  node.say(StrCat("==> waiting until ", unit, " is well on ", *socket, " (at most ",
                  timeout.count(), " s)"));
  return WaitForKubelet({.unit = unit,
                         .socket = *socket,
                         // An agent says what it answered; a runtime does not.
                         .through_agent = health->AnsweredBy(*socket).has_value(),
                         .healthz = healthz},
                        timeout, *node.systemd, *health);
}

absl::Status Undo(Transaction& transaction, const std::string& kubelet_unit,
                  std::chrono::seconds timeout, const NodeAccess& node) {
  if (!transaction.state().run.has_value()) {
    return absl::OkStatus();
  }
  const SavedRun run = *transaction.state().run;
  node.say(StrCat("==> putting back ", run.files.size(), " files"));
  absl::Status first = transaction.PutBack(Of::kKubelet);
  if (!run.agent_was_enabled) {
    first.Update(DisableAgent(node));
  }
  // A kubelet that was pointed at an agent before needs that one back before itself.
  if (run.agent_was_running) {
    first.Update(transaction.PutBack(Of::kAgent));
    if (Touches(run, Of::kAgent)) {
      node.say("==> restarting the agent as it was");
      first.Update(RestartAgent(node));
    }
  }
  if (Touches(run, Of::kKubelet)) {
    first.Update(
        RestartKubelet(kubelet_unit, std::max(timeout, kLeastTimeout), /*healthz=*/false, node));
  }
  if (!run.agent_was_running) {
    first.Update(StopAgent(node));
    first.Update(transaction.PutBack(Of::kAgent));
    first.Update(node.systemd->DaemonReload());
  }
  SEKISHO_RETURN_IF_ERROR(first);
  return transaction.Forget();
}

}  // namespace sekisho::install
