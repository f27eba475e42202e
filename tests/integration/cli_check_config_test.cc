// `sekisho check-config` where there are files for nodes and groups, and revisions to compare with.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "status/agent_status.h"
#include "support/child_process.h"
#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// A node named worker-1 with a policy for everybody.
class CliCheckConfigTest : public ::testing::Test {
 protected:
  CliCheckConfigTest() {
    WriteConfig("node: {name: worker-1}\n");
    Policy("policy.yaml");
  }

  void Write(const std::string& name, const std::string& text) const {
    WriteText(dir_.File(name), text);
    std::filesystem::permissions(dir_.File(name), std::filesystem::perms(0644));
  }
  void WriteConfig(const std::string& more) const {
    Write("config.yaml",
          "apiVersion: sekisho.io/v1alpha1\nkind: AgentConfig\n"
          "listen: {socket: " +
              dir_.File("sekisho.sock") +
              "}\n"
              "policy: {file: " +
              dir_.File("policy.yaml") + ", dropInDirectory: " + dir_.File("policy.d") +
              "}\n"
              "state: {directory: " +
              dir_.File("state") + "}\n" + more);
  }
  // One whose lines begin behind the third.
  void Policy(const std::string& name, const std::string& more = "") const {
    Write(name,
          "apiVersion: sekisho.io/v1alpha1\nkind: NodePolicy\ndefaults: {enforce: baseline}\n" +
              more);
  }
  void Keep(const std::string& revisions) const {
    std::filesystem::create_directory(dir_.File("state"));
    Write("state/policy-revisions", revisions);
  }
  // What an agent on this node says of itself.
  void AgentSays(const std::string& node, const std::string& group) const {
    status::AgentStatus status;
    status.node = node;
    status.group = group;
    Write("status.json", status::ToJson(status));
  }

  Finished Run(std::vector<std::string> arguments = {}) const {
    std::vector<std::string> argv = {SEKISHO_BINARY, "check-config", "--config",
                                     dir_.File("config.yaml")};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return RunToEnd(argv);
  }
  // What is said when all is well: the first line.
  std::string FirstLine(const std::vector<std::string>& arguments = {}) const {
    const Finished finished = Run(arguments);
    EXPECT_EQ(finished.exit_code, 0) << finished.output;
    return finished.output.substr(0, finished.output.find('\n'));
  }
  std::string NamedOf(const std::string& file) const { return "   " + dir_.File(file) + "\n"; }

  const TempDir dir_;
};

TEST_F(CliCheckConfigTest, SaysWhichFileIsInForceAndWhy) {
  EXPECT_EQ(FirstLine(), "policy.yaml: there is no file for node worker-1");
  Policy("policy.group.gpu.yaml");
  EXPECT_EQ(FirstLine(), "policy.yaml: there is no file for node worker-1");
  WriteConfig("node: {name: worker-1, group: cpu}\n");
  EXPECT_EQ(FirstLine(), "policy.yaml: there is no file for node worker-1 or group cpu");
  EXPECT_THAT(Run().output, HasSubstr(NamedOf("policy.yaml")));

  WriteConfig("node: {name: worker-1, group: gpu}\n");
  EXPECT_EQ(FirstLine(), "policy.group.gpu.yaml: this node's group");
  EXPECT_THAT(Run().output, HasSubstr(NamedOf("policy.group.gpu.yaml")));

  Policy("policy.node.worker-1.yaml");
  EXPECT_EQ(FirstLine(), "policy.node.worker-1.yaml: this node's own");
  EXPECT_THAT(Run().output,
              AllOf(HasSubstr(NamedOf("policy.node.worker-1.yaml")), HasSubstr("\n\nPolicy ")));
}

TEST_F(CliCheckConfigTest, TheFileOfAnotherNodeOrGroupCanBeAskedFor) {
  Policy("policy.group.gpu.yaml");
  Policy("policy.node.worker-1.yaml");
  Policy("policy.node.worker-2.yaml");
  EXPECT_EQ(FirstLine({"--node", "worker-2"}), "policy.node.worker-2.yaml: node worker-2");
  EXPECT_EQ(FirstLine({"--node", "worker-3"}), "policy.yaml: there is no file for node worker-3");
  // The name of this node is no part of the question, although it has a file of its own.
  EXPECT_EQ(FirstLine({"--group", "gpu"}), "policy.group.gpu.yaml: group gpu");
  EXPECT_EQ(FirstLine({"--group", "cpu"}), "policy.yaml: there is no file for group cpu");
  EXPECT_EQ(FirstLine({"--node", "worker-3", "--group", "gpu"}),
            "policy.group.gpu.yaml: group gpu");
  EXPECT_EQ(FirstLine({"--node", "worker-2", "--group", "gpu"}),
            "policy.node.worker-2.yaml: node worker-2");
}

