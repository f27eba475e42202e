#include "support/api_server_events.h"

#include <algorithm>
#include <array>
#include <limits>
#include <regex>

#include "base/str_cat.h"

namespace sekisho::testing::api {
namespace {

using nlohmann::json;

const json& At(const json& object, const char* key) {
  static const json kNull;
  if (!object.is_object()) {
    return kNull;
  }
  const auto found = object.find(key);
  return found == object.end() ? kNull : *found;
}

std::string TextAt(const json& object, const char* key) {
  const json& value = At(object, key);
  return value.is_string() ? value.get<std::string>() : "";
}

Status BadRequest(const std::string& message) {
  return {.code = 400, .message = message};
}

Status Invalid(const std::string& name, const std::string& field, const std::string& message) {
  return {
      .code = 422,
      .message = base::StrCat("Event \"", name, "\" is invalid: ", field, ": ", message),
      .details = {
          {"name", name},
          {"kind", "Event"},
          {"causes", {{{"reason", "FieldValueInvalid"}, {"message", message}, {"field", field}}}}}};
}

// --- What decoding into Go's types refuses.

enum class Type { kText, kObject, kTime, kMicroTime, kInt32 };
struct Field {
  const char* name;
  Type type;
};
constexpr std::array kFields{
    Field{"metadata", Type::kObject},
    Field{"involvedObject", Type::kObject},
    Field{"reason", Type::kText},
    Field{"message", Type::kText},
    Field{"source", Type::kObject},
    Field{"firstTimestamp", Type::kTime},
    Field{"lastTimestamp", Type::kTime},
    Field{"count", Type::kInt32},
    Field{"type", Type::kText},
    Field{"eventTime", Type::kMicroTime},
    Field{"series", Type::kObject},
    Field{"action", Type::kText},
    Field{"related", Type::kObject},
    Field{"reportingComponent", Type::kText},
    Field{"reportingInstance", Type::kText},
};

bool Fits(const json& value, Type type) {
  static const std::regex kTime(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))");
  static const std::regex kMicroTime(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d))");
  if (value.is_null()) {
    return true;
  }
  switch (type) {
    case Type::kText:
      return value.is_string();
    case Type::kObject:
      return value.is_object();
    case Type::kTime:
      return value.is_string() && std::regex_match(value.get<std::string>(), kTime);
    case Type::kMicroTime:
      return value.is_string() && std::regex_match(value.get<std::string>(), kMicroTime);
    case Type::kInt32:
      return value.is_number_integer() &&
             value.get<int64_t>() <= std::numeric_limits<int32_t>::max() &&
             value.get<int64_t>() >= std::numeric_limits<int32_t>::min();
  }
  return false;
}

std::optional<Status> DecodeProblem(const json& event) {
  if (!event.is_object()) {
    return BadRequest("the body is no JSON object");
  }
  for (const Field& field : kFields) {
    if (!Fits(At(event, field.name), field.type)) {
      return BadRequest(base::StrCat("Event in version \"v1\" cannot be handled as a Event: ",
                                     field.name, " has the wrong form"));
    }
  }
  if (TextAt(event, "kind") != "Event" || TextAt(event, "apiVersion") != "v1") {
    return BadRequest(base::StrCat("no kind \"", TextAt(event, "kind"), "\" in version \"",
                                   TextAt(event, "apiVersion"), "\" here: a v1 Event is expected"));
  }
  return std::nullopt;
}

// --- What the validation of core/v1 Events refuses.

bool IsDnsSubdomain(const std::string& name) {
  static const std::regex kSubdomain(
      R"([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*)");
  constexpr size_t kMost = 253;
  return !name.empty() && name.size() <= kMost && std::regex_match(name, kSubdomain);
}

// An event of the newer form, with eventTime, must say more.
std::optional<Status> NewFormProblem(const json& event, const std::string& name) {
  struct Needed {
    const char* field;
    size_t most;
  };
  constexpr std::array kNeeded{Needed{"reportingComponent", 253}, Needed{"reportingInstance", 128},
                               Needed{"action", 128}, Needed{"reason", 128}};
  for (const Needed& needed : kNeeded) {
    const std::string value = TextAt(event, needed.field);
    if (value.empty()) {
      return Invalid(name, needed.field, "Required value");
    }
    if (value.size() > needed.most) {
      return Invalid(name, needed.field, base::StrCat("may not be longer than ", needed.most));
    }
  }
  constexpr size_t kMessageMost = 1024;
  if (TextAt(event, "message").size() > kMessageMost) {
    return Invalid(name, "message", "can have at most 1024 bytes");
  }
  return std::nullopt;
}

