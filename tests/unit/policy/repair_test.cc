// Which violations are repaired, by what edits, and how they read in the audit log. What the node
// adds of its own is in harden_test.cc.
#include "policy/repair.h"

#include <gmock/gmock.h>

#include "policy/checks.h"
#include "policy/evaluate.h"
#include "unit/policy/check_case.h"

namespace sekisho::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const SecurityProfile kDefaultProfile{ProfileType::kRuntimeDefault, ""};

// --- violations, by group
// ---------------------------------------------------------------------------

struct GroupCase {
  CheckGroup group;
  Level level;
  void (*violate)(Request&);
  std::string_view lines;  // empty: cannot be repaired
};

constexpr GroupCase kGroupCases[] = {
    {CheckGroup::kAllowPrivilegeEscalation, Level::kRestricted,
     [](Request& r) { r.container.no_new_privs = false; }, "no_new_privs: false -> true\n"},
    {CheckGroup::kAppArmor, Level::kBaseline,
     [](Request& r) {
       r.container.apparmor = {ProfileType::kUnconfined, ""};
     },
     "apparmor: Unconfined -> RuntimeDefault\n"},
    {CheckGroup::kAppArmor, Level::kRestricted,
     [](Request& r) { r.container.apparmor_profile = "unconfined"; },
     "apparmor: Unconfined -> RuntimeDefault\n"},
    {CheckGroup::kCapabilities, Level::kBaseline,
     [](Request& r) {
       r.container.capabilities_add = {"SYS_ADMIN", "CHOWN", "CAP_KILL", "kill"};
       r.container.capabilities_ambient = {"BPF"};
       r.container.capabilities_drop = {"NET_RAW"};  // baseline asks for no ALL
     },
     "capabilities.add_capabilities: [SYS_ADMIN, CHOWN, CAP_KILL, kill] -> [CHOWN]\n"
     "capabilities.add_ambient_capabilities: [BPF] -> []\n"},
    {CheckGroup::kCapabilities, Level::kRestricted,
     [](Request& r) {
       r.container.capabilities_add = {"CHOWN", "NET_BIND_SERVICE"};
       r.container.capabilities_drop = {"all", "CAP_KILL"};
     },
     "capabilities.add_capabilities: [CHOWN, NET_BIND_SERVICE] -> [NET_BIND_SERVICE]\n"
     "capabilities.drop_capabilities: [all, CAP_KILL] -> [ALL]\n"},
    {CheckGroup::kHostNamespaces, Level::kBaseline,
     [](Request& r) {
       r.sandbox.namespaces.ipc = r.container.namespaces.ipc = NamespaceMode::kNode;
     },
     ""},
    {CheckGroup::kHostPorts, Level::kBaseline, [](Request& r) { r.container.host_ports = {80}; },
     ""},
    {CheckGroup::kPrivileged, Level::kBaseline, [](Request& r) { r.container.privileged = true; },
     ""},
    {CheckGroup::kProcMount, Level::kBaseline,
     [](Request& r) {
       r.container.masked_paths = {"/proc/kcore", "/secret"};
     },
     "masked_paths: [/proc/kcore, /secret] -> [/proc/kcore, /secret, /proc/asound, /proc/acpi, "
     "/proc/interrupts, /proc/keys, /proc/latency_stats, /proc/timer_list, /proc/timer_stats, "
     "/proc/sched_debug, /proc/scsi, /sys/firmware, /sys/devices/virtual/powercap]\n"},
    {CheckGroup::kProcMount, Level::kRestricted,
     [](Request& r) { r.container.readonly_paths.clear(); },
     "masked_paths: [/proc/kcore, /proc/keys, /proc/timer_list, /proc/sched_debug, /sys/firmware] "
     "-> [/proc/kcore, /proc/keys, /proc/timer_list, /proc/sched_debug, /sys/firmware, "
     "/proc/asound, /proc/acpi, /proc/interrupts, /proc/latency_stats, /proc/timer_stats, "
     "/proc/scsi, /sys/devices/virtual/powercap]\n"
     "readonly_paths: [] -> [/proc/bus, /proc/fs, /proc/irq, /proc/sys, /proc/sysrq-trigger]\n"},
    {CheckGroup::kRunAsNonRoot, Level::kRestricted,
     [](Request& r) { r.container.run_as_user.reset(); }, ""},
    {CheckGroup::kRunAsUser, Level::kRestricted, [](Request& r) { r.container.run_as_user = 0; },
     ""},
    {CheckGroup::kSeccomp, Level::kBaseline,
     [](Request& r) {
       r.spec.node.kubelet_seccomp_default = true;
       r.container.seccomp = {};
     },
     "seccomp: Unconfined -> RuntimeDefault\n"},
    {CheckGroup::kSeccomp, Level::kRestricted,
     [](Request& r) { r.container.seccomp_profile_path = "unconfined"; },
     "seccomp: Unconfined -> RuntimeDefault\n"},
    {CheckGroup::kSELinux, Level::kBaseline,
     [](Request& r) {
       r.container.selinux = {"", "", "spc_t", ""};
     },
     "selinux_options: user \"\", role \"\", type \"spc_t\", level \"\" -> "
     "user \"\", role \"\", type \"\", level \"\"\n"},
    {CheckGroup::kSELinux, Level::kRestricted,
     [](Request& r) {
       r.container.selinux = {"u", "r", "container_t", "s0:c1,c2"};
     },
     "selinux_options: user \"u\", role \"r\", type \"container_t\", level \"s0:c1,c2\" -> "
     "user \"\", role \"\", type \"container_t\", level \"s0:c1,c2\"\n"},
    {CheckGroup::kHostProbes, Level::kBaseline,
     [](Request& r) { r.container.pre_stop_hosts = {"bad.host"}; }, ""},
    {CheckGroup::kVolumes, Level::kBaseline,
     [](Request& r) { r.container.mounts = {{.container_path = "/m", .host_path = "/etc"}}; }, ""},
    {CheckGroup::kVolumes, Level::kRestricted,
     [](Request& r) { r.container.mounts = {{.container_path = "/m", .host_path = "/etc"}}; }, ""},
};

