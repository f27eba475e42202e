// Pods of manifests, judged by the requests that a kubelet would send and by what they declare.
//
// Kubernetes' own fixtures are in fixtures_test.cc: they say that each check is told in its words.
// Here: who sees what, which spec applies to which container, and what the node would do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "check/check.h"
#include "manifest/read.h"

namespace sekisho::testing {
namespace {

using check::Result;
using check::SeenIn;
using policy::Level;
using policy::OnViolation;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAreArray;

constexpr std::chrono::sys_seconds kNow{std::chrono::seconds(1'780'000'000)};

// One Pod named "p" with this spec, in YAML's flow style.
std::string Pod(const std::string& spec) {
  return "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {" + spec + "}\n";
}

Result CheckYaml(const policy::Policy& policy, const std::string& yaml,
                 const manifest::Options& kubelet = {}) {
  const manifest::Manifests manifests = manifest::ReadManifests(yaml, "p.yaml");
  for (const yaml::Diagnostic& error : manifests.errors) {
    ADD_FAILURE() << error.ToString();
  }
  if (manifests.pods.size() != 1) {
    ADD_FAILURE() << manifests.pods.size() << " pods in " << yaml;
    return {};
  }
  return check::Checker(policy, kubelet, kNow).CheckPod(manifests.pods.front());
}

policy::Policy AtLevel(Level level) {
  return check::PolicyOfLevel({level, {}}, {});
}

// What a policy file says with `defaults: {enforce: …}` alone.
policy::Spec SpecAt(Level level, std::string origin = "defaults") {
  policy::Spec spec = policy::DefaultSpec();
  spec.enforce = {level, {}};
  spec.origin = std::move(origin);
  return spec;
}

void Harden(policy::Spec& spec, policy::CheckGroup group) {
  spec.on_violation[static_cast<size_t>(group)] = OnViolation::kHarden;
}

policy::Rule RuleFor(policy::Match match, policy::Spec spec) {
  const std::string origin = spec.origin;
  return {.match = std::move(match), .spec = std::move(spec), .origin = origin};
}

// "hostNamespaces", and "hostPathVolumes*" for what only the manifest shows.
std::vector<std::string> Checks(const Result& result) {
  std::vector<std::string> checks;
  for (const check::ResultViolation& violation : result.violations) {
    checks.push_back(violation.check + (violation.seen_in == SeenIn::kManifest ? "*" : ""));
  }
  return checks;
}

std::vector<std::string> Edits(const Result& result) {
  std::vector<std::string> edits;
  for (const check::ResultEdit& edit : result.edits) {
    edits.push_back(edit.container + ": " + edit.field + ": " + edit.before + " -> " + edit.after);
  }
  return edits;
}

constexpr char kSeccompEdit[] =
    "c: config.linux.security_context.seccomp: Unconfined -> RuntimeDefault";
// A container that restricted allows, whatever its image.
constexpr char kRestricted[] =
    "runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, "
    "seccompProfile: {type: RuntimeDefault}";

TEST(CheckPodTest, SaysWhichPodOfWhichFile) {
  const Result result = CheckYaml(AtLevel(Level::kBaseline),
                                  "# two lines\n# before it\n"
                                  "apiVersion: batch/v1\nkind: CronJob\n"
                                  "metadata: {name: nightly, namespace: shop}\n"
                                  "spec: {jobTemplate: {spec: {template: {spec: {"
                                  "containers: [{name: c, image: i}]}}}}}\n");
  EXPECT_EQ(result.source, "p.yaml:3");
  EXPECT_EQ(result.kind, "CronJob");
  EXPECT_EQ(result.namespace_, "shop");
  EXPECT_EQ(result.name, "nightly");
  EXPECT_EQ(result.container, "");
  EXPECT_EQ(result.enforced, "baseline:latest");
  EXPECT_EQ(result.rule, check::kLevelOption);
  EXPECT_EQ(result.exemption, "");
  EXPECT_EQ(
      CheckYaml(AtLevel(Level::kBaseline), Pod("containers: [{name: c, image: i}]")).namespace_,
      "default");
}

TEST(CheckPodTest, TheMessageIsWhatKubernetesSaysBehindTheLevel) {
  const Result result =
      CheckYaml(AtLevel(Level::kBaseline),
                Pod("hostNetwork: true, hostPID: true, containers: [{name: c, image: i, "
                    "securityContext: {privileged: true}}]"));
  EXPECT_FALSE(result.allowed);
  EXPECT_EQ(result.message,
            "host namespaces (hostNetwork=true, hostPID=true), privileged (container \"c\" must "
            "not set securityContext.privileged=true)");
}

TEST(CheckPodTest, MarksWhatOnlyTheManifestShows) {
  const struct {
    const char* name;
    Level level;
    std::string spec;
    std::vector<std::string> checks;
  } kRows[] = {
      {"a namespace is in both requests",
       Level::kBaseline,
       "hostNetwork: true, containers: [{name: c, image: i}]",
       {"hostNamespaces"}},
      {"the kubelet dials probes itself",
       Level::kBaseline,
       "containers: [{name: c, image: i, livenessProbe: {httpGet: {host: 10.0.0.1, port: 80}}}]",
       {"hostProbesAndHostLifecycle*"}},
      {"a preStop hook is in an annotation",
       Level::kBaseline,
       "containers: [{name: c, image: i, "
       "lifecycle: {preStop: {httpGet: {host: 10.0.0.1, port: 80}}}}]",
       {"hostProbesAndHostLifecycle"}},
      {"what nobody mounts is in no request",
       Level::kBaseline,
       "volumes: [{name: v, hostPath: {path: /etc}}], containers: [{name: c, image: i}]",
       {"hostPathVolumes*"}},
      {"a mounted path is",
       Level::kBaseline,
       "volumes: [{name: v, hostPath: {path: /etc}}], "
       "containers: [{name: c, image: i, volumeMounts: [{name: v, mountPath: /v}]}]",
       {"hostPathVolumes"}},
      {"restricted calls both a volume type",
       Level::kRestricted,
       "volumes: [{name: v, nfs: {server: s, path: /}}], containers: [{name: c, image: i, "
       "securityContext: {" +
           std::string(kRestricted) + "}}]",
       {"restrictedVolumes*"}},
      {"only the user that comes out of runAsNonRoot is sent",
       Level::kRestricted,
       "containers: [{name: c, image: i, securityContext: {runAsUser: 1000, "
       "allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, "
       "seccompProfile: {type: RuntimeDefault}}}]",
       {"runAsNonRoot*"}},
      {"a user of 0 is sent, and proves it",
       Level::kRestricted,
       "containers: [{name: c, image: i, securityContext: {runAsUser: 0, "
       "allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, "
       "seccompProfile: {type: RuntimeDefault}}}]",
       {"runAsNonRoot", "runAsUser"}},
      {"on Linux no request says hostProcess",
       Level::kBaseline,
       "securityContext: {windowsOptions: {hostProcess: true}}, "
       "containers: [{name: c, image: i}]",
       {"windowsHostProcess*"}},
      // The daemon refuses the sandbox and never gets to the container, which it would refuse, too.
      {"a refused sandbox hides nothing of its containers",
       Level::kBaseline,
       "hostIPC: true, containers: [{name: c, image: i, "
       "securityContext: {capabilities: {add: [SYS_ADMIN]}}}]",
       {"capabilities_baseline", "hostNamespaces"}},
      {"nothing is looked at",
       Level::kPrivileged,
       "hostNetwork: true, containers: [{name: c, image: i}]",
       {}},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.name);
    const Result result = CheckYaml(AtLevel(row.level), Pod(row.spec));
    EXPECT_THAT(Checks(result), UnorderedElementsAreArray(row.checks));
    EXPECT_EQ(result.allowed, row.checks.empty());
    EXPECT_EQ(result.message.empty(), row.checks.empty());
  }
}

TEST(CheckPodTest, TellsAnExplicitUnconfinedFromAProfileThatIsNotSet) {
  policy::Spec deny = SpecAt(Level::kBaseline);
  deny.on_violation.fill(OnViolation::kDeny);
  policy::Spec deny_unconfined = SpecAt(Level::kBaseline);
  deny_unconfined.harden.deny_unconfined = true;
  const policy::Policy with_default =
      check::PolicyOfLevel({Level::kBaseline, {}}, {.kubelet_seccomp_default = true});
  const struct {
    const char* name;
    policy::Policy policy;
    bool seccomp_default;
    std::vector<std::string> unset_checks;
    std::vector<std::string> unset_edits;
    std::vector<std::string> unconfined_checks;
    std::vector<std::string> unconfined_edits;
  } kRows[] = {
      // The node cannot tell the two apart, and hardens both; the manifest can.
      {"--level",
       AtLevel(Level::kBaseline),
       false,
       {},
       {kSeccompEdit},
       {"seccompProfile_baseline*"},
       {kSeccompEdit}},
      {"a policy that hardens, as the defaults do",
       {SpecAt(Level::kBaseline), {}, {}},
       false,
       {},
       {kSeccompEdit},
       {},
       {kSeccompEdit}},
      {"a policy that denies violations",
       {deny, {}, {}},
       false,
       {},
       {kSeccompEdit},
       {"seccompProfile_baseline*"},
       {kSeccompEdit}},
      // Then the node refuses what Kubernetes allows, and so must the check.
      {"a policy that denies Unconfined",
       {deny_unconfined, {}, {}},
       false,
       {"seccompProfile_baseline"},
       {},
       {"seccompProfile_baseline"},
       {}},
      {"seccompDefault", with_default, true, {}, {}, {"seccompProfile_baseline"}, {}},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.name);
    const manifest::Options kubelet{.seccomp_default = row.seccomp_default};
    const Result unset = CheckYaml(row.policy, Pod("containers: [{name: c, image: i}]"), kubelet);
    EXPECT_EQ(Checks(unset), row.unset_checks);
    EXPECT_EQ(Edits(unset), row.unset_edits);
    const Result unconfined =
        CheckYaml(row.policy,
                  Pod("containers: [{name: c, image: i, "
                      "securityContext: {seccompProfile: {type: Unconfined}}}]"),
                  kubelet);
    EXPECT_EQ(Checks(unconfined), row.unconfined_checks);
    EXPECT_EQ(Edits(unconfined), row.unconfined_edits);
  }
}

TEST(CheckPodTest, ShowsEveryEditOfEveryRequest) {
  policy::Spec spec = SpecAt(Level::kBaseline);
  spec.harden.drop_capabilities = {"NET_RAW"};
  Harden(spec, policy::CheckGroup::kCapabilities);
  Harden(spec, policy::CheckGroup::kSysctls);
  const Result result =
      CheckYaml({spec, {}, {}},
                Pod("securityContext: {sysctls: [{name: kernel.msgmax, value: '1'}]}, "
                    "containers: [{name: a, image: i, securityContext: {"
                    "capabilities: {add: [SYS_ADMIN]}, seccompProfile: {type: RuntimeDefault}}}]"));
  EXPECT_TRUE(result.allowed) << result.message;
  EXPECT_THAT(Checks(result), IsEmpty());
  EXPECT_THAT(
      Edits(result),
      ElementsAre(AllOf(HasSubstr(": config.linux.sysctls"), HasSubstr("kernel.msgmax")),
                  AllOf(HasSubstr("a: config.linux.security_context.capabilities.add"),
                        HasSubstr("SYS_ADMIN")),
                  AllOf(HasSubstr("a: config.linux.security_context.capabilities.drop"),
                        HasSubstr("NET_RAW")),
                  AllOf(HasSubstr("a: sandbox_config.linux.sysctls"), HasSubstr("kernel.msgmax"))));
  // It is another kubelet's setting that lets it come so far.
  EXPECT_THAT(result.remarks, ElementsAre(HasSubstr("--allowed-unsafe-sysctls")));
}

TEST(CheckPodTest, EachContainerIsJudgedByItsOwnRule) {
  const policy::Policy policy(
      SpecAt(Level::kBaseline),
      {RuleFor({.containers = {"api"}}, SpecAt(Level::kRestricted, "rules[0]"))}, {});
  const Result result = CheckYaml(
      policy, Pod("containers: [{name: log, image: i}, {name: api, image: i, securityContext: {"
                  "runAsNonRoot: true, allowPrivilegeEscalation: false, "
                  "seccompProfile: {type: RuntimeDefault}}}]"));
  EXPECT_EQ(result.message,
            "unrestricted capabilities (container \"api\" must set "
            "securityContext.capabilities.drop=[\"ALL\"])");
  EXPECT_EQ(result.enforced, "baseline:latest");
  EXPECT_EQ(result.rule, "defaults");
  EXPECT_THAT(result.remarks,
              ElementsAre("container \"api\" is judged at restricted:latest, rules[0]"));
}

TEST(CheckPodTest, ARuleOfOneContainerSaysNothingOfTheOthers) {
  const policy::Policy policy(
      SpecAt(Level::kBaseline),
      {RuleFor({.containers = {"driver"}}, SpecAt(Level::kPrivileged, "rules[0]"))}, {});
  const std::string driver = "{name: driver, image: i, securityContext: {privileged: true}}";
  // Privileged is a flag of the whole sandbox, too, and still only the one's doing.
  EXPECT_TRUE(CheckYaml(policy, Pod("containers: [" + driver + ", {name: c, image: i}]")).allowed);
  EXPECT_THAT(Checks(CheckYaml(policy, Pod("containers: [" + driver +
                                           ", {name: c, image: i, "
                                           "securityContext: {privileged: true}}]"))),
              ElementsAre("privileged"));
  // What is the pod's is judged by the pod's rule, also where every container has one of its own.
  EXPECT_THAT(Checks(CheckYaml(policy, Pod("hostNetwork: true, containers: [" + driver + "]"))),
              ElementsAre("hostNamespaces"));
}

TEST(CheckPodTest, AnExemptionHoldsUntilItExpires) {
  const auto with_expiry = [](std::optional<std::chrono::sys_seconds> expires_at) {
    return policy::Policy(SpecAt(Level::kBaseline), {},
                          {{.match = {.namespaces = {"kube-*"}},
                            .reason = "the node's network",
                            .expires_at = expires_at,
                            .origin = "exemptions[0]"}});
  };
  const std::string yaml =
      "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: kube-system}\n"
      "spec: {hostNetwork: true, containers: [{name: c, image: i}]}\n";
  const Result exempt = CheckYaml(with_expiry(kNow + std::chrono::seconds(1)), yaml);
  EXPECT_TRUE(exempt.allowed);
  EXPECT_EQ(exempt.enforced, "privileged:latest");
  EXPECT_EQ(exempt.rule, "exemptions[0]");
  EXPECT_EQ(exempt.exemption, "the node's network");
  EXPECT_THAT(exempt.edits, IsEmpty());
  const Result expired = CheckYaml(with_expiry(kNow), yaml);
  EXPECT_FALSE(expired.allowed);
  EXPECT_EQ(expired.exemption, "");
  EXPECT_FALSE(CheckYaml(with_expiry(std::nullopt),
                         Pod("hostNetwork: true, containers: [{name: c, image: i}]"))
                   .allowed);
}

TEST(CheckPodTest, AStaticPodIsOneOfTheNode) {
  const policy::Policy policy(
      SpecAt(Level::kBaseline),
      {RuleFor({.source = policy::PodSource::kStatic}, SpecAt(Level::kPrivileged, "rules[0]"))},
      {});
  const std::string yaml = Pod("hostNetwork: true, containers: [{name: c, image: i}]");
  EXPECT_FALSE(CheckYaml(policy, yaml).allowed);
  const Result result = CheckYaml(policy, yaml, {.static_node_name = "node"});
  EXPECT_TRUE(result.allowed) << result.message;
  EXPECT_EQ(result.name, "p");
}

TEST(CheckPodTest, TheImagesUserCountsWhereTheManifestSaysNothing) {
  const std::string base =
      "allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, "
      "seccompProfile: {type: RuntimeDefault}";
  const std::string declared = "runAsNonRoot: true, " + base;
  const struct {
    const char* name;
    std::optional<std::string> image_user;
    std::string context;
    std::vector<std::string> checks;
    std::vector<std::string> remarks;  // a part of each
  } kRows[] = {
      {"a kubelet runs nothing else there", std::nullopt, declared, {}, {}},
      {"a number", "1000", declared, {}, {}},
      {"a number, and its group", "1000:1000", declared, {}, {}},
      {"root", "root", declared, {}, {"the image names its user (root)"}},
      {"nobody", "nobody", declared, {}, {"the image names its user (nobody)"}},
      {"0", "0", declared, {}, {"the image runs as root"}},
      {"no USER at all", "", declared, {}, {"the image runs as root"}},
      {"an overridden USER", "0", "runAsUser: 5, " + declared, {}, {}},
      {"unknown, and nothing declared",
       std::nullopt,
       base,
       {"runAsNonRoot"},
       {"without --image-user"}},
      {"a number, and nothing declared", "1000", base, {"runAsNonRoot*"}, {}},
      {"a name proves nothing", "nobody", base, {"runAsNonRoot"}, {}},
      {"root, and nothing declared",
       "0",
       base,
       {"runAsNonRoot"},
       {"the image runs as root, which the node refuses"}},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.name);
    const Result result =
        CheckYaml(AtLevel(Level::kRestricted),
                  Pod("containers: [{name: c, image: i, securityContext: {" + row.context + "}}]"),
                  {.image_user = row.image_user});
    EXPECT_EQ(Checks(result), row.checks);
    ASSERT_EQ(result.remarks.size(), row.remarks.size())
        << ::testing::PrintToString(result.remarks);
    for (size_t i = 0; i < row.remarks.size(); ++i) {
      EXPECT_THAT(result.remarks[i], HasSubstr(row.remarks[i]));
    }
  }
}

TEST(CheckPodTest, WhatAKubeletRefusesIsSaidAndTheRestIsJudged) {
  const Result result = CheckYaml(
      AtLevel(Level::kBaseline),
      Pod("containers: [{name: bad, image: i, securityContext: {runAsNonRoot: true, runAsUser: 0}},"
          " {name: c, image: i}]"));
  EXPECT_TRUE(result.allowed) << result.message;
  EXPECT_THAT(result.remarks, ElementsAre("a kubelet would not create container \"bad\": "
                                          "runAsNonRoot is true, and runAsUser is 0"));
  EXPECT_THAT(Edits(result), ElementsAre(kSeccompEdit));
}

TEST(CheckPodTest, AWindowsPodIsJudgedByItsManifestAlone) {
  const std::string context = "securityContext: {runAsNonRoot: true}";
  const Result good =
      CheckYaml(AtLevel(Level::kRestricted),
                Pod("os: {name: windows}, containers: [{name: c, image: i, " + context + "}]"));
  EXPECT_TRUE(good.allowed) << good.message;
  EXPECT_THAT(good.edits, IsEmpty());
  EXPECT_THAT(good.remarks, ElementsAre(HasSubstr("spec.os.name is windows")));
  const Result bad =
      CheckYaml(AtLevel(Level::kRestricted), Pod("os: {name: windows}, hostNetwork: true, "
                                                 "containers: [{name: c, image: i, " +
                                                 context + "}]"));
  EXPECT_THAT(Checks(bad), ElementsAre("hostNamespaces*"));
}

TEST(CheckPodTest, InitAndEphemeralContainersAreContainers) {
  const std::string bad = "image: i, securityContext: {capabilities: {add: [BPF]}}}";
  const Result result =
      CheckYaml(AtLevel(Level::kBaseline),
                Pod("initContainers: [{name: a, " + bad + "], containers: [{name: b, " + bad +
                    "], ephemeralContainers: [{name: c, " + bad + "]"));
  EXPECT_EQ(result.message,
            "non-default capabilities (containers \"a\", \"b\", \"c\" must not include \"BPF\" in "
            "securityContext.capabilities.add)");
}

TEST(CheckPodTest, AnOldVersionHasFewerChecks) {
  const std::string yaml =
      Pod("containers: [{name: c, image: i, livenessProbe: {tcpSocket: {host: h, port: 1}}}]");
  EXPECT_TRUE(CheckYaml(check::PolicyOfLevel({Level::kBaseline, {33}}, {}), yaml).allowed);
  const Result result = CheckYaml(check::PolicyOfLevel({Level::kBaseline, {34}}, {}), yaml);
  EXPECT_FALSE(result.allowed);
  EXPECT_EQ(result.enforced, "baseline:v1.34");
}

TEST(CheckPodTest, AControlIsCheckedBesideTheLevel) {
  policy::Spec spec = SpecAt(Level::kPrivileged);
  spec.controls.read_only_root_filesystem = true;
  const policy::Policy policy(spec, {}, {});
  const Result result = CheckYaml(policy, Pod("containers: [{name: c, image: i}]"));
  EXPECT_FALSE(result.allowed);
  EXPECT_THAT(result.message, AllOf(HasSubstr("\"c\""), Not(HasSubstr("PodSecurity"))));
  EXPECT_TRUE(CheckYaml(policy, Pod("containers: [{name: c, image: i, "
                                    "securityContext: {readOnlyRootFilesystem: true}}]"))
                  .allowed);
}

}  // namespace
}  // namespace sekisho::testing
