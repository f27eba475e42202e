// Requests and limits -> cgroup figures, and the QoS class that they give a pod.
#pragma once

#include "manifest/pod.h"
#include "runtime/v1/api.pb.h"

namespace sekisho::manifest {

enum class QosClass { kGuaranteed, kBurstable, kBestEffort };

QosClass QosClassOf(const PodSpec& spec);

void ProjectPodResources(const PodSpec& spec, runtime::v1::LinuxContainerResources& out);
void ProjectContainerResources(const PodSpec& spec, const Container& container,
                               runtime::v1::LinuxContainerResources& out);

// With the cgroupfs driver: "/kubepods/burstable/pod<uid>".
std::string CgroupParent(const PodSpec& spec, const std::string& uid);

}  // namespace sekisho::manifest
