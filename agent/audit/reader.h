// The audit log, read again.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "audit/decided_facts.h"
#include "policy/decision.h"
#include "policy/facts.h"

namespace sekisho::audit {

// policy::Violation, with text of its own.
struct LineViolation {
  std::string check;
  std::string reason;
  std::string detail;

  friend bool operator==(const LineViolation&, const LineViolation&) = default;
};

// One decision as the log has it; see docs/audit.md for the fields.
struct Line {
  std::chrono::system_clock::time_point time;
  std::string method;
  policy::Action action = policy::Action::kDeny;
  policy::PodIdentity pod;
  std::string sandbox_id;
  std::string container;
  std::string image;
  std::string enforced;
  std::string level_source;
  std::string rule;
  std::string exemption;
  std::string recording;
  std::vector<LineViolation> violations;
  std::vector<policy::EditRecord> edits;
  bool seccomp_ignored = false;
  std::string message;
  std::vector<LineViolation> audit;
  std::vector<LineViolation> warn;
  std::string error_id;
  std::string error;
  std::string policy_hash;
  std::chrono::microseconds duration{0};
  std::optional<DecidedFacts> facts;  // `sandbox.pod` is `pod`
};

// Of facts that it cannot make sense of, it says nothing: the line has none then.
absl::StatusOr<Line> ParseLine(std::string_view json);

struct ReadOptions {
  bool with_facts = false;  // Line::facts is filled; it costs most of the time
  int threads = 2;          // that parse
};

struct ReadStats {
  uint64_t lines = 0;            // decisions
  uint64_t lost = 0;             // that the log itself says are missing ("records-lost")
  uint64_t unreadable = 0;       // no JSON, or no decision
  std::string first_unreadable;  // "audit.jsonl:12: what is wrong"; empty when there is none
};

// Calls `each` for every decision of the file, on the calling thread, in the file's order. "-" is
// the standard input. What cannot be read as a line is counted and passed over; a file that cannot
// be read at all is an error that names it.
absl::StatusOr<ReadStats> ReadLines(const std::string& file, const ReadOptions& options,
                                    const std::function<void(const Line&)>& each);

// "path.N" … "path.1", "path": those of a rotating log that are there, oldest first.
std::vector<std::string> RotatedFiles(const std::string& path);

}  // namespace sekisho::audit
