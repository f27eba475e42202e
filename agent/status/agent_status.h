// What the running agent says of itself in a file, for readers that may not ask it: the pod of the
// DaemonSet, which has no privileges, and `sekisho install`.
//
// It holds no secret and everyone may read it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace sekisho::status {

// How often the agent writes the file, at least.
inline constexpr std::chrono::seconds kWriteInterval{2};

using Time = std::chrono::sys_seconds;

struct AgentStatus {
  std::string version;  // of the build, "0.1.0"
  int64_t pid = 0;      // in the node's pid namespace
  Time started{};
  Time updated{};  // when the file was written
  std::string socket;
  std::string upstream;
  std::string policy_sha256;       // config::Snapshot::hash
  uint64_t policy_generation = 0;  // config::Snapshot::generation
  bool last_reload_failed = false;
  uint64_t calls_answered = 0;  // unary calls of clients that the runtime answered with OK
  Time last_answered{};         // of them, to within kWriteInterval; 1970 before the first
  std::string policy_file;      // the main one's name: "policy.group.gpu.yaml"
  std::optional<int64_t> policy_revision;
  std::string node;   // by which the policy's file is chosen
  std::string group;  // likewise; empty: none
  // What is known of the API server; absent when none is asked.
  struct Kubernetes {
    std::string server;
    bool synced = false;                 // heard of since the agent started
    std::optional<int64_t> age_seconds;  // of what is known of the namespaces; absent: not known
    uint64_t namespaces = 0;
    std::string last_error;  // empty while all is well
    uint64_t events_sent = 0;
    uint64_t events_dropped = 0;

    friend bool operator==(const Kubernetes&, const Kubernetes&) = default;
  };
  std::optional<Kubernetes> kubernetes;

  friend bool operator==(const AgentStatus&, const AgentStatus&) = default;
};

// Where the agent that listens on `socket` writes: /run/sekisho/status.json for every socket below
// /run/sekisho, so that readers find it also in front of CRI-O, whose socket lies deeper;
// status.json beside any other socket.
std::string StatusFileOf(std::string_view socket);

// One JSON object and a line feed. Times are RFC 3339, UTC, in seconds.
std::string ToJson(const AgentStatus& status);
// Keys that this build does not know are ignored: the agent may be newer than its reader. A key
// that every agent has written is an error when it is missing.
absl::StatusOr<AgentStatus> ParseAgentStatus(std::string_view text);
// Reads a status file. The error names it.
absl::StatusOr<AgentStatus> ReadAgentStatus(const std::string& file);

}  // namespace sekisho::status
