// The cases, over all ways, with a stub for a runtime.
#pragma once

#include "absl/status/status.h"
#include "bench/options.h"
#include "bench/results.h"

namespace sekisho::bench {

absl::Status MeasureCases(const Options& options, Results& results);

}  // namespace sekisho::bench
