// Recorded decisions, made again with another policy.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "audit/decided_facts.h"
#include "audit/reader.h"
#include "policy/decision.h"
#include "policy/namespace_labels.h"
#include "policy/policy.h"

namespace sekisho::replay {

// What would become of one request.
struct Verdict {
  policy::Action action = policy::Action::kDeny;
  std::string message;  // why it is refused; empty otherwise
  std::vector<policy::EditRecord> edits;
  std::string enforced;  // "restricted:latest"
  std::string rule;      // where in the policy that is from
  // What makes the verdict uncertain: a profile file that was not looked at then, …
  std::string uncertain;
};

// What was known of the pod's namespace when it was decided: a table with this one namespace, just
// confirmed; or a default view where the facts have no labels.
policy::NamespaceView ViewOf(const policy::PodIdentity& pod, const audit::DecidedFacts& facts);
// The same, with what the line says of where its level came from: labels that were stale then are
// stale again.
policy::NamespaceView ViewOf(const audit::Line& line);

// The daemon's own decision, from facts. `now` decides which exemptions have expired.
Verdict Decide(const policy::Policy& policy, std::chrono::sys_seconds now,
               const policy::PodIdentity& pod, const audit::DecidedFacts& facts,
               const policy::NamespaceView& namespaces);
inline Verdict Decide(const policy::Policy& policy, std::chrono::sys_seconds now,
                      const policy::PodIdentity& pod, const audit::DecidedFacts& facts) {
  return Decide(policy, now, pod, facts, ViewOf(pod, facts));
}

enum class Change {
  kNone,
  kNewlyRefused,
  kNewlyHardened,
  kNewlyAllowed,  // refused before; perhaps hardened now
  kOtherEdits,    // hardened in another way, or no longer
  kOtherReason    // refused now as before, in other words
};
inline constexpr size_t kChangeCount = 6;
std::string_view ChangeName(Change change);  // "newly-refused", …

// Requests of one workload that change alike.
struct Group {
  Change change = Change::kNone;
  std::string namespace_ = {};
  std::string workload =
      {};  // the pod's name without what a controller added: "web", "db-0" -> "db"
  std::string container = {};  // empty: the sandbox
  std::string method = {};
  std::string before = {};  // "allow", "harden", "deny"; "running" for what runs now
  std::string after = {};
  // The refusal, or the edits, in words; for kNewlyAllowed the refusal that is no more. A pod's
  // name and uid stand in it as <pod> and <uid>.
  std::string why = {};
  std::string rule = {};  // of the new policy
  uint64_t count = 0;     // requests
  std::string example_pod = {};
  std::chrono::system_clock::time_point last = {};
};

struct Summary {
  uint64_t decisions = 0;      // that were made again
  uint64_t without_facts = 0;  // recorded without what is needed to decide again
  uint64_t errors = 0;         // refused then for another reason than a policy: not made again
  uint64_t uncertain = 0;
  uint64_t unchanged = 0;
  std::array<uint64_t, kChangeCount> changed = {};  // requests, by Change
  std::string uncertain_why;                        // of the first that is
  std::vector<Group> groups;  // newly refused first, then by count; bounded, see `dropped`
  uint64_t dropped = 0;       // groups that did not fit
  bool live = false;          // of what runs now, not of a log
  std::chrono::system_clock::time_point first;
  std::chrono::system_clock::time_point last;

  // Requests, not groups; those of groups that did not fit, too.
  uint64_t CountOf(Change change) const { return changed[static_cast<size_t>(change)]; }
};

class Replayer {
 public:
  static constexpr size_t kGroupsMax = 10000;

  // `policy` outlives it. `node` is the node's name, which static pods have at the end of theirs;
  // empty: not known.
  Replayer(const policy::Policy& policy, std::chrono::sys_seconds now, std::string node = {})
      : policy_(policy), now_(now), node_(std::move(node)) {}

  void Add(const audit::Line& line);
  // Something that runs now. `facts.complete` is whether the runtime told all of its sandbox.
  void AddRunning(const policy::PodIdentity& pod, const audit::DecidedFacts& facts);
  // Something that runs now, and of which the runtime does not tell enough.
  void AddUnknown();
  Summary Finish();

 private:
  bool IsDecidedAgain(const audit::Line& line);
  void Count(const Verdict& verdict, Change change, std::string_view before,
             const policy::PodIdentity& pod, const std::string& why, Group group);

  const policy::Policy& policy_;
  const std::chrono::sys_seconds now_;
  const std::string node_;
  Summary summary_;
  absl::flat_hash_map<std::string, size_t> by_key_;  // into summary_.groups
  absl::flat_hash_set<size_t> dropped_;              // hashes of keys; bounded, too
};

// "web" for "web-6d4cf56db6-x2lpq" (Deployment), "db" for "db-0" (StatefulSet), "agent" for
// "agent-x2lpq" (DaemonSet), "backup" for "backup-28391040-abcde" (CronJob), "kube-proxy" for a
// static pod "kube-proxy-NODE" of `node`. A guess by the controllers' ways to name pods.
std::string WorkloadOf(std::string_view pod_name, std::string_view node = {});

// For people, at most `columns` wide where words can be broken. `colour`: with SGR sequences.
std::string ToText(const Summary& summary, size_t columns, bool colour);
// One JSON object on one line; keys are documented in docs/replay.md.
std::string ToJson(const Summary& summary);

}  // namespace sekisho::replay
