#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "admin/status_text.h"
#include "admin/times.h"
#include "base/str_cat.h"

namespace sekisho::admin {
namespace {

using nlohmann::ordered_json;

ordered_json Time(int64_t unix_ms) {
  const std::optional<std::string> text = TimeText(unix_ms);
  return text.has_value() ? ordered_json(*text) : ordered_json(nullptr);
}

template <typename Texts>
ordered_json List(const Texts& texts) {
  ordered_json list = ordered_json::array();
  for (const std::string& text : texts) {
    list.push_back(text);
  }
  return list;
}

// In the order of the keys: protobuf's own changes from run to run.
template <typename Map>
ordered_json Object(const Map& map) {
  ordered_json object = ordered_json::object();
  using Value = typename Map::mapped_type;
  for (const auto& [key, value] : std::map<std::string, Value>(map.begin(), map.end())) {
    object[key] = value;
  }
  return object;
}

ordered_json ToJsonValue(const sekisho::v1::Endpoint& endpoint) {
  return {{"socket", endpoint.socket()},
          {"software", endpoint.software()},
          {"reachable", endpoint.reachable()}};
}

ordered_json ToJsonValue(const sekisho::v1::Policy& policy) {
  ordered_json files = ordered_json::array();
  for (const sekisho::v1::PolicyFile& file : policy.files()) {
    files.push_back({{"path", file.path()}, {"why", file.why()}});
  }
  return {
      {"sha256", policy.sha256()},
      {"generation", policy.generation()},
      {"revision", policy.has_revision() ? ordered_json(policy.revision()) : ordered_json(nullptr)},
      {"files", std::move(files)},
      {"loaded", Time(policy.loaded_ms())},
      {"defaults", policy.defaults()},
      {"rules", policy.rules()},
      {"exemptions", policy.exemptions()},
      {"warnings", List(policy.warnings())},
      {"lastReloadErrors", List(policy.last_reload_errors())},
      {"lastReload", Time(policy.last_reload_ms())}};
}

ordered_json ToJsonValue(const sekisho::v1::Labels& labels) {
  return {{"server", labels.server()},
          {"synced", labels.synced()},
          {"ageSeconds",
           labels.has_age_seconds() ? ordered_json(labels.age_seconds()) : ordered_json(nullptr)},
          {"namespaces", labels.namespaces()},
          {"lastError", labels.last_error()},
          {"eventsSent", labels.events_sent()},
          {"eventsDropped", labels.events_dropped()}};
}

ordered_json ToJsonValue(const sekisho::v1::Counters& counters) {
  return {{"decisions", Object(counters.decisions())},
          {"calls", Object(counters.calls())},
          {"sandboxesKnown", counters.sandboxes_known()},
          {"seccompIgnored", counters.seccomp_ignored()}};
}

ordered_json ToJsonValue(const sekisho::v1::Refusal& refusal) {
  return {{"time", Time(refusal.time_ms())},
          {"method", refusal.method()},
          {"namespace", refusal.namespace_()},
          {"pod", refusal.pod()},
          {"container", refusal.container()},
          {"text", refusal.text()},
          {"rule", refusal.rule()},
          {"errorId", refusal.error_id()},
          {"count", refusal.count()}};
}

ordered_json ToJsonValue(const sekisho::v1::Verification& verification) {
  return {
      {"time", Time(verification.time_ms())},     {"conforming", verification.conforming()},
      {"drifted", verification.drifted()},        {"byOrigin", Object(verification.by_origin())},
      {"partlySeen", verification.partly_seen()}, {"findings", List(verification.findings())},
      {"errors", List(verification.errors())}};
}

ordered_json ToJsonValue(const sekisho::v1::AuditLog& log) {
  return {{"path", log.path()},
          {"written", log.written()},
          {"lost", log.lost()},
          {"lastError", log.last_error()}};
}

}  // namespace

std::string ToJson(const sekisho::v1::GetStatusResponse& status) {
  ordered_json refusals = ordered_json::array();
  for (const sekisho::v1::Refusal& refusal : status.refusals()) {
    refusals.push_back(ToJsonValue(refusal));
  }
  const ordered_json json = {
      {"version", status.version()},
      {"pid", status.pid()},
      {"started", Time(status.started_ms())},
      {"now", Time(status.now_ms())},
      {"ready", status.ready()},
      {"notReadyReasons", List(status.not_ready_reasons())},
      {"listen", ToJsonValue(status.listen())},
      {"upstream", ToJsonValue(status.upstream())},
      {"policy", ToJsonValue(status.policy())},
      {"labels", status.has_labels() ? ToJsonValue(status.labels()) : ordered_json(nullptr)},
      {"counters", ToJsonValue(status.counters())},
      {"refusals", std::move(refusals)},
      {"verification",
       status.has_verification() ? ToJsonValue(status.verification()) : ordered_json(nullptr)},
      {"auditLog", ToJsonValue(status.audit_log())},
      {"weakened", List(status.weakened())},
      {"selfProtection", Object(status.self_protection())},
      {"node", status.node()},
      {"group", status.group()}};
  return base::StrCat(json.dump(-1, ' ', false, ordered_json::error_handler_t::replace), "\n");
}

}  // namespace sekisho::admin
