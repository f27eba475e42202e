// From what is wrong, and what the node demands anyway, to the edits that put it right.
#pragma once

#include <vector>

#include "policy/decision.h"
#include "policy/facts.h"
#include "policy/spec.h"

namespace sekisho::policy {

// The facts of `container` after `edits`: what the runtime would read.
ContainerFacts WithEdits(ContainerFacts container, const Edits& edits);

// The same of a sandbox.
SandboxFacts WithEdits(SandboxFacts sandbox, const SandboxEdits& edits);

// The seccomp profile that `container` would run with after its repair, when `violated` is what is
// to be repaired: by its name alone, whatever is known of files.
SecurityProfile SeccompToRun(const Spec& spec, const ContainerFacts& container,
                             const std::vector<CheckGroup>& violated);

// What makes `container` legal at the enforced level: a repair for each group in `violated`, and
// the node's own hardening. Only what really changes is in it, so that the result needs no edits
// again.
Edits EditsFor(const Spec& spec, const ContainerFacts& container,
               const std::vector<CheckGroup>& violated);

SandboxEdits EditsFor(const Spec& spec, const SandboxFacts& sandbox,
                      const std::vector<CheckGroup>& violated);

// The same as a person reads it.
std::vector<EditRecord> Describe(const ContainerFacts& before, const Edits& edits);
// `path`: of the PodSandboxConfig in the request ("config" or "sandbox_config").
std::vector<EditRecord> Describe(const SandboxFacts& before, const SandboxEdits& edits,
                                 std::string_view path);

}  // namespace sekisho::policy
