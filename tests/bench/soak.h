// Calls without a pause and pods that come and go, for as long as it is told: what becomes of the
// memory, the descriptors, the threads and the latency of the agent.
#pragma once

#include "absl/status/status.h"
#include "bench/options.h"
#include "bench/results.h"

namespace sekisho::bench {

// Two agents of one build: one before the stub runtime, called as fast as it answers, and one
// before a real containerd. Where there are no real containers, the first one alone;
// `results.skipped` says so.
absl::Status MeasureSoak(const Options& options, Results& results);

}  // namespace sekisho::bench
