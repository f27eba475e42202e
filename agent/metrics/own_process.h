// What the kernel says of this process, for the metrics that every exporter has.
#pragma once

#include <cstdint>
#include <optional>

namespace sekisho::metrics {

// What cannot be read is absent.
struct OwnProcess {
  std::optional<uint64_t> resident_bytes;
  uint64_t heap_in_use_bytes = 0;  // allocated and not freed (mallinfo2(3)); 0 in another heap
  std::optional<uint64_t> open_fds;
  std::optional<uint64_t> max_fds;
  std::optional<double> cpu_seconds;
};
OwnProcess ReadOwnProcess();

}  // namespace sekisho::metrics
