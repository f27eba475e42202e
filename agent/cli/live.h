// The running containers of this node, compared with what was decided of them.
#pragma once

#include "absl/status/statusor.h"
#include "config/snapshot.h"
#include "verify/result.h"

namespace sekisho::cli {

// Everything is read anew: policy and ledger change under a command that stays. The runtime is
// asked on its own socket. An error says that nothing could be looked at, and why: the runtime does
// not answer, or the policy or the ledger cannot be read.
absl::StatusOr<verify::Result> LookAtRunning(const config::AgentConfig& agent);

}  // namespace sekisho::cli
