#include "kube/notice.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <string>
#include <vector>

namespace sekisho::kube {
namespace {

using policy::Action;

const policy::Violation kSeccomp = {
    .check = "seccompProfile_baseline",
    .reason = "seccompProfile",
    .detail =
        "container \"web\" must not set securityContext.seccompProfile.type to "
        "\"Unconfined\""};

audit::Record RecordOf(Action action) {
  audit::Record record;
  record.time = std::chrono::system_clock::time_point(std::chrono::seconds(1'800'000'000));
  record.method = "CreateContainer";
  record.pod.name = "web-0";
  record.pod.namespace_ = "shop";
  record.pod.uid = "0b1c";
  record.container = "web";
  record.decision.action = action;
  return record;
}

TEST(NoticesOf, ARefusalIsToldInItsWords) {
  audit::Record record = RecordOf(Action::kDeny);
  record.decision.message = "violates PodSecurity \"baseline:latest\": privileged (…)";
  const std::vector<Notice> notices = NoticesOf(record);
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_EQ(notices[0].reason, EventReason::kDenied);
  EXPECT_EQ(notices[0].namespace_, "shop");
  EXPECT_EQ(notices[0].pod, "web-0");
  EXPECT_EQ(notices[0].pod_uid, "0b1c");
  EXPECT_EQ(notices[0].container, "web");
  EXPECT_EQ(notices[0].text, record.decision.message);
  EXPECT_EQ(notices[0].time, record.time);
}

TEST(NoticesOf, ARefusalBeforeAnyPolicyIsToldByItsError) {
  audit::Record record = RecordOf(Action::kDeny);
  record.method = "RunPodSandbox";
  record.container.clear();
  record.error_id = "edit-not-legal";
  record.error = "the hardened request is still not legal";
  const std::vector<Notice> notices = NoticesOf(record);
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_EQ(notices[0].reason, EventReason::kDenied);
  EXPECT_EQ(notices[0].container, "");
  EXPECT_EQ(notices[0].text, record.error);
}

TEST(NoticesOf, HardeningIsToldByItsEdits) {
  audit::Record record = RecordOf(Action::kHarden);
  record.decision.warn = {kSeccomp};  // what was asked for: it is not so any more
  record.decision.edit_records = {
      {.field = "config.linux.security_context.seccomp",
       .before = "Unconfined",
       .after = "RuntimeDefault"},
      {.field = "config.linux.security_context.capabilities.drop_capabilities",
       .before = "[]",
       .after = "[NET_RAW]"},
      {.field = "config.linux.security_context.masked_paths",
       .before = "[]",
       .after = "[" + std::string(500, 'p') + "]"},
      {.field = "config.annotations[linux.config.a/b]", .before = "set", .after = "absent"},
      {.field = "sandbox_config.linux.sysctls[net.core.somaxconn]",
       .before = "1\n2",
       .after = "absent"},
  };
  const std::vector<Notice> notices = NoticesOf(record);
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_EQ(notices[0].reason, EventReason::kHardened);
  EXPECT_EQ(notices[0].text,
            "seccomp: Unconfined -> RuntimeDefault; capabilities.drop_capabilities: [] -> "
            "[NET_RAW]; masked_paths: [] -> [" +
                std::string(116, 'p') +
                "…; annotations[linux.config.a/b]: set -> absent; "
                "sysctls[net.core.somaxconn]: 1\\x0a2 -> absent");
}

TEST(NoticesOf, AWarningIsToldByWhatTheWarnLevelWouldRefuse) {
  audit::Record record = RecordOf(Action::kAllow);
  record.decision.audit = {kSeccomp};
  EXPECT_TRUE(NoticesOf(record).empty()) << "the audit level is for the audit log";
  record.decision.warn = {kSeccomp};
  const std::vector<Notice> notices = NoticesOf(record);
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_EQ(notices[0].reason, EventReason::kWarned);
  EXPECT_EQ(notices[0].text,
            "would violate the warn level: seccompProfile (container \"web\" must not set "
            "securityContext.seccompProfile.type to \"Unconfined\")");
}

TEST(NoticesOf, ThereIsNothingToTellOfTheRest) {
  struct Row {
    const char* name;
    std::function<void(audit::Record&)> change;
    size_t notices;
  };
  const std::array<Row, 10> rows = {{
      {"as it is", [](audit::Record&) {}, 1},
      {"allowed", [](audit::Record& r) { r.decision.action = Action::kAllow; }, 0},
      {"no name", [](audit::Record& r) { r.pod.name.clear(); }, 0},
      {"no namespace", [](audit::Record& r) { r.pod.namespace_.clear(); }, 0},
      {"no uid", [](audit::Record& r) { r.pod.uid.clear(); }, 0},
      {"a sandbox", [](audit::Record& r) { r.method = "RunPodSandbox"; }, 1},
      {"a checkpoint", [](audit::Record& r) { r.method = "CheckpointPod"; }, 1},
      {"a restore", [](audit::Record& r) { r.method = "RestorePod"; }, 1},
      {"resources", [](audit::Record& r) { r.method = "UpdateContainerResources"; }, 0},
      {"the pod's resources", [](audit::Record& r) { r.method = "UpdatePodSandboxResources"; }, 0},
  }};
  for (const Row& row : rows) {
    audit::Record record = RecordOf(Action::kDeny);
    record.decision.message = "violates";
    row.change(record);
    EXPECT_EQ(NoticesOf(record).size(), row.notices) << row.name;
  }
}

TEST(NoticesOf, AreSmallWhateverTheRequestHolds) {
  const std::string huge(10 << 20, 'x');
  audit::Record record = RecordOf(Action::kDeny);
  record.pod.name = record.pod.namespace_ = record.pod.uid = record.container = huge;
  record.decision.message = huge;
  const std::vector<Notice> notices = NoticesOf(record);
  ASSERT_EQ(notices.size(), 1u);
  const Notice& notice = notices[0];
  EXPECT_EQ(notice.text.size(), 1024u);
  EXPECT_TRUE(notice.text.ends_with("x…"));
  for (const std::string* name : {&notice.pod, &notice.namespace_, &notice.pod_uid}) {
    EXPECT_EQ(name->size(), 254u) << "still longer than any name can be";
  }
  EXPECT_LE(notice.container.size(), 254u);
}

}  // namespace
}  // namespace sekisho::kube
