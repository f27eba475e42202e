// `sekisho report` as a process: inputs, options, the page's file, exit codes.
//
// What the page says is in tests/unit/report; here it is enough that it arrives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "support/child_process.h"
#include "support/fake_runtime.h"
#include "support/sekisho_process.h"
#include "support/synthetic_audit.h"
#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::testing {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

struct Ran {
  int exit_code = -1;
  std::string out;
  std::string err;
};

// A log of 300 decisions that was rotated once, and the configuration of the agent that wrote it.
class CliReportTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WriteSyntheticAudit(dir_.File("audit.jsonl"), 100, 1);
    WriteSyntheticAudit(dir_.File("audit.jsonl.1"), 200, 2);
    WriteConfig("");
    Write("policy.yaml", SyntheticPolicy());
  }

  void Write(const std::string& name, const std::string& text) const {
    WriteText(dir_.File(name), text);
    std::filesystem::permissions(dir_.File(name), std::filesystem::perms(0644));
  }

  void WriteConfig(const std::string& more) const {
    Write("config.yaml",
          "apiVersion: sekisho.io/v1alpha1\nkind: AgentConfig\naudit: {path: " +
              dir_.File("audit.jsonl") + "}\nupstream: {socket: " + dir_.File("runtime.sock") +
              "}\nstate: {directory: " + dir_.File("state") + "}\npolicy: {file: " +
              dir_.File("policy.yaml") + ", dropInDirectory: " + dir_.File("none") +
              "}\nkubernetes: {kubeconfig: /nowhere/kubelet.conf}\nnode: {name: node-7}\n" + more);
  }

  // `arguments` as a shell reads them.
  Ran Report(const std::string& arguments) const {
    const std::string script =
        "cd \"$1\" && exec \"$0\" report " + arguments + " >\"$1/.out\" 2>\"$1/.err\"";
    Ran ran;
    ran.exit_code = RunToEnd({"sh", "-c", script, SEKISHO_BINARY, dir_.path()}).exit_code;
    ran.out = ReadText(dir_.File(".out"));
    ran.err = ReadText(dir_.File(".err"));
    return ran;
  }

  std::string Page() const { return ReadText(dir_.File("report.html")); }

  const TempDir dir_;
};

TEST_F(CliReportTest, ReadsTheConfiguredLogWithItsRotatedFiles) {
  const Ran ran = Report("--config config.yaml --no-live -o report.html");
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(ran.out + ran.err, "");
  EXPECT_THAT(Page(), AllOf(StartsWith("<!DOCTYPE html>\n"), EndsWith("</html>\n"),
                            HasSubstr("<dt>Decisions</dt><dd>300</dd>"), HasSubstr("node-7"),
                            HasSubstr("policy.yaml "), HasSubstr("--no-live was given")));
}

TEST_F(CliReportTest, ThePageIsForItsOwnerAlone) {
  ASSERT_EQ(Report("--config config.yaml --no-live -o report.html").exit_code, 0);
  struct stat page {};
  ASSERT_EQ(::stat(dir_.File("report.html").c_str(), &page), 0);
  EXPECT_EQ(page.st_mode & 07777U, 0600U);
}

TEST_F(CliReportTest, NamedLogsNeedNoConfiguration) {
  if (std::filesystem::exists("/etc/sekisho/config.yaml")) {
    GTEST_SKIP() << "there is a configuration on this machine";
  }
  const Ran ran = Report("-o - --node far-away audit.jsonl");
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("<dt>Decisions</dt><dd>100</dd>"), HasSubstr("far-away"),
                             HasSubstr("there is no /etc/sekisho/config.yaml")));
  EXPECT_EQ(Report("-o -").exit_code, 2);
  EXPECT_THAT(Report("-o -").err, HasSubstr("name an audit log, or give --config"));
}

TEST_F(CliReportTest, ReadsStandardInput) {
  const Ran ran = Report("--config config.yaml --no-live -o - - <audit.jsonl.1");
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("<dt>Decisions</dt><dd>200</dd>"));
}

