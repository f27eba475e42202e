// Whether the sandbox_config of a CreateContainer is the sandbox that was run.
//
// The copy in the request is the caller's word, and containerd believes it (privileged gate, cgroup
// parent, log directory). So it is compared, field by field, with what was recorded.
#pragma once

#include <string>
#include <vector>

#include "policy/facts.h"

namespace runtime::v1 {
class ContainerConfig;
}

namespace sekisho::cri {

// The fields of `claimed` that differ from `recorded`, by their CRI path
// ("sandbox_config.metadata.namespace"); empty when they agree. Compares metadata, security context
// but for `privileged`, sysctls, cgroup_parent, log_directory and host ports. Annotations, labels
// and linux.resources are not compared: the kubelet makes them anew from the live pod for every
// call. `privileged` is not compared either: an ephemeral container that is privileged changes it.
// With `complete` false only the fields of PodSandboxStatus are compared.
std::vector<std::string> Mismatches(const policy::SandboxFacts& recorded, bool complete,
                                    const policy::SandboxFacts& claimed);

// The container's own claims about its pod: the labels io.kubernetes.pod.{name,namespace,uid} and
// io.kubernetes.container.name where present, and a log_path that stays inside the log directory
// (containerd joins the two unchecked and opens the result as root).
std::vector<std::string> Mismatches(const policy::SandboxFacts& recorded,
                                    const runtime::v1::ContainerConfig& config);

}  // namespace sekisho::cri
