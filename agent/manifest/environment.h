// A container's variables, and the texts that refer to them: $(NAME).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "manifest/identity.h"
#include "manifest/pod.h"

namespace sekisho::manifest {

using Environment = std::vector<std::pair<std::string, std::string>>;

// The variables of a container in order, with what refers to earlier ones filled in. The value of a
// variable that stands in another object (a Secret, a ConfigMap) or is known on the node alone is
// empty.
Environment EnvironmentOf(const PodManifest& pod, const Identity& identity,
                          const Container& container);

// Replaces $(NAME) by the variable's value; leaves it as it is when there is no such variable. $$
// stands for one $. The names that were not found are added to `missing`, when that is given.
std::string Expand(std::string_view text, const std::map<std::string, std::string>& variables,
                   std::vector<std::string>* missing = nullptr);

}  // namespace sekisho::manifest
