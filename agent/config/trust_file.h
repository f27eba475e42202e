// `volumes`, `devices` and `annotations` of a policy file: what the operator vouches for, and what
// of a pod's annotations is let through.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/yaml_reader.h"
#include "policy/spec.h"

namespace sekisho::config {

// Each mapping that is given replaces the inherited one as a whole. `Trust` has the members of two
// of them.
struct VolumesFile {
  std::vector<policy::HostPathRule> host_paths;
  std::vector<std::string> persistent_volumes;
};
struct DevicesFile {
  std::vector<std::string> trusted;
  std::vector<std::string> cdi_kinds;
};
struct AnnotationsFile {
  std::vector<std::string> allow, strip;
  std::optional<std::vector<std::string>> deny;  // absent: what steers a runtime

  policy::AnnotationRules Rules() const;
};

// What weakens a check is warned about, once a file and key.
VolumesFile ReadVolumes(const Value& value, Reader& reader);
DevicesFile ReadDevices(const Value& value, Reader& reader);
AnnotationsFile ReadAnnotations(const Value& value, Reader& reader);

void ListVolumes(std::string_view prefix, std::vector<KeyDoc>& rows);
void ListDevices(std::string_view prefix, std::vector<KeyDoc>& rows);
void ListAnnotations(std::string_view prefix, std::vector<KeyDoc>& rows);

}  // namespace sekisho::config
