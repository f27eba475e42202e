// policy.d: further rules and exemptions, and nothing else.
#include <gmock/gmock.h>
#include <unistd.h>

#include "policy/policy.h"
#include "unit/config/config_files.h"

namespace sekisho::config {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class DropIn : public ConfigFiles {
 protected:
  void SetUp() override {
    ConfigFiles::SetUp();
    Write("policy.yaml", std::string(kPolicyHeader) +
                             "harden: {noNewPrivileges: true}\n"
                             "rules:\n"
                             "- match: {namespaces: [main]}\n");
  }
  static std::vector<std::string> Origins(const policy::Policy& policy) {
    std::vector<std::string> origins;
    for (const policy::Rule& rule : policy.rules()) {
      origins.push_back(rule.origin);
    }
    return origins;
  }
};

TEST_F(DropIn, RulesFollowTheMainFilesInTheOrderOfNames) {
  // Equally specific rules keep the order in which they were read.
  Write("policy.d/20-b.yaml",
        std::string(kDropInHeader) + "rules:\n- match: {namespaces: [bbb2]}\n");
  Write("policy.d/10-a.yaml", std::string(kDropInHeader) +
                                  "rules:\n- match: {namespaces: [aaa1]}\n"
                                  "- match: {namespaces: [aaa2]}\n");
  const auto result = Load();
  ASSERT_THAT(Texts(result.errors), IsEmpty());
  EXPECT_THAT(Origins(*result.value.policy),
              ElementsAre("policy.yaml: rules[0] (line 6)", "policy.d/10-a.yaml: rules[0] (line 4)",
                          "policy.d/10-a.yaml: rules[1] (line 5)",
                          "policy.d/20-b.yaml: rules[0] (line 4)"));
  EXPECT_THAT(result.value.files, ElementsAre(Path("policy.yaml"), Path("policy.d/10-a.yaml"),
                                              Path("policy.d/20-b.yaml")));
}

TEST_F(DropIn, ARuleInheritsFromTheMainFile) {
  Write("policy.d/a.yaml", std::string(kDropInHeader) +
                               "rules:\n- match: {namespaces: [team]}\n  enforce: restricted\n");
  const auto result = Load();
  ASSERT_THAT(Texts(result.errors), IsEmpty());
  const policy::Spec& spec = result.value.policy->rules().back().spec;
  EXPECT_EQ(spec.enforce.level, policy::Level::kRestricted);
  EXPECT_TRUE(spec.harden.no_new_privileges);
}

TEST_F(DropIn, AMoreSpecificRuleWinsWhereverItStands) {
  Write("policy.d/a.yaml", std::string(kDropInHeader) +
                               "rules:\n"
                               "- match: {namespaces: [main], containers: [api]}\n"
                               "  enforce: restricted\n");
  const auto result = Load();
  ASSERT_THAT(Texts(result.errors), IsEmpty());
  EXPECT_THAT(Origins(*result.value.policy),
              ElementsAre("policy.d/a.yaml: rules[0] (line 4)", "policy.yaml: rules[0] (line 6)"));
}

TEST_F(DropIn, ExemptionsAreAdded) {
  Write("policy.d/a.yaml", std::string(kDropInHeader) +
                               "exemptions:\n- match: {namespaces: [team]}\n  reason: moving\n"
                               "  expires: 2020-01-01\n");
  const auto result = Load();
  ASSERT_THAT(Texts(result.errors), IsEmpty());
  ASSERT_EQ(result.value.policy->exemptions().size(), 1u);
  EXPECT_EQ(result.value.policy->exemptions()[0].origin, "policy.d/a.yaml: exemptions[0] (line 4)");
  EXPECT_THAT(Texts(result.value.warnings),
              ElementsAre("policy.d/a.yaml:6:12: exemptions[0].expires: this exemption has expired "
                          "and no longer applies (remove it, or give a later date)"));
}

TEST_F(DropIn, OtherKeysBelongIntoTheMainFile) {
  Write("policy.d/a.yaml", std::string(kDropInHeader) +
                               "defaults: {enforce: privileged}\n"
                               "harden: {}\n"
                               "onViolation: {}\n"
                               "controls: {privileged: false}\n"
                               "rulse: []\n");
  EXPECT_THAT(
      Texts(Load().errors),
      ElementsAre("policy.d/a.yaml:3:1: defaults: a drop-in file holds only rules and exemptions "
                  "(move it to the main policy file)",
                  "policy.d/a.yaml:4:1: harden: a drop-in file holds only rules and exemptions "
                  "(move it to the main policy file)",
                  "policy.d/a.yaml:5:1: onViolation: a drop-in file holds only rules and "
                  "exemptions (move it to the main policy file)",
                  "policy.d/a.yaml:6:1: controls: a drop-in file holds only rules and exemptions "
                  "(move it to the main policy file)",
                  R"(policy.d/a.yaml:7:1: rulse: unknown key (did you mean "rules"?))"));
}

TEST_F(DropIn, ErrorsOfEveryFileAreReported) {
  Write("policy.yaml", std::string(kPolicyHeader) + "x: 1\n");
  Write("policy.d/a.yaml", std::string(kDropInHeader) + "rules: [\n");
  Write("policy.d/b.yaml", std::string(kDropInHeader) + "rules: 5\n");
  Write("policy.d/c.yaml", kConfigHeader);
  EXPECT_THAT(
      Texts(Load().errors),
      ElementsAre(
          "policy.yaml:4:1: x: unknown key (one of: apiVersion, kind, revision, replacesRevision, "
          "defaults, harden, onViolation, seccomp, namespaceLabels, controls, volumes, devices, "
          "annotations, rules, exemptions)",
          "policy.d/a.yaml:3:1: not valid YAML: the file ends inside a quoted text, a list or a "
          "mapping (close the quote, bracket or brace)",
          "policy.d/b.yaml:3:8: rules: expected a list, found a single value",
          R"(policy.d/c.yaml:2:7: kind: must be "NodePolicy" (write kind: NodePolicy))"));
}

TEST_F(DropIn, TheSameMatchInTwoFiles) {
  Write("policy.d/a.yaml", std::string(kDropInHeader) + "rules: [{match: {namespaces: [main]}}]\n");
  EXPECT_THAT(Texts(Load().errors),
              ElementsAre("policy.d/a.yaml:3:9: rules[0]: has the same match as the rule at "
                          "policy.yaml:6 (rules[0]) (merge the two rules)"));
}

TEST_F(DropIn, OnlyYamlFilesAreRead) {
  const std::string broken = "{";
  Write("policy.d/.hidden.yaml", broken);
  Write("policy.d/README", broken);
  Write("policy.d/a.yaml~", broken);
  Write("policy.d/b.yml", broken);
  const auto result = Load();
  EXPECT_THAT(Texts(result.errors), IsEmpty());
  EXPECT_THAT(Texts(result.value.warnings),
              ElementsAre("policy.d/b.yml: is not read (rename it to end in .yaml)"));
}

TEST_F(DropIn, TheDirectoryNeedNotExist) {
  config_.policy_dir = Path("none.d");
  EXPECT_THAT(Texts(Load().errors), IsEmpty());
}

TEST_F(DropIn, WhoMayAddFilesWritesPolicy) {
  ASSERT_EQ(::chmod(Path("policy.d").c_str(), 0775), 0);
  EXPECT_THAT(Texts(Load().errors),
              ElementsAre("policy.d: is writable by group or others (chmod go-w policy.d)"));
  ASSERT_EQ(::chmod(Path("policy.d").c_str(), 0755), 0);
  Write("policy.d/a.yaml", std::string(kDropInHeader) + "rules: []\n", 0666);
  EXPECT_THAT(
      Texts(Load().errors),
      ElementsAre("policy.d/a.yaml: is writable by group or others (chmod go-w policy.d/a.yaml)"));
}

TEST_F(DropIn, ASubdirectoryNamedLikeAFileIsAnError) {
  MakeDirectory("policy.d/a.yaml");
  EXPECT_THAT(Texts(Load().errors), ElementsAre("policy.d/a.yaml: not a regular file"));
}

TEST_F(DropIn, AFileInPlaceOfTheDirectoryIsAnError) {
  config_.policy_dir = Path("policy.yaml");
  EXPECT_THAT(Texts(Load().errors), ElementsAre("policy.yaml: is not a directory"));
}

}  // namespace
}  // namespace sekisho::config
