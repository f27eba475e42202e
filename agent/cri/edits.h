// Edits -> CRI request. Touches the named fields and nothing else: unknown fields, order of
// repeated fields and everything that no edit names survive.
#pragma once

#include "policy/decision.h"

namespace runtime::v1 {
class ContainerConfig;
}

namespace sekisho::cri {

void Apply(const policy::Edits& edits, runtime::v1::ContainerConfig& config);

}  // namespace sekisho::cri
