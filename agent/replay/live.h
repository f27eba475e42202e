// What runs now, as the facts that it would be decided from.
#pragma once

#include <string>

#include "audit/decided_facts.h"
#include "mounts/resolver.h"
#include "verify/verifier.h"

namespace sekisho::replay {

// With what the node says of its mounts. The container is as the runtime got it, after the edits of
// the policy that let it in. `state_dir` is the agent's: a copy of a seccomp profile below it was
// judged when it was attached, and is taken for usable.
audit::DecidedFacts FactsOf(const verify::Running& running, const mounts::Resolver& mounts,
                            const std::string& state_dir);

}  // namespace sekisho::replay
