// How the agent is held where no unit holds it.
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "harden/landlock.h"
#include "integration/serve_fixture.h"
#include "support/text_file.h"

namespace sekisho::testing {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

constexpr bool kSanitized = SEKISHO_SANITIZED != 0;  // no filter is loaded then

class ServeProtectionTest : public ServeTest {
 protected:
  // As much as may be dumped, so that there is something to turn off.
  ServeProtectionTest() {
    EXPECT_EQ(::getrlimit(RLIMIT_CORE, &core_before_), 0);
    const rlimit most{.rlim_cur = core_before_.rlim_max, .rlim_max = core_before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_CORE, &most), 0);
  }
  ~ServeProtectionTest() override { EXPECT_EQ(::setrlimit(RLIMIT_CORE, &core_before_), 0); }

  nlohmann::json Held() {
    const Finished status = RunToEnd(
        {SEKISHO_BINARY, "status", "--config=" + dir_.File("config.yaml"), "--output=json"});
    EXPECT_EQ(status.exit_code, 1) << status.output;  // not ready: no call has come yet
    return nlohmann::json::parse(status.output).at("selfProtection");
  }

  std::string Proc(const char* file) const {
    return ReadText("/proc/" + std::to_string(sekisho_->pid()) + "/" + file);
  }

 private:
  rlimit core_before_{};
};

TEST_F(ServeProtectionTest, ItGainsNoPrivilegesDumpsNothingAndSaysSo) {
  Start(Options());
  EXPECT_THAT(Proc("status"), ContainsRegex("NoNewPrivs:[[:blank:]]1"));
  EXPECT_THAT(Proc("limits"), ContainsRegex("Max core file size +0 +0 "));
  EXPECT_THAT(Proc("limits"), ContainsRegex("Max locked memory +0 +0 "));
  const nlohmann::json held = Held();
  EXPECT_EQ(held.at("no_new_privs"), true);
  EXPECT_EQ(held.at("core_dumps_off"), true);
  EXPECT_EQ(held.at("memory_not_dumpable"), true);
}

TEST_F(ServeProtectionTest, ItKeepsOneCapability) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root has capabilities to drop";
  }
  Start(Options());
  // CAP_SYS_PTRACE.
  for (const char* set : {"CapPrm", "CapEff", "CapBnd"}) {
    EXPECT_THAT(Proc("status"), HasSubstr(std::string(set) + ":\t0000000000080000\n"));
  }
  for (const char* set : {"CapInh", "CapAmb"}) {
    EXPECT_THAT(Proc("status"), HasSubstr(std::string(set) + ":\t0000000000000000\n"));
  }
  EXPECT_EQ(Held().at("capabilities_dropped"), true);
}

// Every thread, also those that libraries start.
TEST_F(ServeProtectionTest, EachThreadIsUnderTheFilter) {
  Start(Options());
  int threads = 0;
  const std::filesystem::path tasks = "/proc/" + std::to_string(sekisho_->pid()) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    const std::string status = ReadText(task.path().string() + "/status");
    EXPECT_THAT(status, HasSubstr(kSanitized ? "Seccomp:\t0\n" : "Seccomp:\t2\n"));
    ++threads;
  }
  EXPECT_GT(threads, 3);
  EXPECT_EQ(Held().at("seccomp_filter"), !kSanitized);
}

TEST_F(ServeProtectionTest, WhatIsTurnedOffIsSaid) {
  SekishoOptions options = Options();
  options.more_config += "selfProtection: {systemCallFilter: false, landlock: false}\n";
  Start(options);
  EXPECT_THAT(Proc("status"), HasSubstr("Seccomp:\t0\n"));
  EXPECT_THAT(sekisho_->Log(), HasSubstr("selfProtection.systemCallFilter is false"));
  EXPECT_THAT(sekisho_->Log(), HasSubstr("selfProtection.landlock is false"));
  EXPECT_EQ(Held().at("seccomp_filter"), false);
  EXPECT_EQ(Held().value("landlock", false), false);
}

// A folder that the agent was not told of at its start: the audit log cannot be led there later.
TEST_F(ServeProtectionTest, ItWritesNowhereElse) {
  if (harden::LandlockVersion() == 0) {
    GTEST_SKIP() << "this kernel has no Landlock, or does not use it";
  }
  Start(Options());
  EXPECT_EQ(Held().at("landlock"), true);
  const TempDir elsewhere;
  EXPECT_NE(RunSandbox({}), "");
  const std::string log = dir_.File("audit.jsonl");
  EXPECT_TRUE(Eventually([&] { return std::filesystem::exists(log); }));
  ASSERT_EQ(::rename(log.c_str(), (log + ".old").c_str()), 0);
  ASSERT_EQ(::symlink(elsewhere.File("audit.jsonl").c_str(), log.c_str()), 0);
  sekisho_->Signal(SIGUSR1);  // opens the audit log again
  EXPECT_TRUE(Eventually([&] {
    (void)RunSandbox({});
    return sekisho_->Log().find("the audit log lost") != std::string::npos;
  })) << sekisho_->Log();
  EXPECT_FALSE(std::filesystem::exists(elsewhere.File("audit.jsonl")));
}

}  // namespace
}  // namespace sekisho::testing
