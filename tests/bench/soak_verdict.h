// What a soak says: as a table, as one line of JSON, and against its bars.
#pragma once

#include <string>
#include <vector>

#include "bench/bars.h"
#include "bench/results.h"

namespace sekisho::bench {

std::string TableOf(const SoakResult& soak);
std::string LineOf(const SoakResult& soak);
std::vector<Bar> BarsOf(const SoakResult& soak);

// The line that fits best, from the first value to the last.
struct Trend {
  double growth = 0;
  double noise = 0;  // three standard errors of the growth
};
Trend TrendOf(const std::vector<double>& values);

}  // namespace sekisho::bench