TEST(Repair, AGroupIsRepairedWhereTheOperatorSaysSoAndItCanBe) {
  for (const GroupCase& c : kGroupCases) {
    SCOPED_TRACE(std::string(CheckGroupName(c.group)) + " at " + std::string(LevelName(c.level)));
    Request denied = LegalRequest(c.level);
    c.violate(denied);
    denied.spec.on_violation.fill(OnViolation::kHarden);
    denied.spec.on_violation[static_cast<size_t>(c.group)] = OnViolation::kDeny;
    EXPECT_EQ(OfContainer(denied).action, Action::kDeny);

    Request repaired = LegalRequest(c.level);
    c.violate(repaired);
    repaired.spec.on_violation.fill(OnViolation::kHarden);
    EXPECT_EQ(IsRepairable(c.group), !c.lines.empty());
    if (c.lines.empty()) {
      EXPECT_EQ(OfContainer(repaired).action, Action::kDeny);
    } else {
      ExpectHardened(repaired, c.lines);
      EXPECT_FALSE(OfContainer(repaired).violations.empty()) << "what was repaired is reported";
    }
  }
}

TEST(Repair, EveryGroupOfAContainerHasACase) {
  for (const Check& check : Checks()) {
    if (check.kind == CheckKind::kPodSecurity && check.at_container) {
      EXPECT_TRUE(std::ranges::find(kGroupCases, *check.group, &GroupCase::group) !=
                  std::end(kGroupCases))
          << check.id;
    }
  }
}

TEST(Repair, OurOwnChecksAreNeverRepaired) {
  for (auto* tables : {BackDoorTables, IntegrityTables, MountTables}) {
    for (const CheckTable& table : tables()) {
      for (const CheckCase& row : table.rows) {
        Request r = LegalRequest(table.level);
        row.edit(r);
        r.spec.on_violation.fill(OnViolation::kHarden);
        if (table.judged == Judged::kContainer && !row.failing.empty()) {
          EXPECT_EQ(OfContainer(r).action, Action::kDeny) << row.why;
          EXPECT_TRUE(OfContainer(r).edits.empty()) << row.why;
        }
      }
    }
  }
  Request r = LegalRequest(Level::kBaseline);
  r.spec.on_violation.fill(OnViolation::kHarden);
  r.container.seccomp = {ProfileType::kLocalhost, "/tmp/x.json"};
  EXPECT_EQ(OfContainer(r).action, Action::kDeny);
}

