#include "replay/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "policy/evaluate.h"

namespace sekisho::replay {
namespace {

using policy::Action;
using policy::Level;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::chrono::sys_seconds kNow =
    std::chrono::sys_days(std::chrono::year(2026) / std::chrono::November / 21);

policy::Policy PolicyAt(Level level) {
  policy::Spec spec = policy::DefaultSpec();
  spec.enforce = {level, {}};
  return {spec, {}, {}};
}

audit::DecidedFacts Facts(bool with_container = true) {
  audit::DecidedFacts facts;
  facts.sandbox.namespaces.pid = policy::NamespaceMode::kContainer;
  facts.sandbox.seccomp.type = policy::ProfileType::kRuntimeDefault;
  if (with_container) {
    policy::ContainerFacts& container = facts.container.emplace();
    container.name = "app";
    container.namespaces = facts.sandbox.namespaces;
    container.seccomp.type = policy::ProfileType::kRuntimeDefault;
    container.masked_paths = {"/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/sched_debug",
                              "/sys/firmware"};
    container.readonly_paths = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
                                "/proc/sysrq-trigger"};
  }
  return facts;
}

audit::Line Allowed(const std::string& pod = "web-6d4cf56db6-x2lpq") {
  audit::Line line;
  line.time = kNow;
  line.method = "CreateContainer";
  line.action = Action::kAllow;
  line.pod = {pod, "shop", "5f0c8a7e-3b1d-4c52-9a36-1f2e3d4c5b6a", 0, policy::PodSource::kApi, ""};
  line.container = "app";
  line.facts = Facts();
  return line;
}

Summary Replayed(const policy::Policy& policy, const std::vector<audit::Line>& lines) {
  Replayer replayer(policy, kNow);
  for (const audit::Line& line : lines) {
    replayer.Add(line);
  }
  return replayer.Finish();
}

// --- changes
// ---------------------------------------------------------------------------------------

TEST(Replay, SaysWhatChangesAndWhy) {
  struct Row {
    const char* name;
    Level level;
    void (*edit)(audit::Line&);
    Change change;
    const char* why;
  };
  const std::vector<Row> kRows = {
      {"nothing", Level::kBaseline, [](audit::Line&) {}, Change::kNone, ""},
      {"stricter", Level::kRestricted, [](audit::Line&) {}, Change::kNewlyRefused,
       "violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation"},
      {"no longer privileged", Level::kBaseline,
       [](audit::Line& line) {
         line.facts->container->seccomp.type = policy::ProfileType::kUnconfined;
       },
       Change::kNewlyHardened, "seccomp: Unconfined -> RuntimeDefault"},
      {"laxer", Level::kPrivileged,
       [](audit::Line& line) {
         line.action = Action::kDeny;
         line.message = "violates PodSecurity \"baseline:latest\": privileged";
       },
       Change::kNewlyAllowed, "no longer violates PodSecurity \"baseline:latest\": privileged"},
      {"hardened no more", Level::kPrivileged,
       [](audit::Line& line) {
         line.action = Action::kHarden;
         line.edits = {{"config.x", "a", "b"}};
       },
       Change::kOtherEdits, "no longer config.x: a -> b"},
      {"hardened otherwise", Level::kBaseline,
       [](audit::Line& line) {
         line.action = Action::kHarden;
         line.edits = {{"config.x", "a", "b"}};
         line.facts->container->seccomp.type = policy::ProfileType::kUnconfined;
       },
       Change::kOtherEdits, "Unconfined -> RuntimeDefault"},
      {"refused for something else", Level::kRestricted,
       [](audit::Line& line) {
         line.action = Action::kDeny;
         line.message = "violates node policy: something else";
       },
       Change::kOtherReason, "violates PodSecurity \"restricted:latest\""},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.name);
    audit::Line line = Allowed();
    row.edit(line);
    const Summary summary = Replayed(PolicyAt(row.level), {line});
    EXPECT_EQ(summary.decisions, 1U);
    EXPECT_EQ(summary.CountOf(row.change), 1U);
    EXPECT_EQ(summary.unchanged, row.change == Change::kNone ? 1U : 0U);
    EXPECT_EQ(summary.uncertain, 0U) << summary.uncertain_why;
    if (row.change == Change::kNone) {
      EXPECT_TRUE(summary.groups.empty());
      continue;
    }
    ASSERT_EQ(summary.groups.size(), 1U);
    EXPECT_EQ(summary.groups[0].change, row.change);
    EXPECT_THAT(summary.groups[0].why, HasSubstr(row.why));
    EXPECT_EQ(summary.groups[0].workload, "web");
    EXPECT_EQ(summary.groups[0].before, policy::ActionName(line.action));
  }
}

