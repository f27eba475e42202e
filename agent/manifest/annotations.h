// The annotations that a kubelet gives a container: what it will want to know of it later.
#pragma once

#include "manifest/pod.h"
#include "runtime/v1/api.pb.h"

namespace sekisho::manifest {

void ProjectContainerAnnotations(const PodSpec& spec, const Container& container,
                                 runtime::v1::ContainerConfig& out);

// With the defaults of the API server: TCP, and in the node's network a host port for every port.
std::vector<ContainerPort> DefaultedPorts(const PodSpec& spec, const Container& container);

}  // namespace sekisho::manifest
