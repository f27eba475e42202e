// Annotations that runtimes obey: which are known, which rule wins, and what is taken out.
#include "policy/steering_annotations.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>

#include "policy/glob.h"
#include "unit/policy/check_case.h"

namespace sekisho::policy {
namespace {

using ::testing::Contains;

// Keys as their consumers document them.
const std::map<std::string, std::vector<std::string>> kExamples = {
    {"cdi", {"cdi.k8s.io/vendor_gpu", "cdi.k8s.io/"}},
    {"containerd",
     {"io.kubernetes.cri.untrusted-workload", "io.containerd.cri.runtime-handler",
      "io.containerd.runc.v2.group"}},
    {"cri-o",
     {"io.kubernetes.cri-o.userns-mode", "io.kubernetes.cri-o.Devices", "cpu-quota.crio.io",
      "irq-load-balancing.crio.io"}},
    {"criu", {"org.criu.config"}},
    {"crun",
     {"run.oci.handler", "run.oci.hooks.stdout", "run.oci.hooks.stderr",
      "run.oci.keep_original_groups", "run.oci.mount_context_type", "run.oci.seccomp_bpf_data",
      "run.oci.seccomp.receiver", "run.oci.systemd.subgroup"}},
    {"gvisor", {"dev.gvisor.spec.mount.cache.share", "dev.gvisor.flag.debug"}},
    {"kata",
     {"io.katacontainers.config_path", "io.katacontainers.config.hypervisor.path",
      "io.katacontainers.config.hypervisor.kernel"}},
    {"nri",
     {"devices.noderesource.dev", "devices.noderesource.dev/pod",
      "mounts.noderesource.dev/container.web", "cdi-devices.noderesource.dev",
      "network-devices.noderesource.dev", "ulimits.noderesource.dev/container.web",
      "sysctl.noderesource.dev", "writable-cgroups.noderesource.dev",
      "required-plugins.noderesource.dev", "tolerate-missing-nri-plugins.noderesource.dev",
      "closid.rdt.noderesource.dev", "devices.nri.io", "devices.nri.io/container.web",
      "ulimits.nri.containerd.io", "netdevices.nri.containerd.io/container.web"}},
    {"systemd", {"org.systemd.property.DevicePolicy", "org.systemd.property.ExecStartPre"}},
};

// Keys that pods and kubelets use every day, and keys that only look like the others.
const std::vector<std::string> kHarmless = {
    "",
    "app",
    "prometheus.io/scrape",
    "kubernetes.io/config.source",
    "kubernetes.io/ingress-bandwidth",
    "container.apparmor.security.beta.kubernetes.io/web",
    "seccomp.security.alpha.kubernetes.io/pod",
    "io.kubernetes.container.hash",
    "io.kubernetes.cri.sandbox-id",
    "io.containerd.runc.v2.groups",
    "cdi.k8s.io",
    "run.oci",
    "myrun.oci.handler",
    "org.criu",
    "noderesource.dev",
    "devices.noderesource.device",
    "nri.io/x",
    "RUN.OCI.HANDLER",
};

TEST(AnnotationGroups, HaveNamesInOrderAndSortedPatterns) {
  EXPECT_TRUE(std::ranges::is_sorted(AnnotationGroups(), std::ranges::less_equal{},
                                     &AnnotationGroup::name));
  std::set<std::string_view> seen;
  for (const AnnotationGroup& group : AnnotationGroups()) {
    EXPECT_FALSE(group.description.empty()) << group.name;
    EXPECT_TRUE(std::ranges::is_sorted(group.patterns)) << group.name;
    for (const std::string_view pattern : group.patterns) {
      EXPECT_TRUE(seen.insert(pattern).second) << pattern;
      EXPECT_THAT(AllSteeringPatterns(), Contains(std::string(pattern)));
    }
  }
  EXPECT_EQ(AllSteeringPatterns().size(), seen.size());
}

TEST(AnnotationGroups, CoverTheKeysOfTheirConsumers) {
  for (const AnnotationGroup& group : AnnotationGroups()) {
    const auto examples = kExamples.find(std::string(group.name));
    ASSERT_NE(examples, kExamples.end()) << group.name;
    const auto matches = [](std::string_view key) {
      return [key](std::string_view pattern) { return GlobMatches(pattern, key); };
    };
    for (const std::string& key : examples->second) {
      EXPECT_TRUE(std::ranges::any_of(group.patterns, matches(key))) << key;
    }
    for (const std::string_view pattern : group.patterns) {
      EXPECT_TRUE(std::ranges::any_of(
          examples->second,
          [pattern](const std::string& key) { return GlobMatches(pattern, key); }))
          << pattern << " has no example";
    }
  }
  EXPECT_EQ(kExamples.size(), AnnotationGroups().size());
}

TEST(SteeringAnnotations, AreRefusedBeforeAPolicyFileSaysAnything) {
  for (const auto& [group, keys] : kExamples) {
    for (const std::string& key : keys) {
      Request r = LegalRequest(Level::kBaseline);
      r.sandbox.annotations = {{key, "x"}};
      EXPECT_EQ(Ids(OfSandbox(r).violations), "steering-annotations") << key;
      r = LegalRequest(Level::kRestricted);
      r.container.annotations = {{key, "x"}};
      EXPECT_EQ(Ids(OfContainer(r).violations), "steering-annotations") << key;
    }
  }
}

TEST(SteeringAnnotations, OthersPass) {
  Request r = LegalRequest(Level::kRestricted);
  for (const std::string& key : kHarmless) {
    r.sandbox.annotations[key] = "runtime/default";
    r.container.annotations[key] = "runtime/default";
  }
  EXPECT_EQ(OfSandbox(r).message, "");
  EXPECT_EQ(OfContainer(r).message, "");
}

// Pods that need no runtime's favours are not slowed down by any of this: no rules, no refusal.
TEST(SteeringAnnotations, WithoutARuleEverythingPasses) {
  Request r = LegalRequest(Level::kRestricted);
  r.spec.annotations = {};
  r.sandbox.annotations = r.container.annotations = {{"run.oci.handler", "krun"}};
  ExpectSandboxHardened(r, "");
  ExpectHardened(r, "");
}

struct RuleCase {
  bool allow, strip, deny;
  bool stripped, forbidden;
};

// `allow` wins over `strip`, `strip` over `deny`.
constexpr RuleCase kRuleCases[] = {
    {false, false, false, false, false}, {false, false, true, false, true},
    {false, true, false, true, false},   {false, true, true, true, false},
    {true, false, false, false, false},  {true, false, true, false, false},
    {true, true, false, false, false},   {true, true, true, false, false},
};

TEST(SteeringAnnotations, WhichRuleWins) {
  const std::string key = "run.oci.handler";
  for (const RuleCase& c : kRuleCases) {
    for (const std::string& pattern : {key, std::string("run.*"), std::string("*")}) {
      const auto list = [&pattern](bool given) {
        return given ? std::vector<std::string>{"other", pattern}
                     : std::vector<std::string>{"other", "run.oci"};
      };
      const AnnotationRules rules{list(c.allow), list(c.strip), list(c.deny)};
      SCOPED_TRACE(pattern + (c.allow ? " allow" : "") + (c.strip ? " strip" : "") +
                   (c.deny ? " deny" : ""));
      EXPECT_EQ(IsStrippedAnnotation(rules, key), c.stripped);
      EXPECT_EQ(IsForbiddenAnnotation(rules, key), c.forbidden);

      Request r = LegalRequest(Level::kBaseline);
      r.spec.annotations = rules;
      r.sandbox.annotations = r.container.annotations = {{key, "krun"}, {"app", "web"}};
      const Action expected = c.forbidden  ? Action::kDeny
                              : c.stripped ? Action::kHarden
                                           : Action::kAllow;
      EXPECT_EQ(OfSandbox(r).action, expected);
      EXPECT_EQ(OfContainer(r).action, expected);
    }
  }
}

// The record says that it was there, and not what it said: an annotation can hold anything.
TEST(SteeringAnnotations, WhatIsStrippedIsGoneAndTheRestStays) {
  Request r = LegalRequest(Level::kRestricted);
  r.spec.annotations.strip = {"run.oci.*", "cdi.k8s.io/*"};
  r.spec.annotations.allow = {"run.oci.keep_original_groups"};
  r.sandbox.annotations = r.container.annotations = {{"app", "web"},
                                                     {"run.oci.handler", "krun"},
                                                     {"run.oci.keep_original_groups", "1"},
                                                     {"cdi.k8s.io/x", "vendor.com/gpu=0"}};
  const std::string lines =
      "config.annotations[cdi.k8s.io/x]: set -> absent\n"
      "config.annotations[run.oci.handler]: set -> absent\n";
  ExpectSandboxHardened(r, lines);
  ExpectHardened(r, lines);
  EXPECT_THAT(OfSandbox(r).sandbox_edits.remove_annotations,
              ::testing::ElementsAre("cdi.k8s.io/x", "run.oci.handler"));
}

TEST(SteeringAnnotations, NothingIsStrippedAtPrivileged) {
  Request r = LegalRequest(Level::kPrivileged);
  r.spec.annotations.strip = {"*"};
  r.sandbox.annotations = r.container.annotations = {{"run.oci.handler", "krun"}};
  ExpectSandboxHardened(r, "");
  ExpectHardened(r, "");
}

}  // namespace
}  // namespace sekisho::policy
