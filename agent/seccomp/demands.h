// What a policy demands of the Localhost profiles of pods.
#pragma once

#include <string>
#include <vector>

namespace sekisho::seccomp {

// The profile that another must be at least as strict as.
struct Floor {
  enum class Kind { kNone, kRuntimeDefault, kFile };
  Kind kind = Kind::kRuntimeDefault;
  std::string path = {};  // kFile: absolute

  friend bool operator==(const Floor&, const Floor&) = default;
};

// What becomes of a profile in Docker's format, which containerd misreads.
enum class DockerFormat {
  kDeny,
  kWarn,     // judged as containerd reads it
  kResolve,  // its conditions are evaluated for the container, and the result is attached
};

struct Demands {
  Floor floor = {};
  // Names of system calls that no case of may be executed; sorted, groups expanded.
  std::vector<std::string> must_deny = {};
  DockerFormat docker_format = DockerFormat::kResolve;
  // Whether a profile may be one that refuses nothing that matters.
  bool allow_unconfined_in_disguise = false;

  friend bool operator==(const Demands&, const Demands&) = default;
};

}  // namespace sekisho::seccomp
