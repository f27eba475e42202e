// Names from outside as small numbers, as many as there is room for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace sekisho::metrics {

// The first names to come have a number each; all later ones share one. So whoever can choose names
// cannot make Prometheus keep more series than were meant, nor the agent more memory.
class BoundedNames {
 public:
  using Id = uint32_t;
  static constexpr Id kUnknown = 0;  // of the empty name; label "_unknown"
  static constexpr Id kOther = 1;    // label "_other"

  // Names longer than `max_bytes` count as kOther.
  BoundedNames(size_t max_names, size_t max_bytes);

  // Does not allocate for a name that was seen before. Always less than `max_names` + 2.
  Id IdOf(std::string_view name);
  // What stands for the name in a label: valid UTF-8 without control characters.
  const std::string& Label(Id id) const { return labels_[id]; }

 private:
  size_t max_names_;
  size_t max_bytes_;
  absl::flat_hash_map<std::string, Id> ids_;
  std::vector<std::string> labels_;
};

}  // namespace sekisho::metrics
