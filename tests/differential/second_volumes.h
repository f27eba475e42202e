// The second evaluator's view of what a container mounts: by the layout of a kubelet's directory.
#pragma once

#include "differential/second_evaluator.h"
#include "runtime/v1/api.pb.h"

namespace sekisho::differential {

struct Volumes {
  bool host_path = false;        // a path of the node is mounted
  bool restricted_type = false;  // a volume of a type that restricted forbids
  bool odd_settings = false;     // a mount is made in a way that no kubelet asks for
};

Volumes VolumesOf(const Node& node, const runtime::v1::PodSandboxConfig& pod,
                  const runtime::v1::ContainerConfig& container);

}  // namespace sekisho::differential
