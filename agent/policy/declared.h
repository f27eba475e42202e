// What a manifest says beyond what CRI shows. Only where a manifest is at hand (`sekisho check`):
// then the checks that CRI shows in part or not at all are decided by these, in Kubernetes' own
// words. The daemon never has them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/facts.h"

namespace sekisho::policy {

// A securityContext, of a pod or of a container, as it is written.
struct DeclaredContext {
  std::string seccomp_type = {};   // seccompProfile.type; empty when not given
  std::string apparmor_type = {};  // appArmorProfile.type; likewise
  std::optional<SELinuxOptions> selinux = {};
  std::optional<bool> run_as_non_root = {};
  std::optional<int64_t> run_as_user = {};
  std::optional<bool> host_process = {};  // windowsOptions.hostProcess
};

struct DeclaredContainer {
  DeclaredContext context = {};
  std::string proc_mount = {};  // empty when not given
  // of every probe and lifecycle handler; never empty text
  std::vector<std::string> probe_hosts = {};
};

struct DeclaredVolume {
  std::string name = {};
  std::string type = {};  // the source's key: "hostPath", "nfs", …
  std::string path = {};  // of a hostPath
};

struct DeclaredPod {
  DeclaredContext context = {};
  bool windows = false;                      // spec.os.name is windows
  std::optional<bool> host_users = {};       // spec.hostUsers
  std::vector<std::string> sysctls = {};     // names, in order
  std::vector<DeclaredVolume> volumes = {};  // in order, mounted or not
  // init, regular, ephemeral: as in PodView::containers
  std::vector<DeclaredContainer> containers = {};
};

}  // namespace sekisho::policy
