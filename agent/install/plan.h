// What an installation finds on a node, and what it would change there.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "install/install.h"
#include "install/kubelet_setup.h"
#include "install/saved_state.h"
#include "install/transaction.h"

namespace sekisho::install {

inline constexpr const char* kAgentService = "sekisho.service";
inline constexpr const char* kAgentSocketUnit = "sekisho.socket";
// What the kubelet's endpoint ends with in front of CRI-O: the kubelet compares that end
// (CrioSocketSuffix, pkg/kubelet/cadvisor) to decide where statistics come from.
inline constexpr const char* kCrioSuffix = "run/crio/crio.sock";
inline constexpr const char* kCrioListenSocket = "/run/sekisho/run/crio/crio.sock";

struct Plan {
  UnitState kubelet;
  KubeletSetup setup;
  UnitState agent;
  bool has_socket_unit = false;
  std::string runtime_endpoint;  // the runtime's own, as the kubelet had it
  std::string runtime_socket;
  std::string runtime_text;  // "containerd 1.7.24"
  std::string agent_socket;
  std::string agent_endpoint;  // "unix://" and that
  std::string healthz_url;
  bool kubelet_is_pointed = false;  // the agent's endpoint is in force already

  std::vector<NodeChange> agent_changes;
  std::vector<NodeChange> kubelet_changes;
  bool units_change = false;  // of the agent
  bool socket_unit_changes = false;

  bool IsEmpty() const { return agent_changes.empty() && kubelet_changes.empty(); }
};

// An error is a reason not to begin: nothing was changed.
absl::StatusOr<Plan> MakePlan(const InstallOptions& options,
                              const std::vector<BroughtFile>& brought, const StateStore& store,
                              const SavedState& saved, const NodeAccess& node);

// The drop-in of the kubelet's unit that is ours.
std::string KubeletDropInOf(const std::string& unit);

// The kubelet's unit as systemd has it, or where systemd does not run, as its files lie about.
absl::StatusOr<UnitState> ShowKubelet(const std::string& unit, const NodeAccess& node);

// The sockets of the agent's configuration: what it listens on, and the runtime's.
struct AgentSockets {
  std::string listen;
  std::string upstream;
};
absl::StatusOr<AgentSockets> ReadAgentSockets(const std::string& config_text,
                                              const std::string& file);

}  // namespace sekisho::install