TEST(Replay, OnlyDecisionsOfAPolicyOnPodsAndContainersAreMadeAgain) {
  audit::Line error = Allowed();
  error.action = Action::kDeny;
  error.error_id = "identity-mismatch";
  audit::Line without = Allowed();
  without.facts.reset();
  audit::Line half = Allowed();
  half.facts->container.reset();  // a CreateContainer with the facts of its sandbox alone
  audit::Line update = Allowed();
  update.method = "UpdateContainerResources";
  audit::Line sandbox = Allowed();
  sandbox.method = "RunPodSandbox";
  sandbox.container.clear();
  sandbox.facts = Facts(false);
  const Summary summary =
      Replayed(PolicyAt(Level::kBaseline), {error, without, half, update, sandbox});
  EXPECT_EQ(summary.errors, 1U);
  EXPECT_EQ(summary.without_facts, 2U);
  EXPECT_EQ(summary.decisions, 1U);
  EXPECT_EQ(summary.unchanged, 1U);
}

TEST(Replay, PodsOfOneWorkloadAreOneGroup) {
  std::vector<audit::Line> lines;
  for (const char* pod : {"web-6d4cf56db6-x2lpq", "web-6d4cf56db6-bbbbb", "web-7c9f8b5d44-zzzzz"}) {
    audit::Line line = Allowed(pod);
    line.pod.uid = std::string("aaaaaaaa-") + pod;
    // A refusal that names the pod and its uid.
    policy::MountFacts mount;
    mount.container_path = "/x";
    mount.host_path = "/var/lib/kubelet/pods/" + line.pod.uid + "/" + pod;
    mount.origin = policy::MountOrigin::kHostPath;
    line.facts->container->mounts = {mount};
    line.time += std::chrono::seconds(lines.size());
    lines.push_back(line);
  }
  const Summary summary = Replayed(PolicyAt(Level::kBaseline), lines);
  ASSERT_EQ(summary.groups.size(), 1U) << ToText(summary, 200, false);
  EXPECT_EQ(summary.groups[0].count, 3U);
  EXPECT_EQ(summary.groups[0].last, lines[2].time);
  EXPECT_EQ(summary.groups[0].why.find("x2lpq"), std::string::npos) << summary.groups[0].why;
  EXPECT_EQ(summary.first, lines[0].time);
  EXPECT_EQ(summary.last, lines[2].time);
}

TEST(Replay, GroupsAreBoundedAndCountedBeyondTheBound) {
  const policy::Policy policy = PolicyAt(Level::kRestricted);
  Replayer replayer(policy, kNow);
  audit::Line line = Allowed();
  for (size_t i = 0; i < Replayer::kGroupsMax + 7; ++i) {
    line.pod.namespace_ = "n" + std::to_string(i);
    replayer.Add(line);
    replayer.Add(line);
  }
  const Summary summary = replayer.Finish();
  EXPECT_EQ(summary.groups.size(), Replayer::kGroupsMax);
  EXPECT_EQ(summary.dropped, 7U);
  EXPECT_EQ(summary.CountOf(Change::kNewlyRefused), 2 * (Replayer::kGroupsMax + 7));
  EXPECT_EQ(summary.groups[0].count, 2U);
}

TEST(Replay, WhatRunsNowIsComparedWithBeingLeftAlone) {
  const policy::Policy policy = PolicyAt(Level::kRestricted);
  Replayer replayer(policy, kNow);
  replayer.AddRunning(Allowed().pod, Facts());
  replayer.AddUnknown();
  const Summary summary = replayer.Finish();
  EXPECT_TRUE(summary.live);
  EXPECT_EQ(summary.CountOf(Change::kNewlyRefused), 1U);
  EXPECT_EQ(summary.without_facts, 1U);
  ASSERT_EQ(summary.groups.size(), 1U);
  EXPECT_EQ(summary.groups[0].before, "running");
  EXPECT_THAT(ToText(summary, 100, false), HasSubstr("running -> deny"));
  EXPECT_THAT(ToText(summary, 100, false), HasSubstr("1 running container: 1 newly refused"));
}

// --- labels
// ----------------------------------------------------------------------------------------

TEST(Replay, TheLabelsAreThoseOfThen) {
  const policy::Policy baseline = PolicyAt(Level::kBaseline);
  audit::Line line = Allowed();
  line.facts->labels = policy::PodSecurityLabels{.enforce = "restricted"};
  line.level_source = "labels";
  EXPECT_EQ(Replayed(baseline, {line}).CountOf(Change::kNewlyRefused), 1U);
  line.facts->labels.reset();
  line.level_source.clear();
  EXPECT_EQ(Replayed(baseline, {line}).unchanged, 1U);

  policy::Spec spec = policy::DefaultSpec();
  spec.labels.unknown_namespace = Level::kRestricted;
  spec.labels.when_stale = policy::WhenStale::kRestricted;
  const policy::Policy careful(spec, {}, {});
  EXPECT_EQ(Replayed(careful, {line}).unchanged, 1U) << "no API server was asked then";
  for (const char* source : {"unknown-namespace", "stale", "stale-labels"}) {
    SCOPED_TRACE(source);
    line.level_source = source;
    EXPECT_EQ(Replayed(careful, {line}).CountOf(Change::kNewlyRefused), 1U);
  }
  line.level_source = "static-before-sync";
  line.pod.source = policy::PodSource::kStatic;
  EXPECT_EQ(Replayed(careful, {line}).unchanged, 1U);
}

