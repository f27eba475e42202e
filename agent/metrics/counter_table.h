// One family of counters, by small numbers in place of label values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "prometheus/counter.h"
#include "prometheus/family.h"
#include "prometheus/labels.h"
#include "prometheus/registry.h"

namespace sekisho::metrics {

// Not thread-safe but for the counters themselves.
class CounterTable {
 public:
  CounterTable(prometheus::Registry& registry, const std::string& name, const std::string& help);

  // Null when it was never added. Does not allocate.
  prometheus::Counter* Find(uint64_t key) const;
  prometheus::Counter& Add(uint64_t key, const prometheus::Labels& labels);
  // With `labels()` for the labels, which is called for a new key only.
  template <typename MakeLabels>
  void Increment(uint64_t key, const MakeLabels& labels) {
    prometheus::Counter* counter = Find(key);
    (counter != nullptr ? *counter : Add(key, labels())).Increment();
  }
  size_t size() const { return counters_.size(); }

 private:
  prometheus::Family<prometheus::Counter>& family_;
  absl::flat_hash_map<uint64_t, prometheus::Counter*> counters_;
};

}  // namespace sekisho::metrics
