// What the daemon runs with: typed, checked and never changed after it was made.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
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
  std::string log_level = "info";          // trace, debug, info, warn, error
  int relay_threads = 1;                   // completion queues, one thread each
  uint64_t relay_max_message_bytes = 64ull << 20;
  std::chrono::seconds drain_timeout{30};  // for calls under way at SIGTERM
  bool unsafe_forward_unknown = false;     // forward methods this build does not know

  friend bool operator==(const AgentConfig&, const AgentConfig&) = default;
};

// One policy in force.
struct Snapshot {
  std::shared_ptr<const policy::Policy> policy;
  std::string hash;  // SHA-256 (hex) over the policy files' names and bytes, in reading order
  uint64_t generation = 0;  // counts successful loads of this process, from 1
  std::vector<std::string> files;
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
// `now` is for exemption expiry warnings only.
LoadResult<Snapshot> LoadPolicy(const AgentConfig& config, std::chrono::sys_seconds now);

}  // namespace sekisho::config
