// The results as text, at most 100 columns wide.
#pragma once

#include <string>

#include "bench/results.h"

namespace sekisho::bench {

std::string TableOf(const Results& results);

}  // namespace sekisho::bench
