// What `controls` of a policy file mean.
#include "policy/controls.h"

#include <gmock/gmock.h>

#include "policy/policy.h"
#include "unit/config/config_files.h"

namespace sekisho::config {
namespace {

using policy::Controls;
using policy::IdRule;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

class ControlsTest : public ConfigFiles {
 protected:
  // Of a policy that enforces privileged, where no control can contradict the level.
  policy::Spec SpecOf(const std::string& text) {
    const auto result = LoadPolicyText(
        "apiVersion: sekisho.io/v1alpha1\nkind: NodePolicy\ndefaults: {enforce: privileged}\n" +
        text);
    EXPECT_THAT(Texts(result.errors), IsEmpty()) << text;
    EXPECT_THAT(Texts(result.value.warnings), IsEmpty()) << text;
    return result.ok() ? result.value.policy->defaults() : policy::Spec();
  }
  Controls ControlsOf(const std::string& text) {
    return SpecOf("controls: {" + text + "}\n").controls;
  }
};

TEST_F(ControlsTest, EveryKeyIsRead) {
  Write("kubelet/seccomp/web.json", StrictProfile());
  const Controls c = SpecOf(R"(controls:
  privileged: false
  defaultAddCapabilities: [CHOWN]
  requiredDropCapabilities: [NET_RAW, ALL]
  allowedCapabilities: [KILL, "*"]
  volumes: [configMap, cephFS, "*"]
  hostNetwork: false
  hostPorts: [{min: 0, max: 10}, {min: 443, max: 443}]
  hostPID: false
  hostIPC: false
  seLinux: {rule: MustRunAs, seLinuxOptions: {user: u, role: r, type: t, level: "s0:c1"}}
  runAsUser: {rule: MustRunAs, ranges: [{min: 1, max: 2147483647}]}
  runAsGroup: {rule: MayRunAs, ranges: [{min: 1, max: 2}, {min: 5, max: 5}]}
  supplementalGroups: {rule: MustRunAs, ranges: [{min: 0, max: 0}]}
  supplementalGroupsPolicy: Strict
  readOnlyRootFilesystem: true
  allowPrivilegeEscalation: false
  allowedHostPaths: [{pathPrefix: /var/log, readOnly: true}, {pathPrefix: /}]
  allowedFlexVolumes: [{driver: example.com/nas}]
  allowedCSIDrivers: [{name: secrets.csi.example.com}]
  allowedUnsafeSysctls: [kernel.msgmax, kernel.shm*]
  forbiddenSysctls: ["*", net/ipv4/x]
  allowedProcMountTypes: [Default, Unmasked]
  appArmor: {allowedProfiles: [Localhost/web, Unconfined]}
  seccomp: {allowedProfiles: [RuntimeDefault, Localhost/*], defaultProfile: Localhost/web.json}
  runtimeHandlers: {allowed: [kata, ""]}
)")
                         .controls;
  EXPECT_TRUE(c.forbid_privileged);
  EXPECT_THAT(c.default_add_capabilities, ElementsAre("CHOWN"));
  EXPECT_THAT(c.required_drop_capabilities, ElementsAre("NET_RAW", "ALL"));
  EXPECT_THAT(c.allowed_capabilities, Optional(ElementsAre("KILL", "*")));
  EXPECT_THAT(c.volumes, Optional(ElementsAre("configMap", "cephfs", "*")));
  EXPECT_TRUE(c.forbid_host_network);
  EXPECT_THAT(c.host_ports,
              Optional(ElementsAre(policy::IdRange{0, 10}, policy::IdRange{443, 443})));
  EXPECT_TRUE(c.forbid_host_pid);
  EXPECT_TRUE(c.forbid_host_ipc);
  EXPECT_EQ(c.selinux, (policy::SELinuxOptions{"u", "r", "t", "s0:c1"}));
  EXPECT_EQ(c.run_as_user, (IdRule{IdRule::Kind::kMustRunAs, {{1, 2147483647}}}));
  EXPECT_EQ(c.run_as_group, (IdRule{IdRule::Kind::kMayRunAs, {{1, 2}, {5, 5}}}));
  EXPECT_EQ(c.supplemental_groups, (IdRule{IdRule::Kind::kMustRunAs, {{0, 0}}}));
  EXPECT_TRUE(c.strict_supplemental_groups);
  EXPECT_TRUE(c.read_only_root_filesystem);
  EXPECT_TRUE(c.forbid_privilege_escalation);
  EXPECT_THAT(c.allowed_host_paths, Optional(ElementsAre(policy::AllowedHostPath{"/var/log", true},
                                                         policy::AllowedHostPath{"/", false})));
  EXPECT_THAT(c.allowed_flex_volumes, Optional(ElementsAre("example.com/nas")));
  EXPECT_THAT(c.allowed_csi_drivers, Optional(ElementsAre("secrets.csi.example.com")));
  EXPECT_THAT(c.allowed_unsafe_sysctls, Optional(ElementsAre("kernel.msgmax", "kernel.shm*")));
  EXPECT_THAT(c.forbidden_sysctls, ElementsAre("*", "net/ipv4/x"));
  EXPECT_THAT(c.allowed_proc_mount_types, Optional(ElementsAre("Default", "Unmasked")));
  EXPECT_EQ(c.apparmor, (policy::ProfileRule{{"Localhost/web", "Unconfined"}, "Localhost/web"}));
  EXPECT_EQ(c.seccomp,
            (policy::ProfileRule{{"RuntimeDefault", "Localhost/*"}, "Localhost/web.json"}));
  EXPECT_THAT(c.allowed_runtime_handlers, Optional(ElementsAre("", "kata")));
}

// PodSecurityPolicy's ways to say that it does not care.
TEST_F(ControlsTest, WhatIsAllowedIsNotControlled) {
  EXPECT_EQ(ControlsOf("privileged: true, hostNetwork: true, hostPID: true, hostIPC: true, "
                       "allowPrivilegeEscalation: true, readOnlyRootFilesystem: false, "
                       "supplementalGroupsPolicy: Merge, runAsUser: {rule: RunAsAny}, "
                       "runAsGroup: {rule: RunAsAny, ranges: []}, "
                       "supplementalGroups: {rule: RunAsAny}, seLinux: {rule: RunAsAny}"),
            Controls());
  EXPECT_EQ(ControlsOf(""), Controls());
}

TEST_F(ControlsTest, MustRunAsNonRootNeedsNoRanges) {
  EXPECT_EQ(ControlsOf("runAsUser: {rule: MustRunAsNonRoot}").run_as_user,
            (IdRule{IdRule::Kind::kMustRunAsNonRoot, {}}));
}

TEST_F(ControlsTest, AnEmptyListAllowsNothing) {
  const Controls c = ControlsOf(
      "volumes: [], hostPorts: [], allowedCapabilities: [], allowedUnsafeSysctls: [], "
      "allowedProcMountTypes: []");
  EXPECT_THAT(c.volumes, Optional(IsEmpty()));
  EXPECT_THAT(c.host_ports, Optional(IsEmpty()));
  EXPECT_THAT(c.allowed_capabilities, Optional(IsEmpty()));
  EXPECT_THAT(c.allowed_unsafe_sysctls, Optional(IsEmpty()));
  EXPECT_THAT(c.allowed_proc_mount_types, Optional(IsEmpty()));
}

TEST_F(ControlsTest, ADefaultProfileIsChosen) {
  Write("kubelet/seccomp/a.json", StrictProfile());
  const struct {
    std::string_view why;
    std::string rule;
    std::string fallback;
  } cases[] = {
      {"the runtime's, where it is allowed", "[Localhost/a.json, RuntimeDefault]",
       "RuntimeDefault"},
      {"or everything is", "[\"*\"]", "RuntimeDefault"},
      {"otherwise the first with a name", "[Unconfined, Localhost/*, Localhost/a.json]",
       "Localhost/a.json"},
      {"a default that a wildcard allows", "[Localhost/*], defaultProfile: Localhost/a.json",
       "Localhost/a.json"},
  };
  for (const auto& c : cases) {
    const auto rule = ControlsOf("seccomp: {allowedProfiles: " + c.rule + "}").seccomp;
    ASSERT_TRUE(rule.has_value()) << c.why;
    EXPECT_EQ(rule->fallback, c.fallback) << c.why;
  }
}

// Where nothing is attached, nothing is needed: no default, and no file on this node.
TEST_F(ControlsTest, WithoutHardeningNoDefaultIsNeeded) {
  const Controls c = SpecOf(
                         "controls:\n  seccomp: {allowedProfiles: [Localhost/*]}\n"
                         "  appArmor: {allowedProfiles: [Localhost/*]}\n"
                         "onViolation: {seccomp: deny}\n")
                         .controls;
  EXPECT_EQ(c.seccomp->fallback, "");
  EXPECT_EQ(c.apparmor->fallback, "");
  EXPECT_EQ(SpecOf("controls: {seccomp: {allowedProfiles: [Localhost/none.json]}}\n"
                   "onViolation: {seccomp: deny}\n")
                .controls.seccomp->fallback,
            "Localhost/none.json");
}

TEST_F(ControlsTest, ARulesControlsReplaceTheFilesAsAWhole) {
  const auto result = LoadPolicyText(std::string(kPolicyHeader) +
                                     "controls: {readOnlyRootFilesystem: true, hostPID: false}\n"
                                     "rules:\n"
                                     "- match: {namespaces: [inherits]}\n"
                                     "- match: {namespaces: [none]}\n"
                                     "  controls: {}\n"
                                     "- match: {namespaces: [other]}\n"
                                     "  controls: {hostIPC: false}\n");
  ASSERT_THAT(Texts(result.errors), IsEmpty());
  const auto of = [&](const std::string& name) {
    policy::PodIdentity pod;
    pod.namespace_ = name;
    return result.value.policy->ForContainer(pod, "c", kNow)->controls;
  };
  Controls file;
  file.read_only_root_filesystem = file.forbid_host_pid = true;
  Controls other;
  other.forbid_host_ipc = true;
  EXPECT_EQ(of("inherits"), file);
  EXPECT_EQ(of("none"), Controls());
  EXPECT_EQ(of("other"), other);
}

}  // namespace
}  // namespace sekisho::config
