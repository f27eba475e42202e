// The pods that were recorded between a real kubelet and containerd, made by our own builders.
#pragma once

#include <string>
#include <vector>

#include "support/request_builders.h"

namespace sekisho::testing {

struct KubeletCase {
  std::string name;  // as in the recording: "caps", "cluster/userns"
  std::string
      remark;  // what the pod asks for, and why a verdict is what it is where that surprises
  PodOptions pod;
  std::vector<ContainerOptions> containers;  // in the order in which the kubelet makes them
};

std::vector<KubeletCase> KubeletCases();

}  // namespace sekisho::testing
