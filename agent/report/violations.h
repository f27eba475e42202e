// The checks that fail most, who fails them, and what would mend it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "report/fix_list.h"
#include "report/outcome.h"
#include "report/workload.h"

namespace sekisho::report {

class Violations {
 public:
  static constexpr size_t kChecksMax = 96;      // told apart
  static constexpr size_t kWorkloadsMax = 512;  // of one check, told apart
  static constexpr size_t kChecksShown = 12;    // with their workloads and fixes
  static constexpr size_t kWorkloadsShown = 8;

  void Add(const audit::Line& line, const std::vector<Found>& findings);

  std::string Html() const;

 private:
  struct Failing {
    Counts counts;
    std::string detail;  // the last one
    std::chrono::system_clock::time_point last;
  };
  struct Check {
    Counts counts;
    std::map<Workload, Failing> workloads;
    uint64_t late = 0;  // decisions of workloads beyond kWorkloadsMax
  };
  using Named = std::pair<std::string_view, const Check*>;
  using Ranked = std::vector<std::pair<const Workload*, const Failing*>>;

  static Ranked RankedOf(const Check& check);
  static std::string WorkloadsHtml(const Check& check, const Ranked& ranked);
  static std::vector<FailingWorkload> DetailsOf(const Ranked& ranked);
  static std::string CheckHtml(std::string_view id, const Check& check);
  static std::string RestHtml(const std::vector<Named>& rest);

  absl::flat_hash_map<std::string, Check> checks_;
  uint64_t late_ = 0;  // failures of checks beyond kChecksMax
};

}  // namespace sekisho::report
