#include "unit/policy/check_case.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <iterator>

#include "policy/evaluate.h"
#include "policy/repair.h"

namespace sekisho::policy {
namespace {

// One edit a line. The beginning that most fields share is left out.
std::string Lines(const std::vector<EditRecord>& records) {
  constexpr std::string_view kPrefix = "config.linux.security_context.";
  std::string text;
  for (const EditRecord& record : records) {
    const bool shared = record.field.starts_with(kPrefix);
    text += record.field.substr(shared ? kPrefix.size() : 0);
    text += ": " + record.before + " -> " + record.after;
    text += '\n';
  }
  return text;
}

void ExpectDecision(const Decision& decision, std::string_view lines) {
  EXPECT_EQ(decision.action, lines.empty() ? Action::kAllow : Action::kHarden) << decision.message;
  EXPECT_EQ(Lines(decision.edit_records), lines);
  EXPECT_EQ(decision.message, "");
}

}  // namespace

Request LegalRequest(Level level) {
  Request request{DefaultSpec(), {}, {}};
  request.spec.enforce = {level, {}};
  request.spec.on_violation.fill(OnViolation::kDeny);

  request.sandbox.pod = {"web-0", "shop", "5f1c", 0, PodSource::kApi, ""};
  request.sandbox.namespaces.pid = NamespaceMode::kContainer;
  request.sandbox.seccomp = {ProfileType::kRuntimeDefault, ""};

  ContainerFacts& container = request.container;
  container.name = "container1";
  container.namespaces = request.sandbox.namespaces;
  container.capabilities_drop = {"ALL"};
  container.no_new_privs = true;
  container.run_as_user = 65535;
  container.seccomp = {ProfileType::kRuntimeDefault, ""};
  // What all kubelets of the last years have in common; newer ones send more.
  container.masked_paths = {"/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/sched_debug",
                            "/sys/firmware"};
  container.readonly_paths = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
                              "/proc/sysrq-trigger"};
  return request;
}

Decision Judge(const CheckTable& table, const CheckCase& row, Level level) {
  Request request = LegalRequest(level);
  if (table.given != nullptr) {
    table.given(request);
  }
  row.edit(request);
  return table.judged == Judged::kSandbox ? OfSandbox(request) : OfContainer(request);
}

void ExpectRows(const CheckTable& table) {
  for (const CheckCase& row : table.rows) {
    SCOPED_TRACE(std::string(table.name) + ": " + std::string(row.why));
    const Decision decision = Judge(table, row, table.level);
    EXPECT_EQ(Ids(decision.violations), row.failing);
    EXPECT_EQ(decision.action, row.failing.empty() ? Action::kAllow : Action::kDeny);
    if (!row.text.empty()) {
      std::vector<std::string> texts;
      std::ranges::transform(decision.violations, std::back_inserter(texts), Text);
      EXPECT_THAT(texts, ::testing::Contains(row.text));
    }
  }
}

Decision OfSandbox(const Request& request) {
  return EvaluateSandbox(request.spec, request.sandbox);
}

Decision OfContainer(const Request& request) {
  return EvaluateContainer(request.spec, request.sandbox, request.container);
}

void ExpectHardened(const Request& request, std::string_view lines) {
  const Decision decision = OfContainer(request);
  ExpectDecision(decision, lines);
  EXPECT_TRUE(decision.sandbox_edits.empty());
  Request after = request;
  after.container = WithEdits(request.container, decision.edits);
  EXPECT_EQ(OfContainer(after).action, Action::kAllow);
  EXPECT_EQ(Ids(OfContainer(after).violations), "");
}

void ExpectSandboxHardened(const Request& request, std::string_view lines) {
  const Decision decision = OfSandbox(request);
  ExpectDecision(decision, lines);
  EXPECT_TRUE(decision.edits.empty());
  Request after = request;
  after.sandbox = WithEdits(request.sandbox, decision.sandbox_edits);
  EXPECT_EQ(OfSandbox(after).action, Action::kAllow);
  EXPECT_EQ(Ids(OfSandbox(after).violations), "");
}

std::string Ids(const std::vector<Violation>& violations) {
  std::string ids;
  for (const Violation& violation : violations) {
    ids.append(ids.empty() ? "" : " ").append(violation.check);
  }
  return ids;
}

std::string Text(const Violation& violation) {
  return violation.detail.empty() ? violation.reason
                                  : violation.reason + " (" + violation.detail + ")";
}

UserNamespace OwnUsers() {
  return {NamespaceMode::kPod, {{65536, 0, 65536}}, {{65536, 0, 65536}}};
}

void EnterUserNamespace(Request& request) {
  request.sandbox.namespaces.userns = OwnUsers();
  request.container.namespaces.userns = OwnUsers();
}

void Unmask(Request& request) {
  request.container.masked_paths.clear();
  request.container.readonly_paths.clear();
}

}  // namespace sekisho::policy
