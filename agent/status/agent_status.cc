#include "status/agent_status.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "base/file.h"
#include "base/str_cat.h"

namespace sekisho::status {
namespace {

using base::StrCat;
using nlohmann::ordered_json;

constexpr size_t kBytesMax = size_t{64} << 10;

std::string TimeText(Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ",
                          absl::FromUnixSeconds(time.time_since_epoch().count()),
                          absl::UTCTimeZone());
}

std::optional<Time> TimeOf(const std::string& text) {
  absl::Time time;
  if (!absl::ParseTime("%Y-%m-%dT%H:%M:%SZ", text, absl::UTCTimeZone(), &time, nullptr)) {
    return std::nullopt;
  }
  return Time(std::chrono::seconds(absl::ToUnixSeconds(time)));
}

// Throws nlohmann's exceptions, like the accessors around it.
Time ReadTime(const ordered_json& object, const char* key) {
  const auto text = object.at(key).get<std::string>();
  const std::optional<Time> time = TimeOf(text);
  if (!time.has_value()) {
    throw std::invalid_argument(StrCat(key, ": \"", text, "\" is no time"));
  }
  return *time;
}

template <typename T>
std::optional<T> Optional(const ordered_json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? std::nullopt : std::optional(found->get<T>());
}

std::optional<AgentStatus::Kubernetes> ReadKubernetes(const ordered_json& root) {
  const auto found = root.find("kubernetes");
  if (found == root.end()) {
    return std::nullopt;
  }
  return AgentStatus::Kubernetes{
      .server = found->at("server").get<std::string>(),
      .synced = found->at("synced").get<bool>(),
      .age_seconds = Optional<int64_t>(*found, "ageSeconds"),
      .namespaces = found->at("namespaces").get<uint64_t>(),
      .last_error = found->at("lastError").get<std::string>(),
      .events_sent = found->at("events").at("sent").get<uint64_t>(),
      .events_dropped = found->at("events").at("dropped").get<uint64_t>()};
}

ordered_json ToJson(const AgentStatus::Kubernetes& kubernetes) {
  ordered_json json = {{"server", kubernetes.server}, {"synced", kubernetes.synced}};
  if (kubernetes.age_seconds.has_value()) {
    json["ageSeconds"] = *kubernetes.age_seconds;
  }
  json["namespaces"] = kubernetes.namespaces;
  json["lastError"] = kubernetes.last_error;
  json["events"] = {{"sent", kubernetes.events_sent}, {"dropped", kubernetes.events_dropped}};
  return json;
}

AgentStatus FromJson(const ordered_json& root) {
  const ordered_json& policy = root.at("policy");
  const ordered_json& calls = root.at("calls");
  return {.version = root.at("version").get<std::string>(),
          .pid = root.at("pid").get<int64_t>(),
          .started = ReadTime(root, "started"),
          .updated = ReadTime(root, "updated"),
          .socket = root.at("socket").get<std::string>(),
          .upstream = root.at("upstream").get<std::string>(),
          .policy_sha256 = policy.at("sha256").get<std::string>(),
          .policy_generation = policy.at("generation").get<uint64_t>(),
          .last_reload_failed = policy.at("lastReloadFailed").get<bool>(),
          .calls_answered = calls.at("answered").get<uint64_t>(),
          .last_answered = ReadTime(calls, "lastAnswered"),
          .policy_file = policy.value("file", ""),
          .policy_revision = Optional<int64_t>(policy, "revision"),
          .node = root.value("node", ""),
          .group = root.value("group", ""),
          .kubernetes = ReadKubernetes(root)};
}

}  // namespace

std::string StatusFileOf(std::string_view socket) {
  constexpr std::string_view kRuntimeDirectory = "/run/sekisho/";
  if (socket.starts_with(kRuntimeDirectory)) {
    return StrCat(kRuntimeDirectory, "status.json");
  }
  const size_t slash = socket.rfind('/');
  return StrCat(slash == std::string_view::npos ? "" : socket.substr(0, slash + 1), "status.json");
}

std::string ToJson(const AgentStatus& status) {
  ordered_json json = {
      {"version", status.version},
      {"pid", status.pid},
      {"started", TimeText(status.started)},
      {"updated", TimeText(status.updated)},
      {"socket", status.socket},
      {"upstream", status.upstream},
      {"policy",
       {{"file", status.policy_file},
        {"sha256", status.policy_sha256},
        {"generation", status.policy_generation},
        {"lastReloadFailed", status.last_reload_failed}}},
      {"calls",
       {{"answered", status.calls_answered}, {"lastAnswered", TimeText(status.last_answered)}}},
      {"node", status.node},
      {"group", status.group}};
  if (status.policy_revision.has_value()) {
    json["policy"]["revision"] = *status.policy_revision;
  }
  if (status.kubernetes.has_value()) {
    json["kubernetes"] = ToJson(*status.kubernetes);
  }
  return StrCat(json.dump(2, ' ', false, ordered_json::error_handler_t::replace), "\n");
}

absl::StatusOr<AgentStatus> ParseAgentStatus(std::string_view text) {
  try {
    return FromJson(ordered_json::parse(text));
  } catch (const std::exception& error) {
    return absl::InvalidArgumentError(StrCat("no status of an agent: ", error.what()));
  }
}

absl::StatusOr<AgentStatus> ReadAgentStatus(const std::string& file) {
  absl::StatusOr<std::string> text = base::ReadFile(file, kBytesMax);
  if (!text.ok()) {
    return text.status();
  }
  absl::StatusOr<AgentStatus> status = ParseAgentStatus(*text);
  if (!status.ok()) {
    return absl::Status(status.status().code(), StrCat(file, ": ", status.status().message()));
  }
  return status;
}

}  // namespace sekisho::status
