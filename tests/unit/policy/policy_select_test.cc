// Which rule and which exemption apply to a pod or container.
#include <gmock/gmock.h>

#include <chrono>

#include "policy/evaluate.h"
#include "policy/policy.h"

namespace sekisho::policy {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr sys_seconds kNow{seconds{1'800'000'000}};

PodIdentity Pod() {
  return {"web-0", "payments-eu", "5f1c", 0, PodSource::kStatic, "kata"};
}

Rule RuleFor(Match match, std::string origin, Level level = Level::kBaseline) {
  Rule rule;
  rule.match = std::move(match);
  rule.origin = origin;
  rule.spec.enforce.level = level;
  rule.spec.origin = std::move(origin);
  return rule;
}

Exemption Exempt(Match match, std::optional<sys_seconds> expires_at = std::nullopt) {
  return {std::move(match), "because", expires_at, "exemption"};
}

// --- precedence
// -----------------------------------------------------------------------------------------

struct Rivals {
  std::string_view why;
  Match winner;
  Match loser;
};

// Every match below matches Pod() and its container "api".
std::vector<Rivals> AllRivals() {
  const std::vector<std::string> exact = {"payments-eu"};
  return {
      {"a container before a pod", {.containers = {"*"}}, {.pods = {"web-0"}}},
      {"a container before everything else",
       {.containers = {"*"}},
       {.namespaces = exact,
        .pods = {"web-0"},
        .runtime_handlers = {"kata"},
        .source = PodSource::kStatic}},
      {"of two with a container, the one with a pod",
       {.pods = {"web-*"}, .containers = {"api"}},
       {.namespaces = exact, .containers = {"api"}}},
      {"a pod before a namespace", {.pods = {"*"}}, {.namespaces = exact}},
      {"an exact namespace before a glob, however long",
       {.namespaces = exact},
       {.namespaces = {"payments-e?"}}},
      {"the longer beginning", {.namespaces = {"payments-*"}}, {.namespaces = {"pay*"}}},
      {"the beginning counts, not the end",
       {.namespaces = {"pa*"}},
       {.namespaces = {"p*ayments-eu"}}},
      {"a question mark ends the beginning too",
       {.namespaces = {"payments*"}},
       {.namespaces = {"p?yments-eu"}}},
      {"any namespace before none", {.namespaces = {"*"}}, {}},
      {"a list is as exact as its vaguest pattern",
       {.namespaces = {"pay*"}},
       {.namespaces = {"payments-eu", "*"}}},
      {"a namespace before a source",
       {.namespaces = {"*"}},
       {.runtime_handlers = {"kata"}, .source = PodSource::kStatic}},
      {"a source before a handler", {.source = PodSource::kStatic}, {.runtime_handlers = {"kata"}}},
      {"a source before none",
       {.namespaces = exact, .source = PodSource::kStatic},
       {.namespaces = exact, .runtime_handlers = {"kata"}}},
      {"a handler before none", {.runtime_handlers = {"kata"}}, {}},
  };
}

TEST(Precedence, TheMoreSpecificRuleAppliesWhereverItStands) {
  for (const Rivals& r : AllRivals()) {
    SCOPED_TRACE(r.why);
    const Rule winner = RuleFor(r.winner, "winner");
    const Rule loser = RuleFor(r.loser, "loser");
    for (const auto& rules : {std::vector{winner, loser}, std::vector{loser, winner}}) {
      const Policy policy({}, rules, {});
      EXPECT_EQ(policy.rules().front().origin, "winner");
      EXPECT_EQ(policy.ForContainer(Pod(), "api", kNow)->origin, "winner");
      const Policy without({}, {loser}, {});
      EXPECT_EQ(without.ForContainer(Pod(), "api", kNow)->origin, "loser") << "it matches, too";
    }
  }
}

// More rules than a sort would insert one by one, and so keep in order by chance.
TEST(Precedence, OfEqualsTheFirstInTheFileApplies) {
  std::vector<Rule> rules;
  std::vector<std::string> expected;
  for (int i = 0; i < 60; ++i) {
    rules.push_back(RuleFor({.namespaces = {"*-eu"}}, "vaguer"));
    expected.push_back("rules[" + std::to_string(i) + "]");
    rules.push_back(
        RuleFor({.namespaces = {i % 2 == 0 ? "payments-*" : "payments-?"}}, expected.back()));
  }
  expected.resize(120, "vaguer");
  const Policy policy({}, rules, {});
  std::vector<std::string> order;
  for (const Rule& rule : policy.rules()) {
    order.push_back(rule.origin);
  }
  EXPECT_EQ(order, expected);
  EXPECT_EQ(policy.ForContainer(Pod(), "api", kNow)->origin, "rules[0]");
}

TEST(Precedence, ARuleThatDoesNotMatchIsPassedOver) {
  const struct {
    std::string_view why;
    Match match;
  } cases[] = {
      {"namespace", {.namespaces = {"payments"}}},
      {"one list of several", {.namespaces = {"payments-eu"}, .pods = {"db-*"}}},
      {"container", {.containers = {"ap"}}},
      {"handler: exact, no glob", {.runtime_handlers = {"ka*"}}},
      {"handler: the default one", {.runtime_handlers = {""}}},
      {"source", {.source = PodSource::kApi}},
      {"source: unknown is a value of its own", {.source = PodSource::kUnknown}},
  };
  for (const auto& c : cases) {
    const Policy policy({}, {RuleFor(c.match, "rule")}, {Exempt(c.match)});
    EXPECT_EQ(policy.ForContainer(Pod(), "api", kNow)->origin, "defaults") << c.why;
  }
}

TEST(Precedence, OnePatternOfAListIsEnough) {
  const Policy policy({},
                      {RuleFor({.namespaces = {"shop", "payments-*"},
                                .pods = {"db", "web-?"},
                                .containers = {"sidecar", "api"},
                                .runtime_handlers = {"", "kata"}},
                               "rule")},
                      {});
  EXPECT_EQ(policy.ForContainer(Pod(), "api", kNow)->origin, "rule");
}

TEST(Precedence, TheDefaultHandlerHasNoName) {
  PodIdentity pod = Pod();
  pod.runtime_handler = "";
  const Policy policy({}, {RuleFor({.runtime_handlers = {""}}, "rule")}, {});
  EXPECT_EQ(policy.ForContainer(pod, "api", kNow)->origin, "rule");
}

TEST(Precedence, NothingMatchesTheDefaultsApply) {
  Spec defaults;
  defaults.enforce.level = Level::kRestricted;
  const Policy policy(defaults, {RuleFor({.namespaces = {"shop"}}, "rule")}, {});
  EXPECT_EQ(policy.ForContainer(Pod(), "api", kNow)->enforce.level, Level::kRestricted);
  EXPECT_EQ(policy.ForSandbox(Pod(), kNow)->enforce.level, Level::kRestricted);
}

TEST(Precedence, ASandboxHasNoContainerName) {
  const Policy policy({}, {RuleFor({.containers = {"*"}}, "container"), RuleFor({}, "pod")}, {});
  EXPECT_EQ(policy.ForSandbox(Pod(), kNow)->origin, "pod");
  EXPECT_EQ(policy.ForContainer(Pod(), "", kNow)->origin, "container");
}

// --- exemptions
// -----------------------------------------------------------------------------------------

TEST(Exemptions, LiftWhatTheRuleSays) {
  const Policy policy({}, {RuleFor({}, "rule", Level::kRestricted)},
                      {Exempt({.namespaces = {"payments-*"}})});
  for (const Spec& spec :
       {*policy.ForSandbox(Pod(), kNow), *policy.ForContainer(Pod(), "api", kNow)}) {
    EXPECT_EQ(spec.enforce.level, Level::kPrivileged);
    EXPECT_EQ(spec.exemption_reason, "because");
    EXPECT_EQ(spec.origin, "exemption");
  }
  PodIdentity other = Pod();
  other.namespace_ = "shop";
  EXPECT_EQ(policy.ForSandbox(other, kNow)->enforce.level, Level::kRestricted);
  EXPECT_EQ(policy.ForSandbox(other, kNow)->exemption_reason, std::nullopt);
}

TEST(Exemptions, KeepTheLevelsThatOnlyReport) {
  Spec defaults;
  defaults.audit.level = Level::kRestricted;
  defaults.warn.level = Level::kBaseline;
  const Policy policy(defaults, {}, {Exempt({})});
  EXPECT_EQ(policy.ForSandbox(Pod(), kNow)->audit.level, Level::kRestricted);
  EXPECT_EQ(policy.ForSandbox(Pod(), kNow)->warn.level, Level::kBaseline);
}

TEST(Exemptions, EndAtTheInstant) {
  const sys_seconds end = kNow;
  for (const Match& match : {Match{}, Match{.containers = {"api"}}}) {
    const Policy policy({}, {}, {Exempt(match, end)});
    EXPECT_TRUE(policy.ForContainer(Pod(), "api", end - seconds{1})->exemption_reason.has_value());
    EXPECT_FALSE(policy.ForContainer(Pod(), "api", end)->exemption_reason.has_value());
    EXPECT_FALSE(policy.ForContainer(Pod(), "api", end + seconds{1})->exemption_reason.has_value());
  }
  const Policy pods({}, {}, {Exempt({}, end)});
  EXPECT_TRUE(pods.ForSandbox(Pod(), end - seconds{1})->exemption_reason.has_value());
  EXPECT_FALSE(pods.ForSandbox(Pod(), end)->exemption_reason.has_value());
  EXPECT_EQ(pods.ForSandbox(Pod(), end)->enforce.level, Level::kBaseline);
}

TEST(Exemptions, WithoutAnEndHold) {
  const Policy policy({}, {}, {Exempt({})});
  EXPECT_TRUE(policy.ForSandbox(Pod(), sys_seconds::max())->exemption_reason.has_value());
}

TEST(Exemptions, AnExpiredOneDoesNotHideTheNext) {
  Exemption expired = Exempt({}, kNow);
  expired.reason = "expired";
  const Policy policy({}, {}, {expired, Exempt({})});
  EXPECT_EQ(policy.ForSandbox(Pod(), kNow)->exemption_reason, "because");
}

TEST(Exemptions, OfAContainerAreOfThatContainerOnly) {
  const Policy policy({}, {}, {Exempt({.containers = {"agent"}})});
  EXPECT_EQ(policy.ForContainer(Pod(), "agent", kNow)->enforce.level, Level::kPrivileged);
  EXPECT_EQ(policy.ForContainer(Pod(), "api", kNow)->enforce.level, Level::kBaseline);
  EXPECT_EQ(policy.ForSandbox(Pod(), kNow)->enforce.level, Level::kBaseline);
}

// --- the sandbox's privileged flag
// ----------------------------------------------------------------------

TEST(PrivilegedPerContainer, OnlyWhereSomeContainerOfThePodMayBePrivileged) {
  const Match agent = {.namespaces = {"payments-*"}, .containers = {"agent"}};
  const Match elsewhere = {.namespaces = {"shop"}, .containers = {"agent"}};
  const struct {
    std::string_view why;
    std::vector<Rule> rules;
    std::vector<Exemption> exemptions;
    bool expected;
  } cases[] = {
      {"no rule", {}, {}, false},
      {"a rule of a container", {RuleFor(agent, "r", Level::kPrivileged)}, {}, true},
      {"a rule of a container of another namespace",
       {RuleFor(elsewhere, "r", Level::kPrivileged)},
       {},
       false},
      {"a rule of a container that allows less",
       {RuleFor(agent, "r", Level::kBaseline)},
       {},
       false},
      {"an exemption of a container", {}, {Exempt(agent)}, true},
      {"an exemption that still holds", {}, {Exempt(agent, kNow + seconds{1})}, true},
      {"an exemption that has just expired", {}, {Exempt(agent, kNow)}, false},
      {"an exemption elsewhere", {}, {Exempt(elsewhere)}, false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const Spec spec = *Policy({}, c.rules, c.exemptions).ForSandbox(Pod(), kNow);
    EXPECT_EQ(spec.privileged_decided_per_container, c.expected);
    EXPECT_EQ(spec.enforce.level, Level::kBaseline);
    SandboxFacts sandbox;
    sandbox.privileged = true;
    EXPECT_EQ(EvaluateSandbox(spec, sandbox).action, c.expected ? Action::kAllow : Action::kDeny);
  }
}

// The flag is waived, not the check: the container that is not named is still refused.
TEST(PrivilegedPerContainer, TheContainersAreJudgedOneByOne) {
  const Policy policy({}, {}, {Exempt({.containers = {"agent"}})});
  ContainerFacts container;
  container.privileged = true;
  for (const auto& [name, action] :
       {std::pair{"agent", Action::kAllow}, std::pair{"api", Action::kDeny}}) {
    container.name = name;
    EXPECT_EQ(EvaluateContainer(*policy.ForContainer(Pod(), name, kNow), {}, container).action,
              action)
        << name;
  }
}

}  // namespace
}  // namespace sekisho::policy
