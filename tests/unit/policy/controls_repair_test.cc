// What becomes of a request that breaks a control, where its group is hardened.
#include <gtest/gtest.h>

#include <random>

#include "policy/checks.h"
#include "policy/evaluate.h"
#include "policy/repair.h"
#include "unit/policy/check_case.h"

namespace sekisho::policy {
namespace {

void HardenEverything(Request& r) {
  r.spec.on_violation.fill(OnViolation::kHarden);
}

struct RepairCase {
  std::string_view why;
  Level level;
  void (*edit)(Request&);
  std::string_view lines;
};

constexpr RepairCase kCases[] = {
    {"a root filesystem", Level::kPrivileged,
     [](Request& r) { r.spec.controls.read_only_root_filesystem = true; },
     "readonly_rootfs: false -> true\n"},
    {"privilege escalation, at privileged too", Level::kPrivileged,
     [](Request& r) {
       r.spec.controls.forbid_privilege_escalation = true;
       r.container.no_new_privs = false;
     },
     "no_new_privs: false -> true\n"},
    {"what the node hardens ends at privileged, what a control demands does not",
     Level::kPrivileged,
     [](Request& r) {
       r.spec.controls.allowed_proc_mount_types.emplace();
       r.spec.harden.no_new_privileges = true;
       r.spec.harden.drop_capabilities = {"CHOWN"};
       r.spec.harden.seccomp_always = SeccompTarget{"/var/lib/kubelet/seccomp/node.json"};
       r.container.no_new_privs = false;
       r.container.capabilities_drop.clear();
       r.container.readonly_paths.clear();
       r.container.masked_paths.assign(DefaultMaskedPaths().begin(), DefaultMaskedPaths().end());
     },
     "readonly_paths: [] -> [/proc/bus, /proc/fs, /proc/irq, /proc/sys, /proc/sysrq-trigger]\n"},
    {"capabilities that are not allowed", Level::kPrivileged,
     [](Request& r) {
       r.spec.controls.allowed_capabilities = {"CHOWN"};
       r.container.capabilities_add = {"SYS_ADMIN", "CHOWN", "chown"};
       r.container.capabilities_ambient = {"BPF", "CHOWN"};
     },
     "capabilities.add_capabilities: [SYS_ADMIN, CHOWN, chown] -> [CHOWN]\n"
     "capabilities.add_ambient_capabilities: [BPF, CHOWN] -> [CHOWN]\n"},
    {"drops that are missing", Level::kPrivileged,
     [](Request& r) {
       r.spec.controls.required_drop_capabilities = {"NET_RAW", "KILL"};
       r.container.capabilities_add = {"net_raw", "CHOWN"};
       r.container.capabilities_drop = {"KILL"};
     },
     "capabilities.add_capabilities: [net_raw, CHOWN] -> [CHOWN]\n"
     "capabilities.drop_capabilities: [KILL] -> [KILL, NET_RAW]\n"},
    {"ALL is dropped, and additions by name stay", Level::kPrivileged,
     [](Request& r) {
       r.spec.controls.required_drop_capabilities = {"ALL"};
       r.container.capabilities_add = {"CHOWN"};
       r.container.capabilities_drop = {"KILL"};
     },
     "capabilities.drop_capabilities: [KILL] -> [KILL, ALL]\n"},
    {"defaults come in, but not those that the pod drops", Level::kPrivileged,
     [](Request& r) {
       r.spec.controls.default_add_capabilities = {"CHOWN", "KILL", "FOWNER"};
       r.container.capabilities_add = {"FOWNER"};
       r.container.capabilities_drop = {"kill"};
     },
     "capabilities.add_capabilities: [FOWNER] -> [FOWNER, CHOWN]\n"},
    {"a default stands beside ALL, which the level drops and not the pod", Level::kRestricted,
     [](Request& r) {
       r.spec.controls.default_add_capabilities = {"NET_BIND_SERVICE"};
       r.container.capabilities_drop.clear();
     },
     "capabilities.add_capabilities: [] -> [NET_BIND_SERVICE]\n"
     "capabilities.drop_capabilities: [] -> [ALL]\n"},
    {"a default in another spelling, which the allow-list takes away", Level::kPrivileged,
     [](Request& r) {
       r.spec.controls.default_add_capabilities = {"CHOWN"};
       r.spec.controls.allowed_capabilities.emplace();
       r.container.capabilities_add = {"chown"};
       r.container.capabilities_drop.clear();
     },
     "capabilities.add_capabilities: [chown] -> [CHOWN]\n"},
    {"all of them at once, and the node's own drop", Level::kBaseline,
     [](Request& r) {
       r.spec.controls.default_add_capabilities = {"CHOWN"};
       r.spec.controls.allowed_capabilities = {"KILL", "SYS_ADMIN"};
       r.spec.controls.required_drop_capabilities = {"SETUID"};
       r.spec.harden.drop_capabilities = {"NET_RAW"};
       r.container.capabilities_add = {"SYS_ADMIN", "KILL", "MKNOD"};
       r.container.capabilities_drop.clear();
     },
     "capabilities.add_capabilities: [SYS_ADMIN, KILL, MKNOD] -> [KILL, CHOWN]\n"
     "capabilities.drop_capabilities: [] -> [SETUID, NET_RAW]\n"},
    {"a label", Level::kPrivileged,
     [](Request& r) {
       r.spec.controls.selinux = {"u", "r", "t", "s0"};
       r.container.selinux = {"", "", "spc_t", "s0"};
     },
     "selinux_options: user \"\", role \"\", type \"spc_t\", level \"s0\" -> user \"u\", role "
     "\"r\", type \"t\", level \"s0\"\n"},
    {"a label that the level forbids becomes the control's as well", Level::kBaseline,
     [](Request& r) {
       r.spec.controls.selinux = {"", "", "container_t", "s0:c7"};
       r.container.selinux = {"system_u", "", "spc_t", "s0"};
     },
     "selinux_options: user \"system_u\", role \"\", type \"spc_t\", level \"s0\" -> user \"\", "
     "role \"\", type \"container_t\", level \"s0:c7\"\n"},
    {"an AppArmor profile", Level::kPrivileged,
     [](Request& r) {
       r.spec.controls.apparmor = {{"Localhost/*"}, "Localhost/web"};
       r.container.apparmor_profile = "unconfined";
     },
     "apparmor: Unconfined -> Localhost web\n"},
    {"an AppArmor profile that the level forbids", Level::kBaseline,
     [](Request& r) {
       r.spec.controls.apparmor = {{"*"}, "Localhost/web"};
       r.container.apparmor = {ProfileType::kUnconfined, ""};
     },
     "apparmor: Unconfined -> Localhost web\n"},
    {"a seccomp profile, at privileged", Level::kPrivileged,
     [](Request& r) {
       r.spec.controls.seccomp = {{"RuntimeDefault", "Localhost/a"}, "Localhost/a"};
       r.container.seccomp = {};
     },
     "seccomp: Unconfined -> Localhost /var/lib/kubelet/seccomp/a\n"},
    {"the control's default goes before the node's", Level::kBaseline,
     [](Request& r) {
       r.spec.controls.seccomp = {{"RuntimeDefault", "Localhost/a"}, "Localhost/a"};
       r.spec.harden.seccomp_unconfined = SeccompTarget{"/var/lib/kubelet/seccomp/node.json"};
       r.container.seccomp = {ProfileType::kLocalhost, "/var/lib/kubelet/seccomp/b"};
     },
     "seccomp: Localhost /var/lib/kubelet/seccomp/b -> Localhost /var/lib/kubelet/seccomp/a\n"},
    {"a profile for everybody goes before both", Level::kBaseline,
     [](Request& r) {
       r.spec.controls.seccomp = {{"RuntimeDefault", "Localhost/a"}, "RuntimeDefault"};
       r.spec.harden.seccomp_always = SeccompTarget{"/var/lib/kubelet/seccomp/a"};
       r.container.seccomp = {ProfileType::kLocalhost, "/var/lib/kubelet/seccomp/b"};
     },
     "seccomp: Localhost /var/lib/kubelet/seccomp/b -> Localhost /var/lib/kubelet/seccomp/a\n"},
    {"Unconfined, where the control allows it, becomes the node's profile all the same",
     Level::kBaseline,
     [](Request& r) {
       r.spec.controls.seccomp = {{"Unconfined", "RuntimeDefault"}, "RuntimeDefault"};
       r.container.seccomp = {};
     },
     "seccomp: Unconfined -> RuntimeDefault\n"},
    {"but never one that the control forbids", Level::kBaseline,
     [](Request& r) {
       r.spec.controls.seccomp = {{"Unconfined", "Localhost/a"}, "Localhost/a"};
       r.container.seccomp = {};
     },
     "seccomp: Unconfined -> Localhost /var/lib/kubelet/seccomp/a\n"},
};

TEST(ControlsRepair, OfAContainer) {
  for (const RepairCase& c : kCases) {
    SCOPED_TRACE(c.why);
    Request r = LegalRequest(c.level);
    HardenEverything(r);
    c.edit(r);
    ExpectHardened(r, c.lines);
  }
}

// What is denied is not repaired, and what cannot be repaired is denied.
TEST(ControlsRepair, EachGroupDeniesWhereTheOperatorSaysSo) {
  for (const RepairCase& c : kCases) {
    SCOPED_TRACE(c.why);
    Request r = LegalRequest(c.level);
    c.edit(r);
    if (!OfContainer(r).violations.empty()) {
      EXPECT_EQ(OfContainer(r).action, Action::kDeny);
    }
  }
  const struct {
    std::string_view id;
    void (*edit)(Request&);
  } cases[] = {
      {"control/privileged",
       [](Request& r) { r.spec.controls.forbid_privileged = r.container.privileged = true; }},
      {"control/hostPorts",
       [](Request& r) {
         r.spec.controls.host_ports.emplace();
         r.container.host_ports = {80};
       }},
      {"control/runAsUser",
       [](Request& r) {
         r.spec.controls.run_as_user = {IdRule::Kind::kMustRunAs, {{1, 1}}};
       }},
      {"control/runAsGroup",
       [](Request& r) {
         r.spec.controls.run_as_group = {IdRule::Kind::kMustRunAs, {{1, 1}}};
       }},
      {"control/supplementalGroupsPolicy",
       [](Request& r) { r.spec.controls.strict_supplemental_groups = true; }},
      {"control/volumes",
       [](Request& r) {
         r.spec.controls.volumes.emplace();
         r.container.mounts.resize(1);
       }},
  };
  for (const auto& c : cases) {
    Request r = LegalRequest(Level::kPrivileged);
    HardenEverything(r);
    c.edit(r);
    EXPECT_EQ(Ids(OfContainer(r).violations), c.id);
    EXPECT_EQ(OfContainer(r).action, Action::kDeny) << c.id;
  }
}

TEST(ControlsRepair, OfASandbox) {
  Request r = LegalRequest(Level::kPrivileged);
  HardenEverything(r);
  r.spec.controls.selinux = {"u", "r", "t", "s0"};
  r.spec.controls.forbidden_sysctls = {"net.ipv4.tcp_*"};
  r.spec.controls.allowed_unsafe_sysctls = {"kernel.msgmax"};
  r.sandbox.sysctls = {{"kernel.msgmax", "1"},
                       {"kernel.sem", "2"},
                       {"net.ipv4.tcp_syncookies", "3"},
                       {"net.ipv4.ip_local_port_range", "4"}};
  const Decision decision = EvaluateSandbox(r.spec, r.sandbox);
  EXPECT_EQ(decision.action, Action::kHarden);
  EXPECT_EQ(decision.sandbox_edits.remove_sysctls,
            (std::vector<std::string>{"kernel.sem", "net.ipv4.tcp_syncookies"}));
  EXPECT_EQ(decision.sandbox_edits.selinux, r.spec.controls.selinux);
  r.sandbox = WithEdits(r.sandbox, decision.sandbox_edits);
  EXPECT_EQ(EvaluateSandbox(r.spec, r.sandbox).action, Action::kAllow);
}

// The level forbids what the control allows.
TEST(ControlsRepair, TheLevelsSysctlsGoToo) {
  Request r = LegalRequest(Level::kBaseline);
  HardenEverything(r);
  r.spec.controls.allowed_unsafe_sysctls = {"kernel.msgmax"};
  r.sandbox.sysctls = {{"kernel.msgmax", "1"}};
  EXPECT_EQ(EvaluateSandbox(r.spec, r.sandbox).sandbox_edits.remove_sysctls,
            (std::vector<std::string>{"kernel.msgmax"}));
}

// --- at random
// --------------------------------------------------------------------------------------

class Randomly {
 public:
  explicit Randomly(uint32_t seed) : random_(seed) {}

