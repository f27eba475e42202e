#include "bench/cases.h"

#include "base/str_cat.h"

namespace sekisho::bench {

std::vector<Case> AllCases(const BenchPod& pod, const std::string& sandbox_id,
                           const Answers& answers) {
  const Call small = CallOf("Version", std::string(64, 'v'), answers);
  // A forwarded method's bytes are nobody's business on the way: to the proxies, and to the Sekisho
  // that is to forward only, a CreateContainer is sent under another name.
  const std::string create = pod.CreateContainer(sandbox_id);
  const Call forwarded = CallOf("Status", create, answers);
  const Call judged = CallOf("CreateContainer", create, answers);
  const std::string size = base::StrCat("CreateContainer, ", create.size(), " B");
  return {
      {.name = kSmall1, .title = "64 B, 1 in flight", .call = small},
      {.name = kSmall16, .title = "64 B, 16 in flight", .call = small, .lanes = 16},
      {.name = kCreate1, .title = size + ", 1 in flight", .call = forwarded, .judged = judged},
      {.name = kCreate16,
       .title = size + ", 16 in flight",
       .call = forwarded,
       .lanes = 16,
       .judged = judged},
      {.name = kLists,
       .title =
           base::StrCat("ListContainers, ", kListedContainers, " containers, 1 MiB, 1 in flight"),
       .call = CallOf("ListContainers", "", answers)},
      {.name = kStreams,
       .title = base::StrCat("GetContainerEvents, ", kEvents, " messages a stream, 1 in flight"),
       .call = CallOf("GetContainerEvents", "", answers),
       .unit = "messages",
       .units_per_call = static_cast<double>(kEvents)},
  };
}

}  // namespace sekisho::bench
