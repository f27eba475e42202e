// What a decision is made of: which violations, in which order and words, and what comes of them.
// The edits are in repair_test.cc.
#include "policy/evaluate.h"

#include <gmock/gmock.h>

#include "policy/policy.h"
#include "unit/policy/check_case.h"

namespace sekisho::policy {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

void SetAll(OnViolation what, Spec& spec) {
  spec.on_violation.fill(what);
}

// Breaks every check of a container, and every check of a sandbox.
Request Worst(Level level) {
  Request r = LegalRequest(level);
  r.spec.node.kubelet_seccomp_default = true;
  r.sandbox.privileged = true;
  r.sandbox.namespaces.network = NamespaceMode::kNode;
  r.sandbox.selinux = {"u", "", "", ""};
  r.sandbox.run_as_user = 0;
  r.sandbox.sysctls = {{"kernel.msgmax", "1"}};
  r.sandbox.annotations = {{"container.apparmor.security.beta.kubernetes.io/c", "unconfined"},
                           {"run.oci.handler", "krun"}};
  r.sandbox.labels = {{"io.cri-containerd.kind", "sandbox"}};
  r.sandbox.unified_keys = {"cpu.max"};
  r.sandbox.host_ports = {80};
  r.sandbox.windows_present = true;
  r.sandbox.unknown = {{"config: unknown field 42"}};

  ContainerFacts& c = r.container;
  c.privileged = true;
  c.capabilities_add = {"SYS_ADMIN"};
  c.capabilities_drop.clear();
  c.namespaces.ipc = NamespaceMode::kNode;
  c.selinux = {"", "r", "", ""};
  c.run_as_user = 0;
  c.no_new_privs = false;
  Unmask(r);
  c.seccomp = {ProfileType::kLocalhost, "/tmp/x"};
  c.seccomp_profile_path = "unconfined";
  c.apparmor = {ProfileType::kUnconfined, ""};
  c.host_ports = {80};
  c.ports_annotation_unreadable = true;
  c.pre_stop_hosts = {"bad.host"};
  c.mounts = {{.container_path = "/m",
               .host_path = "/etc",
               .propagation = MountPropagation::kBidirectional}};
  c.devices = {{.container_path = "/dev/mem", .host_path = "/dev/mem", .permissions = "rwm"}};
  c.cdi_devices = {"vendor.com/class=all"};
  c.annotations = {{"cdi.k8s.io/x", "vendor.com/class=all"}};
  c.labels = {{"containerd.io/restart", "1"}};
  c.unified_keys = {"cpu.max"};
  c.image = "/tmp/checkpoint.tar";
  c.windows_present = true;
  c.unknown = {{"config: unknown field 43"}};
  return r;
}

TEST(Decision, OneThatNobodyFilledInDenies) {
  const Decision decision;
  EXPECT_EQ(decision.action, Action::kDeny);
  EXPECT_TRUE(decision.edits.empty());
}

TEST(Decision, ActionsHaveNames) {
  EXPECT_EQ(ActionName(Action::kAllow), "allow");
  EXPECT_EQ(ActionName(Action::kHarden), "harden");
  EXPECT_EQ(ActionName(Action::kDeny), "deny");
  EXPECT_EQ(ActionName(static_cast<Action>(99)), "deny");
}

TEST(Evaluate, AllowsWhatIsLegalAndSaysNothing) {
  for (const Level level : {Level::kPrivileged, Level::kBaseline, Level::kRestricted}) {
    for (const Decision& d : {OfContainer(LegalRequest(level)), OfSandbox(LegalRequest(level))}) {
      EXPECT_EQ(d.action, Action::kAllow);
      EXPECT_THAT(d.violations, IsEmpty());
      EXPECT_THAT(d.edit_records, IsEmpty());
      EXPECT_EQ(d.message, "");
    }
  }
}

std::string OurChecks() {
  return "cdi-devices cgroup-settings checkpoint-image devices mount-settings namespace-mismatch "
         "reserved-labels seccomp-localhost-path steering-annotations unknown-field "
         "unreadable-annotation windows-on-linux";
}

TEST(Evaluate, ReportsEveryViolationOfAContainerInKubernetesOrder) {
  EXPECT_EQ(Ids(OfContainer(Worst(Level::kBaseline)).violations),
            "appArmorProfile capabilities_baseline hostNamespaces hostPathVolumes hostPorts "
            "hostProbesAndHostLifecycle privileged procMount seLinuxOptions "
            "seccompProfile_baseline " +
                OurChecks());
  EXPECT_EQ(Ids(OfContainer(Worst(Level::kRestricted)).violations),
            "appArmorProfile hostNamespaces hostPorts hostProbesAndHostLifecycle privileged "
            "seLinuxOptions "
            "allowPrivilegeEscalation capabilities_restricted procMount_restricted "
            "restrictedVolumes runAsNonRoot runAsUser seccompProfile_restricted " +
                OurChecks());
}

TEST(Evaluate, ReportsEveryViolationOfASandboxInKubernetesOrder) {
  EXPECT_EQ(Ids(OfSandbox(Worst(Level::kBaseline)).violations),
            "appArmorProfile hostNamespaces hostPorts privileged seLinuxOptions sysctls "
            "cgroup-settings reserved-labels steering-annotations unknown-field windows-on-linux");
  EXPECT_EQ(Ids(OfSandbox(Worst(Level::kRestricted)).violations),
            "appArmorProfile hostNamespaces hostPorts privileged seLinuxOptions sysctls runAsUser "
            "cgroup-settings reserved-labels steering-annotations unknown-field windows-on-linux");
}

TEST(Evaluate, TheMessageIsKubernetes) {
  Request r = LegalRequest(Level::kRestricted);
  r.container.privileged = true;
  r.container.no_new_privs = false;
  EXPECT_EQ(OfContainer(r).message,
            "violates PodSecurity \"restricted:latest\": privileged (container \"container1\" must "
            "not set securityContext.privileged=true), allowPrivilegeEscalation != false "
            "(container \"container1\" must set securityContext.allowPrivilegeEscalation=false)");

  r.spec.enforce.version.minor = 34;
  EXPECT_THAT(OfContainer(r).message,
              ::testing::StartsWith("violates PodSecurity \"restricted:v1.34\": privileged ("));

  Request sandbox = LegalRequest(Level::kBaseline);
  sandbox.sandbox.namespaces.network = NamespaceMode::kNode;
  sandbox.sandbox.host_ports = {80};
  EXPECT_EQ(OfSandbox(sandbox).message,
            "violates PodSecurity \"baseline:latest\": host namespaces (hostNetwork=true), "
            "hostPort (pod uses hostPort 80)");
}

// Kubernetes would say the first half in the same words; the second half it knows nothing of.
TEST(Evaluate, TheMessageHasAPartForKubernetesChecksAndOneForOurs) {
  Request r = LegalRequest(Level::kBaseline);
  r.container.image = "/tmp/checkpoint.tar";
  EXPECT_EQ(OfContainer(r).message,
            "violates node policy: an image that is a file (container \"container1\" names the "
            "file \"/tmp/checkpoint.tar\" as its image)");
  r.container.cdi_devices = {"vendor.com/class=all"};
  r.container.host_ports = {80};
  r.container.privileged = true;
  EXPECT_EQ(OfContainer(r).message,
            "violates PodSecurity \"baseline:latest\": hostPort (container \"container1\" uses "
            "hostPort 80), privileged (container \"container1\" must not set "
            "securityContext.privileged=true); "
            "violates node policy: CDI devices (container \"container1\" must not use CDI device "
            "\"vendor.com/class=all\"), an image that is a file (container \"container1\" names "
            "the file \"/tmp/checkpoint.tar\" as its image)");
  EXPECT_EQ(RefusalText(r.spec.enforce, {}), "");
}

TEST(Evaluate, TheMessageLeavesOutWhatWasRepairable) {
  Request r = LegalRequest(Level::kRestricted);
  SetAll(OnViolation::kHarden, r.spec);
  r.container.no_new_privs = false;
  r.container.run_as_user = 0;
  const Decision decision = OfContainer(r);
  EXPECT_EQ(decision.action, Action::kDeny);
  EXPECT_EQ(Ids(decision.violations), "allowPrivilegeEscalation runAsNonRoot runAsUser");
  EXPECT_EQ(decision.message,
            "violates PodSecurity \"restricted:latest\": runAsNonRoot != true (pod or container "
            "\"container1\" must set securityContext.runAsNonRoot=true), runAsUser=0 (container "
            "\"container1\" must not set runAsUser=0)");
  EXPECT_TRUE(decision.edits.empty()) << "nothing of a request that is refused is edited";
  EXPECT_THAT(decision.edit_records, IsEmpty());
}

TEST(Evaluate, AuditAndWarnHaveTheirOwnLevelsAndRefuseNothing) {
  Request r = LegalRequest(Level::kBaseline);
  r.spec.audit = {Level::kRestricted, {}};
  r.spec.warn = {Level::kBaseline, {}};
  r.container.no_new_privs = false;
  r.container.capabilities_add = {"CHOWN"};
  const Decision allowed = OfContainer(r);
  EXPECT_EQ(allowed.action, Action::kAllow);
  EXPECT_THAT(allowed.violations, IsEmpty());
  EXPECT_EQ(Ids(allowed.audit), "allowPrivilegeEscalation capabilities_restricted");
  EXPECT_THAT(allowed.warn, IsEmpty());

  std::swap(r.spec.audit, r.spec.warn);
  r.sandbox.run_as_user = 0;
  EXPECT_EQ(Ids(OfContainer(r).warn), "allowPrivilegeEscalation capabilities_restricted");
  EXPECT_THAT(OfContainer(r).audit, IsEmpty());
  EXPECT_EQ(Ids(OfSandbox(r).warn), "runAsUser");
  EXPECT_EQ(OfSandbox(r).action, Action::kAllow);
}

TEST(Evaluate, PrivilegedAllowsWhateverIsAskedAndEditsNothing) {
  Request r = Worst(Level::kPrivileged);
  SetAll(OnViolation::kHarden, r.spec);
  r.spec.audit = {Level::kBaseline, {}};
  r.spec.harden = {.seccomp_unconfined = {},
                   .deny_unconfined = true,
                   .seccomp_always = SeccompTarget{},
                   .drop_capabilities = {"NET_RAW"},
                   .no_new_privileges = true,
                   .masked_paths = true};
  const Decision container = OfContainer(r);
  EXPECT_EQ(container.action, Action::kAllow);
  EXPECT_TRUE(container.edits.empty());
  EXPECT_THAT(container.edit_records, IsEmpty());
  EXPECT_THAT(container.violations, IsEmpty());
  EXPECT_THAT(container.audit, SizeIs(22)) << "what is not enforced is still written down";

  SetAll(OnViolation::kDeny, r.spec);
  EXPECT_EQ(OfSandbox(r).action, Action::kAllow);
  EXPECT_THAT(OfSandbox(r).audit, SizeIs(11));
}

TEST(Evaluate, AnExemptionAllowsAndSaysWhy) {
  Request r = Worst(Level::kRestricted);
  r.spec.harden.no_new_privileges = true;
  const Policy policy(r.spec, {},
                      {{{.namespaces = {"shop"}}, "the old shop", std::nullopt, "exemptions[0]"}});
  const Spec exempted = *policy.ForContainer(r.sandbox.pod, r.container.name, {});
  EXPECT_EQ(exempted.exemption_reason, "the old shop");
  EXPECT_EQ(exempted.origin, "exemptions[0]");
  EXPECT_EQ(EvaluateContainer(exempted, r.sandbox, r.container).action, Action::kAllow);
  EXPECT_TRUE(EvaluateContainer(exempted, r.sandbox, r.container).edits.empty());
}

// What is hardened in every container leaves nothing to do to the sandbox. What of a sandbox can be
// repaired is in sandbox_edits_test.cc.
TEST(Evaluate, ASandboxIsNotHardenedByTheSettingsForContainers) {
  Request r = LegalRequest(Level::kBaseline);
  SetAll(OnViolation::kHarden, r.spec);
  r.spec.harden.masked_paths = true;
  r.spec.harden.seccomp_always = SeccompTarget{};
  r.spec.harden.drop_capabilities = {"NET_RAW"};
  r.spec.harden.no_new_privileges = true;
  ExpectSandboxHardened(r, "");
  r.sandbox.namespaces.network = NamespaceMode::kNode;
  EXPECT_EQ(OfSandbox(r).action, Action::kDeny);
  EXPECT_TRUE(OfSandbox(r).sandbox_edits.empty());
}

// A repair that does not reach what is wrong: the container has the pod's options.
TEST(Evaluate, WhatIsLeftAfterARepairIsSaidOnce) {
  Request r = LegalRequest(Level::kBaseline);
  r.spec.on_violation.fill(OnViolation::kHarden);
  r.sandbox.selinux = SELinuxOptions{"", "", "spc_t", ""};
  const Decision decision = OfContainer(r);
  EXPECT_EQ(decision.action, Action::kDeny);
  EXPECT_EQ(Ids(decision.violations), "seLinuxOptions");
  EXPECT_TRUE(decision.edits.empty());
}

}  // namespace
}  // namespace sekisho::policy
