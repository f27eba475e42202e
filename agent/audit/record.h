// One decision, as it is written to the audit log.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "audit/decided_facts.h"
#include "policy/decision.h"
#include "policy/facts.h"

namespace sekisho::audit {

// Everything the log says of one decision. By construction it has no place for an environment
// value, a command line, a mounted file's contents or registry credentials.
struct Record {
  std::chrono::system_clock::time_point time;
  std::string method;  // "RunPodSandbox", "CreateContainer"
  policy::PodIdentity pod;
  std::string sandbox_id;  // empty for RunPodSandbox: the runtime has not named it yet
  std::string container;   // empty for RunPodSandbox
  std::string image;       // what the manifest asked for, or what the runtime was given
  std::string enforced;    // "baseline:latest"
  std::string rule;        // Spec::origin
  std::string_view
      level_source;       // policy::LevelSourceName: where the level comes from, if not the policy
  std::string exemption;  // the reason, when one applied
  std::string recording;  // the id of the recording that attached the profile that logs everything
  policy::Decision decision;
  // Set when the request was refused before any policy could be evaluated (unparsable bytes,
  // unknown sandbox, identity mismatch): a stable id and the text the caller got.
  std::string error_id;
  std::string error;
  std::string policy_hash;  // of the snapshot that decided
  std::chrono::microseconds duration{0};
  // What the decision was made from; null where it is not kept. Written without what could be
  // secret (AppendRedacted).
  std::shared_ptr<const DecidedFacts> facts;
};

// How long the facts of one line may be, in bytes. Longer ones are left out, and the line says so.
inline constexpr size_t kFactsBytesMax = size_t{32} << 10;

// One line of JSON, without the newline. Keys and their order are stable; see docs/audit.md.
std::string ToJsonLine(const Record& record);

}  // namespace sekisho::audit
