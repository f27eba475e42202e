// The decision. Pure: the same arguments give the same answer; no I/O, clock, lock or log.
#pragma once

#include <optional>
#include <string>

#include "policy/checks.h"
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

// What is left to do about a request that was edited: nothing, or why it is not legal at the
// enforced level, or would be edited again. The other levels are not looked at.
std::optional<std::string> WhyNotLegal(const Spec& spec, const SandboxFacts& sandbox);
std::optional<std::string> WhyNotLegal(const Spec& spec, const SandboxFacts& sandbox,
                                       const ContainerFacts& container);

// Judges UpdateContainerResources and UpdatePodSandboxResources: the few facts that such a request
// has. Nothing is edited.
Decision EvaluateUpdate(const Spec& spec, const SandboxFacts& sandbox,
                        const ContainerFacts& container);

// What of `subject` breaks `at`, with the other settings of `spec`; controls and checks of ours
// included. For a manifest, where nothing is edited.
std::vector<Violation> ViolationsOf(const Spec& spec, const LevelVersion& at,
                                    const Subject& subject);

// Those of `violations` that `spec` refuses, because nothing repairs them.
std::vector<Violation> Unrepaired(const Spec& spec, const std::vector<Violation>& violations);

// `violates PodSecurity "level:version": reason (detail), …`, as Kubernetes writes it.
std::string RefusalText(const LevelVersion& at, const std::vector<Violation>& violations);
// `would violate PodSecurity "level:version": …` for the audit and warn levels, with Kubernetes'
// own checks alone. Empty when there is none of them.
std::string WouldViolateText(const LevelVersion& at, const std::vector<Violation>& violations);
// The same without the opening words: the violations alone.
std::string ViolationsText(const std::vector<Violation>& violations);

}  // namespace sekisho::policy