  uint32_t Below(uint32_t bound) { return static_cast<uint32_t>(random_()) % bound; }
  bool Chance(uint32_t percent) { return Below(100) < percent; }
  Names Some(std::initializer_list<const char*> of, uint32_t percent) {
    Names names;
    for (const char* name : of) {
      if (Chance(percent)) {
        names.emplace_back(name);
      }
    }
    return names;
  }

 private:
  std::mt19937 random_;
};

// Controls that a configuration accepts: nothing is both added and dropped, and a default is
// allowed by the level.
Request RandomRequest(uint32_t seed) {
  Randomly any(seed);
  Request r = LegalRequest(static_cast<Level>(any.Below(3)));
  HardenEverything(r);
  Controls& c = r.spec.controls;
  c.default_add_capabilities = any.Some({"NET_BIND_SERVICE"}, 50);
  if (r.spec.enforce.level != Level::kRestricted && any.Chance(50)) {
    c.default_add_capabilities.emplace_back("CHOWN");
  }
  c.required_drop_capabilities = any.Some({"ALL", "KILL", "NET_RAW"}, 40);
  r.spec.harden.drop_capabilities = any.Some({"NET_RAW", "SYS_ADMIN", "SETUID"}, 30);
  if (any.Chance(60)) {
    c.allowed_capabilities = any.Some({"CHOWN", "KILL", "SYS_ADMIN", "*", "ALL"}, 30);
  }
  if (any.Chance(50)) {
    c.seccomp = {{"Localhost/*", "Localhost/a"}, "Localhost/a"};
    if (any.Chance(30)) {
      c.seccomp->allowed.emplace_back("Unconfined");
    }
  }
  c.read_only_root_filesystem = any.Chance(50);
  c.forbid_privilege_escalation = any.Chance(50);
  ContainerFacts& container = r.container;
  for (Names* list : {&container.capabilities_add, &container.capabilities_drop,
                      &container.capabilities_ambient}) {
    *list = any.Some({"ALL", "all", "CHOWN", "chown", "CAP_CHOWN", "KILL", "kill", "NET_RAW",
                      "net_bind_service", "NET_BIND_SERVICE", "SYS_ADMIN", "BPF", "CAP_KILL"},
                     20);
  }
  constexpr ProfileType kTypes[] = {ProfileType::kAbsent, ProfileType::kRuntimeDefault,
                                    ProfileType::kUnconfined, ProfileType::kLocalhost};
  container.seccomp.type = kTypes[any.Below(4)];
  if (container.seccomp.type == ProfileType::kLocalhost) {
    container.seccomp.localhost_ref = "/var/lib/kubelet/seccomp/b";
  }
  container.seccomp_profile_path = any.Chance(20) ? "unconfined" : "";
  container.no_new_privs = any.Chance(50);
  return r;
}

TEST(ControlsRepair, TheResultIsLegalAndNeedsNoFurtherEdit) {
  int hardened = 0;
  constexpr uint32_t kSeeds = 8000;
  for (uint32_t seed = 0; seed < kSeeds && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Request r = RandomRequest(seed);
    const Decision decision = OfContainer(r);
    ASSERT_NE(decision.action, Action::kDeny) << decision.message;
    hardened += decision.action == Action::kHarden ? 1 : 0;
    r.container = WithEdits(r.container, decision.edits);
    const Decision again = OfContainer(r);
    EXPECT_EQ(again.action, Action::kAllow) << again.message;
    EXPECT_EQ(Ids(again.violations), "");
  }
  EXPECT_GT(hardened, static_cast<int>(kSeeds) / 2);
}

}  // namespace
}  // namespace sekisho::policy
