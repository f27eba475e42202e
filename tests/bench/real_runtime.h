// With containerd, runc and the kernel in place of the stub: what a pod takes with and without
// Sekisho, and what a kubelet's steady questions cost.
#pragma once

#include "absl/status/status.h"
#include "bench/options.h"
#include "bench/results.h"

namespace sekisho::bench {

// What this machine lacks for it is told in `results.skipped`, and is no error.
absl::Status MeasureRealRuntime(const Options& options, Results& results);

}  // namespace sekisho::bench