TEST_F(CliReportTest, LeavesOutWhatIsOlder) {
  // The synthetic day ends at 2026-11-21T00:00:00Z: all of it is older than a second, and none than
  // a century.
  const Ran none = Report("--config config.yaml --no-live --since 1s -o -");
  EXPECT_THAT(none.out, AllOf(HasSubstr("<dt>Decisions</dt><dd>0</dd>"),
                              HasSubstr("300 decisions are older than the time looked at.")));
  const Ran all = Report("--config config.yaml --no-live --since 36500d -o -");
  EXPECT_THAT(all.out, HasSubstr("<dt>Decisions</dt><dd>300</dd>"));
  for (const char* wrong :
       {"7", "d", "-1h", "0h", "1.5h", "1y", "99999999999w", "' 1h'", "'1h '"}) {
    SCOPED_TRACE(wrong);
    const Ran ran = Report("--config config.yaml --no-live -o - --since=" + std::string(wrong));
    EXPECT_EQ(ran.exit_code, 2);
    EXPECT_THAT(ran.err, HasSubstr("--since"));
  }
}

TEST_F(CliReportTest, LeavesWhatIsNoRegularFileAlone) {
  std::filesystem::create_symlink(dir_.File("elsewhere"), dir_.File("link"));
  std::filesystem::create_directory(dir_.File("folder"));
  ASSERT_EQ(::mkfifo(dir_.File("pipe").c_str(), 0600), 0);
  for (const std::string name : {"link", "folder", "pipe"}) {
    SCOPED_TRACE(name);
    const Ran ran = Report("--config config.yaml --no-live -o " + name);
    EXPECT_EQ(ran.exit_code, 2);
    EXPECT_THAT(ran.err, HasSubstr("is no regular file, and is left alone"));
  }
  EXPECT_FALSE(std::filesystem::exists(dir_.File("elsewhere")));
}

TEST_F(CliReportTest, WhatCannotBeReadLeavesThePageAsItWas) {
  Write("report.html", "the page before");
  Write("broken.yaml", "kind: AgentConfig\nlisten: 7\n");
  const struct {
    const char* arguments;
    const char* says;
  } kRows[] = {
      {"--config config.yaml -o report.html --no-live absent.jsonl", "absent.jsonl"},
      {"--config absent.yaml -o report.html --no-live", "absent.yaml"},
      {"--config broken.yaml -o report.html --no-live", "broken.yaml"},
      {"--config config.yaml -o no/such/folder.html --no-live", "no/such"},
      {"--config config.yaml --no-live", "--output"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.arguments);
    const Ran ran = Report(row.arguments);
    EXPECT_EQ(ran.exit_code, 2);
    EXPECT_THAT(ran.err, HasSubstr(row.says));
    EXPECT_EQ(Page(), "the page before");
  }
}

TEST_F(CliReportTest, AnUnreadableLineIsAFootnote) {
  Write("torn.jsonl", "{\"time\":\"2026-11-20T\n" + ReadText(dir_.File("audit.jsonl")));
  const Ran ran = Report("--config config.yaml --no-live -o - torn.jsonl");
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_THAT(ran.out,
              AllOf(HasSubstr("1 line of the log is not readable"), HasSubstr("torn.jsonl:1"),
                    HasSubstr("<dt>Decisions</dt><dd>100</dd>")));
}

TEST_F(CliReportTest, SaysWhyTheContainersWereNotLookedAt) {
  const Ran ran = Report("--config config.yaml -o -");
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr(::geteuid() == 0 ? "runtime.sock: the runtime does not answer"
                                                  : "only root is told by the kernel"));
}

TEST_F(CliReportTest, LooksAtWhatTheRuntimeTells) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root may look";
  }
  FakeRuntime runtime(dir_.File("runtime.sock"), [](const FakeCall&) { return ReplyWith(""); });
  const Ran ran = Report("--config config.yaml -o -");
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("No container is running."));
  EXPECT_THAT(ran.out, Not(HasSubstr("Nobody looked")));
  EXPECT_GE(runtime.CountOf("/runtime.v1.RuntimeService/ListContainers"), 1U);
}

}  // namespace
}  // namespace sekisho::testing
