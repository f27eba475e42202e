// An agent of which everything can be said.
#pragma once

#include <string>

#include "audit/record.h"
#include "metrics/metrics.h"

namespace sekisho::testing {

// Every member set.
metrics::State FullState();
// A hardened CreateContainer that breaks something in every mode.
audit::Record HardenedRecord(std::string name_space = "shop");
// Metrics with `FullState` and every counter and histogram moved at least once.
std::string FullText();

}  // namespace sekisho::testing
