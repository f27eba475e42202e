// The labels of a namespace: as Pod Security Admission reads them, and with the node's own policy.
#include "policy/namespace_labels.h"

#include <gmock/gmock.h>

#include <chrono>
#include <random>
#include <set>

#include "policy/evaluate.h"
#include "policy/policy.h"
#include "policy/repair.h"
#include "unit/policy/check_case.h"
#include "unit/policy/random_facts.h"

namespace sekisho::policy {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr std::chrono::sys_seconds kNow{seconds{1'800'000'000}};

// "baseline:v1.22", or a level alone.
LevelVersion At(const std::string& text) {
  const size_t colon = text.find(':');
  LevelVersion at{*ParseLevel(text.substr(0, colon)), {}};
  if (colon != std::string::npos) {
    at.version = *ParseVersion(text.substr(colon + 1));
  }
  return at;
}

Levels Of(const std::string& enforce, const std::string& audit, const std::string& warn) {
  return {At(enforce), At(audit), At(warn)};
}

std::string Text(const Levels& levels) {
  return levels.enforce.ToString() + " " + levels.audit.ToString() + " " + levels.warn.ToString();
}

struct LabelCase {
  std::string why;
  PodSecurityLabels labels;
  std::string expected;  // enforce audit warn
  Levels defaults = {};
};

std::vector<LabelCase> LabelCases() {
  return {
      {"no label: the defaults",
       {},
       "baseline:v1.20 restricted:latest privileged:latest",
       Of("baseline:v1.20", "restricted", "privileged")},
      {"enforce alone warns at its level",
       {.enforce = "baseline"},
       "baseline:latest privileged:latest baseline:latest"},
      {"with its version",
       {.enforce = "baseline", .enforce_version = "v1.22"},
       "baseline:v1.22 privileged:latest baseline:v1.22"},
      {"but not with its version when warn has one",
       {.enforce = "baseline", .enforce_version = "v1.22", .warn_version = "latest"},
       "baseline:v1.22 privileged:latest baseline:latest"},
      {"a warn version alone is kept",
       {.enforce = "restricted", .warn_version = "v1.23"},
       "restricted:latest privileged:latest restricted:v1.23"},
      {"warn that is given stays, also below enforce",
       {.enforce = "baseline", .warn = "privileged"},
       "baseline:latest privileged:latest privileged:latest"},
      {"warn above enforce",
       {.enforce = "baseline", .warn = "restricted"},
       "baseline:latest privileged:latest restricted:latest"},
      {"a default that warns more strictly stays",
       {.enforce = "baseline"},
       "baseline:latest privileged:latest restricted:v1.25",
       Of("privileged", "privileged", "restricted:v1.25")},
      {"enforce that equals the default's warn changes nothing",
       {.enforce = "baseline"},
       "baseline:latest privileged:latest baseline:v1.25",
       Of("privileged", "privileged", "baseline:v1.25")},
      {"audit alone", {.audit = "baseline"}, "privileged:latest baseline:latest privileged:latest"},
      {"all six",
       {.enforce = "baseline",
        .enforce_version = "v1.20",
        .audit = "restricted",
        .audit_version = "v1.22",
        .warn = "restricted",
        .warn_version = "v1.21"},
       "baseline:v1.20 restricted:v1.22 restricted:v1.21"},
      {"an enforce level that is none is restricted, and warns of nothing",
       {.enforce = "foo"},
       "restricted:latest privileged:latest privileged:latest"},
      {"so is one in capitals",
       {.enforce = "Baseline"},
       "restricted:latest privileged:latest privileged:latest"},
      {"and an empty one",
       {.enforce = ""},
       "restricted:latest privileged:latest privileged:latest"},
      {"and one with a space",
       {.enforce = "baseline "},
       "restricted:latest privileged:latest privileged:latest"},
      {"an audit level that is none is privileged",
       {.audit = "foo"},
       "privileged:latest privileged:latest privileged:latest",
       Of("privileged", "restricted", "privileged")},
      {"a warn level that is none is privileged, also beside enforce",
       {.enforce = "restricted", .warn = "foo"},
       "restricted:latest privileged:latest privileged:latest",
       Of("privileged", "privileged", "baseline")},
      {"a version that is none is latest",
       {.enforce = "baseline", .enforce_version = "1.22"},
       "baseline:latest privileged:latest baseline:latest",
       Of("privileged:v1.19", "privileged", "privileged")},
      {"with a leading zero",
       {.enforce = "baseline", .enforce_version = "v1.022"},
       "baseline:latest privileged:latest baseline:latest"},
      {"a patch version",
       {.enforce = "baseline", .enforce_version = "v1.22.3"},
       "baseline:latest privileged:latest baseline:latest"},
      {"an audit and a warn version that are none",
       {.audit = "baseline", .audit_version = "v2.0", .warn = "baseline", .warn_version = ""},
       "privileged:latest baseline:latest baseline:latest",
       Of("privileged", "privileged:v1.1", "privileged:v1.1")},
      {"a version beyond this build keeps its name",
       {.enforce = "baseline", .enforce_version = "v1.10000"},
       "baseline:v1.10000 privileged:latest baseline:v1.10000"},
      {"a level without a version takes the default's",
       {.enforce = "restricted"},
       "restricted:v1.19 privileged:latest restricted:v1.19",
       Of("baseline:v1.19", "privileged", "privileged")},
      {"a version without a level",
       {.enforce_version = "v1.24"},
       "baseline:v1.24 privileged:latest privileged:latest",
       Of("baseline", "privileged", "privileged")},
  };
}

TEST(NamespaceLabels, AreReadAsPodSecurityAdmissionReadsThem) {
  for (const LabelCase& row : LabelCases()) {
    EXPECT_EQ(Text(LevelsFromLabels(row.labels, row.defaults)), row.expected) << row.why;
  }
}

TEST(NamespaceLabels, TheSixKeysAreKubernetes) {
  std::set<std::string_view> keys;
  for (const PodSecurityLabelKey& key : PodSecurityLabelKeys()) {
    keys.insert(key.key);
  }
  EXPECT_THAT(
      keys, ::testing::ElementsAre(
                "pod-security.kubernetes.io/audit", "pod-security.kubernetes.io/audit-version",
                "pod-security.kubernetes.io/enforce", "pod-security.kubernetes.io/enforce-version",
                "pod-security.kubernetes.io/warn", "pod-security.kubernetes.io/warn-version"));
}

// --- with the node's policy ----------------------------------------------------------------------

PodIdentity PodIn(const std::string& name, PodSource source = PodSource::kApi) {
  return {"web-0", name, "5f1c", 0, source, ""};
}

NamespaceView ViewOf(const std::string& name, const PodSecurityLabels& labels) {
  return {.table = std::make_shared<const NamespaceTable>(
              NamespaceTable::Map{{name, std::make_shared<const PodSecurityLabels>(labels)}}),
          .synced = true,
          .age = seconds(10)};
}

Spec FileSays(const std::string& enforce, LabelMode mode = LabelMode::kFloor) {
  Spec spec = DefaultSpec();
  spec.enforce = At(enforce);
  spec.labels.mode = mode;
  return spec;
}

struct CombinationCase {
  std::string file;
  PodSecurityLabels labels;
  std::string floor;
  std::string follow;
};

TEST(NamespaceLabels, FloorTakesTheStricterAndFollowTheLabels) {
  const std::vector<CombinationCase> rows = {
      {"baseline", {.enforce = "restricted"}, "restricted:latest", "restricted:latest"},
      {"baseline", {.enforce = "privileged"}, "baseline:latest", "privileged:latest"},
      {"restricted", {.enforce = "baseline"}, "restricted:latest", "baseline:latest"},
      {"restricted", {}, "restricted:latest", "restricted:latest"},
      {"privileged", {.enforce = "baseline"}, "baseline:latest", "baseline:latest"},
      {"privileged", {.enforce = "nonsense"}, "restricted:latest", "restricted:latest"},
      {"baseline", {.enforce = "baseline"}, "baseline:latest", "baseline:latest"},
      // A version alone says nothing of a level: nothing is added.
      {"baseline:v1.30", {.enforce_version = "v1.20"}, "baseline:v1.30", "baseline:v1.20"},
      // Neither of two versions forbids all that the other one does: both hold.
      {"baseline:v1.24",
       {.enforce = "baseline", .enforce_version = "v1.34"},
       "baseline:v1.34 and baseline:v1.24",
       "baseline:v1.34"},
      {"baseline:v1.34",
       {.enforce = "baseline", .enforce_version = "v1.24"},
       "baseline:v1.34 and baseline:v1.24",
       "baseline:v1.24"},
      {"baseline",
       {.enforce = "restricted", .enforce_version = "v1.0"},
       "restricted:v1.0 and baseline:latest",
       "restricted:v1.0"},
      {"restricted:v1.22",
       {.enforce = "baseline"},
       "restricted:v1.22 and baseline:latest",
       "baseline:v1.22"},
      // Two names of one version.
      {"baseline",
       {.enforce = "restricted", .enforce_version = "v1.99"},
       "restricted:v1.99",
       "restricted:v1.99"},
  };
  for (const CombinationCase& row : rows) {
    SCOPED_TRACE(row.file + " with " + row.labels.enforce.value_or("-"));
    const NamespaceView view = ViewOf("team", row.labels);
    for (const auto& [mode, expected] :
         {std::pair(LabelMode::kFloor, row.floor), std::pair(LabelMode::kFollow, row.follow),
          std::pair(LabelMode::kIgnore, At(row.file).ToString())}) {
      const Spec file = FileSays(row.file, mode);
      const LevelChoice choice = ChooseLevels(file, view, PodIn("team"));
      EXPECT_EQ(WithLevels(file, choice).EnforcedText(), expected) << LabelModeName(mode);
      EXPECT_EQ(choice.source,
                mode == LabelMode::kIgnore ? LevelSource::kPolicy : LevelSource::kLabels);
    }
  }
}

TEST(NamespaceLabels, AuditAndWarnTakeTheStricterToo) {
  Spec file = FileSays("baseline");
  file.audit = At("restricted:v1.30");
  file.warn = At("baseline:v1.30");
  const PodSecurityLabels labels{
      .enforce = "baseline", .audit = "baseline", .warn = "baseline", .warn_version = "v1.31"};
  const Levels levels = ChooseLevels(file, ViewOf("team", labels), PodIn("team")).levels;
  EXPECT_EQ(Text(levels), "baseline:latest restricted:v1.30 baseline:v1.31");
}

struct AgeCase {
  std::string why;
  WhenStale when_stale;
  std::optional<seconds> age;
  PodSource source = PodSource::kApi;
  std::string namespace_ = "team";
  std::string expected;
  LevelSource by;
  bool synced = true;
};

// The file says baseline, the labels of "team" restricted:v1.30.
TEST(NamespaceLabels, WhatIsOldOrUnknownIsDecidedAsStated) {
  const auto fresh = seconds(10);
  const auto old = seconds(hours(25));
  constexpr PodSource kStatic = PodSource::kStatic;
  const std::string both = "restricted:v1.30 and baseline:latest";
  const std::vector<AgeCase> rows = {
      {"fresh", WhenStale::kRestricted, fresh, PodSource::kApi, "team", both, LevelSource::kLabels},
      {"exactly staleAfter is fresh", WhenStale::kRestricted, hours(24), PodSource::kApi, "team",
       both, LevelSource::kLabels},
      {"stale and kept", WhenStale::kKeep, old, PodSource::kApi, "team", both,
       LevelSource::kStaleLabels},
      {"of unknown age and kept",
       WhenStale::kKeep,
       {},
       PodSource::kApi,
       "team",
       both,
       LevelSource::kStaleLabels},
      {"stale: the file", WhenStale::kFilePolicy, old, PodSource::kApi, "team", "baseline:latest",
       LevelSource::kStale},
      {"stale: restricted", WhenStale::kRestricted, old, PodSource::kApi, "team",
       "restricted:latest", LevelSource::kStale},
      {"never heard of anything: restricted",
       WhenStale::kRestricted,
       {},
       PodSource::kApi,
       "elsewhere",
       "restricted:latest",
       LevelSource::kStale,
       false},
      {"stale, but it may be the API server", WhenStale::kRestricted, old, kStatic, "team",
       "baseline:latest", LevelSource::kStale},
      {"a static pod with fresh labels", WhenStale::kKeep, fresh, kStatic, "team", both,
       LevelSource::kLabels},
      {"a static pod before the first sync", WhenStale::kKeep, fresh, kStatic, "team",
       "baseline:latest", LevelSource::kStaticBeforeSync, false},
      {"another pod before the first sync, by what was on disk", WhenStale::kKeep, fresh,
       PodSource::kApi, "team", both, LevelSource::kLabels, false},
      {"an unknown namespace", WhenStale::kKeep, fresh, PodSource::kApi, "elsewhere",
       "baseline:latest", LevelSource::kUnknownNamespace},
  };
  for (const AgeCase& row : rows) {
    SCOPED_TRACE(row.why);
    NamespaceView view = ViewOf("team", {.enforce = "restricted", .enforce_version = "v1.30"});
    view.age = row.age;
    view.synced = row.synced;
    Spec file = FileSays("baseline");
    file.labels.when_stale = row.when_stale;
    const LevelChoice choice = ChooseLevels(file, view, PodIn(row.namespace_, row.source));
    EXPECT_EQ(WithLevels(file, choice).EnforcedText(), row.expected);
    EXPECT_EQ(choice.source, row.by);
  }
}

TEST(NamespaceLabels, AnUnknownNamespaceCountsAsIfItWereLabelled) {
  const NamespaceView view = ViewOf("team", {});
  for (const auto& [mode, file, expected] :
       {std::tuple(LabelMode::kFloor, "baseline", "restricted:latest"),
        std::tuple(LabelMode::kFollow, "restricted:v1.30", "restricted:v1.30"),
        std::tuple(LabelMode::kIgnore, "baseline", "baseline:latest")}) {
    Spec spec = FileSays(file, mode);
    spec.labels.unknown_namespace = Level::kRestricted;
    EXPECT_EQ(WithLevels(spec, ChooseLevels(spec, view, PodIn("new"))).EnforcedText(), expected);
  }
}

TEST(NamespaceLabels, WithoutAnApiServerTheFileDecidesAlone) {
  Spec spec = FileSays("baseline", LabelMode::kFollow);
  spec.labels.unknown_namespace = Level::kRestricted;
  spec.labels.when_stale = WhenStale::kRestricted;
  EXPECT_EQ(ChooseLevels(spec, {}, PodIn("team")),
            (LevelChoice{{spec.enforce, spec.audit, spec.warn}, {}, LevelSource::kPolicy}));
}

TEST(NamespaceLabels, SourcesHaveStableNames) {
  EXPECT_EQ(LevelSourceName(LevelSource::kPolicy), "");
  EXPECT_EQ(LevelSourceName(LevelSource::kLabels), "labels");
  EXPECT_EQ(LevelSourceName(LevelSource::kStaleLabels), "stale-labels");
  EXPECT_EQ(LevelSourceName(LevelSource::kStale), "stale");
  EXPECT_EQ(LevelSourceName(LevelSource::kUnknownNamespace), "unknown-namespace");
  EXPECT_EQ(LevelSourceName(LevelSource::kStaticBeforeSync), "static-before-sync");
}

// --- through a whole policy ----------------------------------------------------------------------

Policy WithRules(const Spec& defaults, std::vector<Rule> rules = {},
                 std::vector<Exemption> exemptions = {}) {
  return {defaults, std::move(rules), std::move(exemptions)};
}

TEST(PolicyWithLabels, EachRuleHasItsOwnMode) {
  Rule ignoring{.match = {.pods = {"infra-*"}},
                .spec = FileSays("baseline", LabelMode::kIgnore),
                .origin = "infra"};
  const Policy policy = WithRules(FileSays("baseline"), {ignoring});
  const NamespaceView view = ViewOf("team", {.enforce = "restricted"});
  PodIdentity pod = PodIn("team");
  EXPECT_EQ(policy.ForContainer(pod, "c", kNow, view)->enforce.level, Level::kRestricted);
  EXPECT_EQ(policy.ForSandbox(pod, kNow, view)->enforce.level, Level::kRestricted);
  pod.name = "infra-0";
  EXPECT_EQ(policy.ForContainer(pod, "c", kNow, view)->enforce.level, Level::kBaseline);
  EXPECT_EQ(policy.ForSandbox(pod, kNow, view)->enforce.level, Level::kBaseline);
}

TEST(PolicyWithLabels, AnExemptionWinsOverAnyLabel) {
  const Exemption exemption{.match = {.namespaces = {"team"}},
                            .reason = "r",
                            .expires_at = {},
                            .origin = "exemptions[0]"};
  const Policy policy = WithRules(FileSays("baseline:v1.20"), {}, {exemption});
  const NamespaceView view = ViewOf("team", {.enforce = "restricted"});
  for (const SpecPtr& spec : {policy.ForSandbox(PodIn("team"), kNow, view),
                              policy.ForContainer(PodIn("team"), "c", kNow, view)}) {
    EXPECT_EQ(spec->EnforcedText(), "privileged:latest");
    EXPECT_EQ(spec->exemption_reason, "r");
  }
}

TEST(PolicyWithLabels, TheSameLabelsGiveTheSameSpec) {
  const Policy policy = WithRules(FileSays("baseline"));
  const PodSecurityLabels labels{.enforce = "restricted"};
  const SpecPtr one = policy.ForContainer(PodIn("a"), "c", kNow, ViewOf("a", labels));
  const SpecPtr two = policy.ForContainer(PodIn("b"), "c", kNow, ViewOf("b", labels));
  EXPECT_EQ(one, two) << "a spec was copied for a request";
  EXPECT_EQ(one->level_source, LevelSource::kLabels);
}

// Whoever may label a namespace can write as many versions as they like.
TEST(PolicyWithLabels, ManyDifferentLabelsAreAllObeyed) {
  const Policy policy = WithRules(FileSays("baseline"));
  for (int minor = 38; minor < 3000; ++minor) {
    const std::string version = "v1." + std::to_string(minor);
    const SpecPtr spec = policy.ForContainer(
        PodIn("a"), "c", kNow, ViewOf("a", {.enforce = "restricted", .enforce_version = version}));
    ASSERT_EQ(spec->EnforcedText(), "restricted:" + version);
  }
}

// A rule for one container says privileged: whether the sandbox may carry the pod's flag depends on
// what the labels leave of that.
TEST(PolicyWithLabels, ASandboxWaitsForItsContainersOnlyWhereOneMayBePrivileged) {
  for (const auto& [mode, label, waits] : {std::tuple(LabelMode::kFloor, "baseline", false),
                                           std::tuple(LabelMode::kFloor, "privileged", true),
                                           std::tuple(LabelMode::kFollow, "baseline", false),
                                           std::tuple(LabelMode::kIgnore, "baseline", true)}) {
    const Rule rule{
        .match = {.containers = {"agent"}}, .spec = FileSays("privileged", mode), .origin = "rule"};
    const Policy policy = WithRules(FileSays("baseline"), {rule});
    EXPECT_EQ(policy.ForSandbox(PodIn("a"), kNow, ViewOf("a", {.enforce = label}))
                  ->privileged_decided_per_container,
              waits)
        << LabelModeName(mode) << " " << label;
  }
}

// --- two levels beside each other ----------------------------------------------------------------

TEST(TwoLevels, EachSaysItsOwnInItsOwnName) {
  Request r = LegalRequest(Level::kRestricted);
  r.spec.enforce = At("restricted:v1.18");  // before run-as-user and host probes had checks
  r.spec.also_enforce = At("baseline:v1.34");
  r.container.pre_stop_hosts = {"elsewhere"};
  const Decision probes = OfContainer(r);
  EXPECT_EQ(probes.action, Action::kDeny);
  EXPECT_THAT(probes.message, ::testing::StartsWith("violates PodSecurity \"baseline:v1.34\": "));

  r.container.no_new_privs = false;
  const Decision two = OfContainer(r);
  EXPECT_THAT(
      two.message,
      ::testing::AllOf(::testing::StartsWith("violates PodSecurity \"restricted:v1.18\": "),
                       ::testing::HasSubstr("; violates PodSecurity \"baseline:v1.34\": ")));
}

TEST(TwoLevels, WhatBothSayInTheSameWordsIsSaidOnce) {
  Request r = LegalRequest(Level::kBaseline);
  r.spec.enforce = At("baseline:v1.34");
  r.spec.also_enforce = At("baseline:v1.20");
  r.container.privileged = true;
  const Decision decision = OfContainer(r);
  EXPECT_EQ(Ids(decision.violations), "privileged");
  EXPECT_THAT(decision.message, ::testing::Not(::testing::HasSubstr("v1.20")));
}

// A sysctl that only the newer version calls safe is taken out all the same.
TEST(TwoLevels, ARepairSatisfiesBoth) {
  Request r = LegalRequest(Level::kBaseline);
  r.spec.enforce = At("baseline:v1.34");
  r.spec.also_enforce = At("baseline:v1.20");
  r.spec.on_violation[static_cast<size_t>(CheckGroup::kSysctls)] = OnViolation::kHarden;
  r.sandbox.sysctls = {{"net.ipv4.tcp_keepalive_time", "7200"}, {"kernel.shm_rmid_forced", "1"}};
  ASSERT_EQ(OfSandbox(r).action, Action::kHarden);
  const SandboxFacts after = WithEdits(r.sandbox, OfSandbox(r).sandbox_edits);
  EXPECT_EQ(after.sysctls.size(), 1u);
  EXPECT_EQ(WhyNotLegal(r.spec, after), std::nullopt);
}

// --- properties ----------------------------------------------------------------------------------

PodSecurityLabels RandomLabels(std::mt19937& random) {
  static const std::vector<std::optional<std::string>> kLevels = {
      std::nullopt, "privileged", "baseline", "restricted", "nonsense"};
  static const std::vector<std::optional<std::string>> kVersions = {
      std::nullopt, "latest", "v1.0", "v1.18", "v1.22", "v1.24", "v1.31", "v1.34", "v1.99", "x"};
  const auto one = [&random](const auto& of) { return of[random() % of.size()]; };
  return {one(kLevels), one(kVersions), one(kLevels), one(kVersions), one(kLevels), one(kVersions)};
}

NamespaceView RandomView(std::mt19937& random, const std::string& name) {
  NamespaceView view = ViewOf(random() % 8 == 0 ? "another" : name, RandomLabels(random));
  view.synced = random() % 4 != 0;
  view.age = random() % 4 == 0 ? std::nullopt : std::optional(seconds(random() % 200'000));
  return view;
}

// Whatever the labels say, and however old or unknown they are: what the file refuses stays
// refused, and what comes through is legal by the file.
TEST(Property, LabelsNeverLoosenTheFloor) {
  int tightened = 0;
  for (uint32_t seed = 0; seed < 6000 && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    Request r = RandomFacts(seed).Any();
    r.spec.labels.mode = LabelMode::kFloor;
    r.spec.labels.when_stale = static_cast<WhenStale>(random() % 3);
    const NamespaceView view = RandomView(random, r.sandbox.pod.namespace_);
    Request labelled = r;
    labelled.spec = WithLevels(r.spec, ChooseLevels(r.spec, view, r.sandbox.pod));
    const Decision by_file = OfContainer(r);
    const Decision by_both = OfContainer(labelled);
    if (by_file.action == Action::kDeny) {
      EXPECT_EQ(by_both.action, Action::kDeny) << by_file.message;
    } else if (by_both.action == Action::kDeny) {
      ++tightened;
    } else {
      EXPECT_EQ(WhyNotLegal(r.spec, r.sandbox, WithEdits(r.container, by_both.edits)),
                std::nullopt);
    }
    if (OfSandbox(r).action == Action::kDeny) {
      EXPECT_EQ(OfSandbox(labelled).action, Action::kDeny);
    }
  }
  EXPECT_GT(tightened, 200) << "the property holds of labels that say nothing";
}

}  // namespace
}  // namespace sekisho::policy
