// The last refusals, for `sekisho status`.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "audit/record.h"

namespace sekisho::app {

// Thread-safe and bounded. A kubelet tries a refused pod again and again: what is refused again
// counts up, and moves to the front.
class RecentRefusals {
 public:
  static constexpr size_t kEntriesMax = 100;
  static constexpr size_t kTextMax = 2048;  // bytes of one refusal's text

  struct Entry {
    std::chrono::system_clock::time_point last;
    std::string method;
    std::string namespace_;
    std::string pod;
    std::string container;
    std::string text;  // what the kubelet got
    std::string rule;
    std::string error_id;
    uint32_t count = 0;
  };

  // Takes note of the record if it is of a refusal.
  void Note(const audit::Record& record);
  std::vector<Entry> Newest(size_t count) const;

 private:
  mutable std::mutex mu_;
  std::deque<Entry> entries_;  // newest first; guarded by mu_
};

}  // namespace sekisho::app
