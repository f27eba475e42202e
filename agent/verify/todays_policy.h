// What today's policy would make of a container that nobody decided on.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "mounts/resolver.h"
#include "verify/expected.h"
#include "verify/verifier.h"

namespace sekisho::verify {

struct Demand {
  Expected expected;
  std::string level;    // "baseline:latest"
  std::string refusal;  // why it would be refused; `expected` is then what it asked for
  std::vector<std::string> unseen;
};

// The same path as the agent's: sandbox and container are evaluated with what the node says of
// their mounts, and what the edits leave is what is expected. Seccomp files are not looked at: a
// file may have changed since, and the filter that the kernel has came from the old one. `pins` is
// where the agent's own copies of such files lie; what is there it has judged.
//
// Where the runtime keeps no configuration, the container counts as one that asks for the least
// that its level allows; only mounts, annotations, labels and the sandbox can be refused then, and
// controls are not looked at.
Demand TodaysDemand(const Basis& basis, const Running& running, const mounts::Resolver& mounts,
                    const std::string& pins, std::chrono::sys_seconds now);

}  // namespace sekisho::verify
