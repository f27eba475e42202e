#include "metrics/counter_table.h"

namespace sekisho::metrics {

CounterTable::CounterTable(prometheus::Registry& registry, const std::string& name,
                           const std::string& help)
    : family_(prometheus::BuildCounter().Name(name).Help(help).Register(registry)) {}

prometheus::Counter* CounterTable::Find(uint64_t key) const {
  const auto found = counters_.find(key);
  return found == counters_.end() ? nullptr : found->second;
}

prometheus::Counter& CounterTable::Add(uint64_t key, const prometheus::Labels& labels) {
  prometheus::Counter& counter = family_.Add(labels);
  counters_.emplace(key, &counter);
  return counter;
}

}  // namespace sekisho::metrics
