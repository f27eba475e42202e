// A summary for programs.
#include <nlohmann/json.hpp>

#include "audit/timestamp.h"
#include "replay/replay.h"

namespace sekisho::replay {
namespace {

using Json = nlohmann::ordered_json;

Json ToJsonOf(const Group& group) {
  return {{"change", ChangeName(group.change)},
          {"namespace", group.namespace_},
          {"workload", group.workload},
          {"container", group.container},
          {"method", group.method},
          {"before", group.before},
          {"after", group.after},
          {"why", group.why},
          {"rule", group.rule},
          {"count", group.count},
          {"examplePod", group.example_pod},
          {"last", audit::Timestamp(group.last)}};
}

}  // namespace

std::string ToJson(const Summary& summary) {
  Json json;
  json["live"] = summary.live;
  json["decisions"] = summary.decisions;
  json["unchanged"] = summary.unchanged;
  for (const Change change : {Change::kNewlyRefused, Change::kNewlyHardened, Change::kNewlyAllowed,
                              Change::kOtherEdits, Change::kOtherReason}) {
    json["changed"][std::string(ChangeName(change))] = summary.CountOf(change);
  }
  json["withoutFacts"] = summary.without_facts;
  json["errors"] = summary.errors;
  json["uncertain"] = summary.uncertain;
  json["uncertainWhy"] = summary.uncertain_why;
  if (summary.decisions > 0 && !summary.live) {
    json["first"] = audit::Timestamp(summary.first);
    json["last"] = audit::Timestamp(summary.last);
  }
  Json groups = Json::array();
  for (const Group& group : summary.groups) {
    groups.push_back(ToJsonOf(group));
  }
  json["groups"] = std::move(groups);
  json["droppedGroups"] = summary.dropped;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sekisho::replay
