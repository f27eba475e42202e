// The second evaluator's view of requests that no kubelet makes.
#pragma once

#include "differential/second_evaluator.h"
#include "runtime/v1/api.pb.h"

namespace sekisho::differential {

// Field numbers and values that the protocol does not have, where they could mean anything.
bool HasUnknown(const runtime::v1::PodSandboxConfig& pod);
bool HasUnknown(const runtime::v1::ContainerConfig& container);

// A kubelet repeats the pod's namespaces for each container; some runtimes would grant others.
bool HasOtherNamespaces(const runtime::v1::PodSandboxConfig& pod,
                        const runtime::v1::ContainerConfig& container);

// A Localhost profile that is no file below the kubelet's directory of profiles.
bool HasForeignProfile(const Node& node, const runtime::v1::ContainerConfig& container);

}  // namespace sekisho::differential