TEST_F(CliCheckConfigTest, TheGroupThatIsNotWrittenIsTheOneThatTheAgentHasHeardOf) {
  Policy("policy.group.gpu.yaml");
  AgentSays("worker-1", "gpu");
  EXPECT_EQ(FirstLine(), "policy.group.gpu.yaml: this node's group");
  AgentSays("worker-1", "cpu");
  EXPECT_EQ(FirstLine(), "policy.yaml: there is no file for node worker-1 or group cpu");
  AgentSays("worker-1", "");
  EXPECT_EQ(FirstLine(), "policy.yaml: there is no file for node worker-1");
  // One that was started under another name, and what no agent wrote.
  AgentSays("worker-2", "gpu");
  EXPECT_EQ(FirstLine(), "policy.yaml: there is no file for node worker-1");
  Write("status.json", "{");
  EXPECT_EQ(FirstLine(), "policy.yaml: there is no file for node worker-1");
  // Another node's group is not this node's.
  AgentSays("worker-1", "gpu");
  EXPECT_EQ(FirstLine({"--node", "worker-2"}), "policy.yaml: there is no file for node worker-2");
  WriteConfig("node: {name: worker-1, group: cpu}\n");
  EXPECT_EQ(FirstLine(), "policy.yaml: there is no file for node worker-1 or group cpu");
}

TEST_F(CliCheckConfigTest, AFileThatIsNamedIsThatFileUnlessItIsAskedForAnother) {
  Policy("policy.node.worker-1.yaml");
  std::filesystem::create_directory(dir_.File("next"));
  Policy("next/policy.yaml");
  Policy("next/policy.node.worker-1.yaml");
  Policy("next/policy.group.gpu.yaml");
  const std::string next = dir_.File("next/policy.yaml");
  const Finished finished = Run({"--policy", next});
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_THAT(finished.output,
              AllOf(StartsWith("Policy "), HasSubstr(NamedOf("next/policy.yaml"))));
  EXPECT_EQ(FirstLine({"--policy", next, "--group", "gpu"}), "policy.group.gpu.yaml: group gpu");
  EXPECT_THAT(Run({"--policy", next, "--group", "gpu"}).output,
              HasSubstr(NamedOf("next/policy.group.gpu.yaml")));
  // As it is written by hand.
  const Finished relative =
      RunToEnd({"sh", "-c",
                "cd \"$1\" && exec \"$0\" check-config --config ../config.yaml "
                "--policy policy.yaml --node worker-1",
                SEKISHO_BINARY, dir_.File("next")});
  EXPECT_EQ(relative.exit_code, 0);
  EXPECT_THAT(relative.output, StartsWith("policy.node.worker-1.yaml: node worker-1\n\nPolicy "));
}

TEST_F(CliCheckConfigTest, AnErrorInAFileForSomebodyElseIsAnError) {
  Policy("policy.group.gpu.yaml", "zzz: 1\n");
  std::filesystem::create_symlink("nowhere", dir_.File("policy.node.worker-9.yaml"));
  const Finished finished = Run();
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.output,
              AllOf(StartsWith(dir_.File("policy.group.gpu.yaml") + ":4:1: zzz: unknown key"),
                    HasSubstr("\n" + dir_.File("policy.node.worker-9.yaml") +
                              ": cannot open: No such file or directory\n"),
                    Not(HasSubstr("Defaults"))));
}

TEST_F(CliCheckConfigTest, EachErrorIsSaidOnce) {
  Policy("policy.yaml", "yyy: 1\n");
  Policy("policy.node.worker-1.yaml", "zzz: 1\n");
  std::filesystem::create_directory(dir_.File("policy.d"));
  Write("policy.d/a.yaml", "apiVersion: sekisho.io/v1alpha1\nkind: NodePolicy\nxxx: 1\n");
  const std::string output = Run().output;
  for (const std::string key : {"xxx", "yyy", "zzz"}) {
    const size_t first = output.find(": " + key + ": unknown key");
    EXPECT_NE(first, std::string::npos) << key;
    EXPECT_EQ(output.find(": " + key + ":", first + 1), std::string::npos) << key;
  }
}

