// Whether the runtime gives a pod the user namespace that it asks for.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "policy/facts.h"
#include "relay/call_hook.h"

namespace sekisho::enforce {

// hostUsers: false. Rules are relaxed for such a pod.
bool AsksForUserNamespace(const policy::SandboxFacts& sandbox);

// Asks the runtime, by the CRI call Status, whether the handler that the pod runs under has user
// namespaces. Not OK, with words for the caller: it has not, or does not say so. A runtime that
// knows nothing of them, such as containerd 1.6, runs the container as root of the node and says
// nothing.
void AskForUserNamespaces(const policy::SandboxFacts& sandbox, relay::UpstreamCaller& upstream,
                          std::function<void(absl::Status)> done);

}  // namespace sekisho::enforce
