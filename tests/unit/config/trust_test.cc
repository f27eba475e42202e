// `volumes`, `devices` and `annotations`: what is let through, and what is said about it. And
// versions that this build does not know, which are warned about likewise.
#include <gmock/gmock.h>

#include "policy/policy.h"
#include "policy/steering_annotations.h"
#include "unit/config/config_files.h"

namespace sekisho::config {
namespace {

using policy::HostPathRule;
using policy::Spec;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class TrustTest : public ConfigFiles {
 protected:
  Spec DefaultsOf(const std::string& text) {
    const auto result = LoadPolicyText(std::string(kPolicyHeader) + text);
    EXPECT_THAT(Texts(result.errors), IsEmpty()) << text;
    return result.ok() ? result.value.policy->defaults() : Spec();
  }
  std::vector<std::string> ErrorsOf(const std::string& text) {
    return Texts(LoadPolicyText(std::string(kPolicyHeader) + text).errors);
  }
  std::vector<std::string> WarningsOf(const std::string& text) {
    return Texts(LoadPolicyText(std::string(kPolicyHeader) + text).value.warnings);
  }
};

TEST_F(TrustTest, EveryKeyIsRead) {
  const Spec spec = DefaultsOf(
      "volumes:\n"
      "  trustedHostPaths: [{pathPrefix: /srv/a}, {pathPrefix: /srv/b, readOnly: true}]\n"
      "  trustedPersistentVolumes: [pv-nfs-*]\n"
      "devices:\n"
      "  trusted: [/dev/nvidia*, /dev/kvm]\n"
      "  trustedCDIKinds: [nvidia.com/gpu]\n"
      "annotations:\n"
      "  allow: [run.oci.keep_original_groups, \"@gvisor\"]\n"
      "  strip: [b.example.com/*, a.example.com/x, a.example.com/x]\n"
      "  deny: [\"@criu\", \"x?.example.com\"]\n");
  EXPECT_THAT(spec.trust.host_paths,
              ElementsAre(HostPathRule{"/srv/a", false}, HostPathRule{"/srv/b", true}));
  EXPECT_THAT(spec.trust.persistent_volumes, ElementsAre("pv-nfs-*"));
  EXPECT_THAT(spec.trust.devices, ElementsAre("/dev/nvidia*", "/dev/kvm"));
  EXPECT_THAT(spec.trust.cdi_kinds, ElementsAre("nvidia.com/gpu"));
  EXPECT_THAT(spec.annotations.allow, ElementsAre("dev.gvisor.*", "run.oci.keep_original_groups"));
  EXPECT_THAT(spec.annotations.strip, ElementsAre("a.example.com/x", "b.example.com/*"));
  EXPECT_THAT(spec.annotations.deny, ElementsAre("org.criu.*", "x?.example.com"));
}

TEST_F(TrustTest, WithoutThemNothingIsTrustedAndWhatSteersIsDenied) {
  EXPECT_EQ(DefaultsOf("").trust, policy::Trust());
  EXPECT_EQ(DefaultsOf("").annotations, policy::DefaultSpec().annotations);
  EXPECT_THAT(DefaultsOf("").annotations.deny, ::testing::Not(IsEmpty()));
  // One list does not replace the others.
  const Spec spec = DefaultsOf("annotations: {strip: [\"@nri\"]}\n");
  EXPECT_EQ(spec.annotations.deny, policy::DefaultSpec().annotations.deny);
  EXPECT_THAT(DefaultsOf("annotations: {deny: []}\n").annotations.deny, IsEmpty());
}

TEST_F(TrustTest, EachOfARuleReplacesTheFilesAsAWhole) {
  const auto result = LoadPolicyText(std::string(kPolicyHeader) +
                                     "volumes: {trustedHostPaths: [{pathPrefix: /a}]}\n"
                                     "devices: {trusted: [/dev/kvm]}\n"
                                     "annotations: {strip: [x.example.com]}\n"
                                     "rules:\n"
                                     "- match: {namespaces: [inherits]}\n"
                                     "- match: {namespaces: [other]}\n"
                                     "  volumes: {trustedPersistentVolumes: [pv]}\n"
                                     "  devices: {}\n"
                                     "  annotations: {allow: [y.example.com]}\n");
  ASSERT_THAT(Texts(result.errors), IsEmpty());
  const auto of = [&](const std::string& name) {
    policy::PodIdentity pod;
    pod.namespace_ = name;
    return *result.value.policy->ForContainer(pod, "c", kNow);
  };
  EXPECT_EQ(of("inherits").trust, result.value.policy->defaults().trust);
  EXPECT_EQ(of("inherits").annotations, result.value.policy->defaults().annotations);
  EXPECT_EQ(of("other").trust, (policy::Trust{.persistent_volumes = {"pv"}}));
  EXPECT_THAT(of("other").annotations.strip, IsEmpty());
  EXPECT_THAT(of("other").annotations.allow, ElementsAre("y.example.com"));
  EXPECT_EQ(of("other").annotations.deny, policy::DefaultSpec().annotations.deny);
}

TEST_F(TrustTest, Errors) {
  const struct {
    std::string wrong;
    std::string error;
  } cases[] = {
      {"volumes: {trustedHostPaths: [/srv]}\n",
       "policy.yaml:4:30: volumes.trustedHostPaths[0]: expected a mapping, found a single value"},
      {"volumes: {trustedHostPaths: [{pathPrefix: /}]}\n",
       "policy.yaml:4:30: volumes.trustedHostPaths[0]: vouches for every path of the node (name a "
       "directory)"},
      {"volumes: {trustedHostPaths: [{pathPrefix: srv}]}\n",
       R"(policy.yaml:4:43: volumes.trustedHostPaths[0].pathPrefix: "srv" is not an absolute path (begin it with "/"))"},
      {"volumes: {trustedPersistentVolumes: []}\n",
       "policy.yaml:4:37: volumes.trustedPersistentVolumes: is an empty list (name what is meant, "
       "or leave the key out)"},
      {"volumes: {trustedPersistentVolumes: [PV]}\n",
       "policy.yaml:4:38: volumes.trustedPersistentVolumes[0]: \"PV\" can match no "
       "PersistentVolume's name (use lower-case letters, digits, \"-\", \".\", and \"*\" and \"?\" "
       "as wildcards)"},
      {"volumes: {trusted: []}\n",
       "policy.yaml:4:11: volumes.trusted: unknown key (one of: trustedHostPaths, "
       "trustedPersistentVolumes)"},
      {"devices: {trusted: [dev/kvm]}\n",
       R"(policy.yaml:4:21: devices.trusted[0]: "dev/kvm" is not an absolute path (begin it with "/"))"},
      {"devices: {trusted: [/*]}\n",
       "policy.yaml:4:21: devices.trusted[0]: \"/*\" vouches for every device of the node (name "
       "devices, such as /dev/nvidia*)"},
      {"devices: {trustedCDIKinds: [nvidia.com/gpu=0]}\n",
       "policy.yaml:4:29: devices.trustedCDIKinds[0]: \"nvidia.com/gpu=0\" is no CDI kind (write "
       "vendor/class, such as nvidia.com/gpu)"},
      {"devices: {trustedCDIKinds: [gpu]}\n",
       "policy.yaml:4:29: devices.trustedCDIKinds[0]: \"gpu\" is no CDI kind (write vendor/class, "
       "such as nvidia.com/gpu)"},
      {"annotations: {allow: [\"@nry\"]}\n",
       R"(policy.yaml:4:23: annotations.allow[0]: "@nry" is no group of annotations (did you mean "@nri"?))"},
      {"annotations: {allow: [\"@everything\"]}\n",
       "policy.yaml:4:23: annotations.allow[0]: \"@everything\" is no group of annotations (one "
       "of: "
       "@cdi, @containerd, @cri-o, @criu, @crun, @gvisor, @kata, @nri, @systemd)"},
      {"annotations: {strip: [\"a b\"]}\n",
       "policy.yaml:4:23: annotations.strip[0]: \"a b\" can match no annotation's key (write a "
       "key, "
       "perhaps with \"*\" and \"?\", or a group such as @nri)"},
      {"annotations: {deny: [\"*\"]}\n",
       "policy.yaml:4:22: annotations.deny[0]: \"*\" also stands for the kubelet's own "
       "io.kubernetes.container.hash: no pod would start (write a longer pattern)"},
      {"annotations: {strip: [kubernetes.io/config.s*]}\n",
       "policy.yaml:4:23: annotations.strip[0]: \"kubernetes.io/config.s*\" also stands for the "
       "kubelet's own kubernetes.io/config.seen: no pod would start (write a longer pattern)"},
      {"annotations: {deny: [io.kubernetes.pod.terminationGracePeriod]}\n",
       "policy.yaml:4:22: annotations.deny[0]: \"io.kubernetes.pod.terminationGracePeriod\" also "
       "stands for the kubelet's own io.kubernetes.pod.terminationGracePeriod: no pod would start "
       "(write a longer pattern)"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(ErrorsOf(c.wrong), ElementsAre(c.error)) << c.wrong;
  }
}

// The groups themselves must not break the kubelet.
TEST_F(TrustTest, EveryGroupMayBeDenied) {
  for (const policy::AnnotationGroup& group : policy::AnnotationGroups()) {
    for (const std::string_view pattern : group.patterns) {
      EXPECT_THAT(ErrorsOf("annotations: {deny: [\"" + std::string(pattern) + "\"]}\n"), IsEmpty());
    }
  }
}

// --- warnings
// ---------------------------------------------------------------------------------------

TEST_F(TrustTest, WhatWeakensIsWarnedAbout) {
  const struct {
    std::string text;
    std::string warning;
  } cases[] = {
      {"volumes: {trustedHostPaths: [{pathPrefix: /a}]}\n",
       "policy.yaml:4:29: volumes.trustedHostPaths: weakens hostPathVolumes: "},
      {"volumes: {trustedPersistentVolumes: [a]}\n",
       "policy.yaml:4:37: volumes.trustedPersistentVolumes: weakens restrictedVolumes: "},
      {"devices: {trusted: [/dev/kvm]}\n",
       "policy.yaml:4:20: devices.trusted: weakens the check of devices: "},
      {"devices: {trustedCDIKinds: [a/b]}\n",
       "policy.yaml:4:28: devices.trustedCDIKinds: weakens the check of CDI devices: "},
      {"annotations: {allow: [\"@nri\"]}\n",
       "policy.yaml:4:22: annotations.allow: weakens the check of annotations: "},
      {"annotations: {deny: [\"@nri\", \"@cdi\"], strip: [\"@kata\"]}\n",
       "policy.yaml:4:21: annotations.deny: weakens the check of annotations: leaves out all or "
       "part of @containerd, @cri-o, @criu, @crun, @gvisor, @systemd"},
      {"rules: [{match: {source: api}, devices: {trusted: [/dev/kvm]}}]\n",
       "policy.yaml:4:51: rules[0].devices.trusted: weakens the check of devices: "},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(WarningsOf(c.text), ElementsAre(StartsWith(c.warning))) << c.text;
  }
}

TEST_F(TrustTest, WhatDoesNotIsNot) {
  EXPECT_THAT(WarningsOf("volumes: {trustedHostPaths: []}\n"
                         "devices: {trusted: []}\n"
                         "annotations: {allow: [], strip: [x.example.com]}\n"
                         "controls: {privileged: false}\n"),
              IsEmpty());
  EXPECT_THAT(WarningsOf("annotations: {deny: [\"@cdi\", \"@containerd\", \"@cri-o\", \"@criu\", "
                         "\"@crun\", \"@gvisor\", \"@kata\", x.example.com], strip: [\"@nri\", "
                         "\"@systemd\"]}\n"),
              IsEmpty());
}

TEST_F(TrustTest, AKeyIsWarnedAboutOnceAFile) {
  Write("policy.d/a.yaml",
        std::string(kDropInHeader) +
            "rules:\n"
            "- {match: {namespaces: [a]}, devices: {trusted: [/dev/a]}}\n"
            "- {match: {namespaces: [b]}, devices: {trusted: [/dev/b], trustedCDIKinds: [a/b]}}\n");
  EXPECT_THAT(WarningsOf("devices: {trusted: [/dev/kvm]}\n"),
              ElementsAre(StartsWith("policy.yaml:4:20: devices.trusted: "),
                          StartsWith("policy.d/a.yaml:4:49: rules[0].devices.trusted: "),
                          StartsWith("policy.d/a.yaml:5:76: rules[1].devices.trustedCDIKinds: ")));
}

// --- versions
// ---------------------------------------------------------------------------------------

TEST_F(TrustTest, AnOlderVersionIsKept) {
  const Spec spec = DefaultsOf(
      "rules: [{match: {source: api}, enforceVersion: v1.0, auditVersion: v1.37, warnVersion: "
      "latest}]\n");
  const auto result = Load();
  ASSERT_TRUE(result.ok());
  EXPECT_THAT(Texts(result.value.warnings), IsEmpty());
  const Spec& rule = result.value.policy->rules()[0].spec;
  EXPECT_EQ(rule.enforce.version.minor, 0);
  EXPECT_EQ(rule.audit.version.minor, 37);
  EXPECT_EQ(rule.warn.version.minor, std::nullopt);
  EXPECT_EQ(spec.enforce.version.minor, std::nullopt);
}

TEST_F(TrustTest, AVersionThatIsNotKnownYetIsJudgedAsTheNewest) {
  const std::string text = "rules: [{match: {source: api}, enforceVersion: v1.40}]\n";
  EXPECT_THAT(WarningsOf(text),
              ElementsAre("policy.yaml:4:48: rules[0].enforceVersion: this build does not know the "
                          "checks of v1.40 and uses those of v1.37"));
  const auto result = Load();
  ASSERT_TRUE(result.ok());
  const policy::LevelVersion& enforce = result.value.policy->rules()[0].spec.enforce;
  EXPECT_EQ(enforce.ToString(), "baseline:v1.40");
  EXPECT_EQ(enforce.version.Clamped(), policy::kLatestMinor);
}

}  // namespace
}  // namespace sekisho::config