TEST_F(CliCheckConfigTest, ARevisionThatGoesBackIsAnError) {
  Policy("policy.yaml", "revision: 6\n");
  EXPECT_THAT(Run().output, HasSubstr("\nPolicy "));  // nothing to compare with
  Keep("7 policy.yaml\n3 policy.group.gpu.yaml\n");
  const Finished finished = Run();
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_EQ(finished.output,
            dir_.File("policy.yaml") +
                ":4:11: revision: goes back to 6: 7 was in force on this node (raise it above 7, "
                "or add replacesRevision: 7 to go back on purpose)\n");
  Policy("policy.yaml", "revision: 6\nreplacesRevision: 7\n");
  EXPECT_THAT(FirstLine({}), StartsWith("policy.yaml: "));
  EXPECT_THAT(Run().output, HasSubstr(", revision 6 from\n"));
  Policy("policy.yaml");
  EXPECT_THAT(Run().output, HasSubstr("policy.yaml: revision: is missing: 7 was in force"));
  // Before it is put in place, and where another name says that it is something else.
  std::filesystem::create_directory(dir_.File("next"));
  Policy("next/policy.yaml", "revision: 5\n");
  EXPECT_EQ(Run({"--policy", dir_.File("next/policy.yaml")}).exit_code, 1);
  Policy("next/other.yaml", "revision: 5\n");
  EXPECT_EQ(Run({"--policy", dir_.File("next/other.yaml")}).exit_code, 0);
  // What is remembered here is this node's.
  Policy("policy.group.gpu.yaml", "revision: 2\n");
  EXPECT_EQ(Run({"--group", "gpu"}).exit_code, 0);
}

TEST_F(CliCheckConfigTest, WhatIsRememberedAndDamagedIsAnError) {
  Keep("seven\n");
  const Finished finished = Run();
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.output, HasSubstr("(mend or remove " + dir_.File("state/policy-revisions")));
}

// The policy can be checked without being root.
TEST_F(CliCheckConfigTest, WhoMayNotReadWhatTheAgentKeepsHearsNothingOfIt) {
  Policy("policy.yaml", "revision: 6\n");
  Keep("7 policy.yaml\n");
  EXPECT_EQ(Run().exit_code, 1);
  std::vector<std::string> argv;
  if (::geteuid() == 0) {
    argv = {"setpriv", "--reuid=65534", "--clear-groups"};
    std::filesystem::permissions(dir_.path(), std::filesystem::perms(0755));
  }
  for (const std::string argument : {SEKISHO_BINARY, "check-config", "--config"}) {
    argv.push_back(argument);
  }
  argv.push_back(dir_.File("config.yaml"));
  std::filesystem::permissions(dir_.File("state/policy-revisions"), std::filesystem::perms(0));
  Finished finished = RunToEnd(argv);
  EXPECT_EQ(finished.exit_code, 0) << finished.output;
  EXPECT_THAT(finished.output, AllOf(HasSubstr(", revision 6 from\n"), Not(HasSubstr("state"))));
  // Nor whether there is anything.
  std::filesystem::permissions(dir_.File("state/policy-revisions"), std::filesystem::perms(0644));
  std::filesystem::permissions(dir_.File("state"), std::filesystem::perms(0));
  finished = RunToEnd(argv);
  std::filesystem::permissions(dir_.File("state"), std::filesystem::perms(0700));
  EXPECT_EQ(finished.exit_code, 0) << finished.output;
}

TEST_F(CliCheckConfigTest, LabelsThatNobodyHearsOfAreWarnedAbout) {
  Policy("policy.yaml", "namespaceLabels: follow\n");
  const Finished finished = Run();
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_THAT(finished.output,
              StartsWith("warning: " + dir_.File("policy.yaml") +
                         ":4:18: namespaceLabels: labels are never heard of: the policy decides "
                         "alone (give kubernetes.kubeconfig in config.yaml)\n"));
  WriteConfig("kubernetes: {kubeconfig: /no/such/file}\n");
  EXPECT_THAT(Run().output, Not(HasSubstr("warning")));
}

}  // namespace
}  // namespace sekisho::testing
