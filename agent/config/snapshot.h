// What the daemon runs with: typed, checked and never changed after it was made.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/policy.h"
#include "yaml/diagnostic.h"

namespace sekisho::config {

using yaml::AboutFile;
using yaml::Diagnostic;
using yaml::Location;
using yaml::MakeDiagnostic;
using yaml::SortByPlace;

// /etc/sekisho/config.yaml. Read once at start; a reload says when the file has changed since.
struct AgentConfig {
  std::string listen_socket = "/run/sekisho/sekisho.sock";
  std::string listen_group;  // group of the socket (then mode 0660); empty: root only (0600)
  std::string upstream_socket = "/run/containerd/containerd.sock";
  std::chrono::seconds upstream_start_timeout{60};
  std::string policy_file = "/etc/sekisho/policy.yaml";
  std::string policy_dir = "/etc/sekisho/policy.d";
  std::string kubelet_root = "/var/lib/kubelet";
  bool kubelet_seccomp_default = false;  // the kubelet's seccompDefault
  // What the agent keeps for itself: pinned seccomp profiles, recordings.
  std::string state_dir = "/var/lib/sekisho";
  std::string audit_path = "/var/log/sekisho/audit.jsonl";
  uint64_t audit_max_bytes = 64ull << 20;  // of one file, before it is rotated
  int audit_max_files = 4;                 // kept beside the current one: audit.jsonl.1 …
  bool audit_facts = true;                 // keep what a decision can be made again from
  std::string admin_socket = "/run/sekisho/admin.sock";
  // A unix socket's path, "127.0.0.1:9469", or "off".
  std::string metrics_listen = "/run/sekisho/metrics.sock";
  // Between comparisons of what runs with what was decided; 0: at the start, and of what is
  // started.
  std::chrono::seconds verify_interval{300};
  std::string log_level = "info";  // trace, debug, info, warn, error
  int relay_threads = 1;           // completion queues, one thread each
  uint64_t relay_max_message_bytes = 64ull << 20;
  std::chrono::seconds drain_timeout{30};  // for calls under way at SIGTERM
  bool unsafe_forward_unknown = false;     // forward methods this build does not know
  bool system_call_filter = true;          // the agent's own, beside the unit's
  bool landlock = true;                    // where the kernel has it
  std::string node_name;   // the Node object's; empty: the host's name in lower case
  std::string node_group;  // empty: what the node's label says
  std::string node_group_label = "sekisho.io/policy-group";
  // How the API server is reached; both empty: it is not asked.
  std::string kubeconfig;
  std::string service_account_dir;
  std::string api_server;  // beside a service account; empty: as a pod's environment says
  bool events = true;      // report decisions as Events, where the API server is asked

  friend bool operator==(const AgentConfig&, const AgentConfig&) = default;
};

// What chooses among the policy files of a fleet.
struct NodeIdentity {
  std::string name;   // of the Node object; empty: not known
  std::string group;  // empty: none, or not known

  friend bool operator==(const NodeIdentity&, const NodeIdentity&) = default;
};

// One policy in force.
struct Snapshot {
  std::shared_ptr<const policy::Policy> policy;
  std::string hash;  // SHA-256 (hex) over the policy files' names and bytes, in reading order
  uint64_t generation = 0;         // counts successful loads of this process, from 1
  std::vector<std::string> files;  // the main file first
  // The main file's `revision` and `replacesRevision`; see revisions.h.
  std::optional<int64_t> revision;
  std::optional<int64_t> replaces_revision;
  Location revision_where;
  std::vector<Diagnostic> warnings;  // e.g. an exemption that has expired
};

template <typename T>
struct LoadResult {
  T value;                         // meaningful only when ok()
  std::vector<Diagnostic> errors;  // every one found, not only the first

  bool ok() const { return errors.empty(); }
};

// Both read the files as the daemon does at start; `check-config` calls exactly these.
LoadResult<AgentConfig> LoadAgentConfig(const std::string& file);
// `now` is for exemption expiry warnings only. `node` chooses the main file (policy_choice.h).
LoadResult<Snapshot> LoadPolicy(const AgentConfig& config, std::chrono::sys_seconds now,
                                const NodeIdentity& node = {});
// Whether `text` can be the name of a node or the value of a label, and so part of a file's name.
bool IsPlainName(std::string_view text);
// The name that the configuration gives this node, or the host's.
std::string NodeName(const AgentConfig& config);

}  // namespace sekisho::config
