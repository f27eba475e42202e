// What the runtime tells of a container and of a sandbox beyond CRI's own fields.
#pragma once

#include <sys/types.h>

#include <string>

#include "absl/status/statusor.h"
#include "policy/facts.h"

namespace runtime::v1 {
class ContainerStatusResponse;
class PodSandboxStatusResponse;
}  // namespace runtime::v1

namespace sekisho::cri {

struct ContainerInfo {
  pid_t pid = 0;             // of the first process, in the runtime's pid namespace; 0: not told
  std::string runtime_type;  // containerd's: "io.containerd.runc.v2"; empty: not told
  policy::ContainerFacts facts;
  // Whether `facts` are those of the whole ContainerConfig that the runtime was given. Otherwise
  // they have what ContainerStatus tells: name, image, annotations, labels and mounts.
  bool config_known = false;
};

// Of a status that was asked for with verbose=true. containerd's `info` holds the config as JSON;
// CRI-O's does not. One with a field that this build does not know counts as not known. An answer
// without id or metadata is an error.
absl::StatusOr<ContainerInfo> InfoFrom(const runtime::v1::ContainerStatusResponse& response);

// The first process of a sandbox, likewise; 0: not told.
pid_t PidFrom(const runtime::v1::PodSandboxStatusResponse& response);

}  // namespace sekisho::cri
