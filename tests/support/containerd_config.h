// The configuration file of a private containerd, in the format that its version has.
#pragma once

#include <string>

namespace sekisho::testing {

struct ContainerdConfig {
  std::string dir;          // everything of it is below
  std::string handler;      // more of the runtime handler's TOML table
  std::string oci_runtime;  // what the shim calls
  std::string cni_plugins;
};

// `format` is the number that the file begins with: 2, or 3 from containerd 2.0 on.
std::string ToToml(const ContainerdConfig& config, int format);

// Of the containerd in the path, by its own word.
int ContainerdConfigFormat();

}  // namespace sekisho::testing
