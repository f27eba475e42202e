// Edits -> CRI request. Touches the named fields and nothing else: unknown fields, order of
// repeated fields and everything that no edit names survive.
#pragma once

#include "policy/decision.h"

namespace runtime::v1 {
class ContainerConfig;
class PodSandboxConfig;
}  // namespace runtime::v1

namespace sekisho::cri {

void Apply(const policy::Edits& edits, runtime::v1::ContainerConfig& config);
void Apply(const policy::SandboxEdits& edits, runtime::v1::PodSandboxConfig& config);

}  // namespace sekisho::cri
