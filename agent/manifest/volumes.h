// Volumes -> the mounts and devices of a container.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "manifest/identity.h"
#include "manifest/pod.h"
#include "runtime/v1/api.pb.h"

namespace sekisho::manifest {

// Adds mounts in the kubelet's order: the container's own, /etc/hosts, the termination log.
// `variables` are for subPathExpr. `userns` is null where ids are not mapped.
void ProjectMounts(const PodManifest& pod, const Identity& identity, const Container& container,
                   const std::map<std::string, std::string>& variables,
                   const runtime::v1::UserNamespace* userns, runtime::v1::ContainerConfig& out,
                   std::vector<std::string>& remarks);

// Block volumes.
void ProjectDevices(const PodSpec& spec, const Identity& identity, const Container& container,
                    runtime::v1::ContainerConfig& out, std::vector<std::string>& remarks);

// Where the kubelet writes what it reports of a container's end.
std::string TerminationMessagePath(const Container& container);

}  // namespace sekisho::manifest
