// A pod with the lines of a fix put into it, as report.h says that they are to be read.
#pragma once

#include <yaml-cpp/yaml.h>

#include <stdexcept>
#include <string>

namespace sekisho::testing {

// Maps are merged; containers of each list are found by name; a volume of the same name, and any
// other list or value, takes the place of the one before.
inline void MergeInto(YAML::Node target, const YAML::Node& patch);

inline void MergeList(YAML::Node target, const YAML::Node& patch, bool replace) {
  for (const YAML::Node& wanted : patch) {
    const auto name = wanted["name"].as<std::string>();
    bool known = false;
    for (size_t i = 0; i < target.size(); ++i) {
      if (target[i]["name"].as<std::string>() != name) {
        continue;
      }
      known = true;
      if (replace) {
        target[i] = YAML::Clone(wanted);
      } else {
        MergeInto(target[i], wanted);
      }
    }
    if (!known) {
      throw std::runtime_error("the pod has nothing named " + name);
    }
  }
}

inline void MergeInto(YAML::Node target, const YAML::Node& patch) {
  for (const auto& pair : patch) {
    const auto key = pair.first.as<std::string>();
    const YAML::Node& value = pair.second;
    if (value.IsSequence() && (key == "containers" || key == "volumes") && target[key]) {
      MergeList(target[key], value, key == "volumes");
    } else if (value.IsMap() && target[key] && target[key].IsMap()) {
      MergeInto(target[key], value);
    } else {
      target[key] = YAML::Clone(value);
    }
  }
}

// Throws what yaml-cpp throws when the lines are no YAML, and when they name a container or a
// volume that the pod does not have.
inline std::string Merged(const std::string& pod, const std::string& lines) {
  YAML::Node merged = YAML::Load(pod);
  MergeInto(merged, YAML::Load(lines));
  YAML::Emitter out;
  out << merged;
  return out.c_str();
}

}  // namespace sekisho::testing
