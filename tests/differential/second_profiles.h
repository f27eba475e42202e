// The second evaluator's view of what a process is confined by: SELinux, AppArmor, seccomp.
#pragma once

#include "runtime/v1/api.pb.h"

namespace sekisho::differential {

bool IsSELinuxForbidden(const runtime::v1::SELinuxOption& options, int minor);
bool IsSELinuxForbidden(const runtime::v1::PodSandboxConfig& pod,
                        const runtime::v1::LinuxContainerSecurityContext& context, int minor);

// By the pod's annotations, which are all that a RunPodSandbox says of its containers' profiles.
bool HasForbiddenAppArmorAnnotation(const runtime::v1::PodSandboxConfig& pod);
bool HasForbiddenSeccompAnnotation(const runtime::v1::PodSandboxConfig& pod);

bool IsAppArmorForbidden(const runtime::v1::LinuxContainerSecurityContext& context);
bool IsSeccompUnconfined(const runtime::v1::LinuxContainerSecurityContext& context);

}  // namespace sekisho::differential