std::optional<Status> ValidationProblem(const json& event, const std::string& namespace_name) {
  const json& metadata = At(event, "metadata");
  const std::string name = TextAt(metadata, "name");
  if (!IsDnsSubdomain(name)) {
    return Invalid(name, "metadata.name", "a lowercase RFC 1123 subdomain is needed");
  }
  const std::string about = TextAt(At(event, "involvedObject"), "namespace");
  const bool of_cluster = about.empty() && namespace_name == "default";
  if (about != namespace_name && !of_cluster) {
    return Invalid(name, "involvedObject.namespace", "does not match event.namespace");
  }
  return At(event, "eventTime").is_null() ? std::nullopt : NewFormProblem(event, name);
}

json Parsed(std::string_view body) {
  return json::parse(body, nullptr, false);
}

}  // namespace

EventStore::Kept* EventStore::Find(const Key& key) {
  const auto found = std::find_if(events_.begin(), events_.end(),
                                  [&key](const Kept& kept) { return kept.key == key; });
  return found == events_.end() ? nullptr : &*found;
}

EventStore::Result EventStore::Create(const std::string& namespace_name, std::string_view body,
                                      uint64_t version) {
  json event = Parsed(body);
  if (auto problem = DecodeProblem(event)) {
    return {.error = std::move(problem)};
  }
  json& metadata = event["metadata"];
  if (const std::string there = TextAt(metadata, "namespace");
      !there.empty() && there != namespace_name) {
    return {.error = BadRequest("the object's namespace is not that of the request")};
  }
  if (!TextAt(metadata, "resourceVersion").empty()) {
    return {.error = BadRequest("resourceVersion is not to be set on objects to be created")};
  }
  if (auto problem = ValidationProblem(event, namespace_name)) {
    return {.error = std::move(problem)};
  }
  const std::string name = TextAt(metadata, "name");
  if (Find({namespace_name, name}) != nullptr) {
    return {.error = Status{.code = 409,
                            .reason = "AlreadyExists",
                            .message = base::StrCat("events \"", name, "\" already exists"),
                            .details = {{"name", name}, {"kind", "events"}}}};
  }
  metadata["namespace"] = namespace_name;
  metadata["uid"] = UidOf(version);
  metadata["resourceVersion"] = std::to_string(version);
  metadata["creationTimestamp"] = TimeNow();
  events_.push_back({.key = {namespace_name, name}, .event = event});
  return {.event = std::move(event)};
}

EventStore::Result EventStore::Patch(const std::string& namespace_name, const std::string& name,
                                     std::string_view body, uint64_t version) {
  Kept* const kept = Find({namespace_name, name});
  if (kept == nullptr) {
    return {.error = Status{.code = 404,
                            .message = base::StrCat("events \"", name, "\" not found"),
                            .details = {{"name", name}, {"kind", "events"}}}};
  }
  const json patch = Parsed(body);
  if (!patch.is_object()) {
    return {.error = BadRequest("the patch is no JSON object")};
  }
  json event = kept->event;
  // No list of an Event is merged by key, so both kinds of patches mean the same.
  event.merge_patch(patch);
  if (auto problem = DecodeProblem(event)) {
    return {.error = std::move(problem)};
  }
  for (const char* fixed : {"name", "namespace", "uid"}) {
    if (At(event["metadata"], fixed) != At(kept->event["metadata"], fixed)) {
      return {.error = Invalid(name, base::StrCat("metadata.", fixed), "field is immutable")};
    }
  }
  if (At(event["metadata"], "resourceVersion") != At(kept->event["metadata"], "resourceVersion")) {
    return {.error = Status{.code = 409}};
  }
  if (auto problem = ValidationProblem(event, namespace_name)) {
    return {.error = std::move(problem)};
  }
  event["metadata"]["resourceVersion"] = std::to_string(version);
  kept->event = event;
  return {.event = std::move(event)};
}

std::vector<json> EventStore::All() const {
  std::vector<json> all;
  all.reserve(events_.size());
  for (const Kept& kept : events_) {
    all.push_back(kept.event);
  }
  return all;
}

}  // namespace sekisho::testing::api
