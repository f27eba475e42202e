// Every number moves as it should, and no other with it.
#include "metrics/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "metrics/label_values.h"
#include "policy/checks.h"
#include "policy/repair.h"
#include "unit/metrics/populated.h"
#include "unit/metrics/scraped.h"

namespace sekisho::metrics {
namespace {

using sekisho::testing::FullState;
using sekisho::testing::HardenedRecord;
using sekisho::testing::LabelMap;
using sekisho::testing::Parse;
using sekisho::testing::Scraped;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::Pair;

State NoState() {
  return {};
}

TEST(Metrics, ADecisionCountsItsOutcomeViolationsAndEdits) {
  Metrics metrics(NoState);
  metrics.CountDecision(HardenedRecord());
  metrics.CountDecision(HardenedRecord());
  const Scraped now = Parse(metrics.Text());

  EXPECT_EQ(now.Value("sekisho_decisions_total", {{"method", "CreateContainer"},
                                                  {"namespace", "shop"},
                                                  {"level", "baseline"},
                                                  {"action", "harden"}}),
            2);
  EXPECT_EQ(now.CountOf("sekisho_decisions_total"), 1U);
  const LabelMap common = {{"namespace", "shop"}, {"level", "baseline"}, {"action", "harden"}};
  const auto with = [&common](std::string mode, std::string check) {
    LabelMap labels = common;
    labels["mode"] = std::move(mode);
    labels["check"] = std::move(check);
    return labels;
  };
  EXPECT_EQ(now.Value("sekisho_violations_total", with("enforce", "seccompProfile_baseline")), 2);
  EXPECT_EQ(now.Value("sekisho_violations_total", with("audit", "runAsNonRoot")), 2);
  EXPECT_EQ(now.Value("sekisho_violations_total", with("audit", "capabilities_restricted")), 2);
  EXPECT_EQ(now.Value("sekisho_violations_total", with("warn", "runAsNonRoot")), 2);
  EXPECT_EQ(now.CountOf("sekisho_violations_total"), 4U);
  EXPECT_EQ(now.Value("sekisho_edits_total", {{"field", "seccomp"}}), 2);
  EXPECT_EQ(now.Value("sekisho_edits_total", {{"field", "annotations"}}), 2);
  EXPECT_EQ(now.CountOf("sekisho_edits_total"), 2U);
  EXPECT_EQ(now.CountOf("sekisho_errors_total"), 0U);
  EXPECT_THAT(metrics.DecisionsByAction(),
              ElementsAre(Pair("allow", 0), Pair("deny", 0), Pair("harden", 2)));
}

TEST(Metrics, ARequestThatNobodyCouldJudgeIsADenialWithAnError) {
  Metrics metrics(NoState);
  audit::Record record;  // as the enforcer leaves it before the sandbox is known
  record.method = "CreateContainer";
  record.error_id = "unknown-sandbox";
  metrics.CountDecision(record);
  const Scraped now = Parse(metrics.Text());
  EXPECT_EQ(now.Value("sekisho_errors_total", {{"error", "unknown-sandbox"}}), 1);
  EXPECT_EQ(now.Value("sekisho_decisions_total", {{"method", "CreateContainer"},
                                                  {"namespace", "_unknown"},
                                                  {"level", "_unknown"},
                                                  {"action", "deny"}}),
            1);
  EXPECT_EQ(now.CountOf("sekisho_violations_total"), 0U);
}

TEST(Metrics, WhatLoosensEnforcementIsCountedByItself) {
  Metrics metrics(NoState);
  const Scraped before = Parse(metrics.Text());
  EXPECT_EQ(before.Value("sekisho_seccomp_ignored_total"), 0);
  EXPECT_EQ(before.Value("sekisho_recorded_decisions_total"), 0);
  EXPECT_EQ(before.CountOf("sekisho_exempted_decisions_total"), 0U);

  audit::Record record = HardenedRecord("kube-system");
  record.exemption = "control plane";
  metrics.CountDecision(record);
  record.exemption.clear();
  record.recording = "r1";
  metrics.CountDecision(record);
  record.recording.clear();
  record.decision.seccomp_ignored = true;
  metrics.CountDecision(record);
  metrics.CountDecision(record);
  const Scraped now = Parse(metrics.Text());
  EXPECT_EQ(now.Value("sekisho_exempted_decisions_total", {{"namespace", "kube-system"}}), 1);
  EXPECT_EQ(now.Value("sekisho_recorded_decisions_total"), 1);
  EXPECT_EQ(now.Value("sekisho_seccomp_ignored_total"), 2);
}

TEST(Metrics, ACallCountsByMethodOutcomeAndCode) {
  Metrics metrics(NoState);
  metrics.CountCall({.method = "Version", .outcome = Outcome::kForwarded});
  metrics.CountCall({.method = "Version", .outcome = Outcome::kForwarded});
  metrics.CountCall({.method = "Version", .outcome = Outcome::kForwarded, .code = 14});
  metrics.CountCall({.method = "Version", .outcome = Outcome::kCancelled, .code = 1});
  metrics.CountCall({.method = "", .outcome = Outcome::kRejected, .code = 12});
  metrics.CountCall({.method = "RunPodSandbox", .outcome = Outcome::kRefused, .code = 7});
  metrics.CountCall({.method = "RunPodSandbox", .outcome = Outcome::kRefused, .code = 99});
  metrics.CountCall({.method = "RunPodSandbox", .outcome = Outcome::kRefused, .code = -1});
  const Scraped now = Parse(metrics.Text());
  const auto value = [&now](const char* method, const char* outcome, const char* code) {
    return now.Value("sekisho_calls_total",
                     {{"method", method}, {"outcome", outcome}, {"code", code}});
  };
  EXPECT_EQ(value("Version", "forwarded", "OK"), 2);
  EXPECT_EQ(value("Version", "forwarded", "UNAVAILABLE"), 1);
  EXPECT_EQ(value("Version", "cancelled", "CANCELLED"), 1);
  EXPECT_EQ(value("_unknown", "rejected", "UNIMPLEMENTED"), 1);
  EXPECT_EQ(value("RunPodSandbox", "refused", "PERMISSION_DENIED"), 1);
  EXPECT_EQ(value("RunPodSandbox", "refused", "_other"), 2);
  EXPECT_EQ(now.CountOf("sekisho_calls_total"), 6U);
  EXPECT_THAT(metrics.CallsByOutcome(), ElementsAre(Pair("cancelled", 1), Pair("forwarded", 3),
                                                    Pair("refused", 3), Pair("rejected", 1)));
}

TEST(Metrics, DurationsGoToTheHistogramOfTheirMethod) {
  Metrics metrics(NoState);
  metrics.CountCall(
      {.method = "CreateContainer", .decision = microseconds(120), .upstream = milliseconds(40)});
  metrics.CountCall({.method = "CreateContainer", .decision = milliseconds(2)});
  metrics.CountCall({.method = "ListContainers", .upstream = milliseconds(3)});
  metrics.CountCall({.method = "ListImages"});
  // A record has a duration too, of the same decision: it must not count twice.
  metrics.CountDecision(HardenedRecord());
  const Scraped now = Parse(metrics.Text());
  const auto decided = [&now](const char* bound) {
    return now.Value("sekisho_decision_duration_seconds_bucket",
                     {{"method", "CreateContainer"}, {"le", bound}});
  };
  EXPECT_EQ(decided("0.0001"), 0);
  EXPECT_EQ(decided("0.00025"), 1);
  EXPECT_EQ(decided("0.0025"), 2);
  EXPECT_EQ(decided("+Inf"), 2);
  EXPECT_EQ(now.Sum("sekisho_decision_duration_seconds_count"), 2);
  EXPECT_DOUBLE_EQ(now.Sum("sekisho_decision_duration_seconds_sum"), 0.00212);
  EXPECT_EQ(now.Value("sekisho_upstream_duration_seconds_count", {{"method", "CreateContainer"}}),
            1);
  EXPECT_EQ(now.Value("sekisho_upstream_duration_seconds_count", {{"method", "ListContainers"}}),
            1);
  EXPECT_EQ(now.CountOf("sekisho_upstream_duration_seconds_count"), 2U);
}

TEST(Metrics, TheStateIsAskedForAtEachScrape) {
  State state = FullState();
  Metrics metrics([&state] { return state; });
  EXPECT_EQ(Parse(metrics.Text()).Value("sekisho_ready"), 1);
  state.ready = false;
  EXPECT_EQ(Parse(metrics.Text()).Value("sekisho_ready"), 0);
}

struct StateRow {
  std::string name;
  LabelMap labels;
  double value;
};

TEST(Metrics, EveryMemberOfTheStateIsSaid) {
  Metrics metrics(FullState);
  const Scraped now = Parse(metrics.Text());
  const std::vector<StateRow> rows = {
      {"sekisho_build_info", {{"version", "0.1.0"}}, 1},
      {"process_start_time_seconds", {}, 1.8e9},
      {"sekisho_policy_info",
       {{"hash", FullState().policy_hash}, {"file", "policy.group.gpu.yaml"}, {"revision", "12"}},
       1},
      {"sekisho_policy_generation", {}, 3},
      {"sekisho_policy_loaded_timestamp_seconds", {}, 1'800'000'123.5},
      {"sekisho_policy_reload_success", {}, 0},
      {"sekisho_policy_reloads_total", {{"result", "ok"}}, 5},
      {"sekisho_policy_reloads_total", {{"result", "failed"}}, 2},
      {"sekisho_ready", {}, 1},
      {"sekisho_upstream_reachable", {}, 1},
      {"sekisho_label_cache_synced", {}, 1},
      {"sekisho_label_cache_age_seconds", {}, 7},
      {"sekisho_namespaces", {}, 41},
      {"sekisho_api_failures_total", {}, 3},
      {"sekisho_events_total", {{"result", "sent"}}, 9},
      {"sekisho_events_total", {{"result", "dropped"}}, 1},
      {"sekisho_audit_records_total", {}, 1234},
      {"sekisho_audit_lost_total", {}, 6},
      {"sekisho_sandboxes", {}, 17},
      {"sekisho_profile_judgements_total", {{"state", "usable"}}, 30},
      {"sekisho_profile_judgements_total", {{"state", "missing"}}, 2},
      {"sekisho_containers", {{"origin", "decided"}}, 16},
      {"sekisho_containers", {{"origin", "older"}}, 3},
      {"sekisho_containers", {{"origin", "past"}}, 0},
      {"sekisho_containers", {{"origin", "foreign"}}, 1},
      {"sekisho_containers_conforming", {}, 18},
      {"sekisho_containers_drifted", {}, 2},
      {"sekisho_containers_partly_seen", {}, 5},
      {"sekisho_containers_bypassed", {}, 1},
      {"sekisho_verification_timestamp_seconds", {}, 1'800'000'200},
      {"sekisho_verification_duration_seconds", {}, 0.25},
      {"sekisho_verification_errors", {}, 4},
      {"sekisho_self_protection", {{"feature", "no_new_privs"}}, 1},
      {"sekisho_self_protection", {{"feature", "capabilities_dropped"}}, 0},
  };
  for (const StateRow& row : rows) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(now.Value(row.name, row.labels), row.value);
  }
}

TEST(Metrics, WhatIsNotKnownIsNotSaid) {
  Metrics metrics(NoState);
  const Scraped now = Parse(metrics.Text());
  for (const char* name :
       {"sekisho_label_cache_age_seconds", "sekisho_label_cache_synced", "sekisho_namespaces",
        "sekisho_containers", "sekisho_verification_timestamp_seconds", "sekisho_self_protection",
        "sekisho_profile_judgements_total"}) {
    EXPECT_EQ(now.CountOf(name), 0U) << name;
  }
  State asked;
  asked.kubernetes = State::Kubernetes{};
  Metrics never_synced([&asked] { return asked; });
  const Scraped then = Parse(never_synced.Text());
  EXPECT_EQ(then.Value("sekisho_label_cache_synced"), 0);
  EXPECT_EQ(then.CountOf("sekisho_label_cache_age_seconds"), 0U);
}

TEST(Metrics, TheProcessIsThisOne) {
  Metrics metrics(NoState);
  const Scraped now = Parse(metrics.Text());
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(now.Value("process_max_fds"), static_cast<double>(limit.rlim_cur));
  EXPECT_GT(now.Value("process_cpu_seconds_total").value_or(0), 0);
  EXPECT_GT(now.Value("process_resident_memory_bytes").value_or(0), 1e6);
#if !SEKISHO_SANITIZED  // whose heap mallinfo2(3) does not know
  const double heap_before = now.Value("sekisho_heap_in_use_bytes").value_or(0);
  const std::string held(5'000'000, 'x');
  const double heap = Parse(metrics.Text()).Value("sekisho_heap_in_use_bytes").value_or(0);
  EXPECT_GE(heap, heap_before + 5e6);
  EXPECT_LT(heap, heap_before + 6e6);
#endif
  const double before = now.Value("process_open_fds").value_or(0);
  EXPECT_GE(before, 3);
  const base::UniqueFd one(::dup(0));
  ASSERT_TRUE(one.valid());
  EXPECT_EQ(Parse(metrics.Text()).Value("process_open_fds"), before + 1);
}

TEST(Metrics, EveryFamilyHasAHelpAndATypeOnceAndOrderDoesNotChange) {
  Metrics metrics(FullState);
  for (const char* name : {"b", "a", "c"}) {
    metrics.CountDecision(HardenedRecord(name));
  }
  const std::string text = metrics.Text();
  const Scraped now = Parse(text);
  for (const auto& [name, type] : now.types) {
    EXPECT_EQ(now.help.count(name), 1U) << name;
  }
  EXPECT_LT(text.find("namespace=\"a\""), text.find("namespace=\"b\""));
  EXPECT_LT(text.find("namespace=\"b\""), text.find("namespace=\"c\""));
  EXPECT_LT(text.find("process_cpu"), text.find("sekisho_audit"));
}

// --- the values of labels ------------------------------------------------------------------------

TEST(LabelValues, ALevelIsTheStrictestWithoutItsVersion) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"baseline:latest", "baseline"},
      {"restricted:v1.30", "restricted"},
      {"restricted:v1.30 and baseline:latest", "restricted"},
      {"privileged:latest", "privileged"},
      {"", "_unknown"},
      {"strict:latest", "_unknown"},
      {"baseline-but-not:latest", "_unknown"},
  };
  for (const auto& [enforced, level] : rows) {
    EXPECT_EQ(kLevels[LevelIndex(enforced)], level) << enforced;
  }
}

