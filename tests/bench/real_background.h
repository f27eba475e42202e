// What a kubelet asks its runtime all the time, with many containers on the node.
#pragma once

#include "absl/status/statusor.h"
#include "bench/results.h"
#include "support/node.h"

namespace sekisho::bench {

absl::StatusOr<BackgroundResult> MeasureBackground(testing::Node& node, bool quick);

}  // namespace sekisho::bench
