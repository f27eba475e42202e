// What a kubelet writes into a container's annotations, and what others do.
#pragma once

#include <google/protobuf/map.h>

#include <map>
#include <string>

#include "policy/facts.h"

namespace sekisho::cri {

using Annotations = google::protobuf::Map<std::string, std::string>;

// Of annotations or labels: those that are not the kubelet's own, io.kubernetes.container.* and
// io.kubernetes.pod.*.
std::map<std::string, std::string> WithoutKubeletKeys(const Annotations& map);

// Fills in everything of the facts that comes from a container's annotations: ports, the preStop
// handler's hosts, the termination message's path, and the others as they are.
void ReadAnnotations(const Annotations& annotations, policy::ContainerFacts& facts);

}  // namespace sekisho::cri
