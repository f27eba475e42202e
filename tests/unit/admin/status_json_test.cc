#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "admin/status_text.h"
#include "unit/admin/sample_status.h"

namespace sekisho::admin {
namespace {

using nlohmann::json;

json Parsed(const sekisho::v1::GetStatusResponse& status) {
  return json::parse(ToJson(status), nullptr, /*allow_exceptions=*/false);
}

TEST(StatusJson, IsOneObjectOnOneLine) {
  const std::string text = ToJson(SampleStatus());
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  EXPECT_EQ(text.back(), '\n');
  EXPECT_TRUE(Parsed(SampleStatus()).is_object());
}

TEST(StatusJson, SaysEverythingWithItsType) {
  const json status = Parsed(SampleStatus());
  const json expected = json::parse(R"({
    "version": "0.1.0", "pid": 4321,
    "started": "2026-11-15T07:06:40.123Z", "now": "2026-11-18T11:06:40.123Z",
    "ready": true, "notReadyReasons": [],
    "listen": {"socket": "/run/sekisho/sekisho.sock", "software": "", "reachable": true},
    "upstream": {"socket": "/run/containerd/containerd.sock", "software": "containerd 1.6.20",
                 "reachable": true},
    "labels": {"server": "https://10.0.0.1:6443", "synced": true, "ageSeconds": 12,
               "namespaces": 42, "lastError": "", "eventsSent": 10, "eventsDropped": 0},
    "counters": {"decisions": {"allow": 1203, "harden": 44, "deny": 2},
                 "calls": {"forwarded": 91233, "refused": 2},
                 "sandboxesKnown": 35, "seccompIgnored": 3},
    "verification": {"time": "2026-11-18T11:05:10.123Z", "conforming": 34, "drifted": 1,
                     "byOrigin": {"decided": 30, "foreign": 5}, "partlySeen": 3,
                     "findings": ["shop/web/app: seccomp: decided RuntimeDefault, runs unconfined"],
                     "errors": ["shop/old: the process ended meanwhile"]},
    "auditLog": {"path": "/var/log/sekisho/audit.jsonl", "written": 1249, "lost": 0,
                 "lastError": ""},
    "weakened": ["methods that this build does not know are forwarded unjudged"],
    "selfProtection": {"no_new_privs": true, "seccomp_filter": false},
    "node": "worker-3", "group": "gpu"
  })");
  for (const auto& [key, value] : expected.items()) {
    EXPECT_EQ(status.value(key, json()), value) << key;
  }
  const json& policy = status["policy"];
  EXPECT_EQ(policy["generation"], 3);
  EXPECT_EQ(policy["revision"], 7);
  EXPECT_EQ(policy["files"][0], (json{{"path", "/etc/sekisho/policy.group.gpu.yaml"},
                                      {"why", "of this node's group"}}));
  EXPECT_EQ(policy["loaded"], "2026-11-18T09:06:40.123Z");
  EXPECT_EQ(policy["lastReload"], "2026-11-18T11:01:40.123Z");
  EXPECT_EQ(policy["lastReloadErrors"], json({"policy.yaml:3:31: defaults.wran: unknown key"}));
  const json& refusal = status["refusals"][0];
  EXPECT_EQ(refusal["time"], "2026-11-18T11:06:28.123Z");
  EXPECT_EQ(refusal["namespace"], "shop");
  EXPECT_EQ(refusal["count"], 17);
  EXPECT_EQ(refusal["errorId"], "");
}

// Reads the message's own description, so that a field that is added there cannot be forgotten
// here.
std::string CamelCase(std::string name) {
  if (name.ends_with("_ms")) {
    name.resize(name.size() - 3);
  }
  std::string out;
  for (size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '_' && i + 1 < name.size()) {
      out += static_cast<char>(name[++i] - 'a' + 'A');
    } else if (name[i] != '_') {
      out += name[i];
    }
  }
  return out;
}

void ExpectEveryField(const google::protobuf::Descriptor& message, const json& value) {
  std::set<std::string> expected;
  for (int i = 0; i < message.field_count(); ++i) {
    const google::protobuf::FieldDescriptor& field = *message.field(i);
    const std::string key = CamelCase(field.name());
    expected.insert(key);
    if (field.message_type() == nullptr || field.is_map() || !value.contains(key)) {
      continue;
    }
    SCOPED_TRACE(key);
    ExpectEveryField(*field.message_type(), field.is_repeated() ? value[key].at(0) : value[key]);
  }
  std::set<std::string> keys;
  for (const auto& item : value.items()) {
    keys.insert(item.key());
  }
  EXPECT_EQ(keys, expected) << message.full_name();
}

TEST(StatusJson, HasEveryFieldOfTheMessageAndNoOther) {
  ExpectEveryField(*sekisho::v1::GetStatusResponse::descriptor(), Parsed(SampleStatus()));
}

TEST(StatusJson, AnEmptyStatusHasEveryKeyAndNullForWhatIsAbsent) {
  const json status = Parsed({});
  EXPECT_EQ(status.size(), Parsed(SampleStatus()).size());
  for (const char* key : {"started", "now", "labels", "verification"}) {
    EXPECT_TRUE(status[key].is_null()) << key;
  }
  EXPECT_TRUE(status["policy"]["revision"].is_null());
  EXPECT_TRUE(status["policy"]["lastReload"].is_null());
  EXPECT_EQ(status["refusals"], json::array());
  EXPECT_EQ(status["counters"]["decisions"], json::object());
}

TEST(StatusJson, BytesThatAreNoUtf8AreReplacedAndBreakNothing) {
  sekisho::v1::GetStatusResponse status = SampleStatus();
  status.mutable_refusals(0)->set_pod("a\xff\"\n\x1b[31m");
  const json parsed = Parsed(status);
  ASSERT_TRUE(parsed.is_object());
  EXPECT_EQ(parsed["refusals"][0]["pod"], "a\xEF\xBF\xBD\"\n\x1b[31m");
}

}  // namespace
}  // namespace sekisho::admin
