// `controls` of a policy file: the fields of PodSecurityPolicy that a node can enforce.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/profile_name.h"
#include "config/yaml_reader.h"
#include "policy/controls.h"

namespace sekisho::config {

struct ControlsFile : policy::Controls {
  // The file of seccomp.fallback, when that is one.
  std::optional<ProfileName> seccomp_file;
  Location where;
  std::string key;  // "controls", "rules[0].controls"
};

// Every error is reported, and the rest read all the same.
ControlsFile ReadControls(const Value& value, Reader& reader);

// The keys below `prefix`, for the reference page.
void ListControls(std::string_view prefix, std::vector<KeyDoc>& rows);

}  // namespace sekisho::config
