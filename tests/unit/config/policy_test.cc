// What valid policy files mean.
#include "policy/policy.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "unit/config/config_files.h"

namespace sekisho::config {
namespace {

using policy::CheckGroup;
using policy::Level;
using policy::OnViolation;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PolicyTest : public ConfigFiles {
 protected:
  // The rule that was written as rules[index] of the main file.
  static const policy::Rule& RuleAt(const policy::Policy& policy, int index) {
    const std::string wanted = "policy.yaml: rules[" + std::to_string(index) + "]";
    const auto found =
        std::find_if(policy.rules().begin(), policy.rules().end(),
                     [&](const policy::Rule& rule) { return rule.origin.starts_with(wanted); });
    EXPECT_NE(found, policy.rules().end()) << wanted;
    return *found;
  }
};

TEST_F(PolicyTest, HeaderAndEnforceAreEnough) {
  const auto result = LoadPolicyText(std::string(kPolicyHeader));
  ASSERT_THAT(Texts(result.errors), IsEmpty());
  const policy::Spec& spec = result.value.policy->defaults();
  EXPECT_EQ(spec.enforce.level, Level::kBaseline);
  EXPECT_EQ(spec.audit.level, Level::kPrivileged);
  EXPECT_EQ(spec.warn.level, Level::kPrivileged);
  EXPECT_EQ(spec.harden, policy::Hardening());
  EXPECT_EQ(spec.on_violation, policy::DefaultOnViolation());
  EXPECT_EQ(spec.node.seccomp_root, Path("kubelet/seccomp"));
  EXPECT_EQ(spec.origin, "policy.yaml: defaults");
  EXPECT_THAT(result.value.policy->rules(), IsEmpty());
  EXPECT_THAT(result.value.policy->exemptions(), IsEmpty());
  EXPECT_THAT(result.value.warnings, IsEmpty());
  EXPECT_THAT(result.value.files, ElementsAre(Path("policy.yaml")));
}

TEST_F(PolicyTest, EveryKeyIsRead) {
  Write("kubelet/seccomp/web.json", StrictProfile());
  MakeDirectory("kubelet/seccomp/team");
  Write("kubelet/seccomp/team/all.json", StrictProfile());
  const auto result = LoadPolicyText(R"(apiVersion: sekisho.io/v1alpha1
kind: NodePolicy
defaults:
  enforce: baseline
  enforceVersion: latest
  audit: restricted
  auditVersion: latest
  warn: baseline
  warnVersion: latest
harden:
  seccomp: {unconfined: {localhost: web.json}, localhost: team/all.json}
  capabilities: {drop: [NET_RAW, SYS_TIME, NET_RAW]}
  noNewPrivileges: true
  maskedPaths: true
onViolation: {capabilities: harden, seccomp: deny, hostPorts: deny}
rules:
- name: payments
  match:
    namespaces: [payments-*, billing]
    pods: ["web-?.example"]
    containers: [api]
    runtimeHandlers: [runc, ""]
    source: api
  enforce: restricted
  audit: privileged
exemptions:
- match: {namespaces: [kube-system], source: static}
  reason: control plane
  expires: 2027-06-30
)");
  ASSERT_THAT(Texts(result.errors), IsEmpty());
  const policy::Policy& policy = *result.value.policy;
  const policy::Spec& spec = policy.defaults();
  EXPECT_EQ(spec.enforce.level, Level::kBaseline);
  EXPECT_EQ(spec.audit.level, Level::kRestricted);
  EXPECT_EQ(spec.warn.level, Level::kBaseline);
  EXPECT_EQ(spec.harden.seccomp_unconfined.localhost_path, Path("kubelet/seccomp/web.json"));
  ASSERT_TRUE(spec.harden.seccomp_always.has_value());
  EXPECT_EQ(spec.harden.seccomp_always->localhost_path, Path("kubelet/seccomp/team/all.json"));
  EXPECT_THAT(spec.harden.drop_capabilities, ElementsAre("NET_RAW", "SYS_TIME"));
  EXPECT_TRUE(spec.harden.no_new_privileges);
  EXPECT_TRUE(spec.harden.masked_paths);
  EXPECT_EQ(spec.For(CheckGroup::kCapabilities), OnViolation::kHarden);
  EXPECT_EQ(spec.For(CheckGroup::kSeccomp), OnViolation::kDeny);

  ASSERT_EQ(policy.rules().size(), 1u);
  const policy::Rule& rule = policy.rules()[0];
  EXPECT_THAT(rule.match.namespaces, ElementsAre("billing", "payments-*"));
  EXPECT_THAT(rule.match.pods, ElementsAre("web-?.example"));
  EXPECT_THAT(rule.match.containers, ElementsAre("api"));
  EXPECT_THAT(rule.match.runtime_handlers, ElementsAre("", "runc"));
  EXPECT_EQ(rule.match.source, policy::PodSource::kApi);
  EXPECT_EQ(rule.spec.enforce.level, Level::kRestricted);
  EXPECT_EQ(rule.spec.audit.level, Level::kPrivileged);
  EXPECT_EQ(rule.origin, "policy.yaml: rules[0] \"payments\" (line 17)");
  EXPECT_EQ(rule.spec.origin, rule.origin);

  ASSERT_EQ(policy.exemptions().size(), 1u);
  const policy::Exemption& exemption = policy.exemptions()[0];
  EXPECT_THAT(exemption.match.namespaces, ElementsAre("kube-system"));
  EXPECT_EQ(exemption.match.source, policy::PodSource::kStatic);
  EXPECT_EQ(exemption.reason, "control plane");
  EXPECT_EQ(exemption.expires_at, std::chrono::sys_days(std::chrono::year(2027) / 7 / 1));
  EXPECT_EQ(exemption.origin, "policy.yaml: exemptions[0] (line 27)");
}

TEST_F(PolicyTest, ARuleInheritsKeyByKey) {
  Write("kubelet/seccomp/web.json", StrictProfile());
  const auto result = LoadPolicyText(R"(apiVersion: sekisho.io/v1alpha1
kind: NodePolicy
defaults: {enforce: baseline, audit: restricted, warn: restricted}
harden:
  seccomp: {unconfined: deny, localhost: web.json}
  capabilities: {drop: [NET_RAW]}
  noNewPrivileges: true
onViolation: {capabilities: harden}
rules:
- match: {namespaces: [nothing-given]}
- match: {namespaces: [level]}
  enforce: restricted
- match: {namespaces: [harden]}
  harden:
    seccomp: {unconfined: RuntimeDefault}
    capabilities: {drop: []}
    maskedPaths: true
- match: {namespaces: [on-violation]}
  onViolation: {capabilities: deny, appArmor: harden}
)");
  ASSERT_THAT(Texts(result.errors), IsEmpty());
  const policy::Policy& policy = *result.value.policy;
  const policy::Spec& defaults = policy.defaults();

  const policy::Spec& nothing = RuleAt(policy, 0).spec;
  EXPECT_EQ(nothing.enforce, defaults.enforce);
  EXPECT_EQ(nothing.harden, defaults.harden);
  EXPECT_EQ(nothing.on_violation, defaults.on_violation);
  EXPECT_EQ(nothing.node.seccomp_root, defaults.node.seccomp_root);

  const policy::Spec& level = RuleAt(policy, 1).spec;
  EXPECT_EQ(level.enforce.level, Level::kRestricted);
  EXPECT_EQ(level.audit, defaults.audit);
  EXPECT_EQ(level.harden, defaults.harden);

  const policy::Spec& harden = RuleAt(policy, 2).spec;
  EXPECT_FALSE(harden.harden.deny_unconfined);
  EXPECT_EQ(harden.harden.seccomp_unconfined, policy::SeccompTarget());
  EXPECT_EQ(harden.harden.seccomp_always, defaults.harden.seccomp_always);
  EXPECT_THAT(harden.harden.drop_capabilities, IsEmpty());
  EXPECT_TRUE(harden.harden.no_new_privileges);
  EXPECT_TRUE(harden.harden.masked_paths);
  EXPECT_FALSE(defaults.harden.masked_paths);

  const policy::Spec& on_violation = RuleAt(policy, 3).spec;
  EXPECT_EQ(on_violation.For(CheckGroup::kCapabilities), OnViolation::kDeny);
  EXPECT_EQ(on_violation.For(CheckGroup::kAppArmor), OnViolation::kHarden);
  EXPECT_EQ(on_violation.For(CheckGroup::kSeccomp), defaults.For(CheckGroup::kSeccomp));
}

TEST_F(PolicyTest, UnconfinedHasThreeForms) {
  Write("kubelet/seccomp/web.json", StrictProfile());
  const auto harden_of = [&](const std::string& form) {
    const auto result = LoadPolicyText(std::string(kPolicyHeader) +
                                       "harden: {seccomp: {unconfined: " + form + "}}\n");
    EXPECT_THAT(Texts(result.errors), IsEmpty());
    return result.ok() ? result.value.policy->defaults().harden : policy::Hardening();
  };
  EXPECT_EQ(harden_of("RuntimeDefault"), policy::Hardening());
  EXPECT_TRUE(harden_of("deny").deny_unconfined);
  const policy::Hardening localhost = harden_of("{localhost: web.json}");
  EXPECT_EQ(localhost.seccomp_unconfined.localhost_path, Path("kubelet/seccomp/web.json"));
  EXPECT_FALSE(localhost.deny_unconfined);
}

TEST_F(PolicyTest, AnExemptionHoldsToTheEndOfItsLastDay) {
  const auto warnings_at = [&](std::chrono::sys_seconds now) {
    return Texts(LoadPolicy(config_, now).value.warnings);
  };
  Write("policy.yaml", std::string(kPolicyHeader) +
                           "exemptions:\n"
                           "- match: {namespaces: [a]}\n"
                           "  reason: r\n"
                           "  expires: 2026-06-15\n");
  const std::chrono::sys_seconds midnight = std::chrono::sys_days(std::chrono::year(2026) / 6 / 16);
  EXPECT_THAT(warnings_at(midnight - std::chrono::seconds(1)), IsEmpty());
  EXPECT_THAT(warnings_at(midnight),
              ElementsAre("policy.yaml:7:12: exemptions[0].expires: this exemption has expired and "
                          "no longer applies (remove it, or give a later date)"));
  EXPECT_TRUE(LoadPolicy(config_, midnight).ok());
}

TEST_F(PolicyTest, AnchorsMayBeUsed) {
  const auto result = LoadPolicyText(std::string(kPolicyHeader) +
                                     "rules:\n"
                                     "- match: {namespaces: &teams [a, b]}\n"
                                     "  enforce: restricted\n"
                                     "- match: {namespaces: *teams, source: static}\n"
                                     "  enforce: privileged\n");
  ASSERT_THAT(Texts(result.errors), IsEmpty());
  EXPECT_THAT(RuleAt(*result.value.policy, 1).match.namespaces, ElementsAre("a", "b"));
}

}  // namespace
}  // namespace sekisho::config
