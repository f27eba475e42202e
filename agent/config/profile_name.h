// A file that a policy names.
#pragma once

#include <string>

#include "config/snapshot.h"

namespace sekisho::config {

// A Localhost profile that a file names, still relative to the kubelet's seccomp directory.
struct ProfileName {
  std::string name;  // "web.json", "team/web.json"
  Location where;
  std::string key;
};

}  // namespace sekisho::config
