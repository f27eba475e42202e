#include "kube/event_json.h"

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/str_cat.h"
#include "kube/rfc3339.h"
#include "kube/text.h"

namespace sekisho::kube {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kComponent = "sekisho";
constexpr size_t kUidBytesMax = 128;  // a UUID has 36, the hash of a static pod 32
constexpr size_t kNameBytesMax = 253;
constexpr size_t kDigits = 16;
constexpr std::chrono::milliseconds kTimeout{15'000};

struct ReasonText {
  std::string_view reason;
  std::string_view type;
};

ReasonText TextOf(EventReason reason) {
  switch (reason) {
    case EventReason::kDenied:
      return {"SekishoDenied", "Warning"};
    case EventReason::kHardened:
      return {"SekishoHardened", "Normal"};
    case EventReason::kWarned:
      break;
  }
  return {"SekishoWarned", "Warning"};
}

Json CountOf(const Event& event) {  // an int32 in Kubernetes
  constexpr uint64_t kMost = std::numeric_limits<int32_t>::max();
  return std::min(event.count(), kMost);
}

Json PodOf(const Event& event) {
  Json pod = {{"apiVersion", "v1"},
              {"kind", "Pod"},
              {"namespace", event.namespace_name()},
              {"name", event.pod()},
              {"uid", event.pod_uid()}};
  // Whether it is an init container cannot be told from CRI: those have "spec.initContainers{…}".
  const std::string container = event.OnlyContainer();
  if (IsDnsLabel(container)) {
    pod["fieldPath"] = base::StrCat("spec.containers{", container, "}");
  }
  return pod;
}

std::string PathOf(const Event& event) {
  return base::StrCat("/api/v1/namespaces/", PathSegment(event.namespace_name()), "/events");
}

// What is no UTF-8 cannot be here, since all of it was checked; it would be replaced.
std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

bool IsOfPod(const Notice& notice) {
  const std::string& uid = notice.pod_uid;
  return IsDnsLabel(notice.namespace_) && IsDnsSubdomain(notice.pod) && !uid.empty() &&
         uid.size() <= kUidBytesMax &&
         std::ranges::all_of(uid, [](char c) { return c > ' ' && c <= '~'; });
}

std::string EventName(const std::string& pod, uint64_t number) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string name = pod.substr(0, kNameBytesMax - kDigits - 1);
  // Each label of a name ends with a letter or a digit.
  while (name.ends_with('-') || name.ends_with('.')) {
    name.pop_back();
  }
  name.push_back('.');
  for (size_t digit = kDigits; digit-- > 0;) {
    name.push_back(kHex[(number >> (4 * digit)) & 15]);
  }
  return name;
}

Request CreateEvent(const Event& event, const std::string& name, const std::string& node) {
  const ReasonText text = TextOf(event.reason());
  const Json json = {{"apiVersion", "v1"},
                     {"kind", "Event"},
                     {"metadata", {{"name", name}, {"namespace", event.namespace_name()}}},
                     {"involvedObject", PodOf(event)},
                     {"reason", text.reason},
                     {"message", event.Message()},
                     {"type", text.type},
                     {"source", {{"component", kComponent}, {"host", node}}},
                     {"reportingComponent", kComponent},
                     {"reportingInstance", node},
                     {"firstTimestamp", Rfc3339(event.first())},
                     {"lastTimestamp", Rfc3339(event.last())},
                     {"count", CountOf(event)}};
  return {.method = "POST",
          .path = PathOf(event),
          .content_type = "application/json",
          .body = Dump(json),
          .total_timeout = kTimeout};
}

Request UpdateEvent(const Event& event, const std::string& name) {
  const Json json = {{"count", CountOf(event)},
                     {"lastTimestamp", Rfc3339(event.last())},
                     {"message", event.Message()}};
  return {.method = "PATCH",
          .path = base::StrCat(PathOf(event), "/", PathSegment(name)),
          .content_type = "application/strategic-merge-patch+json",
          .body = Dump(json),
          .total_timeout = kTimeout};
}

}  // namespace sekisho::kube
