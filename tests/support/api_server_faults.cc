#include "support/api_server_faults.h"

#include <algorithm>

namespace sekisho::testing::api {

bool Matches(const RequestFilter& filter, const SeenRequest& request) {
  return request.path.starts_with(filter.path_prefix) &&
         (!filter.watch.has_value() || *filter.watch == request.IsWatch()) &&
         (filter.method.empty() || filter.method == request.method);
}

void Faults::Add(RequestFilter filter, Answer answer, int times) {
  faults_.push_back({std::move(filter), std::move(answer), times});
}

std::optional<Answer> Faults::Next(const SeenRequest& request) {
  const auto found = std::find_if(faults_.begin(), faults_.end(), [&](const Fault& fault) {
    return fault.times > 0 && Matches(fault.filter, request);
  });
  if (found == faults_.end()) {
    return std::nullopt;
  }
  Answer answer = found->answer;
  if (--found->times == 0) {
    faults_.erase(found);
  }
  return answer;
}

void Faults::AddTrickle(RequestFilter filter, Trickle trickle) {
  trickles_.emplace_back(std::move(filter), trickle);
}

std::optional<Trickle> Faults::TrickleFor(const SeenRequest& request) const {
  for (const auto& [filter, trickle] : trickles_) {
    if (Matches(filter, request)) {
      return trickle;
    }
  }
  return std::nullopt;
}

}  // namespace sekisho::testing::api
