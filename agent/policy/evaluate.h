// The decision. Pure: the same arguments give the same answer; no I/O, clock, lock or log.
#pragma once

#include "policy/decision.h"
#include "policy/facts.h"
#include "policy/spec.h"

namespace sekisho::policy {

// Judges RunPodSandbox. Refusing here what is decidable here is cheaper than refusing each
// container, and leaves no sandbox behind.
Decision EvaluateSandbox(const Spec& spec, const SandboxFacts& sandbox);

// Judges CreateContainer. `sandbox` is what was recorded for `pod_sandbox_id`, not the request's
// copy.
Decision EvaluateContainer(const Spec& spec, const SandboxFacts& sandbox,
                           const ContainerFacts& container);

}  // namespace sekisho::policy
