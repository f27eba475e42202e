// What a comparison of the running containers with their decisions found.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "procfs/process.h"

namespace sekisho::verify {

// How a container came to be, as far as the agent's ledger tells.
enum class Origin {
  kDecided,  // it passed the agent
  kOlder,    // created before the ledger began
  kPast,     // known to CRI, created since the ledger began, and the agent did not see it
  kForeign,  // runs under the same runtime, and CRI does not know it: `ctr run`, `nerdctl`
};
std::string_view OriginName(Origin origin);  // "decided", "older", "past", "foreign"

// One thing that is weaker than it must be.
struct Difference {
  // "seccomp", "seccompFilters", "capabilities.effective" (permitted, bounding, ambient,
  // inheritable), "noNewPrivileges", "user", "namespaces.net" (and the others),
  // "readOnlyRootFilesystem", "appArmor".
  std::string what = {};
  std::string expected = {};  // "filter"
  std::string found = {};     // "off"

  friend bool operator==(const Difference&, const Difference&) = default;
};

struct Container {
  std::string id = {};  // the runtime's
  std::string namespace_ = {};
  std::string pod = {};
  std::string name = {};     // of the container; for kForeign the id
  std::string image = {};    // as CRI tells it; empty for kForeign
  std::string runtime = {};  // kForeign: the runtime's own namespace ("default", "moby")
  Origin origin = Origin::kForeign;
  std::optional<std::chrono::system_clock::time_point> created = {};
  // Of the process that was looked at; absent when it could not be.
  std::optional<procfs::Process> process = {};
  // What is weaker than what was decided (kDecided), than what today's policy would make of it
  // (kOlder, kPast), or than what the strictest level that is enforced by default would (kForeign).
  std::vector<Difference> drift = {};
  // kOlder, kPast: why today's policy would refuse it; empty when it would not.
  std::string refusal = {};
  // "baseline:latest": of today's policy, or when it was decided; may be empty.
  std::string level = {};
  // What the kernel did not tell. Not a difference, but not a proof either.
  std::vector<std::string> unseen = {};

  // Nothing to be said against it: it passed the agent, or is older and today's policy agrees.
  bool conforms() const {
    return drift.empty() && refusal.empty() &&
           (origin == Origin::kDecided || origin == Origin::kOlder);
  }
  friend bool operator==(const Container&, const Container&) = default;
};

struct Result {
  std::chrono::system_clock::time_point time = {};
  std::vector<Container> containers = {};  // by namespace, pod, name
  std::vector<std::string> errors = {};    // what could not be looked at, and why

  bool conforms() const;  // every container does, and there was no error
  size_t CountOf(Origin origin) const;
  size_t drifted() const;  // containers with a difference
  friend bool operator==(const Result&, const Result&) = default;
};

// For people, at most `columns` wide where words can be broken; what conforms is one line each.
// `colour`: with SGR sequences. Whatever a container is called, it adds no line and steers no
// terminal.
std::string ToText(const Result& result, size_t columns, bool colour);
// One JSON object on one line, with its line feed; keys are documented in docs/verify.md.
std::string ToJson(const Result& result);

}  // namespace sekisho::verify
