// A million calls through the enforcing Sekisho, forwarded and judged ones, and its memory.
#pragma once

#include "absl/status/status.h"
#include "bench/options.h"
#include "bench/results.h"

namespace sekisho::bench {

absl::Status MeasureLeak(const Options& options, Results& results);

}  // namespace sekisho::bench
