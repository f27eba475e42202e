// Runs a case over all ways, in rounds.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bench/cases.h"
#include "bench/load.h"
#include "bench/results.h"
#include "bench/ways.h"

namespace sekisho::bench {

struct ConnectedWay {
  std::string name;
  std::unique_ptr<Way> way;
  std::unique_ptr<LoadClient> client;
};

struct Pace {
  // Many short ones: where the scheduler puts processes that wake each other differs from block to
  // block, and that is the largest of all differences.
  int rounds = 21;
  std::chrono::milliseconds block{300};  // how long a way is called in a round
};

// Every way's answer has to be the first way's, byte by byte.
absl::Status CheckSame(const Case& test, const std::vector<ConnectedWay>& ways);

// Each round calls over every way once, in an order that goes around. A call that fails is an
// error.
absl::Status Measure(const Case& test, const std::vector<ConnectedWay>& ways, const Pace& pace,
                     CaseResult& result);

}  // namespace sekisho::bench
