// Containers that run under the runtime, and that CRI does not know: `ctr run`, `nerdctl`, `runc`
// by way of a shim.
//
// Told by who their parent is: each container's first process is a child of its shim (containerd)
// or monitor (CRI-O), and so is each process that is started in it later. What CRI knows is told by
// its cgroup, which carries the container's id whatever the driver. Not seen: what is started by no
// shim (`runc run` by hand), and what was put into the cgroup of a known container.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "procfs/process.h"
#include "verify/running.h"

namespace sekisho::verify {

struct Foreign {
  std::string id;
  std::string runtime;  // the runtime's namespace: "default", "moby"; empty: not told
  procfs::Process process;
  std::optional<std::chrono::system_clock::time_point> created;
};

struct ForeignSearch {
  std::string proc = "/proc";
  std::string runtime_socket = {};  // see VerifierOptions
  // Listed before the runtime was asked: whatever was there then and is the runtime's, it knows.
  std::vector<procfs::Process> processes = {};
  Known known = {};
  // The mount namespaces of known containers: what was executed in one of them shares it.
  std::unordered_set<uint64_t> known_mounts = {};
};

// One for each container, with the first of its processes; by id.
std::vector<Foreign> FindForeign(const ForeignSearch& search);

}  // namespace sekisho::verify
