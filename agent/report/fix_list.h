// What to set, for all the workloads that fail a check.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/workload.h"

namespace sekisho::report {

struct FailingWorkload {
  const Workload* workload;
  std::string_view detail;  // of the violation
};

// The lines that mend the check, those that are alike once, and the advice beside them; or the
// first detail where no lines mend it. The workloads that matter most come first.
std::string FixesHtml(std::string_view check, const std::vector<FailingWorkload>& failing);

}  // namespace sekisho::report
