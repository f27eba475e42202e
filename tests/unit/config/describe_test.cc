#include "config/describe.h"

#include <gmock/gmock.h>

#include <sstream>

#include "unit/config/config_files.h"

namespace sekisho::config {
namespace {

class Describe : public ConfigFiles {
 protected:
  std::string Text(const std::string& policy) {
    const auto result = LoadPolicyText(policy);
    EXPECT_TRUE(result.ok()) << ::testing::PrintToString(Texts(result.errors));
    std::string text = DescribePolicy(result.value);
    for (size_t at = text.find(directory_); at != std::string::npos; at = text.find(directory_)) {
      text.erase(at, directory_.size());
    }
    const size_t hash = text.find(result.value.hash.substr(0, 12));
    EXPECT_NE(hash, std::string::npos);
    return text.replace(hash, 12, "HASH");
  }
  // The line of the defaults that begins with `name`, without its folds; "" when there is none.
  std::string LineOf(const std::string& policy, const std::string& name) {
    std::string text = Text(policy);
    const std::string folded = "\n" + std::string(20, ' ');
    for (size_t at = text.find(folded); at != std::string::npos; at = text.find(folded)) {
      text.replace(at, folded.size(), " ");
    }
    const size_t at = text.find("   " + name + " ");
    return at == std::string::npos ? "" : text.substr(at, text.find('\n', at) - at);
  }
};

TEST_F(Describe, ShowsTheOrderOfPrecedence) {
  Write("kubelet/seccomp/web.json", StrictProfile());
  EXPECT_EQ(Text(R"(apiVersion: sekisho.io/v1alpha1
kind: NodePolicy
defaults: {enforce: baseline, audit: restricted}
harden:
  capabilities: {drop: [NET_RAW]}
  noNewPrivileges: true
rules:
- match: {namespaces: [pay-*]}
- name: the api
  match: {namespaces: [pay-*], containers: [api], runtimeHandlers: [""]}
  enforce: restricted
  harden: {seccomp: {localhost: web.json}}
exemptions:
- match: {namespaces: [kube-system], source: static}
  reason: control plane
  expires: 2027-06-30
)"),
            R"(Policy HASH from
   /policy.yaml

1. Exemptions: nothing is enforced
   policy.yaml: exemptions[0] (line 14)
      match            namespaces kube-system; source static
      reason           control plane
      expires          after 2027-06-30

2. Rules, the most specific first: the first that matches applies
   policy.yaml: rules[1] "the api" (line 9)
      match            namespaces pay-*; containers api; runtimeHandlers ""
      enforce          restricted:latest
      seccomp          always /kubelet/seccomp/web.json
      otherwise        as the defaults
   policy.yaml: rules[0] (line 8)
      match            namespaces pay-*
      enforce          baseline:latest
      otherwise        as the defaults

3. Defaults: where nothing above matches
   enforce          baseline:latest
   audit            restricted:latest
   warn             privileged:latest
   seccomp          unconfined becomes RuntimeDefault
   capabilities     drop NET_RAW
   noNewPrivileges  set
   maskedPaths      as asked
   onViolation      harden seccomp; deny the rest
   labels           the stricter of the two; after 24h without the API server: keep; unknown
                    namespaces: this policy
   controls         none
   trusted          none
   annotations      deny what is known to steer a runtime
)");
}

TEST_F(Describe, SaysWhenThereIsNothing) {
  const std::string text = Text(std::string(kPolicyHeader) +
                                "harden: {seccomp: {unconfined: deny}}\n"
                                "onViolation: {seccomp: deny}\n");
  EXPECT_THAT(text, ::testing::HasSubstr("1. Exemptions: nothing is enforced\n   none\n"));
  EXPECT_THAT(text, ::testing::HasSubstr("the first that matches applies\n   none\n"));
  EXPECT_THAT(text, ::testing::HasSubstr("seccomp          unconfined is refused\n"));
  EXPECT_THAT(text, ::testing::HasSubstr("onViolation      deny all\n"));
}

TEST_F(Describe, SaysThatPrivilegedMeansNothing) {
  EXPECT_THAT(Text(std::string(kPolicyHeader) +
                   "rules: [{match: {source: static}, enforce: privileged}]\n"),
              ::testing::HasSubstr("privileged:latest (nothing is refused or hardened)\n"));
}

// Only where it is not as usual.
TEST_F(Describe, ShowsWhatIsDemandedOfLocalhostProfiles) {
  Write("kubelet/seccomp/web.json", StrictProfile());
  const struct {
    std::string demands;
    std::string line;
  } cases[] = {
      {"", ""},
      {"floor: RuntimeDefault, mustDeny: [], dockerFormat: resolve, missing: deny, "
       "unconfinedInDisguise: deny",
       ""},
      {"floor: none", "no floor"},
      {"floor: {localhost: web.json}", "as strict as /kubelet/seccomp/web.json"},
      {"dockerFormat: deny", "as strict as RuntimeDefault; Docker's format is refused"},
      {"dockerFormat: warn",
       "as strict as RuntimeDefault; Docker's format is judged as containerd reads it"},
      {"missing: RuntimeDefault",
       "as strict as RuntimeDefault; a missing one becomes RuntimeDefault"},
      {"missing: {localhost: web.json}",
       "as strict as RuntimeDefault; a missing one becomes /kubelet/seccomp/web.json"},
      {"unconfinedInDisguise: allow", "as strict as RuntimeDefault; may be unconfined in disguise"},
      {"mustDeny: [umask, \"@bpf\", setns]",
       "as strict as RuntimeDefault; must deny @bpf, setns, umask"},
  };
  for (const auto& c : cases) {
    const std::string policy =
        std::string(kPolicyHeader) + "seccomp: {localhost: {" + c.demands + "}}\n";
    EXPECT_EQ(LineOf(policy, "localhost"), c.line.empty() ? "" : "   localhost        " + c.line)
        << c.demands;
  }
}

TEST_F(Describe, ShowsTheRuleThatDemandsTheUsualAgain) {
  const std::string text = Text(std::string(kPolicyHeader) +
                                "seccomp: {localhost: {floor: none}}\n"
                                "rules:\n"
                                "- match: {source: api}\n"
                                "  seccomp: {localhost: {floor: RuntimeDefault}}\n"
                                "- match: {source: static}\n");
  EXPECT_THAT(text, ::testing::HasSubstr("      localhost        as strict as RuntimeDefault\n"));
  EXPECT_THAT(text, ::testing::HasSubstr("   localhost        no floor\n"));
}

// Every control, as it is read, and with it what of `onViolation` and `enforce` is about controls.
TEST_F(Describe, ShowsControlsTrustAndAnnotations) {
  Write("kubelet/seccomp/web.json", StrictProfile());
  const std::string text = Text(R"(apiVersion: sekisho.io/v1alpha1
kind: NodePolicy
defaults: {enforce: privileged}
onViolation: {readOnlyRootFilesystem: harden, requiredDropCapabilities: harden, seLinux: harden}
controls:
  privileged: false
  hostNetwork: false
  hostPID: false
  hostIPC: false
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  supplementalGroupsPolicy: Strict
  hostPorts: [{min: 8000, max: 8010}, {min: 443, max: 443}]
  volumes: []
  allowedHostPaths: [{pathPrefix: /var/log, readOnly: true}, {pathPrefix: /srv}]
  allowedFlexVolumes: [{driver: a/b}]
  allowedCSIDrivers: [{name: c}]
  runAsUser: {rule: MustRunAsNonRoot}
  runAsGroup: {rule: MayRunAs, ranges: [{min: 1, max: 1}]}
  supplementalGroups: {rule: MustRunAs, ranges: [{min: 2, max: 3}, {min: 5, max: 9}]}
  defaultAddCapabilities: [CHOWN]
  requiredDropCapabilities: [NET_RAW]
  allowedCapabilities: ["*"]
  seLinux: {rule: MustRunAs, seLinuxOptions: {type: t, level: s0}}
  appArmor: {allowedProfiles: [Localhost/*]}
  seccomp: {allowedProfiles: [RuntimeDefault, Localhost/web.json]}
  allowedProcMountTypes: [Default]
  forbiddenSysctls: [net.*]
  allowedUnsafeSysctls: []
  runtimeHandlers: {allowed: [""]}
volumes:
  trustedHostPaths: [{pathPrefix: /srv/a}, {pathPrefix: /srv/b, readOnly: true}]
  trustedPersistentVolumes: [pv-*]
devices: {trusted: [/dev/kvm], trustedCDIKinds: [nvidia.com/gpu]}
annotations: {allow: [a.example.com], strip: [b.example.com], deny: [c.example.com]}
)");
  EXPECT_EQ(text.substr(text.find("3. Defaults")), R"(3. Defaults: where nothing above matches
   enforce          privileged:latest (only the controls are enforced)
   audit            privileged:latest
   warn             privileged:latest
   seccomp          unconfined becomes RuntimeDefault
   capabilities     as asked
   noNewPrivileges  as asked
   maskedPaths      as asked
   onViolation      harden defaultAddCapabilities, readOnlyRootFilesystem, requiredDropCapabilities,
                    seccomp, seLinux; deny the rest
   labels           the stricter of the two; after 24h without the API server: keep; unknown
                    namespaces: this policy
   controls         privileged false; hostNetwork false; hostPID false; hostIPC false;
                    allowPrivilegeEscalation false; readOnlyRootFilesystem true;
                    supplementalGroupsPolicy Strict; hostPorts 8000-8010, 443; volumes none;
                    allowedHostPaths /var/log (read-only), /srv; allowedFlexVolumes a/b;
                    allowedCSIDrivers c; runAsUser MustRunAsNonRoot; runAsGroup MayRunAs 1;
                    supplementalGroups MustRunAs 2-3, 5-9; defaultAddCapabilities CHOWN;
                    requiredDropCapabilities NET_RAW; allowedCapabilities *; seLinux MustRunAs user
                    "", role "", type "t", level "s0"; appArmor Localhost/*; seccomp RuntimeDefault,
                    Localhost/web.json (else RuntimeDefault); allowedProcMountTypes Default;
                    forbiddenSysctls net.*; allowedUnsafeSysctls none; runtimeHandlers ""
   trusted          host paths /srv/a, /srv/b (read-only); PersistentVolumes pv-*; devices /dev/kvm;
                    CDI kinds nvidia.com/gpu
   annotations      allow a.example.com; strip b.example.com; deny c.example.com
)");
}

// Shown on every node: whether an API server is asked is no matter of the policy.
TEST_F(Describe, SaysWhatLabelsCountFor) {
  config_.kubeconfig = "/k";
  const struct {
    std::string rules;
    std::string line;
  } cases[] = {
      {"ignore", "ignored"},
      {"{mode: ignore, whenStale: restricted}", "ignored"},
      {"floor",
       "the stricter of the two; after 24h without the API server: keep; unknown namespaces: this "
       "policy"},
      {"follow",
       "followed; after 24h without the API server: keep; unknown namespaces: this policy"},
      {"{mode: follow, staleAfter: 90m, whenStale: filePolicy, unknownNamespace: baseline}",
       "followed; after 90m without the API server: filePolicy; unknown namespaces: baseline"},
      {"{mode: follow, staleAfter: 60s}",
       "followed; after 1m without the API server: keep; unknown namespaces: this policy"},
      {"{mode: follow, staleAfter: 3600s}",
       "followed; after 1h without the API server: keep; unknown namespaces: this policy"},
      {"{staleAfter: 61s, whenStale: restricted, unknownNamespace: restricted}",
       "the stricter of the two; after 61s without the API server: restricted; unknown "
       "namespaces: restricted"},
  };
  for (const auto& [rules, line] : cases) {
    EXPECT_EQ(LineOf(std::string(kPolicyHeader) + "namespaceLabels: " + rules + "\n", "labels"),
              "   labels           " + line)
        << rules;
  }
}

TEST_F(Describe, ARuleShowsTheLabelsThatMakeItDifferent) {
  const std::string text = Text(std::string(kPolicyHeader) +
                                "rules:\n"
                                "- match: {namespaces: [a]}\n"
                                "  namespaceLabels: ignore\n"
                                "- match: {namespaces: [b]}\n"
                                "  namespaceLabels: floor\n");
  EXPECT_THAT(text, ::testing::HasSubstr("      match            namespaces a\n"
                                         "      enforce          baseline:latest\n"
                                         "      labels           ignored\n"
                                         "      otherwise        as the defaults\n"));
  EXPECT_THAT(text, ::testing::HasSubstr("      match            namespaces b\n"
                                         "      enforce          baseline:latest\n"
                                         "      otherwise        as the defaults\n"));
}

TEST_F(Describe, NamesTheRevision) {
  EXPECT_THAT(Text(std::string(kPolicyHeader) + "revision: 42\n"),
              ::testing::StartsWith("Policy HASH, revision 42 from\n   /policy.yaml\n"));
  EXPECT_THAT(Text(std::string(kPolicyHeader)), ::testing::StartsWith("Policy HASH from\n"));
}

TEST_F(Describe, ARuleShowsTheControlsThatMakeItDifferent) {
  const std::string text = Text(std::string(kPolicyHeader) +
                                "controls: {hostPID: false}\n"
                                "rules:\n"
                                "- match: {namespaces: [a]}\n"
                                "  controls: {}\n"
                                "- match: {namespaces: [b]}\n"
                                "  annotations: {strip: [x]}\n");
  EXPECT_THAT(text, ::testing::HasSubstr("      match            namespaces a\n"
                                         "      enforce          baseline:latest\n"
                                         "      controls         none\n"
                                         "      otherwise        as the defaults\n"));
  EXPECT_THAT(text, ::testing::HasSubstr("      match            namespaces b\n"
                                         "      enforce          baseline:latest\n"
                                         "      annotations      strip x; deny what is known to "
                                         "steer a runtime\n"
                                         "      otherwise        as the defaults\n"));
}

TEST_F(Describe, WrapsAtAHundredColumns) {
  std::string names;
  for (int i = 100; i < 140; ++i) {
    names += (names.empty() ? "team-" : ", team-") + std::to_string(i);
  }
  const std::string text =
      Text(std::string(kPolicyHeader) + "rules: [{match: {namespaces: [" + names +
           "]}}]\nexemptions:\n- match: {source: static}\n  reason: " + "関所" +
           std::string(40, 'x') + " " + std::string(60, 'y') + " end\n");
  std::istringstream lines(text);
  int full = 0;
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 104u) << line;  // the two wide letters have four extra bytes
    full += line.size() > 80 ? 1 : 0;
  }
  EXPECT_GE(full, 4);
  EXPECT_THAT(text, ::testing::HasSubstr("\n                       team-"));
  EXPECT_THAT(text, ::testing::HasSubstr("team-139\n"));
}

}  // namespace
}  // namespace sekisho::config
