// What is wrong with controls, in exact words. Beside each wrong text stands the right one.
#include <gmock/gmock.h>

#include "unit/config/config_files.h"

namespace sekisho::config {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Case {
  std::string wrong;  // line 4 and following
  std::string error;
  std::string right;
};

class ControlsErrors : public ConfigFiles {
 protected:
  void Check(const std::vector<Case>& cases) {
    for (const Case& c : cases) {
      const auto wrong = LoadPolicyText(std::string(kPolicyHeader) + c.wrong);
      EXPECT_THAT(Texts(wrong.errors), ElementsAre(c.error)) << c.wrong;
      EXPECT_EQ(wrong.value.policy, nullptr) << c.wrong;
      const auto right = LoadPolicyText(std::string(kPolicyHeader) + c.right);
      EXPECT_THAT(Texts(right.errors), IsEmpty()) << c.right;
    }
  }
};

// One control, on line 4 from column 12.
Case Control(const std::string& wrong, const std::string& error, const std::string& right) {
  return {"controls: {" + wrong + "}\n", "policy.yaml:4:" + error, "controls: {" + right + "}\n"};
}

TEST_F(ControlsErrors, Names) {
  Check({
      Control("privilegd: false",
              R"(12: controls.privilegd: unknown key (did you mean "privileged"?))",
              "privileged: false"),
      Control("privileged: no", R"(24: controls.privileged: expected true or false, found "no")",
              "privileged: false"),
      Control("readOnlyRootFilesystem: 1",
              R"(36: controls.readOnlyRootFilesystem: expected true or false, found "1")",
              "readOnlyRootFilesystem: true"),
      Control("volumes: [configmap]",
              R"(22: controls.volumes[0]: unknown value "configmap" (did you mean "configMap"?))",
              "volumes: [configMap]"),
      Control("volumes: configMap", "21: controls.volumes: expected a list, found a single value",
              "volumes: [\"*\"]"),
      Control("volumes: [emptyDir, ephemeral]",
              "21: controls.volumes: ephemeral volumes look like any other claim to a node (add "
              "persistentVolumeClaim, or leave ephemeral out)",
              "volumes: [persistentVolumeClaim, ephemeral]"),
      Control(
          "allowedProcMountTypes: [Masked]",
          R"(36: controls.allowedProcMountTypes[0]: unknown value "Masked" (did you mean "Unmasked"?))",
          "allowedProcMountTypes: [Default]"),
      Control("allowedProcMountTypes: [Unmasked]",
              "35: controls.allowedProcMountTypes: Default cannot be forbidden (add Default)",
              "allowedProcMountTypes: [Default, Unmasked]"),
      Control(
          "supplementalGroupsPolicy: strict",
          R"(38: controls.supplementalGroupsPolicy: unknown value "strict" (did you mean "Strict"?))",
          "supplementalGroupsPolicy: Strict"),
      Control(
          "forbiddenSysctls: [kernel.*.max]",
          R"(31: controls.forbiddenSysctls[0]: "kernel.*.max" can match no sysctl (write a name such as net.core.somaxconn, or kernel.shm*))",
          "forbiddenSysctls: [kernel.*]"),
      Control(
          "allowedUnsafeSysctls: [\"a b\"]",
          R"(35: controls.allowedUnsafeSysctls[0]: "a b" can match no sysctl (write a name such as net.core.somaxconn, or kernel.shm*))",
          "allowedUnsafeSysctls: [a.b]"),
      Control("runtimeHandlers: [kata]",
              "29: controls.runtimeHandlers: expected a mapping, found a list",
              "runtimeHandlers: {allowed: [kata]}"),
      Control(
          "runtimeHandlers: {allowed: [Kata]}",
          R"(40: controls.runtimeHandlers.allowed[0]: "Kata" can match no runtime handler (use lower-case letters, digits, "-"))",
          "runtimeHandlers: {allowed: [\"\"]}"),
  });
}

TEST_F(ControlsErrors, WhatANodeCannotEnforce) {
  const auto refused = [](const std::string& wrong, const std::string& name,
                          const std::string& reason, const std::string& right) {
    return Control(wrong, "12: controls." + name + ": cannot be enforced by a node: " + reason,
                   right);
  };
  const std::string handlers =
      "CRI has a RuntimeClass's handler, not its name (write "
      "runtimeHandlers: {allowed: [handler]})";
  const std::string probes =
      "the kubelet calls the hosts of probes and tells no runtime (enforce baseline of v1.34 or "
      "later where pods are admitted)";
  Check({
      refused("fsGroup: {rule: RunAsAny}", "fsGroup",
              "CRI has one list of groups for fsGroup and supplementalGroups (write "
              "supplementalGroups, with the ranges of both)",
              "supplementalGroups: {rule: RunAsAny}"),
      refused("defaultAllowPrivilegeEscalation: false", "defaultAllowPrivilegeEscalation",
              "in CRI unset and true look alike (write harden: {noNewPrivileges: true}, or "
              "allowPrivilegeEscalation: false)",
              "allowPrivilegeEscalation: false"),
      refused("runtimeClass: {allowedRuntimeClassNames: [x]}", "runtimeClass", handlers,
              "runtimeHandlers: {allowed: [x]}"),
      refused("allowedRuntimeClassNames: [x]", "allowedRuntimeClassNames", handlers, ""),
      refused("hostProbes: false", "hostProbes", probes, ""),
      refused("probeHosts: []", "probeHosts", probes, ""),
      refused("unmountedVolumes: []", "unmountedVolumes",
              "a volume that no container mounts is not in CRI (write volumes, which is about what "
              "is mounted)",
              "volumes: []"),
      refused("allowedUsernames: [x]", "allowedUsernames",
              "who made a pod is not in CRI (write rules or exemptions that match namespaces)", ""),
      refused("allowedServiceAccounts: [x]", "allowedServiceAccounts",
              "a pod's service account is not in CRI (write rules or exemptions that match "
              "namespaces)",
              ""),
  });
  EXPECT_THAT(Texts(LoadPolicyText(std::string(kPolicyHeader) +
                                   "rules: [{match: {source: api}, controls: {fsGroup: {}}}]\n")
                        .errors),
              ElementsAre(::testing::StartsWith(
                  "policy.yaml:4:43: rules[0].controls.fsGroup: cannot be enforced by a node: ")));
}

TEST_F(ControlsErrors, RangesAndRules) {
  Check({
      Control("hostPorts: [8000-9000]",
              "24: controls.hostPorts[0]: expected a mapping, found a single value",
              "hostPorts: [{min: 8000, max: 9000}]"),
      Control("hostPorts: [{min: 8000}]", "24: controls.hostPorts[0].max: is required and missing",
              "hostPorts: [{min: 8000, max: 8000}]"),
      Control("hostPorts: [{min: 2, max: 1}]",
              "24: controls.hostPorts[0]: no number lies in this range (write the smaller one as "
              "min)",
              "hostPorts: [{min: 1, max: 2}]"),
      Control(
          "hostPorts: [{min: 1, max: 65536}]",
          R"(38: controls.hostPorts[0].max: expected a whole number from 0 to 65535, found "65536")",
          "hostPorts: [{min: 0, max: 65535}]"),
      Control(
          "runAsUser: {rule: MustRunAs, ranges: [{min: -1, max: 5}]}",
          R"(56: controls.runAsUser.ranges[0].min: expected a whole number from 0 to 2147483647, found "-1")",
          "runAsUser: {rule: MustRunAs, ranges: [{min: 0, max: 2147483647}]}"),
      Control("runAsUser: {rule: MustRunAs}",
              "23: controls.runAsUser: MustRunAs needs ranges (write ranges: [{min: …, max: …}])",
              "runAsUser: {rule: MustRunAsNonRoot}"),
      Control("runAsUser: {rule: MustRunAs, ranges: []}",
              "23: controls.runAsUser: MustRunAs needs ranges (write ranges: [{min: …, max: …}])",
              "runAsUser: {rule: RunAsAny, ranges: []}"),
      Control("runAsUser: {rule: MayRunAs, ranges: [{min: 1, max: 1}]}",
              "30: controls.runAsUser.rule: unknown value \"MayRunAs\" (one of: MustRunAs, "
              "MustRunAsNonRoot, RunAsAny)",
              "runAsGroup: {rule: MayRunAs, ranges: [{min: 1, max: 1}]}"),
      Control(
          "runAsGroup: {rule: MustRunAsNonRoot}",
          "31: controls.runAsGroup.rule: unknown value \"MustRunAsNonRoot\" (one of: MustRunAs, "
          "MayRunAs, RunAsAny)",
          "runAsGroup: {rule: RunAsAny}"),
      Control("supplementalGroups: {rule: RunAsAny, ranges: [{min: 1, max: 2}]}",
              "32: controls.supplementalGroups: ranges mean nothing beside RunAsAny (leave them "
              "out, or write MustRunAs)",
              "supplementalGroups: {rule: MustRunAs, ranges: [{min: 1, max: 2}]}"),
      Control("runAsUser: {ranges: []}", "23: controls.runAsUser.rule: is required and missing",
              "runAsUser: {rule: RunAsAny}"),
      Control("seLinux: {rule: MustRunAs}",
              "21: controls.seLinux: MustRunAs needs seLinuxOptions (write seLinuxOptions: {type: "
              "…, level: …})",
              "seLinux: {rule: RunAsAny}"),
      Control("seLinux: {rule: RunAsAny, seLinuxOptions: {}}",
              "21: controls.seLinux: seLinuxOptions mean nothing beside RunAsAny (leave them out, "
              "or write MustRunAs)",
              "seLinux: {rule: MustRunAs, seLinuxOptions: {type: container_t}}"),
      Control("seLinux: {rule: MustRunAs, seLinuxOptions: {kind: x}}",
              "56: controls.seLinux.seLinuxOptions.kind: unknown key (one of: user, role, type, "
              "level)",
              "seLinux: {rule: MustRunAs, seLinuxOptions: {level: s0}}"),
  });
}

TEST_F(ControlsErrors, PathsAndDrivers) {
  const std::string empty =
      ": is an empty list (leave the key out to allow all of them, or leave their type out of "
      "volumes)";
  Check({
      Control("allowedHostPaths: []", "30: controls.allowedHostPaths" + empty,
              "allowedHostPaths: [{pathPrefix: /}]"),
      Control(
          "allowedHostPaths: [{pathPrefix: var}]",
          R"(44: controls.allowedHostPaths[0].pathPrefix: "var" is not an absolute path (begin it with "/"))",
          "allowedHostPaths: [{pathPrefix: /var}]"),
      Control(
          "allowedHostPaths: [{pathPrefix: /var/}]",
          R"(44: controls.allowedHostPaths[0].pathPrefix: "/var/" is not a clean path (write it without "//", ".", ".." and without "/" at the end))",
          "allowedHostPaths: [{pathPrefix: /var, readOnly: false}]"),
      Control("allowedHostPaths: [{readOnly: true}]",
              "31: controls.allowedHostPaths[0].pathPrefix: is required and missing",
              "allowedHostPaths: [{pathPrefix: /var, readOnly: true}]"),
      Control("allowedFlexVolumes: []", "32: controls.allowedFlexVolumes" + empty,
              "allowedFlexVolumes: [{driver: a/b}]"),
      Control("allowedCSIDrivers: []", "31: controls.allowedCSIDrivers" + empty,
              "allowedCSIDrivers: [{name: a}]"),
      Control("allowedCSIDrivers: [{}]",
              "32: controls.allowedCSIDrivers[0].name: is required and missing",
              "allowedCSIDrivers: [{name: a}]"),
  });
}

TEST_F(ControlsErrors, Profiles) {
  Write("kubelet/seccomp/a.json", StrictProfile());
  const std::string known =
      " is no profile (one of: RuntimeDefault, Unconfined, Localhost/<name>, Localhost/*, *)";
  const auto seccomp = [](const std::string& rule) { return "seccomp: {" + rule + "}"; };
  const std::string right = seccomp("allowedProfiles: [RuntimeDefault]");
  const std::string at = "40: controls.seccomp.allowedProfiles[0]: ";
  Check({
      Control(seccomp("defaultProfile: RuntimeDefault, allowedProfiles: []"),
              "71: controls.seccomp.allowedProfiles: is an empty list: no container could run "
              "(name what is allowed, or leave the control out)",
              right),
      Control(seccomp("allowedProfiles: [Default]"), at + "\"Default\"" + known, right),
      Control(seccomp("allowedProfiles: [runtime/default]"),
              at + "\"runtime/default\" is no profile (write RuntimeDefault)", right),
      Control(seccomp("allowedProfiles: [localhost/a.json]"),
              at + "\"localhost/a.json\" is no profile (write Localhost/a.json)",
              seccomp("allowedProfiles: [Localhost/a.json]")),
      Control(seccomp("allowedProfiles: [unconfined, RuntimeDefault]"),
              at + "\"unconfined\" is no profile (write Unconfined)",
              seccomp("allowedProfiles: [Unconfined, RuntimeDefault]")),
      Control(seccomp("allowedProfiles: [Localhost/../x]"), at + "\"Localhost/../x\"" + known,
              right),
      Control(seccomp("allowedProfiles: [Localhost//x]"), at + "\"Localhost//x\"" + known, right),
      Control(seccomp("allowedProfiles: [Localhost/a*]"), at + "\"Localhost/a*\"" + known, right),
      Control(seccomp("allowedProfiles: [Localhost/]"), at + "\"Localhost/\"" + known, right),
      Control(seccomp("allowedProfiles: [RuntimeDefault], defaultProfile: Localhost/a.json"),
              "73: controls.seccomp.defaultProfile: \"Localhost/a.json\" is not one of "
              "allowedProfiles (add it there, or choose one of them)",
              seccomp("allowedProfiles: [Localhost/*], defaultProfile: Localhost/a.json")),
      Control(seccomp("allowedProfiles: [\"*\"], defaultProfile: Unconfined"),
              "62: controls.seccomp.defaultProfile: \"Unconfined\" cannot be attached to harden a "
              "container (write RuntimeDefault or Localhost/<name>)",
              right),
      Control(seccomp("allowedProfiles: [Localhost/none.json]"),
              at + "the profile kubelet/seccomp/none.json does not exist (install the profile "
                   "first)",
              seccomp("allowedProfiles: [Localhost/a.json]")),
      Control("appArmor: {allowedProfiles: [RuntimeDefault, \"Localhost/a b\", Unconfined, "
              "docker/default]}",
              "86: controls.appArmor.allowedProfiles[3]: \"docker/default\" is no profile (write "
              "RuntimeDefault)",
              "appArmor: {allowedProfiles: [RuntimeDefault]}"),
  });
}

TEST_F(ControlsErrors, Capabilities) {
  Check({
      Control(
          "allowedCapabilities: [chown]",
          R"(34: controls.allowedCapabilities[0]: "chown" is not spelt as in a pod's capabilities (write CHOWN))",
          "allowedCapabilities: [CHOWN, \"*\", ALL]"),
      Control("requiredDropCapabilities: [\"*\"]",
              "39: controls.requiredDropCapabilities[0]: unknown capability \"*\" (see "
              "capabilities(7); the name goes without CAP_)",
              "requiredDropCapabilities: [ALL]"),
      Control("defaultAddCapabilities: [ALL]",
              "37: controls.defaultAddCapabilities[0]: ALL would give every container every "
              "capability (name them)",
              "defaultAddCapabilities: [CHOWN]"),
  });
}

// --- what contradicts itself
// ------------------------------------------------------------------------

TEST_F(ControlsErrors, Contradictions) {
  Write("kubelet/seccomp/a.json", StrictProfile());
  const std::string at = "11: controls: ";
  const auto with = [](const std::string& control, const std::string& rest) {
    return "controls: {" + control + "}\n" + rest;
  };
  Check({
      Control("defaultAddCapabilities: [KILL], requiredDropCapabilities: [KILL]",
              at + "KILL is in defaultAddCapabilities and in requiredDropCapabilities (take it out "
                   "of one of them)",
              "defaultAddCapabilities: [KILL], requiredDropCapabilities: [ALL]"),
      Control("allowedCapabilities: [KILL], requiredDropCapabilities: [KILL]",
              at + "KILL is in allowedCapabilities and in requiredDropCapabilities (take it out of "
                   "one of them)",
              "allowedCapabilities: [KILL], requiredDropCapabilities: [ALL]"),
      Control("defaultAddCapabilities: [NET_RAW]",
              at + "defaultAddCapabilities adds NET_RAW, which baseline forbids (take it out, or "
                   "enforce another level)",
              "defaultAddCapabilities: [KILL]"),
      {with("defaultAddCapabilities: [KILL]", "harden: {capabilities: {drop: [ALL]}}\n"),
       "policy.yaml:4:" + at +
           "defaultAddCapabilities adds KILL, which harden.capabilities.drop takes away (take it "
           "out of one of them)",
       with("defaultAddCapabilities: [KILL]", "harden: {capabilities: {drop: [NET_RAW]}}\n")},
      Control("seLinux: {rule: MustRunAs, seLinuxOptions: {user: u}}",
              at + "seLinux demands a user or a role, which baseline forbids (leave them out, or "
                   "enforce privileged)",
              "seLinux: {rule: MustRunAs, seLinuxOptions: {level: s0}}"),
      Control("seLinux: {rule: MustRunAs, seLinuxOptions: {type: spc_t}}",
              at + "seLinux demands the type spc_t, which baseline forbids (take a type that it "
                   "allows, or enforce privileged)",
              "seLinux: {rule: MustRunAs, seLinuxOptions: {type: container_t}}"),
      {with("appArmor: {allowedProfiles: [Localhost/*]}", "onViolation: {appArmor: harden}\n"),
       "policy.yaml:4:" + at +
           "onViolation.appArmor is harden, and appArmor allows no profile that could be attached "
           "(give appArmor a defaultProfile, or write onViolation: {appArmor: deny})",
       with("appArmor: {allowedProfiles: [Localhost/*], defaultProfile: Localhost/x}",
            "onViolation: {appArmor: harden}\n")},
      {with("seccomp: {allowedProfiles: [Localhost/*]}", ""),
       "policy.yaml:4:" + at +
           "onViolation.seccomp is harden, and seccomp allows no profile that could be attached "
           "(give seccomp a defaultProfile, or write onViolation: {seccomp: deny})",
       with("seccomp: {allowedProfiles: [Localhost/*]}", "onViolation: {seccomp: deny}\n")},
      {with("seccomp: {allowedProfiles: [RuntimeDefault]}",
            "harden: {seccomp: {localhost: a.json}}\n"),
       "policy.yaml:4:" + at +
           "harden.seccomp.localhost attaches a profile that controls.seccomp does not allow (add "
           "it to allowedProfiles)",
       with("seccomp: {allowedProfiles: [RuntimeDefault, Localhost/a.json]}",
            "harden: {seccomp: {localhost: a.json}}\n")},
      {with("seccomp: {allowedProfiles: [Unconfined]}", "onViolation: {seccomp: deny}\n"),
       "policy.yaml:4:" + at +
           "harden.seccomp.unconfined attaches a profile that controls.seccomp does not allow (add "
           "it to allowedProfiles, or give seccomp a defaultProfile)",
       with("seccomp: {allowedProfiles: [Unconfined]}",
            "onViolation: {seccomp: deny}\nharden: {seccomp: {unconfined: deny}}\n")},
  });
}

// The file's controls and a rule's level: together they cannot hold, alone each can.
TEST_F(ControlsErrors, AContradictionOfARuleIsReportedThere) {
  EXPECT_THAT(
      Texts(LoadPolicyText(std::string(kPolicyHeader) +
                           "controls: {defaultAddCapabilities: [KILL]}\n"
                           "rules:\n"
                           "- match: {namespaces: [a]}\n"
                           "- match: {namespaces: [b]}\n"
                           "  enforce: restricted\n"
                           "- match: {namespaces: [c]}\n"
                           "  enforce: restricted\n"
                           "  controls: {defaultAddCapabilities: [CHOWN]}\n")
                .errors),
      ElementsAre("policy.yaml:7:3: rules[1]: defaultAddCapabilities adds KILL, which "
                  "restricted forbids (take it out, or enforce another level)",
                  "policy.yaml:11:13: rules[2].controls: defaultAddCapabilities adds CHOWN, "
                  "which restricted forbids (take it out, or enforce another level)"));
}

TEST_F(ControlsErrors, AContradictionIsNotReportedForEachRuleThatInheritsIt) {
  EXPECT_THAT(Texts(LoadPolicyText(std::string(kPolicyHeader) +
                                   "controls: {defaultAddCapabilities: [NET_RAW]}\n"
                                   "rules:\n"
                                   "- match: {namespaces: [a]}\n"
                                   "- match: {namespaces: [b]}\n"
                                   "  enforce: privileged\n")
                        .errors),
              ElementsAre(::testing::StartsWith("policy.yaml:4:11: controls: ")));
}

}  // namespace
}  // namespace sekisho::config
