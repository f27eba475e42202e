// Which seccomp and AppArmor profile a container gets.
#pragma once

#include <string>
#include <vector>

#include "manifest/pod.h"
#include "manifest/project.h"
#include "runtime/v1/api.pb.h"

namespace sekisho::manifest {

// The container's, else the pod's, else what the kubelet is set to.
void ProjectSeccomp(const PodSecurityContext& pod, const SecurityContext& container,
                    const Options& options, runtime::v1::LinuxContainerSecurityContext& out,
                    std::vector<std::string>& remarks);

// The container's, else that of the pod's annotation for the container, else the pod's. Fills the
// field and its deprecated spelling; neither, when nothing is declared.
void ProjectAppArmor(const PodManifest& pod, const PodSecurityContext& pod_context,
                     const Container& container, runtime::v1::LinuxContainerSecurityContext& out,
                     std::vector<std::string>& remarks);

}  // namespace sekisho::manifest
