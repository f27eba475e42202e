// Security contexts -> the security contexts of CRI, merged as the kubelet does: what a container
// says goes before what its pod says.
#pragma once

#include <string>
#include <vector>

#include "manifest/pod.h"
#include "manifest/project.h"
#include "runtime/v1/api.pb.h"

namespace sekisho::manifest {

// The user namespace of the pod, without which its mounts are not mapped either; null for the
// node's.
const runtime::v1::UserNamespace* MappedUserNamespace(const runtime::v1::NamespaceOption& options);

void ProjectSandboxSecurity(const PodManifest& pod, const Options& options,
                            runtime::v1::LinuxSandboxSecurityContext& out);

// What a kubelet would refuse is added to `remarks`. `sandbox_id` is made up, and so is the id of
// the container whose processes an ephemeral container sees.
void ProjectContainerSecurity(const PodManifest& pod, const Container& container,
                              const Options& options, const std::string& sandbox_id,
                              runtime::v1::LinuxContainerSecurityContext& out,
                              std::vector<std::string>& remarks);

}  // namespace sekisho::manifest
