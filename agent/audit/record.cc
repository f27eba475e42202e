#include "audit/record.h"

#include <array>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>
#include <string_view>

#include "audit/timestamp.h"
#include "base/str_cat.h"

namespace sekisho::audit {
namespace {

using Json = nlohmann::ordered_json;

std::string_view SourceName(policy::PodSource source) {
  switch (source) {
    case policy::PodSource::kApi:
      return "api";
    case policy::PodSource::kStatic:
      return "static";
    case policy::PodSource::kUnknown:
      break;
  }
  return "unknown";
}

void PutIf(Json& json, const char* key, std::string_view text) {
  if (!text.empty()) {
    json[key] = text;
  }
}

void PutIf(Json& json, const char* key, const std::vector<policy::Violation>& violations) {
  if (violations.empty()) {
    return;
  }
  Json list = Json::array();
  for (const policy::Violation& violation : violations) {
    list.push_back(
        {{"check", violation.check}, {"reason", violation.reason}, {"detail", violation.detail}});
  }
  json[key] = std::move(list);
}

void PutIf(Json& json, const char* key, const std::vector<policy::EditRecord>& edits) {
  if (edits.empty()) {
    return;
  }
  Json list = Json::array();
  for (const policy::EditRecord& edit : edits) {
    list.push_back({{"field", edit.field}, {"before", edit.before}, {"after", edit.after}});
  }
  json[key] = std::move(list);
}

// As the last member of the object that `line` is. They are JSON already, and the most of the line.
void AddFacts(const Record& record, std::string& line) {
  if (record.facts == nullptr) {
    return;
  }
  const std::string facts = ToJson(RedactedForReplay(*record.facts));
  line.pop_back();
  line += facts.size() <= kFactsBytesMax ? base::StrCat(",\"facts\":", facts, "}")
                                         : std::string(",\"factsOmitted\":true}");
}

}  // namespace

std::string Timestamp(std::chrono::system_clock::time_point time) {
  const auto since_epoch =
      std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch());
  const auto seconds = static_cast<std::time_t>(since_epoch.count() / 1'000'000);
  std::tm utc{};
  (void)::gmtime_r(&seconds, &utc);
  std::array<char, 48> text;
  const size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  const int more = std::snprintf(text.data() + length, text.size() - length, ".%06dZ",
                                 static_cast<int>(since_epoch.count() % 1'000'000));
  return {text.data(), length + static_cast<size_t>(more)};
}

std::string ToJsonLine(const Record& record) {
  Json json;
  json["time"] = Timestamp(record.time);
  json["method"] = record.method;
  json["decision"] = policy::ActionName(record.decision.action);
  json["namespace"] = record.pod.namespace_;
  json["pod"] = record.pod.name;
  json["uid"] = record.pod.uid;
  json["source"] = SourceName(record.pod.source);
  PutIf(json, "runtimeHandler", record.pod.runtime_handler);
  PutIf(json, "sandboxId", record.sandbox_id);
  PutIf(json, "container", record.container);
  PutIf(json, "image", record.image);
  PutIf(json, "enforced", record.enforced);
  PutIf(json, "levelSource", record.level_source);
  PutIf(json, "rule", record.rule);
  PutIf(json, "exemption", record.exemption);
  PutIf(json, "recording", record.recording);
  PutIf(json, "violations", record.decision.violations);
  PutIf(json, "edits", record.decision.edit_records);
  if (record.decision.seccomp_ignored) {
    json["seccompIgnored"] = true;
  }
  PutIf(json, "message", record.decision.message);
  PutIf(json, "audit", record.decision.audit);
  PutIf(json, "warn", record.decision.warn);
  if (!record.error_id.empty()) {
    json["error"] = {{"id", record.error_id}, {"text", record.error}};
  }
  json["policyHash"] = record.policy_hash;
  json["durationUs"] = record.duration.count();
  // A name in a request can hold anything; a line that could not be written would be worse.
  std::string line = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  AddFacts(record, line);
  return line;
}

}  // namespace sekisho::audit
