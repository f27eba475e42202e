// Profiles for tests that run containers.
#pragma once

#include <string>
#include <vector>

namespace sekisho::testing {

// What every containerd that is modelled attaches to a container with its default capabilities,
// without these calls: as strict as RuntimeDefault, whichever runs here, and a call more that
// proves which file is in force.
std::string RuntimeDefaultWithout(const std::vector<std::string>& syscalls);

// The same and these calls besides: weaker than the floor.
std::string RuntimeDefaultWith(const std::vector<std::string>& syscalls);

}  // namespace sekisho::testing
