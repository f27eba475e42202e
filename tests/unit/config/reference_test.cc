// The shipped files load, and the reference pages say what the option tables say.
#include <gmock/gmock.h>

#include <sstream>

#include "config/keys.h"
#include "policy/policy.h"
#include "policy/steering_annotations.h"
#include "seccomp/groups.h"
#include "unit/config/config_files.h"

namespace sekisho::config {
namespace {

using ::testing::IsEmpty;

std::string ReadSource(const std::string& name) {
  std::ifstream file(std::string(SEKISHO_SOURCE_DIR) + "/" + name, std::ios::binary);
  EXPECT_TRUE(file.good()) << name;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class Shipped : public ConfigFiles {};

TEST_F(Shipped, ConfigIsTheDefaultsSpeltOut) {
  // A copy, because a checkout may have any mode.
  const auto result = LoadConfigText(ReadSource("packaging/etc/config.yaml"));
  ASSERT_THAT(Texts(result.errors), IsEmpty());
  const AgentConfig defaults;
  EXPECT_EQ(result.value.listen_socket, defaults.listen_socket);
  EXPECT_EQ(result.value.listen_group, defaults.listen_group);
  EXPECT_EQ(result.value.upstream_socket, defaults.upstream_socket);
  EXPECT_EQ(result.value.upstream_start_timeout, defaults.upstream_start_timeout);
  EXPECT_EQ(result.value.policy_file, defaults.policy_file);
  EXPECT_EQ(result.value.policy_dir, defaults.policy_dir);
  EXPECT_EQ(result.value.kubelet_root, defaults.kubelet_root);
  EXPECT_EQ(result.value.kubelet_seccomp_default, defaults.kubelet_seccomp_default);
  EXPECT_EQ(result.value.state_dir, defaults.state_dir);
  EXPECT_EQ(result.value.audit_path, defaults.audit_path);
  EXPECT_EQ(result.value.audit_max_bytes, defaults.audit_max_bytes);
  EXPECT_EQ(result.value.audit_max_files, defaults.audit_max_files);
  EXPECT_EQ(result.value.log_level, defaults.log_level);
  EXPECT_EQ(result.value.relay_threads, defaults.relay_threads);
  EXPECT_EQ(result.value.relay_max_message_bytes, defaults.relay_max_message_bytes);
  EXPECT_EQ(result.value.drain_timeout, defaults.drain_timeout);
  EXPECT_FALSE(result.value.unsafe_forward_unknown);
  EXPECT_EQ(result.value.node_group_label, defaults.node_group_label);
  // What has no default is not in it, and so nobody is asked.
  EXPECT_EQ(result.value, defaults);
}

TEST_F(Shipped, PolicyEnforcesBaseline) {
  const auto result = LoadPolicyText(ReadSource("packaging/etc/policy.yaml"));
  ASSERT_THAT(Texts(result.errors), IsEmpty());
  ASSERT_THAT(Texts(result.value.warnings), IsEmpty());
  const policy::Spec& spec = result.value.policy->defaults();
  EXPECT_EQ(spec.enforce.level, policy::Level::kBaseline);
  EXPECT_EQ(spec.audit.level, policy::Level::kRestricted);
  EXPECT_EQ(spec.warn.level, policy::Level::kRestricted);
  EXPECT_EQ(spec.labels, policy::LabelRules());
  EXPECT_EQ(spec.harden.seccomp_unconfined, policy::SeccompTarget());
  EXPECT_THAT(spec.harden.drop_capabilities, ::testing::ElementsAre("NET_RAW"));
  ASSERT_EQ(result.value.policy->exemptions().size(), 1u);
  const policy::Match& match = result.value.policy->exemptions()[0].match;
  EXPECT_THAT(match.namespaces, ::testing::ElementsAre("kube-system"));
  EXPECT_EQ(match.source, policy::PodSource::kStatic);
}

void ExpectRows(const std::string& page, const std::vector<KeyDoc>& keys) {
  const std::string text = ReadSource(page);
  EXPECT_GT(keys.size(), 10u);
  for (const KeyDoc& key : keys) {
    EXPECT_NE(text.find("\n" + key.ToMarkdownRow() + "\n"), std::string::npos)
        << page << " lacks:\n"
        << key.ToMarkdownRow();
  }
  // And nothing else: a row of a key that no longer exists misleads.
  size_t rows = 0;
  for (size_t at = text.find("\n| `"); at != std::string::npos; at = text.find("\n| `", at + 1)) {
    ++rows;
  }
  EXPECT_EQ(rows, keys.size()) << page;
}

TEST(Reference, ConfigurationPageHasEveryKey) {
  ExpectRows("docs/configuration.md", AgentConfigKeys());
}
TEST(Reference, PolicyPageHasEveryKey) {
  ExpectRows("docs/policy-reference.md", PolicyKeys());
}

TEST(Reference, PolicyPageHasEveryGroupOfAnnotations) {
  const std::string text = ReadSource("docs/policy-reference.md");
  for (const policy::AnnotationGroup& group : policy::AnnotationGroups()) {
    const std::string row =
        "| @" + std::string(group.name) + " | " + std::string(group.description) + " |";
    EXPECT_NE(text.find("\n" + row + "\n"), std::string::npos) << row;
  }
}

TEST(Reference, PolicyPageHasEveryGroupOfSystemCallsAndNoOther) {
  const std::string text = ReadSource("docs/policy-reference.md");
  const size_t begin = text.find("| group | what its system calls are for |\n| --- | --- |\n");
  ASSERT_NE(begin, std::string::npos);
  std::string rows = "| group | what its system calls are for |\n| --- | --- |\n";
  for (const seccomp::Group& group : seccomp::Groups()) {
    rows += "| " + std::string(group.name) + " | " + std::string(group.description) + " |\n";
  }
  EXPECT_EQ(text.substr(begin, text.find("\n\n", begin) + 1 - begin), rows);
}

// The manual pages name every last component of a key.
void ExpectNames(const std::string& page, const std::vector<KeyDoc>& keys) {
  const std::string text = ReadSource(page);
  for (const KeyDoc& key : keys) {
    const std::string name = key.key.substr(key.key.rfind('.') + 1);
    EXPECT_NE(text.find(name), std::string::npos) << page << " lacks " << key.key;
  }
}

TEST(Reference, ManualPagesNameEveryKey) {
  ExpectNames("packaging/man/sekisho-config.5", AgentConfigKeys());
  ExpectNames("packaging/man/sekisho-policy.5", PolicyKeys());
}

// Every example of a page must load, with a header where it has none.
class Examples : public ConfigFiles {
 protected:
  static std::vector<std::string> Blocks(const std::string& page) {
    const std::string text = ReadSource(page);
    std::vector<std::string> blocks;
    const std::string fence = "```yaml\n";
    for (size_t at = text.find(fence); at != std::string::npos; at = text.find(fence, at)) {
      at += fence.size();
      const size_t end = text.find("```", at);
      blocks.push_back(text.substr(at, end - at));
      at = end;
    }
    return blocks;
  }
  static bool Has(const std::string& block, std::string_view key) {
    return block.starts_with(key) || block.find("\n" + std::string(key)) != std::string::npos;
  }
};

TEST_F(Examples, OfTheConfigurationPageLoad) {
  const std::vector<std::string> blocks = Blocks("docs/configuration.md");
  EXPECT_GT(blocks.size(), 5u);
  for (const std::string& block : blocks) {
    const std::string header = Has(block, "apiVersion:") ? "" : std::string(kConfigHeader);
    EXPECT_THAT(Texts(LoadConfigText(header + block).errors), IsEmpty()) << block;
  }
}

TEST_F(Examples, OfThePolicyPageLoad) {
  for (const std::string name : {"web.json", "payments-api.json", "node-default.json"}) {
    Write("kubelet/seccomp/" + name, StrictProfile());
  }
  const std::vector<std::string> blocks = Blocks("docs/policy-reference.md");
  EXPECT_GT(blocks.size(), 5u);
  for (const std::string& block : blocks) {
    std::filesystem::remove(Path("policy.d/example.yaml"));
    if (Has(block, "apiVersion:") && !Has(block, "defaults:")) {  // a drop-in
      Write("policy.yaml", kPolicyHeader);
      Write("policy.d/example.yaml", block);
      EXPECT_THAT(Texts(Load().errors), IsEmpty()) << block;
      continue;
    }
    const std::string_view header = Has(block, "apiVersion:") ? ""
                                    : Has(block, "defaults:") ? kDropInHeader
                                                              : kPolicyHeader;
    EXPECT_THAT(Texts(LoadPolicyText(std::string(header) + block).errors), IsEmpty()) << block;
  }
}

}  // namespace
}  // namespace sekisho::config
