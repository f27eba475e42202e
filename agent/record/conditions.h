// Calls that RuntimeDefault looks at more closely than by their names.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "seccomp/profile.h"

namespace sekisho::record {

// By name, the rules that RuntimeDefault (for containerd's default capabilities) has for it, where
// none of them allows it whatever its arguments: clone without new namespaces, clone3 answered as
// if it did not exist, socket without some families, …
//
// An audit record holds no arguments. Allowing such a call with all of them would give a container
// more than it has without a profile of its own, and be refused by the agent's own floor; so it
// gets the same conditions. A container that needs more (one with CAP_SYS_ADMIN that makes
// namespaces) has to be given it by hand.
const std::map<std::string, std::vector<seccomp::Rule>>& ConditionalRules();

}  // namespace sekisho::record
