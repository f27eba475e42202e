// Which workload a decision is about.
#pragma once

#include <string>

#include "audit/reader.h"

namespace sekisho::report {

struct Workload {
  std::string namespace_;
  std::string name;       // without what a controller added to the pod's name
  std::string container;  // empty: the pod itself

  // NOLINTNEXTLINE(modernize-use-nullptr): a false alarm of clang-tidy 14
  friend auto operator<=>(const Workload&, const Workload&) = default;
};

Workload WorkloadOf(const audit::Line& line);
// "shop/web, container app", escaped.
std::string HtmlOf(const Workload& workload);

}  // namespace sekisho::report