TEST(Replay, ExemptionsThatHaveExpiredSinceHoldNoLonger) {
  policy::Spec spec = policy::DefaultSpec();
  spec.enforce = {Level::kRestricted, {}};
  const policy::Policy policy(spec, {},
                              {{.match = {.namespaces = {"shop"}},
                                .reason = "for now",
                                .expires_at = kNow,
                                .origin = "policy.yaml: exemptions[0]"}});
  Replayer before(policy, kNow - std::chrono::seconds(1));
  before.Add(Allowed());
  EXPECT_EQ(before.Finish().unchanged, 1U);
  EXPECT_EQ(Replayed(policy, {Allowed()}).CountOf(Change::kNewlyRefused), 1U);
}

// --- text and JSON
// ----------------------------------------------------------------------------------

TEST(Replay, TheTextIsATableWithReasonsAndTotals) {
  audit::Line other = Allowed("db-0");
  other.container = "関所\x1b[31m";
  const Summary summary =
      Replayed(PolicyAt(Level::kRestricted), {Allowed(), Allowed("web-6d4cf56db6-bbbbb"), other});
  const std::string text = ToText(summary, 80, false);
  EXPECT_THAT(text, HasSubstr("newly refused: 3 requests in 2 groups\n"
                              "       2  allow -> deny shop/web container app\n"));
  EXPECT_THAT(text, HasSubstr("violates PodSecurity \"restricted:latest\":"));
  EXPECT_THAT(text, HasSubstr("by defaults, for instance pod web-6d4cf56db6-x2lpq"));
  EXPECT_THAT(text, HasSubstr("3 decisions made again: 3 newly refused, 0 newly hardened"));
  EXPECT_THAT(text, EndsWith("\n"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b"))) << "nobody's name steers the terminal";
  EXPECT_THAT(ToText(summary, 80, true), HasSubstr("\x1b[1;31mdeny\x1b[0m"));
}

TEST(Replay, TheTextSaysWhatItDoesNotCover) {
  Summary summary;
  summary.decisions = 5;
  summary.unchanged = 5;
  summary.without_facts = 2;
  summary.errors = 1;
  summary.uncertain = 3;
  summary.uncertain_why = "the profile /p was not looked at then";
  summary.dropped = 4;
  const std::string text = ToText(summary, 400, false);
  EXPECT_THAT(text, HasSubstr("2 decisions left out: recorded without"));
  EXPECT_THAT(text, HasSubstr("1 request left out: refused then for an error"));
  EXPECT_THAT(text, HasSubstr("3 of the answers may be wrong; of the first, the profile /p"));
  EXPECT_THAT(text, HasSubstr("4 more groups did not fit"));
}

TEST(Replay, TheJsonHasTheSameFigures) {
  const nlohmann::json json =
      nlohmann::json::parse(ToJson(Replayed(PolicyAt(Level::kRestricted), {Allowed()})));
  EXPECT_EQ(json.at("decisions"), 1);
  EXPECT_EQ(json.at("unchanged"), 0);
  EXPECT_EQ(json.at("changed").at("newly-refused"), 1);
  EXPECT_EQ(json.at("changed").size(), 5U);
  EXPECT_EQ(json.at("first"), "2026-11-21T00:00:00.000000Z");
  const nlohmann::json& group = json.at("groups").at(0);
  EXPECT_EQ(group.at("change"), "newly-refused");
  EXPECT_EQ(group.at("namespace"), "shop");
  EXPECT_EQ(group.at("workload"), "web");
  EXPECT_EQ(group.at("container"), "app");
  EXPECT_EQ(group.at("before"), "allow");
  EXPECT_EQ(group.at("after"), "deny");
  EXPECT_EQ(group.at("count"), 1);
  EXPECT_EQ(ToJson({}).back(), '\n');
}

// --- workloads
// --------------------------------------------------------------------------------------

TEST(WorkloadOf, TakesOffWhatAControllerAdded) {
  const struct {
    const char* pod;
    const char* node;
    const char* workload;
  } kRows[] = {
      {"web-6d4cf56db6-x2lpq", "", "web"},  // Deployment
      {"my-web-app-6d4cf56db6-x2lpq", "", "my-web-app"},
      {"agent-x2lpq", "", "agent"},  // DaemonSet, Job
      {"db-0", "", "db"},            // StatefulSet
      {"db-12", "", "db"},
      {"backup-28391040-zbcdf", "", "backup"},  // CronJob
      {"kube-proxy-worker-3", "worker-3", "kube-proxy"},
      {"kube-proxy-worker-3", "", "kube-proxy-worker"},  // whose node is not known
      {"worker-3", "worker-3", "worker"},
      {"web", "", "web"},
      {"web-proxy", "", "web-proxy"},  // no random name has these letters
      {"frontend-nginx", "", "frontend-nginx"},
      {"-x2lpq", "", "-x2lpq"},
      {"", "", ""},
      {"-", "", "-"},
      {"2024", "", "2024"},
      {"a-20240101", "", "a-20240101"},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(WorkloadOf(row.pod, row.node), row.workload) << row.pod;
  }
}

}  // namespace
}  // namespace sekisho::replay
