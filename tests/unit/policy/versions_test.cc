// What must hold of every row about versions, and sysctls. The rows are in
// versions_<level>_test.cc; which checks a version has is in active_checks_test.cc; what a manifest
// declares beyond what CRI shows, windowsHostProcess among it, is in declared_*_test.cc.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>

#include "policy/checks.h"
#include "unit/policy/version_case.h"

namespace sekisho::policy {
namespace {

// Pod Security Admission looks at the newest version that it has, and names the one that it was
// asked for.
TEST(Versions, ALaterVersionIsJudgedAsTheNewestUnderItsOwnName) {
  for (const auto& cases : {BaselineVersions(), RestrictedVersions()}) {
    for (const VersionCase& c : cases) {
      SCOPED_TRACE(std::string(c.id) + ": " + std::string(c.why));
      const Decision newest = JudgeAt(c, {kLatestMinor});
      for (const auto& [version, name] :
           {std::pair{Version{50}, "v1.50"}, std::pair{Version{}, "latest"}}) {
        const Decision decision = JudgeAt(c, version);
        EXPECT_EQ(Ids(decision.violations), Ids(newest.violations));
        EXPECT_EQ(TextOf(decision, c.id), TextOf(newest, c.id));
        EXPECT_EQ(decision.action, newest.action);
        if (newest.action == Action::kDeny) {
          EXPECT_THAT(decision.message,
                      ::testing::StartsWith("violates PodSecurity \"" +
                                            std::string(LevelName(c.level)) + ":" + name + "\": "));
        }
      }
    }
  }
}

// The first version that allows each name; names that none has ever allowed.
TEST(Versions, Sysctls) {
  const std::map<std::string, int> since = {
      {"kernel.shm_rmid_forced", 0},
      {"net.ipv4.ip_local_port_range", 0},
      {"net.ipv4.ip_unprivileged_port_start", 0},
      {"net.ipv4.ping_group_range", 0},
      {"net.ipv4.tcp_syncookies", 0},
      {"net.ipv4.ip_local_reserved_ports", 27},
      {"net.ipv4.tcp_fin_timeout", 29},
      {"net.ipv4.tcp_keepalive_intvl", 29},
      {"net.ipv4.tcp_keepalive_probes", 29},
      {"net.ipv4.tcp_keepalive_time", 29},
      {"net.ipv4.tcp_rmem", 32},
      {"net.ipv4.tcp_wmem", 32},
      {"net.ipv4.tcp_notsent_lowat", 37},
      {"net.ipv4.tcp_slow_start_after_idle", 37},
      {"kernel.msgmax", kNever},
      {"net/ipv4/tcp_syncookies", kNever},
  };
  for (const auto& [name, first] : since) {
    for (const Level level : {Level::kBaseline, Level::kRestricted}) {
      for (int minor = 0; minor <= kLatestMinor; ++minor) {
        Request r = LegalRequest(level);
        r.spec.enforce.version = {minor};
        r.sandbox.sysctls = {{name, "1"}};
        const Decision decision = OfSandbox(r);
        EXPECT_EQ(TextOf(decision, "sysctls"),
                  minor >= first ? "" : "forbidden sysctls (" + name + ")")
            << "v1." << minor;
        EXPECT_EQ(decision.action, minor >= first ? Action::kAllow : Action::kDeny);
      }
    }
  }
}

// Every check, but for what CRI does not show at all, has a row above.
TEST(Versions, EveryCheckHasARow) {
  std::map<std::string_view, int> rows = {{"sysctls", 1}, {"windowsHostProcess", 1}};
  for (const auto& cases : {BaselineVersions(), RestrictedVersions()}) {
    for (const VersionCase& c : cases) {
      ++rows[c.id];
    }
  }
  for (const Check& check : Checks()) {
    EXPECT_EQ(rows.contains(check.id), check.kind == CheckKind::kPodSecurity) << check.id;
  }
}

TEST(Versions, EachLevelThatOnlyReportsHasAVersionOfItsOwn) {
  Request r = LegalRequest(Level::kRestricted);
  r.container.run_as_user = 0;
  r.spec.enforce = {Level::kBaseline, {}};
  r.spec.audit = {Level::kRestricted, {22}};
  r.spec.warn = {Level::kRestricted, {23}};
  const Decision decision = OfContainer(r);
  EXPECT_EQ(decision.action, Action::kAllow);
  EXPECT_EQ(Ids(decision.audit), "runAsNonRoot");
  EXPECT_EQ(Ids(decision.warn), "runAsNonRoot runAsUser");
}

}  // namespace
}  // namespace sekisho::policy
