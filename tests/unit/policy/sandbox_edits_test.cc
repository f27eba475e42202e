// What of a sandbox is repaired, and how it reads in the audit log. Annotations that are stripped
// are in steering_annotations_test.cc.
#include <gmock/gmock.h>

#include "policy/checks.h"
#include "policy/evaluate.h"
#include "policy/repair.h"
#include "unit/policy/check_case.h"

namespace sekisho::policy {
namespace {

using ::testing::ElementsAre;

Request Hardening(Level level) {
  Request r = LegalRequest(level);
  r.spec.on_violation.fill(OnViolation::kHarden);
  return r;
}

TEST(SandboxEdits, ForbiddenSysctlsAreTakenOutAndSafeOnesStay) {
  Request r = Hardening(Level::kBaseline);
  r.sandbox.sysctls = {{"vm.swappiness", "0"},
                       {"net.ipv4.tcp_syncookies", "1"},
                       {"net/ipv4/tcp_syncookies", "0"},
                       {"kernel.msgmax", "65536"}};
  ExpectSandboxHardened(r,
                        "config.linux.sysctls[kernel.msgmax]: 65536 -> absent\n"
                        "config.linux.sysctls[net/ipv4/tcp_syncookies]: 0 -> absent\n"
                        "config.linux.sysctls[vm.swappiness]: 0 -> absent\n");
  const Decision decision = OfSandbox(r);
  EXPECT_EQ(Ids(decision.violations), "sysctls") << "what was repaired is reported";
  EXPECT_THAT(
      WithEdits(r.sandbox, decision.sandbox_edits).sysctls,
      ElementsAre(std::pair<const std::string, std::string>("net.ipv4.tcp_syncookies", "1")));
}

TEST(SandboxEdits, WhichSysctlsAreSafeIsUpToTheEnforcedVersion) {
  Request r = Hardening(Level::kRestricted);
  r.sandbox.sysctls = {{"net.ipv4.tcp_rmem", "1"}, {"net.ipv4.ip_local_reserved_ports", "2"}};
  const std::string_view reserved =
      "config.linux.sysctls[net.ipv4.ip_local_reserved_ports]: 2 -> absent\n";
  const std::string_view rmem = "config.linux.sysctls[net.ipv4.tcp_rmem]: 1 -> absent\n";
  r.spec.enforce.version = {26};
  ExpectSandboxHardened(r, std::string(reserved) + std::string(rmem));
  r.spec.enforce.version = {27};
  ExpectSandboxHardened(r, rmem);
  r.spec.enforce.version = {31};
  ExpectSandboxHardened(r, rmem);
  r.spec.enforce.version = {32};
  ExpectSandboxHardened(r, "");
}

TEST(SandboxEdits, SELinuxOptionsKeepWhatThePodMayChoose) {
  const struct {
    std::string_view why;
    SELinuxOptions before;
    std::string_view after;
  } cases[] = {
      {"the type goes", {"", "", "spc_t", "s0:c1"}, R"(user "", role "", type "", level "s0:c1")"},
      {"user and role go, the type stays",
       {"u", "r", "container_kvm_t", "s0"},
       R"(user "", role "", type "container_kvm_t", level "s0")"},
      {"everything goes", {"u", "r", "t", ""}, R"(user "", role "", type "", level "")"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    Request r = Hardening(Level::kBaseline);
    r.sandbox.selinux = c.before;
    const std::string before = "user \"" + c.before.user + "\", role \"" + c.before.role +
                               "\", type \"" + c.before.type + "\", level \"" + c.before.level +
                               "\"";
    ExpectSandboxHardened(r, "selinux_options: " + before + " -> " + std::string(c.after) + "\n");
  }
}

TEST(SandboxEdits, AnSELinuxTypeIsKeptFromTheVersionOnThatAllowsIt) {
  Request r = Hardening(Level::kBaseline);
  r.sandbox.selinux = {"", "", "container_engine_t", ""};
  r.spec.enforce.version = {30};
  ExpectSandboxHardened(r,
                        "selinux_options: user \"\", role \"\", type \"container_engine_t\", level "
                        "\"\" -> user \"\", role \"\", type \"\", level \"\"\n");
  r.spec.enforce.version = {31};
  ExpectSandboxHardened(r, "");
}

TEST(SandboxEdits, SeveralAreRecordedInOneOrder) {
  Request r = Hardening(Level::kBaseline);
  r.spec.annotations.strip = {"run.oci.*"};
  r.sandbox.sysctls = {{"kernel.msgmax", "1"}};
  r.sandbox.annotations = {{"run.oci.handler", "krun"}};
  r.sandbox.selinux = {"u", "", "", ""};
  ExpectSandboxHardened(r,
                        "config.linux.sysctls[kernel.msgmax]: 1 -> absent\n"
                        "config.annotations[run.oci.handler]: set -> absent\n"
                        "selinux_options: user \"u\", role \"\", type \"\", level \"\" -> "
                        "user \"\", role \"\", type \"\", level \"\"\n");
  EXPECT_EQ(Ids(OfSandbox(r).violations), "seLinuxOptions sysctls");
}

TEST(SandboxEdits, OnlyTheGroupsThatAreHardenedAreRepaired) {
  for (const CheckGroup group : {CheckGroup::kSysctls, CheckGroup::kSELinux}) {
    Request r = Hardening(Level::kBaseline);
    r.spec.on_violation[static_cast<size_t>(group)] = OnViolation::kDeny;
    r.sandbox.sysctls = {{"kernel.msgmax", "1"}};
    r.sandbox.selinux = {"u", "", "", ""};
    const Decision decision = OfSandbox(r);
    EXPECT_EQ(decision.action, Action::kDeny);
    EXPECT_TRUE(decision.sandbox_edits.empty()) << "nothing of a refused request is edited";
    EXPECT_THAT(decision.edit_records, ::testing::IsEmpty());
    EXPECT_EQ(decision.message,
              group == CheckGroup::kSysctls
                  ? "violates PodSecurity \"baseline:latest\": forbidden sysctls (kernel.msgmax)"
                  : "violates PodSecurity \"baseline:latest\": seLinuxOptions (pod set forbidden "
                    "securityContext.seLinuxOptions: user may not be set)");
  }
}

// Repairing these would break the pod, so harden is deny.
TEST(SandboxEdits, TheOthersCannotBeRepaired) {
  const struct {
    std::string_view id;
    void (*edit)(Request&);
  } cases[] = {
      {"hostNamespaces", [](Request& r) { r.sandbox.namespaces.pid = NamespaceMode::kNode; }},
      {"hostPorts", [](Request& r) { r.sandbox.host_ports = {80}; }},
      {"privileged", [](Request& r) { r.sandbox.privileged = true; }},
      {"runAsUser", [](Request& r) { r.sandbox.run_as_user = 0; }},
      {"cgroup-settings", [](Request& r) { r.sandbox.unified_keys = {"cpu.max"}; }},
      {"reserved-labels",
       [](Request& r) {
         r.sandbox.labels = {{"containerd.io/x", ""}};
       }},
      {"steering-annotations",
       [](Request& r) {
         r.sandbox.annotations = {{"run.oci.handler", "krun"}};
       }},
      {"unknown-field", [](Request& r) { r.sandbox.unknown = {{"config: unknown field 42"}}; }},
      {"windows-on-linux", [](Request& r) { r.sandbox.windows_present = true; }},
  };
  for (const auto& c : cases) {
    Request r = Hardening(Level::kRestricted);
    r.sandbox.sysctls = {{"kernel.msgmax", "1"}};  // which alone would be repaired
    c.edit(r);
    const Decision decision = OfSandbox(r);
    EXPECT_EQ(decision.action, Action::kDeny) << c.id;
    EXPECT_TRUE(decision.sandbox_edits.empty()) << c.id;
    EXPECT_THAT(Ids(decision.violations), ::testing::HasSubstr(std::string(c.id)));
    EXPECT_THAT(decision.message, ::testing::Not(::testing::HasSubstr("sysctls"))) << c.id;
  }
}

TEST(SandboxEdits, PrivilegedIsLeftAsItIs) {
  Request r = Hardening(Level::kPrivileged);
  r.sandbox.sysctls = {{"kernel.msgmax", "1"}};
  r.sandbox.selinux = {"u", "r", "spc_t", ""};
  ExpectSandboxHardened(r, "");
}

// A container without options of its own has the pod's. Where they are repaired it is with the
// sandbox; in one that was not, nothing that is done to the container helps.
TEST(SandboxEdits, AContainerCannotBeHardenedAgainstItsPodsSELinuxOptions) {
  for (const std::optional<SELinuxOptions>& own :
       {std::optional<SELinuxOptions>(), std::optional(SELinuxOptions{}),
        std::optional(SELinuxOptions{"", "", "spc_t", ""})}) {
    Request r = Hardening(Level::kBaseline);
    r.sandbox.selinux = {"", "", "spc_t", ""};
    r.container.selinux = own;
    const Decision decision = OfContainer(r);
    EXPECT_EQ(decision.action, Action::kDeny);
    EXPECT_TRUE(decision.edits.empty());
    EXPECT_EQ(decision.message,
              "violates PodSecurity \"baseline:latest\": seLinuxOptions (pod set forbidden "
              "securityContext.seLinuxOptions: type \"spc_t\")");

    r.sandbox = WithEdits(r.sandbox, OfSandbox(r).sandbox_edits);
    const Decision inside = OfContainer(r);
    EXPECT_NE(inside.action, Action::kDeny);
    r.container = WithEdits(r.container, inside.edits);
    EXPECT_EQ(OfContainer(r).action, Action::kAllow);
    EXPECT_EQ(Ids(OfContainer(r).violations), "");
  }
}

TEST(SandboxEdits, WithoutEditsNothingChanges) {
  Request r = LegalRequest(Level::kRestricted);
  r.sandbox.annotations = {{"a", "b"}};
  r.sandbox.sysctls = {{"a", "b"}};
  r.sandbox.selinux.emplace();
  EXPECT_EQ(WithEdits(r.sandbox, SandboxEdits{}), r.sandbox);
  EXPECT_TRUE(SandboxEdits{}.empty());
  EXPECT_EQ(WithEdits(r.sandbox, SandboxEdits{{"x"}, {"y"}, std::nullopt}), r.sandbox)
      << "what is not there need not be removed";
}

}  // namespace
}  // namespace sekisho::policy