TEST(LabelValues, AFieldIsTheLastPartOfItsPath) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"config.linux.security_context.capabilities.drop_capabilities", "drop_capabilities"},
      {"config.annotations[a.b/seccomp]", "annotations"},
      {"sandbox_config.linux.sysctls[net.core.somaxconn]", "sysctls"},
      {"seccomp", "seccomp"},
      {"config.made_up", "_other"},
      {"", "_other"},
      {"[", "_other"},
  };
  for (const auto& [path, field] : rows) {
    EXPECT_EQ(kEditFields[EditFieldIndex(path)], field) << path;
  }
}

// A field that is edited, and that the list does not know, would be counted as "_other".
TEST(LabelValues, EveryEditThatThePolicyDescribesHasAField) {
  policy::Edits edits;
  edits.seccomp.emplace();
  edits.apparmor.emplace();
  edits.capabilities_add.emplace();
  edits.capabilities_drop.emplace();
  edits.capabilities_ambient.emplace();
  edits.no_new_privs = true;
  edits.masked_paths.emplace();
  edits.readonly_paths.emplace();
  edits.readonly_rootfs = true;
  edits.selinux.emplace();
  edits.remove_annotations = {"a"};
  policy::SandboxFacts sandbox;
  sandbox.sysctls["net.core.somaxconn"] = "1";
  policy::SandboxEdits sandbox_edits;
  sandbox_edits.remove_sysctls = {"net.core.somaxconn"};
  sandbox_edits.remove_annotations = {"a"};
  sandbox_edits.selinux.emplace();

  std::vector<policy::EditRecord> records = Describe(policy::ContainerFacts{}, edits);
  EXPECT_EQ(records.size(), 11U);
  for (policy::EditRecord& record : Describe(sandbox, sandbox_edits, "config")) {
    records.push_back(std::move(record));
  }
  EXPECT_EQ(records.size(), 14U);
  for (const policy::EditRecord& record : records) {
    EXPECT_NE(EditFieldIndex(record.field), 0U) << record.field;
  }
}

// The bound for names of our own must never cut off a check.
TEST(LabelValues, EveryCheckHasALabelOfItsOwn) {
  Metrics metrics(NoState);
  audit::Record record = HardenedRecord();
  record.decision.violations.clear();
  record.decision.audit.clear();
  record.decision.warn.clear();
  for (const policy::Check& check : policy::Checks()) {
    record.decision.violations.push_back({check.id, "", ""});
  }
  metrics.CountDecision(record);
  const Scraped now = Parse(metrics.Text());
  EXPECT_EQ(now.CountOf("sekisho_violations_total"), policy::Checks().size());
  EXPECT_EQ(now.Sum("sekisho_violations_total", {{"check", "_other"}}), 0);
}

}  // namespace
}  // namespace sekisho::metrics
