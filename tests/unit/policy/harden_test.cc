// What the node does to a container whatever it asked for, and how it reads in the audit log.
#include <gtest/gtest.h>

#include "policy/checks.h"
#include "policy/evaluate.h"
#include "unit/policy/check_case.h"

namespace sekisho::policy {
namespace {

constexpr std::string_view kNodeProfile = "/var/lib/kubelet/seccomp/node.json";

TEST(Harden, NothingIsDoneToWhatIsHardAlready) {
  Request r = LegalRequest(Level::kBaseline);
  r.spec.harden.no_new_privileges = true;
  r.spec.harden.drop_capabilities = {"NET_RAW", "SYS_CHROOT"};
  r.spec.harden.seccomp_always = SeccompTarget{};
  r.spec.harden.masked_paths = true;
  r.container.masked_paths.assign(DefaultMaskedPaths().begin(), DefaultMaskedPaths().end());
  ExpectHardened(r, "");
}

TEST(Harden, NoNewPrivileges) {
  Request r = LegalRequest(Level::kBaseline);
  r.container.no_new_privs = false;
  ExpectHardened(r, "");
  r.spec.harden.no_new_privileges = true;
  ExpectHardened(r, "no_new_privs: false -> true\n");
}

TEST(Harden, MaskedPathsAlsoInAUserNamespace) {
  Request r = LegalRequest(Level::kBaseline);
  EnterUserNamespace(r);
  Unmask(r);
  ExpectHardened(r, "");
  r.spec.harden.masked_paths = true;
  ExpectHardened(
      r,
      "masked_paths: [] -> [/proc/asound, /proc/acpi, /proc/interrupts, /proc/kcore, /proc/keys, "
      "/proc/latency_stats, /proc/timer_list, /proc/timer_stats, /proc/sched_debug, /proc/scsi, "
      "/sys/firmware, /sys/devices/virtual/powercap]\n"
      "readonly_paths: [] -> [/proc/bus, /proc/fs, /proc/irq, /proc/sys, /proc/sysrq-trigger]\n");
}

TEST(Harden, DroppedCapabilities) {
  const struct {
    std::string_view why;
    Names add, drop, ambient;
    std::string_view lines;
  } cases[] = {
      {"appended",
       {},
       {"KILL"},
       {},
       "capabilities.drop_capabilities: [KILL] -> [KILL, CHOWN, NET_RAW]\n"},
      {"one is there already, in a spelling that the runtime takes",
       {},
       {"chown"},
       {},
       "capabilities.drop_capabilities: [chown] -> [chown, NET_RAW]\n"},
      {"one is there already, in a spelling that it does not",
       {},
       {"CAP_CHOWN"},
       {},
       "capabilities.drop_capabilities: [CAP_CHOWN] -> [CAP_CHOWN, CHOWN, NET_RAW]\n"},
      {"ALL drops them", {}, {"ALL"}, {}, ""},
      {"an addition goes, although baseline allows it",
       {"CHOWN", "KILL"},
       {"ALL"},
       {},
       "capabilities.add_capabilities: [CHOWN, KILL] -> [KILL]\n"},
      {"an ambient one goes",
       {},
       {"ALL"},
       {"CHOWN"},
       "capabilities.add_ambient_capabilities: [CHOWN] -> []\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    Request r = LegalRequest(Level::kBaseline);
    r.spec.harden.drop_capabilities = {"CHOWN", "NET_RAW"};
    r.container.capabilities_add = c.add;
    r.container.capabilities_drop = c.drop;
    r.container.capabilities_ambient = c.ambient;
    ExpectHardened(r, c.lines);
  }
}

TEST(Harden, TheUnconfinedGetTheNodesProfile) {
  Request r = LegalRequest(Level::kBaseline);
  r.spec.on_violation = DefaultOnViolation();
  r.spec.harden.seccomp_unconfined.localhost_path = kNodeProfile;
  ExpectHardened(r, "");
  r.container.seccomp = {ProfileType::kUnconfined, ""};
  ExpectHardened(r, "seccomp: Unconfined -> Localhost /var/lib/kubelet/seccomp/node.json\n");
  r.container.seccomp = {};
  r.container.seccomp_profile_path = "unconfined";
  ExpectHardened(r, "seccomp: Unconfined -> Localhost /var/lib/kubelet/seccomp/node.json\n");
}

TEST(Harden, OrAreDenied) {
  Request r = LegalRequest(Level::kBaseline);
  r.spec.on_violation.fill(OnViolation::kHarden);
  r.spec.harden.deny_unconfined = true;
  ExpectHardened(r, "");
  r.container.seccomp = {};
  EXPECT_EQ(OfContainer(r).action, Action::kDeny);
  EXPECT_EQ(Ids(OfContainer(r).violations), "seccompProfile_baseline");
  r.container.seccomp = {ProfileType::kUnconfined, ""};
  EXPECT_EQ(OfContainer(r).action, Action::kDeny);
  r.spec.harden.seccomp_always = SeccompTarget{};
  EXPECT_EQ(OfContainer(r).action, Action::kDeny) << "denying is the stricter wish";
}

TEST(Harden, OneProfileForEverybody) {
  Request r = LegalRequest(Level::kBaseline);
  r.spec.on_violation = DefaultOnViolation();
  r.spec.harden.seccomp_always = SeccompTarget{std::string(kNodeProfile)};
  const SecurityProfile node{ProfileType::kLocalhost, std::string(kNodeProfile)};
  const struct {
    std::string_view why;
    SecurityProfile current;
    std::string deprecated;
    std::string_view before;  // empty: it has that profile already
  } cases[] = {
      {"over the default", {ProfileType::kRuntimeDefault, ""}, "", "RuntimeDefault"},
      {"over none", {}, "", "Unconfined"},
      {"over Unconfined", {ProfileType::kUnconfined, ""}, "", "Unconfined"},
      {"over a profile of the pod's own",
       {ProfileType::kLocalhost, "/var/lib/kubelet/seccomp/a"},
       "",
       "Localhost /var/lib/kubelet/seccomp/a"},
      {"over the deprecated field", {}, "docker/default", "RuntimeDefault"},
      {"the same", node, "", ""},
      {"the same in both fields", node, "localhost/" + node.localhost_ref, ""},
      {"the same, but the deprecated field is unconfined", node, "unconfined", "Unconfined"},
      {"the same, but the deprecated field names another file", node,
       "localhost//var/lib/kubelet/seccomp/a", "Localhost /var/lib/kubelet/seccomp/a"},
      {"the same, but the deprecated field is the default", node, "runtime/default",
       "RuntimeDefault"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    r.container.seccomp = c.current;
    r.container.seccomp_profile_path = c.deprecated;
    ExpectHardened(r, c.before.empty() ? ""
                                       : "seccomp: " + std::string(c.before) +
                                             " -> Localhost /var/lib/kubelet/seccomp/node.json\n");
  }
}

}  // namespace
}  // namespace sekisho::policy
