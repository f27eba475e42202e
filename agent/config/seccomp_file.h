// `seccomp` of a policy file: what is demanded of the files of Localhost profiles.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/profile_name.h"
#include "config/yaml_reader.h"
#include "seccomp/demands.h"

namespace sekisho::config {

// What seccomp.localhost.floor says.
struct FloorFile {
  bool none = false;
  std::optional<ProfileName> localhost;  // neither this nor none: RuntimeDefault
};

// What seccomp.localhost.missing says.
struct MissingFile {
  bool deny = false;
  std::optional<ProfileName> localhost;  // neither this nor deny: RuntimeDefault
};

// Each key is inherited by itself.
struct LocalhostFile {
  std::optional<FloorFile> floor;
  // Groups expanded, sorted, each name once.
  std::optional<std::vector<std::string>> must_deny;
  std::optional<seccomp::DockerFormat> docker_format;
  std::optional<MissingFile> missing;
  std::optional<bool> allow_unconfined_in_disguise;
};

// What weakens a check is warned about, once a file and key.
void ReadSeccompDemands(const Value& value, LocalhostFile& out, Reader& reader);
void ListSeccompDemands(std::string_view prefix, std::vector<KeyDoc>& rows);

}  // namespace sekisho::config
