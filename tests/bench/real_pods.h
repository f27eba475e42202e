// Pods of a real runtime, from RunPodSandbox to RemovePodSandbox, one directly, one through
// Sekisho.
#pragma once

#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bench/results.h"
#include "support/node.h"

namespace sekisho::bench {

// `count` pods each way.
absl::StatusOr<PodsResult> MeasurePods(testing::Node& node, int count);

// A container that the enforcing policy accepts as it is, so that both ways make the same one. To
// load a seccomp profile that only one of them has takes runc longer than anything that is
// measured.
testing::ContainerOptions AcceptedContainer(const std::string& name);

// Milliseconds that `work` takes are added to the series of that name.
absl::Status Timed(std::vector<Pair>& pairs, const std::string& name, bool through,
                   const std::function<absl::Status()>& work);

}  // namespace sekisho::bench
