// Which policy file is a node's, and what is wrong with those of other nodes.
#include "config/policy_choice.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "policy/policy.h"
#include "unit/config/config_files.h"

namespace sekisho::config {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PolicyChoice : public ConfigFiles {
 protected:
  void SetUp() override {
    ConfigFiles::SetUp();
    Write("policy.yaml", kPolicyHeader);
  }

  void WriteAt(const std::string& level, const std::string& name, const std::string& more = "") {
    Write(name, std::string(kDropInHeader) + "defaults: {enforce: " + level + "}\n" + more);
  }
  std::string Chosen(const NodeIdentity& node) const {
    return std::filesystem::path(ChoosePolicyFile(config_, node)).filename().string();
  }
  LoadResult<Snapshot> LoadFor(const NodeIdentity& node) const {
    return LoadPolicy(config_, kNow, node);
  }
  std::vector<std::string> Overrides() const {
    std::vector<std::string> names;
    for (const std::string& path : OverrideFiles(config_)) {
      EXPECT_TRUE(path.starts_with(directory_ + "/")) << path;
      names.push_back(path.substr(directory_.size() + 1));
    }
    return names;
  }
  std::vector<std::string> Errors(const std::string& in_force = "") const {
    return Texts(ErrorsInOverrides(config_, kNow, in_force));
  }
};

TEST_F(PolicyChoice, TheFirstOfNodeGroupAndDefaultIsTheNodes) {
  WriteAt("restricted", "policy.node.worker-1.yaml");
  WriteAt("privileged", "policy.group.gpu.yaml");
  // A node and a group of one name are two.
  WriteAt("restricted", "policy.group.both.yaml");
  struct Row {
    NodeIdentity node;
    std::string file;
  };
  const std::vector<Row> rows = {
      {{}, "policy.yaml"},
      {{"worker-1", ""}, "policy.node.worker-1.yaml"},
      {{"worker-1", "gpu"}, "policy.node.worker-1.yaml"},
      {{"worker-1", "none"}, "policy.node.worker-1.yaml"},
      {{"worker-2", "gpu"}, "policy.group.gpu.yaml"},
      {{"", "gpu"}, "policy.group.gpu.yaml"},
      {{"worker-2", "none"}, "policy.yaml"},
      {{"worker-2", ""}, "policy.yaml"},
      {{"gpu", ""}, "policy.yaml"},
      {{"both", ""}, "policy.yaml"},
      {{"", "worker-1"}, "policy.yaml"},
      // No part of a name, no other case, no pattern.
      {{"worker", "gp"}, "policy.yaml"},
      {{"Worker-1", "GPU"}, "policy.yaml"},
      {{"*", "g?u"}, "policy.yaml"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(Chosen(row.node), row.file) << row.node.name << " of " << row.node.group;
  }
}

TEST_F(PolicyChoice, NothingIsMerged) {
  WriteAt("privileged", "policy.group.gpu.yaml");
  Write("policy.yaml", std::string(kPolicyHeader) +
                           "harden: {noNewPrivileges: true}\n"
                           "rules: [{match: {namespaces: [a]}}]\n");
  const auto result = LoadFor({"", "gpu"});
  ASSERT_THAT(Texts(result.errors), IsEmpty());
  EXPECT_THAT(result.value.files, ElementsAre(Path("policy.group.gpu.yaml")));
  EXPECT_EQ(result.value.policy->defaults().enforce.level, policy::Level::kPrivileged);
  EXPECT_FALSE(result.value.policy->defaults().harden.no_new_privileges);
  EXPECT_THAT(result.value.policy->rules(), IsEmpty());
  EXPECT_EQ(result.value.policy->defaults().origin, "policy.group.gpu.yaml: defaults");
}

TEST_F(PolicyChoice, TheDropInsBelongToEveryMainFile) {
  WriteAt("restricted", "policy.node.worker-1.yaml");
  Write("policy.d/a.yaml", std::string(kDropInHeader) + "rules: [{match: {namespaces: [a]}}]\n");
  const auto result = LoadFor({"worker-1", ""});
  ASSERT_THAT(Texts(result.errors), IsEmpty());
  EXPECT_THAT(result.value.files,
              ElementsAre(Path("policy.node.worker-1.yaml"), Path("policy.d/a.yaml")));
  EXPECT_EQ(result.value.policy->rules().at(0).spec.enforce.level, policy::Level::kRestricted);
}

TEST_F(PolicyChoice, WhatIsThereAndCannotBeUsedIsNoReasonToTakeTheNextOne) {
  WriteAt("restricted", "policy.group.gpu.yaml");
  const NodeIdentity node{"worker-1", "gpu"};
  const std::string own = "policy.node.worker-1.yaml";

  ASSERT_EQ(::symlink("nowhere.yaml", Path(own).c_str()), 0);
  EXPECT_EQ(Chosen(node), own);
  EXPECT_THAT(Texts(LoadFor(node).errors),
              ElementsAre(own + ": cannot open: No such file or directory"));
  std::filesystem::remove(Path(own));

  MakeDirectory(own);
  EXPECT_THAT(Texts(LoadFor(node).errors), ElementsAre(own + ": not a regular file"));
  std::filesystem::remove(Path(own));

  Write(own, kPolicyHeader, 0666);
  EXPECT_THAT(Texts(LoadFor(node).errors),
              ElementsAre(own + ": is writable by group or others (chmod go-w " + own + ")"));
  std::filesystem::remove(Path(own));

  Write(own, "");
  EXPECT_FALSE(LoadFor(node).ok());
  EXPECT_EQ(LoadFor(node).value.policy, nullptr);
  std::filesystem::remove(Path(own));

  EXPECT_EQ(Chosen(node), "policy.group.gpu.yaml");
  EXPECT_TRUE(LoadFor(node).ok());
}

// As the keys of a mounted ConfigMap are.
TEST_F(PolicyChoice, ALinkToAFileIsThatFile) {
  MakeDirectory("..data");
  WriteAt("restricted", "..data/policy.node.worker-1.yaml");
  ASSERT_EQ(
      ::symlink("..data/policy.node.worker-1.yaml", Path("policy.node.worker-1.yaml").c_str()), 0);
  const auto result = LoadFor({"worker-1", ""});
  ASSERT_THAT(Texts(result.errors), IsEmpty());
  EXPECT_EQ(result.value.policy->defaults().enforce.level, policy::Level::kRestricted);
  EXPECT_THAT(Overrides(), ElementsAre("policy.node.worker-1.yaml"));
}

TEST_F(PolicyChoice, ANameThatIsNoPartOfAFilesNameHasNoFile) {
  // Were the name believed, each of these would be found.
  MakeDirectory("policy.node.");
  WriteAt("privileged", "policy.node./a.yaml");
  WriteAt("privileged", "evil.yaml");
  WriteAt("privileged", "policy.node.a b.yaml");
  WriteAt("privileged", "policy.node..yaml");
  WriteAt("privileged", "policy.node.-.yaml");
  for (const std::string name : {"/a", "/../evil", "a b", "", "-", ".", "..", "a\n"}) {
    EXPECT_EQ(Chosen({name, name}), "policy.yaml") << name;
  }
  // Longer than the name of a file can be.
  EXPECT_EQ(Chosen({std::string(253, 'a'), ""}), "policy.yaml");
}

TEST_F(PolicyChoice, TheConfiguredNameIsTheOneThatIsExtended) {
  for (const std::string base : {"node.policy.yaml", "rules", "p.yml"}) {
    const std::filesystem::path path(base);
    const std::string group = path.stem().string() + ".group.gpu" + path.extension().string();
    Write(base, kPolicyHeader);
    Write(group, kPolicyHeader);
    config_.policy_file = Path(base);
    EXPECT_EQ(Chosen({"", "gpu"}), group);
    EXPECT_EQ(Chosen({"", "cpu"}), base);
    EXPECT_THAT(Overrides(), ElementsAre(group));
  }
}

TEST_F(PolicyChoice, ARelativeFileHasItsNeighboursToo) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(directory_);
  WriteAt("restricted", "policy.group.gpu.yaml");
  config_.policy_file = "policy.yaml";
  EXPECT_EQ(ChoosePolicyFile(config_, {"", "gpu"}), "policy.group.gpu.yaml");
  EXPECT_THAT(OverrideFiles(config_), ElementsAre("policy.group.gpu.yaml"));
  config_.policy_file = "./policy.yaml";
  EXPECT_EQ(ChoosePolicyFile(config_, {"", "gpu"}), "./policy.group.gpu.yaml");
  EXPECT_THAT(OverrideFiles(config_), ElementsAre("./policy.group.gpu.yaml"));
  std::filesystem::current_path(before);
}

TEST_F(PolicyChoice, OverridesAreListedInOrderAndNothingElseIs) {
  for (const char* name :
       {"policy.node.b.yaml", "policy.node.a.yaml", "policy.group.z.yaml", "policy.node.a.b.yaml",
        "policy.node.yaml", "policy.group..yaml", "policy.nodes.a.yaml", "policy.node.a.yaml~",
        "policy.node.a.yml", "policy.groups", "my-policy.node.a.yaml", ".policy.node.a.yaml"}) {
    Write(name, kPolicyHeader);
  }
  EXPECT_THAT(Overrides(), ElementsAre("policy.group.z.yaml", "policy.node.a.b.yaml",
                                       "policy.node.a.yaml", "policy.node.b.yaml"));
}

TEST_F(PolicyChoice, WithoutTheDirectoryThereAreNone) {
  config_.policy_file = Path("nowhere/policy.yaml");
  EXPECT_THAT(OverrideFiles(config_), IsEmpty());
  EXPECT_FALSE(HasGroupFiles(config_));
  EXPECT_THAT(Errors(), IsEmpty());
}

TEST_F(PolicyChoice, OnlyAFileForAGroupMakesTheGroupMatter) {
  EXPECT_FALSE(HasGroupFiles(config_));
  Write("policy.node.a.yaml", kPolicyHeader);
  Write("policy.group.yaml", kPolicyHeader);
  EXPECT_FALSE(HasGroupFiles(config_));
  // One that leads nowhere is a mistake that is to be found.
  ASSERT_EQ(::symlink("nowhere", Path("policy.group.gpu.yaml").c_str()), 0);
  EXPECT_TRUE(HasGroupFiles(config_));
}

TEST_F(PolicyChoice, ErrorsOfEveryOverrideAreFound) {
  EXPECT_THAT(Errors(), IsEmpty());
  WriteAt("restricted", "policy.node.good.yaml");
  WriteAt("strict", "policy.node.bad.yaml");
  Write("policy.group.gpu.yaml", "[\n");
  ASSERT_EQ(::symlink("nowhere", Path("policy.group.lost.yaml").c_str()), 0);
  EXPECT_THAT(
      Errors(),
      ElementsAre(
          "policy.group.gpu.yaml:1:1: not valid YAML: the file ends inside a quoted text, a list "
          "or a mapping (close the quote, bracket or brace)",
          "policy.group.lost.yaml: cannot open: No such file or directory",
          "policy.node.bad.yaml:3:21: defaults.enforce: unknown value \"strict\" (one of: "
          "privileged, baseline, restricted)"));
}

TEST_F(PolicyChoice, TheFileInForceIsLeftToTheCallerAndTheDefaultIsAnOtherOneThen) {
  WriteAt("strict", "policy.node.bad.yaml");
  Write("policy.yaml", std::string(kPolicyHeader) + "zzz: 1\n");
  const std::string of_default =
      "policy.yaml:4:1: zzz: unknown key (one of: apiVersion, kind, revision, replacesRevision, "
      "defaults, harden, onViolation, seccomp, namespaceLabels, controls, volumes, devices, "
      "annotations, rules, exemptions)";
  const std::string of_node =
      "policy.node.bad.yaml:3:21: defaults.enforce: unknown value \"strict\" (one of: privileged, "
      "baseline, restricted)";
  EXPECT_THAT(Errors(), ElementsAre(of_node));
  EXPECT_THAT(Errors(Path("policy.yaml")), ElementsAre(of_node));
  EXPECT_THAT(Errors(Path("policy.node.bad.yaml")), ElementsAre(of_default));
  // A fleet may do without a file for everybody.
  std::filesystem::remove(Path("policy.yaml"));
  EXPECT_THAT(Errors(Path("policy.node.bad.yaml")), IsEmpty());
}

TEST_F(PolicyChoice, ADropInsOwnErrorIsNotSaidForEachOverride) {
  WriteAt("restricted", "policy.node.a.yaml");
  Write("policy.d/a.yaml", std::string(kDropInHeader) + "rulse: []\n");
  EXPECT_EQ(Load().errors.size(), 1u);
  EXPECT_THAT(Errors(), IsEmpty());
}

TEST_F(PolicyChoice, ADropInThatDoesNotGoWithAnOverrideIsFound) {
  Write("policy.d/a.yaml", std::string(kDropInHeader) + "rules: [{match: {namespaces: [a]}}]\n");
  WriteAt("restricted", "policy.node.n.yaml", "rules: [{match: {namespaces: [a]}}]\n");
  EXPECT_TRUE(Load().ok());
  EXPECT_FALSE(LoadFor({"n", ""}).ok());
  EXPECT_THAT(Errors(),
              ElementsAre("policy.d/a.yaml:3:9: rules[0]: has the same match as the rule at "
                          "policy.node.n.yaml:4 (rules[0]), together with policy.node.n.yaml "
                          "(merge the two rules)"));
  EXPECT_THAT(Errors(Path("policy.node.n.yaml")), IsEmpty());
}

TEST_F(PolicyChoice, TheHashIsThatOfTheFileChosen) {
  // The same bytes under three names.
  Write("policy.node.n.yaml", kPolicyHeader);
  Write("policy.group.g.yaml", kPolicyHeader);
  const std::string of_default = LoadFor({}).value.hash;
  const std::string of_group = LoadFor({"", "g"}).value.hash;
  const std::string of_node = LoadFor({"n", "g"}).value.hash;
  EXPECT_EQ(of_default.size(), 64u);
  EXPECT_NE(of_default, of_group);
  EXPECT_NE(of_default, of_node);
  EXPECT_NE(of_group, of_node);
  // What is not chosen does not count.
  Write("policy.group.g.yaml", std::string(kPolicyHeader) + "# more\n");
  EXPECT_EQ(LoadFor({"n", "g"}).value.hash, of_node);
  EXPECT_EQ(LoadFor({}).value.hash, of_default);
  EXPECT_NE(LoadFor({"", "g"}).value.hash, of_group);
}

}  // namespace
}  // namespace sekisho::config
