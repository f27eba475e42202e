// Whether the runtime gives a pod the user namespace that it asks for.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "enforce/judge.h"
#include "relay/call_hook.h"

namespace runtime::v1 {
class ContainerConfig;
class PodSandboxConfig;
}  // namespace runtime::v1

namespace sekisho::enforce {

// Rules are relaxed for a pod with one of its own (hostUsers: false). A runtime that knows nothing
// of them, such as containerd 1.6, does not read that field, and runs the pod's root as the node's.

bool AsksForUserNamespace(const runtime::v1::PodSandboxConfig& config);

// Takes it out, and out of a container's mounts the mappings that follow from it.
void TakeUserNamespace(runtime::v1::PodSandboxConfig& config);
void TakeUserNamespace(runtime::v1::ContainerConfig& config);

// Whether the policy lets another thing through, or hardens it in another way.
bool DecidedOtherwise(const Judgement& one, const Judgement& other);

// Asks the runtime, by the CRI call Status, whether the handler has user namespaces. Not OK, with
// words for the caller: it has not, or does not say so.
void AskForUserNamespaces(const std::string& handler, relay::UpstreamCaller& upstream,
                          std::function<void(absl::Status)> done);

}  // namespace sekisho::enforce
