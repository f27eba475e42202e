#include "cli/live.h"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "base/status_macros.h"
#include "base/str_cat.h"
#include "base/str_join.h"
#include "cli/this_node.h"
#include "relay/one_call.h"
#include "verify/ledger.h"
#include "verify/verifier.h"

namespace sekisho::cli {
namespace {

using std::chrono::system_clock;

constexpr std::chrono::seconds kCallTimeout{5};

absl::StatusOr<verify::Basis> ReadBasis(const config::AgentConfig& agent) {
  const auto now = std::chrono::floor<std::chrono::seconds>(system_clock::now());
  config::LoadResult<config::Snapshot> policy = config::LoadPolicy(agent, now, ThisNode(agent));
  if (!policy.ok()) {
    return absl::InvalidArgumentError(
        base::StrJoin(policy.errors, "\n", &config::Diagnostic::ToString));
  }
  verify::Basis basis{.policy = std::move(policy.value.policy), .namespaces = {}, .ledger = {}};
  absl::StatusOr<verify::LedgerView> ledger = verify::ReadLedger(agent.state_dir);
  if (ledger.ok()) {
    basis.ledger = *std::move(ledger);
  } else if (absl::IsNotFound(ledger.status())) {
    // No agent has begun to keep one: whatever runs is older.
    basis.ledger.since = system_clock::time_point::max();
  } else {
    return ledger.status();
  }
  return basis;
}

verify::VerifierOptions OptionsOf(const config::AgentConfig& agent) {
  verify::VerifierOptions options;
  options.kubelet_root = agent.kubelet_root;
  options.state_dir = agent.state_dir;
  options.runtime_socket = agent.upstream_socket;
  options.call = [socket = agent.upstream_socket](std::string_view method, std::string request) {
    return relay::CallOnce(socket, method, std::move(request), kCallTimeout);
  };
  return options;
}

}  // namespace

absl::StatusOr<verify::Result> LookAtRunning(const config::AgentConfig& agent) {
  const std::string& socket = agent.upstream_socket;
  // An empty VersionRequest: whether there is a runtime at all.
  const absl::StatusOr<std::string> version =
      relay::CallOnce(socket, "/runtime.v1.RuntimeService/Version", "", kCallTimeout);
  if (!version.ok()) {
    return absl::UnavailableError(
        base::StrCat(socket, ": the runtime does not answer: ", version.status().message()));
  }
  SEKISHO_ASSIGN_OR_RETURN(const verify::Basis basis, ReadBasis(agent));
  return verify::Verifier(OptionsOf(agent)).Run(basis);
}

}  // namespace sekisho::cli
