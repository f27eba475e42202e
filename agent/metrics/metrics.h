// What the agent counts, and how it says so to Prometheus.
//
// Counting is for the thread that decides: no file, no wait but for a short lock, and no allocation
// for what was counted before. Everything else is asked for when somebody scrapes. Names and labels
// are a contract with the alert rules and the dashboard in packaging/; docs/metrics.md lists them.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "audit/record.h"

namespace sekisho::metrics {

enum class Outcome {
  kForwarded,  // the runtime answered, whatever it said; see Call::code
  kRefused,    // a checked method: denied by the policy, or by an error on the way
  kRejected,   // no decision was made: an unknown method, a message too large
  kCancelled,  // the caller went away, or its deadline passed
};
std::string_view OutcomeName(Outcome outcome);  // "forwarded", …

// One call of a client, at its end.
struct Call {
  std::string_view method;  // "CreateContainer"; empty: not in the method table. Lives for ever.
  Outcome outcome = Outcome::kForwarded;
  int code = 0;                                           // gRPC's, of what the caller got
  std::optional<std::chrono::nanoseconds> decision = {};  // a checked method: until it was decided
  std::optional<std::chrono::nanoseconds> upstream =
      {};  // forwarded: until the runtime had answered
};

// The last comparison of running containers with their decisions (verify::Result).
struct Verification {
  double time = 0;  // Unix seconds
  uint64_t conforming = 0;
  uint64_t drifted = 0;
  uint64_t partly_seen = 0;                        // of which the kernel did not tell everything
  std::map<std::string, uint64_t> by_origin = {};  // "decided", "older", "past", "foreign"
  uint64_t errors = 0;
  double duration_seconds = 0;
};

// What is asked for at each scrape.
struct State {
  std::string version;
  double started = 0;  // Unix seconds
  std::string policy_hash;
  std::string policy_file;
  uint64_t policy_generation = 0;
  std::optional<int64_t> policy_revision;
  double policy_loaded = 0;  // Unix seconds
  bool last_reload_ok = true;
  uint64_t reloads_failed = 0;
  uint64_t reloads_ok = 0;
  bool ready = false;
  bool upstream_reachable = true;
  struct Kubernetes {
    bool synced = false;
    std::optional<int64_t> label_age_seconds = {};
    uint64_t namespaces = 0;
    uint64_t failures = 0;
    uint64_t events_sent = 0;
    uint64_t events_dropped = 0;
  };
  std::optional<Kubernetes> kubernetes;
  uint64_t audit_written = 0;
  uint64_t audit_lost = 0;
  uint64_t sandboxes_known = 0;
  // Judgements of seccomp profile files, by how they came out ("usable", "missing", …).
  std::map<std::string, uint64_t> profile_judgements;
  std::optional<Verification> verification;
  // "no_new_privs", "seccomp_filter", "capabilities_dropped", "core_dumps_off" -> whether it holds.
  std::map<std::string, bool> self_protection;
};

class Metrics {
 public:
  // How many namespaces have a label value of their own; those that come later count as "_other".
  static constexpr size_t kNamespacesMax = 200;

  // `state` is called at each scrape, by the scraping thread.
  explicit Metrics(std::function<State()> state);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // Any thread.
  void CountCall(const Call& call);
  void CountDecision(const audit::Record& record);

  // Everything in Prometheus' text format, version 0.0.4. Any thread; scrapes wait for each other.
  std::string Text() const;

  // Totals for `sekisho status`: decisions by action ("allow", "harden", "deny"), calls by outcome.
  std::map<std::string, uint64_t> DecisionsByAction() const;
  std::map<std::string, uint64_t> CallsByOutcome() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sekisho::metrics
