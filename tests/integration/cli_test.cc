// The command line of the built program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "support/child_process.h"
#include "support/sekisho_process.h"
#include "support/temp_dir.h"

namespace sekisho::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Finished RunSekisho(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), SEKISHO_BINARY);
  return RunToEnd(arguments);
}

// The configuration and the policy that the package installs, as a node of their own: nothing of
// this machine's /etc/sekisho is read.
class CliTest : public ::testing::Test {
 protected:
  CliTest() {
    for (const char* name : {"config.yaml", "policy.yaml"}) {
      std::string text = ReadText(std::string(SEKISHO_PACKAGING_ETC "/") + name);
      const std::string etc = "/etc/sekisho";
      for (size_t at = text.find(etc); at != std::string::npos; at = text.find(etc, at)) {
        text.replace(at, etc.size(), dir_.path());
      }
      WriteText(dir_.File(name), text);
    }
  }
  Finished CheckConfig() const { return RunSekisho({"check-config", "--config", config_}); }
  void AppendToPolicy(const std::string& text) const {
    WriteText(policy_, ReadText(policy_) + text);
  }

  const TempDir dir_;
  const std::string config_ = dir_.File("config.yaml");
  const std::string policy_ = dir_.File("policy.yaml");
};

TEST_F(CliTest, ExitsWithTwoOnlyWhenTheCommandLineIsWrong) {
  const struct {
    std::vector<std::string> arguments;
    int exit_code;
    const char* output;
  } kRows[] = {
      {{}, 2, "A subcommand is required"},
      {{"sevre"}, 2, "sevre"},
      {{"--no-such-option"}, 2, "--no-such-option"},
      {{"check-config", "--config"}, 2, "--config"},
      {{"check-config", "--no-such-option"}, 2, "--no-such-option"},
      {{"check-config", "too", "much"}, 2, "too"},
      {{"check-config", "--node", "../x"}, 2, "--node: is neither the name of a node nor"},
      {{"check-config", "--group", ""}, 2, "--group: is neither the name of a node nor"},
      {{"serve", "--config"}, 2, "--config"},
      {{"serve", "--unsafe-forward-unknwon"}, 2, "--unsafe-forward-unknwon"},
      {{"check-config", "--config", "/no/such/file"}, 1, "/no/such/file: "},
      {{"serve", "--config", "/no/such/file"}, 1, "/no/such/file: "},
      {{"check-config", "--config", config_, "--policy", "/no/such/file"}, 1, "/no/such/file: "},
      {{"check-config", "--config", config_}, 0, "baseline"},
      {{"--help"}, 0, "Usage: sekisho"},
      {{"serve", "--help"}, 0, "--unsafe-forward-unknown"},
      {{"check-config", "--help"}, 0, "--policy"},
      {{"check-config", "--help"}, 0, "--group"},
      {{"check", "--help"}, 0, "--level"},
      {{"version"}, 0, "sekisho "},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(::testing::PrintToString(row.arguments));
    const Finished finished = RunSekisho(row.arguments);
    EXPECT_EQ(finished.exit_code, row.exit_code);
    EXPECT_THAT(finished.output, HasSubstr(row.output));
  }
}

TEST_F(CliTest, HelpFitsATerminalAndNamesEverySubcommand) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{{"--help"},
                                                                     {"serve", "--help"},
                                                                     {"check", "--help"},
                                                                     {"check-config", "--help"},
                                                                     {"install", "--help"},
                                                                     {"uninstall", "--help"},
                                                                     {"ready", "--help"},
                                                                     {"kubeconfig", "--help"},
                                                                     {"version", "--help"}}) {
    SCOPED_TRACE(::testing::PrintToString(arguments));
    std::istringstream output(RunSekisho(arguments).output);
    for (std::string line; std::getline(output, line);) {
      EXPECT_LE(line.size(), 100u) << line;
    }
  }
  const std::string help = RunSekisho({"--help"}).output;
  for (const char* subcommand :
       {"\n  serve ", "\n  check ", "\n  check-config ", "\n  install ", "\n  uninstall ",
        "\n  ready ", "\n  kubeconfig ", "\n  version "}) {
    EXPECT_THAT(help, HasSubstr(subcommand));
  }
}

TEST_F(CliTest, VersionIsOneLine) {
  EXPECT_EQ(RunSekisho({"version"}).output, "sekisho " SEKISHO_VERSION "\n");
}

TEST_F(CliTest, TheShippedFilesAreGoodAndExplained) {
  const Finished finished = CheckConfig();
  EXPECT_EQ(finished.exit_code, 0) << finished.output;
  EXPECT_THAT(finished.output, Not(HasSubstr("warning")));
  for (const char* text : {"control plane static pods", "baseline", "restricted", "NET_RAW"}) {
    EXPECT_THAT(finished.output, HasSubstr(text));
  }
}

TEST_F(CliTest, AnErrorSaysWhereWhatAndWhatInstead) {
  WriteText(policy_,
            "apiVersion: sekisho.io/v1alpha1\n"
            "kind: NodePolicy\n"
            "defaults: {enforce: baseline, wran: baseline}\n"
            "onViolation:\n"
            "  secomp: harden\n");
  const Finished finished = CheckConfig();
  EXPECT_EQ(finished.exit_code, 1);
  // Every error, in the file's order, and nothing else.
  EXPECT_EQ(finished.output,
            policy_ + ":3:31: defaults.wran: unknown key (did you mean \"warn\"?)\n" + policy_ +
                ":5:3: onViolation.secomp: unknown key (did you mean \"seccomp\"?)\n");
}

TEST_F(CliTest, AnErrorInTheConfigurationEndsItBeforeThePolicyIsRead) {
  WriteText(config_, ReadText(config_) + "lgo: {level: info}\n");
  WriteText(policy_, "neither\n");
  const Finished finished = CheckConfig();
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.output, HasSubstr("lgo: unknown key (did you mean \"log\"?)"));
  EXPECT_THAT(finished.output, Not(HasSubstr("policy.yaml")));
}

TEST_F(CliTest, AFileThatOthersMayWriteIsRefusedWithTheCommandThatHelps) {
  std::filesystem::permissions(policy_, std::filesystem::perms(0664));
  const Finished finished = CheckConfig();
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_EQ(finished.output,
            policy_ + ": is writable by group or others (chmod go-w " + policy_ + ")\n");
}

TEST_F(CliTest, AWarningIsSaidAndIsNoError) {
  AppendToPolicy(
      "- match: {namespaces: [legacy]}\n"
      "  reason: until the move\n"
      "  expires: 2020-01-31\n");
  const Finished finished = CheckConfig();
  EXPECT_EQ(finished.exit_code, 0) << finished.output;
  EXPECT_THAT(finished.output, HasSubstr("warning: " + policy_ + ":"));
  EXPECT_THAT(finished.output, HasSubstr("until the move"));
}

TEST_F(CliTest, AnotherPolicyCanBeCheckedInPlaceOfTheInstalledOne) {
  WriteText(dir_.File("next.yaml"),
            "apiVersion: sekisho.io/v1alpha1\nkind: NodePolicy\ndefaults: {enforce: restricted}\n");
  WriteText(policy_, "broken");
  const Finished finished =
      RunSekisho({"check-config", "--config", config_, "--policy", dir_.File("next.yaml")});
  EXPECT_EQ(finished.exit_code, 0) << finished.output;
  EXPECT_THAT(finished.output, Not(HasSubstr("control plane static pods")));
}

}  // namespace
}  // namespace sekisho::testing
