// One recording, from the lease to the last record.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "record/evidence.h"
#include "record/kernel_audit.h"
#include "record/lease.h"

namespace sekisho::record {

struct Progress {
  std::chrono::seconds left = {};
  size_t containers = 0;
  size_t calls = 0;      // different ones, of these containers
  uint64_t records = 0;  // of these containers
};

struct RecorderOptions {
  std::string state = kDefaultState;
  Recording what = {};  // `until` and `id` are set by the recorder
  std::chrono::seconds duration = {};
  int stop_fd = -1;                                    // ends the recording when it can be read
  std::function<void(const Progress&)> progress = {};  // about once a second
  std::function<void()> started = {};                  // the daemon attaches from now on
  int receive_buffer = KernelAudit::kReceiveBuffer;
};

// Listens first, asks the daemon for containers then, and returns what they called. An error when
// nothing can be recorded here, in words that say what is missing. The program must have no other
// thread (probe.h).
absl::StatusOr<Evidence> Record(const RecorderOptions& options);

}  // namespace sekisho::record
