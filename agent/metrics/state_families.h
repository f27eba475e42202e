// What is not counted but asked for: the agent's state as families of metrics.
#pragma once

#include <vector>

#include "metrics/metrics.h"
#include "metrics/own_process.h"
#include "prometheus/metric_family.h"

namespace sekisho::metrics {

// What there is nothing to say of has no family: an age that is not known is not 0.
std::vector<prometheus::MetricFamily> FamiliesOf(const State& state, const OwnProcess& process);

}  // namespace sekisho::metrics
