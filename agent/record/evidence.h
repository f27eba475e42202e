// What a recording brought, and what it lost.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "record/ledger.h"
#include "record/recording.h"

namespace sekisho::record {

struct Losses {
  uint64_t overruns = 0;    // times that the socket's buffer was full
  uint64_t missing = 0;     // events that have a number and did not come
  uint64_t unreadable = 0;  // seccomp records that this build cannot read
  // By the kernel's own counter, between the beginning and the end; nothing: it could not be read.
  // Without an audit daemon and with audit=1 it also counts records that only the daemon misses.
  std::optional<uint64_t> in_kernel = {};
  bool end_seen = false;  // whether all that was logged before the end had come
};

struct Evidence {
  Recording recording = {};
  std::chrono::seconds lasted = {};
  bool ended_early = false;
  std::vector<RecordedContainer> containers = {};
  Ledger::Sum sum = {};
  Losses losses = {};
};

}  // namespace sekisho::record
