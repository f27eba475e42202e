// The `info` of a status that was asked for with verbose=true: the runtime's own JSON, unspecified
// by CRI.
#pragma once

#include <google/protobuf/map.h>
#include <sys/types.h>

#include <optional>
#include <string>

namespace sekisho::cri {

struct VerboseInfo {
  pid_t pid = 0;             // of the first process; 0: not told
  std::string runtime_type;  // containerd's: "io.containerd.runc.v2"; empty: not told
  // The JSON object that the sandbox or container was made with, with the protocol's field names:
  // containerd keeps it, CRI-O does not. Without the environment.
  std::optional<std::string> config;
};

// Nothing is told where it is missing, too long, nested too deep, or something else than an object.
VerboseInfo ReadVerboseInfo(const google::protobuf::Map<std::string, std::string>& info);

}  // namespace sekisho::cri
