// The results as a picture: bars in groups, readable on a light and on a dark page.
#pragma once

#include <string>

#include "bench/results.h"

namespace sekisho::bench {

std::string SvgOf(const Results& results);

}  // namespace sekisho::bench
