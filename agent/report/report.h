// One page about a node: what was decided, and what runs.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/reader.h"
#include "procfs/process.h"
#include "verify/result.h"

namespace sekisho::report {

// A profile file in use, and what was found out about it.
struct ProfileUse {
  std::string path;
  std::string state;  // "usable", "missing", … (seccomp::ProfileFacts)
  std::string fault;  // why it is not usable
  uint64_t uses = 0;  // decisions
  // What it permits beyond the floor; empty: nothing.
  std::vector<std::string> beyond_floor;
};

// Collects what the page shows. Bounded, whatever the log says: what does not fit is counted.
class Builder {
 public:
  struct Options {
    std::string node;
    std::string version;
    std::string policy;  // in words: "policy.yaml 9e9eab657b61, baseline:latest"
    std::chrono::system_clock::time_point now;
    std::chrono::system_clock::time_point since;  // older decisions are left out
  };
  explicit Builder(Options options);
  ~Builder();

  void Add(const audit::Line& line);
  void SetReadStats(const audit::ReadStats& stats);
  // What the kernel says of the running containers; absent where nobody looked. `host` is a process
  // of the host, pid 1: which namespaces are shared with it is not shown without.
  void SetVerification(verify::Result result, std::optional<procfs::Process> host = std::nullopt);
  // Why nobody looked, as the end of a sentence: "the runtime does not answer".
  void SetNotVerified(std::string why);

  // A whole HTML document that needs nothing else: no network, no script for what it says.
  std::string Html() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// The lines of a manifest that mend a violation of this check: YAML at the indentation of a
// container ("securityContext:\n  allowPrivilegeEscalation: false\n") or of a pod's spec. Nothing
// when there is no general answer. `check` is a violation's id, `detail` its detail, from which the
// names of containers, volumes and values are taken.
//
// To be read like a strategic merge patch: what is given is set; containers and volumes are found
// by their name; a volume that is given, and any other list, takes the place of the one before.
struct ManifestFix {
  // "spec.containers[*]", "spec", "metadata"; empty: yaml has "metadata" and "spec" in it.
  std::string where;
  std::string yaml;
  // Of spec.containers[*]: which, if that is known. They may stand in initContainers as well.
  std::vector<std::string> containers = {};
};
std::optional<ManifestFix> FixFor(std::string_view check, std::string_view detail);
// The same lines from "metadata:" or "spec:" of the pod on.
std::string InManifest(const ManifestFix& fix);
// What to do about the check where lines alone do not say it, in a sentence or two; may be empty.
std::string_view AdviceFor(std::string_view check);

}  // namespace sekisho::report
