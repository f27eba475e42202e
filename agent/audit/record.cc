#include "audit/record.h"

#include <array>
#include <cstdio>
#include <ctime>
#include <string_view>

#include "audit/json_text.h"
#include "audit/timestamp.h"

namespace sekisho::audit {
namespace {

constexpr size_t kUsualFactsBytes = size_t{2} << 10;

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

void PutIf(std::string_view key, const std::vector<policy::Violation>& violations, JsonList& json) {
  if (violations.empty()) {
    return;
  }
  std::string& out = json.Next(key);
  JsonList list('[', out);
  for (const policy::Violation& violation : violations) {
    JsonList one('{', list.Next());
    one.Put("check", violation.check);
    one.Put("reason", violation.reason);
    one.Put("detail", violation.detail);
    one.Close();
  }
  list.Close();
}

void PutIf(std::string_view key, const std::vector<policy::EditRecord>& edits, JsonList& json) {
  if (edits.empty()) {
    return;
  }
  std::string& out = json.Next(key);
  JsonList list('[', out);
  for (const policy::EditRecord& edit : edits) {
    JsonList one('{', list.Next());
    one.Put("field", edit.field);
    one.Put("before", edit.before);
    one.Put("after", edit.after);
    one.Close();
  }
  list.Close();
}

void PutDecision(const policy::Decision& decision, JsonList& json) {
  PutIf("violations", decision.violations, json);
  PutIf("edits", decision.edit_records, json);
  if (decision.seccomp_ignored) {
    json.Next("seccompIgnored") += "true";
  }
  json.PutIf("message", decision.message);
  PutIf("audit", decision.audit, json);
  PutIf("warn", decision.warn, json);
}

// The most of the line.
void PutFacts(const Record& record, JsonList& json) {
  if (record.facts == nullptr) {
    return;
  }
  std::string facts;
  facts.reserve(kUsualFactsBytes);
  AppendRedacted(*record.facts, facts);
  if (facts.size() <= kFactsBytesMax) {
    json.Next("facts") += facts;
  } else {
    json.Next("factsOmitted") += "true";
  }
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
  std::string line;
  line.reserve(2 * kUsualFactsBytes);
  JsonList json('{', line);
  json.Put("time", Timestamp(record.time));
  json.Put("method", record.method);
  json.Put("decision", policy::ActionName(record.decision.action));
  json.Put("namespace", record.pod.namespace_);
  json.Put("pod", record.pod.name);
  json.Put("uid", record.pod.uid);
  json.Put("source", SourceName(record.pod.source));
  json.PutIf("runtimeHandler", record.pod.runtime_handler);
  json.PutIf("sandboxId", record.sandbox_id);
  json.PutIf("container", record.container);
  json.PutIf("image", record.image);
  json.PutIf("enforced", record.enforced);
  json.PutIf("levelSource", record.level_source);
  json.PutIf("rule", record.rule);
  json.PutIf("exemption", record.exemption);
  json.PutIf("recording", record.recording);
  PutDecision(record.decision, json);
  if (!record.error_id.empty()) {
    JsonList error('{', json.Next("error"));
    error.Put("id", record.error_id);
    error.Put("text", record.error);
    error.Close();
  }
  json.Put("policyHash", record.policy_hash);
  AppendNumber(record.duration.count(), json.Next("durationUs"));
  PutFacts(record, json);
  json.Close();
  return line;
}

}  // namespace sekisho::audit
