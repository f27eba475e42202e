// `namespaceLabels`: what is read, what is refused, and what a rule inherits.
#include <gmock/gmock.h>

#include "policy/policy.h"
#include "unit/config/config_files.h"

namespace sekisho::config {
namespace {

using policy::LabelMode;
using policy::LabelRules;
using policy::Level;
using policy::WhenStale;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LabelRulesTest : public ConfigFiles {
 protected:
  void SetUp() override {
    ConfigFiles::SetUp();
    config_.kubeconfig = "/etc/kubernetes/kubelet.conf";  // only that one is named
  }

  // Of the defaults of a policy with this line; nothing when it does not load.
  std::optional<LabelRules> RulesOf(const std::string& line) {
    const auto result = LoadPolicyText(std::string(kPolicyHeader) + line);
    EXPECT_THAT(Texts(result.errors), IsEmpty()) << line;
    EXPECT_THAT(Texts(result.value.warnings), IsEmpty()) << line;
    return result.ok() ? std::optional(result.value.policy->defaults().labels) : std::nullopt;
  }
};

TEST_F(LabelRulesTest, TheDefaultIsAFloorThatKeepsWhatItKnows) {
  const LabelRules rules = RulesOf("").value();
  EXPECT_EQ(rules, LabelRules());
  EXPECT_EQ(rules.mode, LabelMode::kFloor);
  EXPECT_EQ(rules.stale_after, hours(24));
  EXPECT_EQ(rules.when_stale, WhenStale::kKeep);
  EXPECT_EQ(rules.unknown_namespace, std::nullopt);
}

TEST_F(LabelRulesTest, AWordOrAMappingIsRead) {
  struct Row {
    std::string text;  // behind "namespaceLabels: "
    LabelRules want;
  };
  const std::vector<Row> rows = {
      {"floor", {}},
      {"follow", {.mode = LabelMode::kFollow}},
      {"ignore", {.mode = LabelMode::kIgnore}},
      {"\"follow\"", {.mode = LabelMode::kFollow}},
      {"{}", {}},
      {"{mode: floor}", {}},
      {"{mode: follow}", {.mode = LabelMode::kFollow}},
      {"{mode: ignore}", {.mode = LabelMode::kIgnore}},
      {"{staleAfter: 15m}", {.stale_after = minutes(15)}},
      {"{whenStale: keep}", {.when_stale = WhenStale::kKeep}},
      {"{whenStale: filePolicy}", {.when_stale = WhenStale::kFilePolicy}},
      {"{whenStale: restricted}", {.when_stale = WhenStale::kRestricted}},
      {"{unknownNamespace: filePolicy}", {.unknown_namespace = std::nullopt}},
      {"{unknownNamespace: baseline}", {.unknown_namespace = Level::kBaseline}},
      {"{unknownNamespace: restricted}", {.unknown_namespace = Level::kRestricted}},
      {"{mode: follow, staleAfter: 90s, whenStale: restricted, unknownNamespace: baseline}",
       {.mode = LabelMode::kFollow,
        .stale_after = seconds(90),
        .when_stale = WhenStale::kRestricted,
        .unknown_namespace = Level::kBaseline}},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(RulesOf("namespaceLabels: " + row.text + "\n"), row.want) << row.text;
  }
}

TEST_F(LabelRulesTest, ADurationIsANumberAndAUnit) {
  const std::vector<std::pair<std::string, seconds>> right = {
      {"1s", seconds(1)},       {"90s", seconds(90)},       {"15m", minutes(15)},
      {"24h", hours(24)},       {"\"24h\"", hours(24)},     {"8760h", hours(8760)},
      {"525600m", hours(8760)}, {"31536000s", hours(8760)},
  };
  for (const auto& [text, want] : right) {
    const auto rules = RulesOf("namespaceLabels: {staleAfter: " + text + "}\n");
    EXPECT_EQ(rules.value().stale_after, want) << text;
  }
  const std::vector<std::string> wrong = {
      "0s",
      "0h",
      "8761h",
      "525601m",
      "31536001s",
      "1d",
      "1h30m",
      "-5m",
      "-0s",
      "+5m",
      "5",
      "m",
      "h5",
      "5 m",
      "1.5h",
      "5M",
      "5ms",
      "0x5m",
      "9223372036854775807h",  // times 3600 overflows
      "9223372036854775808s",  // the number itself does
      "99999999999999999999999999s",
  };
  for (const std::string& text : wrong) {
    const auto result = LoadPolicyText(std::string(kPolicyHeader) +
                                       "namespaceLabels: {staleAfter: " + text + "}\n");
    EXPECT_THAT(Texts(result.errors),
                ElementsAre("policy.yaml:4:31: namespaceLabels.staleAfter: \"" + text +
                            "\" is no duration from 1s to 8760h (write a number and s, m or h: "
                            "90s, 15m, 24h)"));
    EXPECT_EQ(result.value.policy, nullptr) << text;
  }
}

// Beside each wrong text stands the right one, which must load.
TEST_F(LabelRulesTest, WrongAndRight) {
  struct Case {
    std::string wrong;  // line 4 and following
    std::string error;
    std::string right;
  };
  const std::string modes = R"( (one of: floor, follow, ignore))";
  const std::vector<Case> cases = {
      {"namespaceLabels: strict\n",
       R"(policy.yaml:4:18: namespaceLabels: unknown value "strict")" + modes,
       "namespaceLabels: floor\n"},
      {"namespaceLabels: Follow\n",
       R"(policy.yaml:4:18: namespaceLabels: unknown value "Follow" (did you mean "follow"?))",
       "namespaceLabels: follow\n"},
      {"namespaceLabels: false\n",
       R"(policy.yaml:4:18: namespaceLabels: unknown value "false")" + modes,
       "namespaceLabels: ignore\n"},
      {"namespaceLabels: \"\"\n", "policy.yaml:4:18: namespaceLabels: must not be empty",
       "namespaceLabels: \"floor\"\n"},
      {"namespaceLabels: [floor]\n",
       "policy.yaml:4:18: namespaceLabels: expected a single value, found a list",
       "namespaceLabels: floor\n"},
      {"namespaceLabels:\n",
       "policy.yaml:4:1: namespaceLabels: has no value (write a value, or leave the key out)",
       "namespaceLabels: {}\n"},
      {"namespaceLabel: floor\n",
       R"(policy.yaml:4:1: namespaceLabel: unknown key (did you mean "namespaceLabels"?))",
       "namespaceLabels: floor\n"},
      {"namespaceLabels:\n  mode: flor\n",
       R"(policy.yaml:5:9: namespaceLabels.mode: unknown value "flor" (did you mean "floor"?))",
       "namespaceLabels:\n  mode: floor\n"},
      {"namespaceLabels: {mode: {}}\n",
       "policy.yaml:4:25: namespaceLabels.mode: expected a single value, found a mapping",
       "namespaceLabels: {mode: floor}\n"},
      {"namespaceLabels: {maxAge: 24h}\n",
       "policy.yaml:4:19: namespaceLabels.maxAge: unknown key (one of: mode, staleAfter, "
       "whenStale, unknownNamespace)",
       "namespaceLabels: {staleAfter: 24h}\n"},
      {"namespaceLabels: {mode: floor, mode: follow}\n",
       "policy.yaml:4:32: namespaceLabels.mode: given a second time; the first is at line 4 "
       "(keep one of the two)",
       "namespaceLabels: {mode: floor}\n"},
      {"namespaceLabels: {staleAfter: [24h]}\n",
       "policy.yaml:4:31: namespaceLabels.staleAfter: expected a single value, found a list",
       "namespaceLabels: {staleAfter: 24h}\n"},
      {"namespaceLabels: {whenStale: deny}\n",
       R"(policy.yaml:4:30: namespaceLabels.whenStale: unknown value "deny")"
       " (one of: keep, filePolicy, restricted)",
       "namespaceLabels: {whenStale: restricted}\n"},
      {"namespaceLabels: {whenStale: baseline}\n",
       R"(policy.yaml:4:30: namespaceLabels.whenStale: unknown value "baseline")"
       " (one of: keep, filePolicy, restricted)",
       "namespaceLabels: {whenStale: filePolicy}\n"},
      // What nobody labelled is never let off.
      {"namespaceLabels: {unknownNamespace: privileged}\n",
       R"(policy.yaml:4:37: namespaceLabels.unknownNamespace: unknown value "privileged")"
       " (one of: filePolicy, baseline, restricted)",
       "namespaceLabels: {unknownNamespace: baseline}\n"},
      {"rules:\n- match: {source: api}\n  namespaceLabels: none\n",
       R"(policy.yaml:6:20: rules[0].namespaceLabels: unknown value "none")" + modes,
       "rules:\n- match: {source: api}\n  namespaceLabels: ignore\n"},
      // Age and the like are of the node, not of a rule.
      {"rules:\n- match: {source: api}\n  namespaceLabels: {mode: ignore}\n",
       "policy.yaml:6:20: rules[0].namespaceLabels: expected a single value, found a mapping",
       "rules:\n- match: {source: api}\n  namespaceLabels: follow\n"},
      {"exemptions:\n- match: {source: api}\n  reason: r\n  namespaceLabels: ignore\n",
       "policy.yaml:7:3: exemptions[0].namespaceLabels: unknown key (one of: match, reason, "
       "expires)",
       "exemptions:\n- match: {source: api}\n  reason: r\n"},
  };
  for (const Case& c : cases) {
    const auto wrong = LoadPolicyText(std::string(kPolicyHeader) + c.wrong);
    EXPECT_THAT(Texts(wrong.errors), ElementsAre(c.error)) << c.wrong;
    EXPECT_EQ(wrong.value.policy, nullptr) << c.wrong;
    const auto right = LoadPolicyText(std::string(kPolicyHeader) + c.right);
    EXPECT_THAT(Texts(right.errors), IsEmpty()) << c.right;
  }
}

TEST_F(LabelRulesTest, ARuleHasItsOwnModeAndInheritsTheRest) {
  Write("policy.d/team.yaml", std::string(kDropInHeader) +
                                  "rules:\n"
                                  "- match: {namespaces: [dropped]}\n"
                                  "  namespaceLabels: follow\n");
  const auto result =
      LoadPolicyText(std::string(kPolicyHeader) +
                     "namespaceLabels: {mode: ignore, staleAfter: 2h, whenStale: filePolicy, "
                     "unknownNamespace: restricted}\n"
                     "rules:\n"
                     "- match: {namespaces: [silent]}\n"
                     "- match: {namespaces: [floor]}\n"
                     "  namespaceLabels: floor\n");
  ASSERT_THAT(Texts(result.errors), IsEmpty());
  std::map<std::string, LabelRules> by_namespace;
  for (const policy::Rule& rule : result.value.policy->rules()) {
    by_namespace[rule.match.namespaces.at(0)] = rule.spec.labels;
  }
  LabelRules want{.mode = LabelMode::kIgnore,
                  .stale_after = hours(2),
                  .when_stale = WhenStale::kFilePolicy,
                  .unknown_namespace = Level::kRestricted};
  EXPECT_EQ(result.value.policy->defaults().labels, want);
  EXPECT_EQ(by_namespace.at("silent"), want);
  want.mode = LabelMode::kFloor;
  EXPECT_EQ(by_namespace.at("floor"), want);
  want.mode = LabelMode::kFollow;
  EXPECT_EQ(by_namespace.at("dropped"), want);
}

TEST_F(LabelRulesTest, ADropInSaysNothingForTheWholeNode) {
  Write("policy.yaml", kPolicyHeader);
  Write("policy.d/a.yaml", std::string(kDropInHeader) + "namespaceLabels: ignore\nrevision: 3\n");
  EXPECT_THAT(Texts(Load().errors),
              ElementsAre("policy.d/a.yaml:3:1: namespaceLabels: a drop-in file holds only rules "
                          "and exemptions (move it to the main policy file)",
                          "policy.d/a.yaml:4:1: revision: a drop-in file holds only rules and "
                          "exemptions (move it to the main policy file)"));
}

// Labels that nobody asks for are no error: the same policy may be for other nodes, too.
TEST_F(LabelRulesTest, FollowingWhatIsNeverHeardIsWarnedAboutOnce) {
  const std::string words =
      ": labels are never heard of: the policy decides alone "
      "(give kubernetes.kubeconfig in config.yaml)";
  const std::string rules =
      "rules:\n"
      "- match: {namespaces: [a]}\n"
      "  namespaceLabels: ignore\n"
      "- match: {namespaces: [b]}\n"
      "  namespaceLabels: follow\n"
      "- match: {namespaces: [c]}\n"
      "  namespaceLabels: follow\n";
  struct Row {
    std::string text;
    std::vector<std::string> warnings;
  };
  const std::vector<Row> rows = {
      {"", {}},
      {"namespaceLabels: floor\n", {}},  // tightens where it can
      {"namespaceLabels: ignore\n", {}},
      {"namespaceLabels: {staleAfter: 1h}\n", {}},
      {"namespaceLabels: follow\n", {"policy.yaml:4:18: namespaceLabels" + words}},
      {"namespaceLabels:\n  mode: follow\n", {"policy.yaml:5:9: namespaceLabels.mode" + words}},
      {rules, {"policy.yaml:8:20: rules[1].namespaceLabels" + words}},
      {"namespaceLabels: follow\n" + rules, {"policy.yaml:4:18: namespaceLabels" + words}},
  };
  for (const Row& row : rows) {
    config_.kubeconfig.clear();
    const auto alone = LoadPolicyText(std::string(kPolicyHeader) + row.text);
    EXPECT_THAT(Texts(alone.errors), IsEmpty()) << row.text;
    EXPECT_EQ(Texts(alone.value.warnings), row.warnings) << row.text;
    config_.kubeconfig = "/k";
    EXPECT_THAT(Texts(Load().value.warnings), IsEmpty()) << row.text;
    config_.kubeconfig.clear();
    config_.service_account_dir = "/s";
    EXPECT_THAT(Texts(Load().value.warnings), IsEmpty()) << row.text;
    config_.service_account_dir.clear();
  }
}

TEST_F(LabelRulesTest, ADropInThatFollowsIsNamedInTheWarning) {
  config_.kubeconfig.clear();
  Write("policy.yaml", kPolicyHeader);
  Write("policy.d/a.yaml",
        std::string(kDropInHeader) + "rules:\n- match: {source: api}\n  namespaceLabels: follow\n");
  EXPECT_THAT(Texts(Load().value.warnings),
              ElementsAre("policy.d/a.yaml:5:20: rules[0].namespaceLabels: labels are never heard "
                          "of: the policy decides alone (give kubernetes.kubeconfig in "
                          "config.yaml)"));
}

}  // namespace
}  // namespace sekisho::config
