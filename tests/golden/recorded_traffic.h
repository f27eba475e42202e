// Requests recorded between a real kubelet and a runtime, where they are at hand.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/v1/api.pb.h"

namespace sekisho::testing {

struct RecordedContainer {
  std::string file;
  std::string name;
  runtime::v1::CreateContainerRequest request;
};

// One pod's requests, from the files "pod.RunPodSandbox.json" and
// "pod.container.CreateContainer.json" of one folder.
struct RecordedPod {
  std::string name;  // "caps", "cluster/userns"; a Deployment's pod without its hashes
  std::string file;  // of the sandbox; empty when only its containers were recorded
  runtime::v1::RunPodSandboxRequest sandbox;
  std::vector<RecordedContainer> containers;
};

struct RecordedTraffic {
  std::vector<RecordedPod> pods;
  std::vector<std::string> errors;  // a file that cannot be read, each with the reason
};

// The folder: that of SEKISHO_KUBELET_TRAFFIC, or the one beside the source tree. Absent when there
// is none.
std::optional<std::string> TrafficFolder();
// Everything in the folder and the folders below it. Other methods' files are passed over.
RecordedTraffic ReadTraffic(const std::string& folder);

}  // namespace sekisho::testing
