// What the figures have to be.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/results.h"

namespace sekisho::bench {

struct Bar {
  std::string what;
  std::string measured;     // with the bound that it is held against
  std::optional<bool> met;  // nothing: it was not measured
};

std::vector<Bar> BarsOf(const Results& results);

// Whether none is missed.
bool NoneMissed(const std::vector<Bar>& bars);

}  // namespace sekisho::bench
