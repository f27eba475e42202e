#include "report/workload.h"

#include "base/str_cat.h"
#include "replay/replay.h"
#include "report/html.h"

namespace sekisho::report {

Workload WorkloadOf(const audit::Line& line) {
  return {line.pod.namespace_, replay::WorkloadOf(line.pod.name), line.container};
}

std::string HtmlOf(const Workload& workload) {
  const std::string name =
      workload.namespace_.empty() && workload.name.empty()
          ? "(not known)"
          : base::StrCat("<span class=\"ns\">", Escaped(workload.namespace_, 63), "/</span>",
                         Escaped(workload.name, 120));
  return workload.container.empty() ? name
                                    : base::StrCat(name, " <span class=\"of\">",
                                                   Escaped(workload.container, 63), "</span>");
}

}  // namespace sekisho::report