// Before 1.22 restricted had baseline's rule, and no more than that is put right.
TEST(Repair, CapabilitiesAreRepairedAsTheVersionDemands) {
  Request r = LegalRequest(Level::kRestricted);
  r.spec.on_violation.fill(OnViolation::kHarden);
  r.container.capabilities_add = {"NET_RAW", "CHOWN"};
  r.container.capabilities_drop = {};
  r.spec.enforce.version = {21};
  ExpectHardened(r, "capabilities.add_capabilities: [NET_RAW, CHOWN] -> [CHOWN]\n");
  r.spec.enforce.version = {22};
  ExpectHardened(r,
                 "capabilities.add_capabilities: [NET_RAW, CHOWN] -> []\n"
                 "capabilities.drop_capabilities: [] -> [ALL]\n");
}

// The node's own hardening is no repair: what is denied stays denied, even where it would have
// mended the same field.
TEST(Repair, HardeningDoesNotExcuseAViolationThatIsDenied) {
  Request r = LegalRequest(Level::kRestricted);
  r.spec.harden.no_new_privileges = true;
  r.container.no_new_privs = false;
  EXPECT_EQ(OfContainer(r).action, Action::kDeny);
}

// --- WithEdits
// ---------------------------------------------------------------------------------------

TEST(WithEdits, NoEditsChangeNothing) {
  const ContainerFacts before = LegalRequest(Level::kRestricted).container;
  EXPECT_EQ(WithEdits(before, {}), before);
}

TEST(WithEdits, ADeprecatedFieldThatIsSetFollows) {
  Edits edits;
  edits.seccomp = SecurityProfile{ProfileType::kLocalhost, "/p/web.json"};
  edits.apparmor = kDefaultProfile;
  ContainerFacts before = LegalRequest(Level::kRestricted).container;
  EXPECT_EQ(WithEdits(before, edits).seccomp_profile_path, "");
  EXPECT_EQ(WithEdits(before, edits).apparmor_profile, "");
  before.seccomp_profile_path = "unconfined";
  before.apparmor_profile = "unconfined";
  const ContainerFacts after = WithEdits(before, edits);
  EXPECT_EQ(after.seccomp, *edits.seccomp);
  EXPECT_EQ(after.seccomp_profile_path, "localhost//p/web.json");
  EXPECT_EQ(after.apparmor, *edits.apparmor);
  EXPECT_EQ(after.apparmor_profile, "runtime/default");
}

TEST(WithEdits, EachMemberReplacesItsFieldAsAWhole) {
  Edits edits;
  edits.capabilities_add = Names{"A"};
  edits.capabilities_drop = Names{};
  edits.capabilities_ambient = Names{"B"};
  edits.no_new_privs = false;
  edits.masked_paths = Names{"/m"};
  edits.readonly_paths = Names{"/r"};
  edits.readonly_rootfs = true;
  edits.selinux = SELinuxOptions{"", "", "container_t", ""};
  edits.remove_annotations = {"a", "never there"};
  ContainerFacts before = LegalRequest(Level::kRestricted).container;
  before.selinux = {"u", "r", "t", "l"};
  before.annotations = {{"a", "1"}, {"b", "2"}};
  const ContainerFacts after = WithEdits(before, edits);
  EXPECT_THAT(after.capabilities_add, ElementsAre("A"));
  EXPECT_THAT(after.capabilities_drop, IsEmpty());
  EXPECT_THAT(after.capabilities_ambient, ElementsAre("B"));
  EXPECT_FALSE(after.no_new_privs);
  EXPECT_THAT(after.masked_paths, ElementsAre("/m"));
  EXPECT_THAT(after.readonly_paths, ElementsAre("/r"));
  EXPECT_TRUE(after.readonly_rootfs);
  EXPECT_EQ(after.selinux, edits.selinux);
  EXPECT_THAT(after.annotations, ElementsAre(::testing::Pair("b", "2")));
}

}  // namespace
}  // namespace sekisho::policy
