// Whose pod is it, by its name alone: the audit log has no owner references.
#include <algorithm>

#include "replay/replay.h"

namespace sekisho::replay {
namespace {

// What Kubernetes makes random names of: no vowels, so that no words come out.
bool IsSafe(char c) {
  return std::string_view("bcdfghjklmnpqrstvwxz2456789").find(c) != std::string_view::npos;
}
bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// `name` without a last part "-…" of `least` to `most` characters that are all `is_of`; nothing
// when it has none, or would be left without a name.
template <typename IsOf>
std::string_view Without(std::string_view name, size_t least, size_t most, IsOf is_of) {
  const size_t dash = name.rfind('-');
  if (dash == std::string_view::npos || dash == 0) {
    return {};
  }
  const std::string_view part = name.substr(dash + 1);
  const bool fits = part.size() >= least && part.size() <= most && std::ranges::all_of(part, is_of);
  return fits ? name.substr(0, dash) : std::string_view();
}

}  // namespace

std::string WorkloadOf(std::string_view pod_name, std::string_view node) {
  if (!node.empty() && pod_name.size() > node.size() + 1 && pod_name.ends_with(node) &&
      pod_name[pod_name.size() - node.size() - 1] == '-') {
    return std::string(pod_name.substr(0, pod_name.size() - node.size() - 1));
  }
  if (const std::string_view owner = Without(pod_name, 5, 5, IsSafe); !owner.empty()) {
    // A ReplicaSet of a Deployment ends with the template's hash, a Job of a CronJob with minutes.
    const std::string_view deployment = Without(owner, 6, 10, IsSafe);
    const std::string_view cron_job = Without(owner, 8, 10, IsDigit);
    return std::string(!cron_job.empty() ? cron_job : !deployment.empty() ? deployment : owner);
  }
  const std::string_view stateful_set = Without(pod_name, 1, 4, IsDigit);
  return std::string(stateful_set.empty() ? pod_name : stateful_set);
}

}  // namespace sekisho::replay
