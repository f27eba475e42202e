// How large what a rule inherits is.
#pragma once

#include <cstddef>

#include "policy/spec.h"

namespace sekisho::config {

// The entries of all lists of a spec that a policy file can make long. Each rule has all of them in
// its spec, its own and those that it takes over.
size_t EntriesOf(const policy::Spec& spec);

}  // namespace sekisho::config
