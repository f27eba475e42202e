// What is wrong with policy files, in exact words. Beside each wrong text stands the right one,
// which must load.
#include <gmock/gmock.h>
#include <unistd.h>

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

class PolicyErrors : public ConfigFiles {
 protected:
  void Check(const std::vector<Case>& cases) {
    for (const Case& c : cases) {
      const auto wrong = LoadPolicyText(std::string(kPolicyHeader) + c.wrong);
      EXPECT_THAT(Texts(wrong.errors), ElementsAre(c.error)) << c.wrong;
      EXPECT_EQ(wrong.value.policy, nullptr) << c.wrong;
      const auto right = LoadPolicyText(std::string(kPolicyHeader) + c.right);
      EXPECT_THAT(Texts(right.errors), IsEmpty()) << c.right;
      EXPECT_NE(right.value.policy, nullptr) << c.right;
    }
  }
};

TEST_F(PolicyErrors, EnforceIsRequired) {
  EXPECT_THAT(
      Texts(LoadPolicyText("apiVersion: sekisho.io/v1alpha1\nkind: NodePolicy\n").errors),
      ElementsAre("policy.yaml:1:1: defaults.enforce: is required and missing: no policy, no start "
                  "(write privileged, baseline or restricted)"));
  EXPECT_THAT(Texts(LoadPolicyText("apiVersion: sekisho.io/v1alpha1\nkind: NodePolicy\n"
                                   "defaults: {audit: baseline}\n")
                        .errors),
              ElementsAre("policy.yaml:3:11: defaults.enforce: is required and missing: no policy, "
                          "no start (write privileged, baseline or restricted)"));
  EXPECT_THAT(
      Texts(LoadPolicyText("apiVersion: sekisho.io/v1alpha1\nkind: NodePolicy\n"
                           "defaults: {enforce: strict}\n")
                .errors),
      ElementsAre(
          R"(policy.yaml:3:21: defaults.enforce: unknown value "strict" (one of: privileged, baseline, restricted))"));
  EXPECT_THAT(
      Texts(LoadPolicyText("apiVersion: sekisho.io/v1alpha1\nkind: NodePolicy\n"
                           "defaults: {enforce: Baseline}\n")
                .errors),
      ElementsAre(
          R"(policy.yaml:3:21: defaults.enforce: unknown value "Baseline" (did you mean "baseline"?))"));
}

// The place is in the file, though nothing stands there.
TEST_F(PolicyErrors, AValueThatIsMissingAtTheEnd) {
  EXPECT_THAT(
      Texts(LoadPolicyText("kind:").errors),
      ElementsAre("policy.yaml:1:1: apiVersion: is required and missing "
                  "(write apiVersion: sekisho.io/v1alpha1)",
                  "policy.yaml:1:1: kind: must be \"NodePolicy\" (write kind: NodePolicy)"));
  EXPECT_THAT(Texts(LoadPolicyText(std::string(kPolicyHeader) + "rules:\n-").errors),
              ElementsAre(::testing::HasSubstr("rules[0]: expected a mapping, found nothing")));
}

TEST_F(PolicyErrors, KeysAndKinds) {
  Check({
      {"harden: {secomp: {}}\n",
       R"(policy.yaml:4:10: harden.secomp: unknown key (did you mean "seccomp"?))",
       "harden: {seccomp: {}}\n"},
      {"hardne: {}\n", R"(policy.yaml:4:1: hardne: unknown key (did you mean "harden"?))",
       "harden: {}\n"},
      {"rules:\n- match: {source: api}\n  enfroce: baseline\n",
       R"(policy.yaml:6:3: rules[0].enfroce: unknown key (did you mean "enforce"?))",
       "rules:\n- match: {source: api}\n  enforce: baseline\n"},
      {"rules:\n- match: {source: api}\n- match: {source: static}\n  harden:\n    seccomp:\n"
       "      always: web.json\n",
       "policy.yaml:9:7: rules[1].harden.seccomp.always: unknown key (one of: unconfined, "
       "localhost)",
       "rules:\n- match: {source: api}\n- match: {source: static}\n  harden:\n    seccomp: {}\n"},
      {"harden: {}\nharden: {noNewPrivileges: false}\n",
       "policy.yaml:5:1: harden: given a second time; the first is at line 4 "
       "(keep one of the two)",
       "harden: {noNewPrivileges: false}\n"},
      {"rules: {}\n", "policy.yaml:4:8: rules: expected a list, found a mapping", "rules: []\n"},
      {"rules:\n", "policy.yaml:4:1: rules: has no value (write a value, or leave the key out)",
       "rules: []\n"},
      {"rules: [x]\n", "policy.yaml:4:9: rules[0]: expected a mapping, found a single value", ""},
      {"rules:\n- enforce: baseline\n", "policy.yaml:5:3: rules[0].match: is required and missing",
       "rules:\n- enforce: baseline\n  match: {source: api}\n"},
      {"rules: [{match: {}}]\n",
       "policy.yaml:4:17: rules[0].match: must not be empty (name at least one of namespaces, "
       "pods, containers, runtimeHandlers, source)",
       "rules: [{match: {source: api}}]\n"},
      {"rules: [{match: {source: api}, enforceVersion: newest}]\n",
       R"(policy.yaml:4:48: rules[0].enforceVersion: "newest" is not a Pod Security version (write latest, or v1.0 to v1.37))",
       "rules: [{match: {source: api}, enforceVersion: latest}]\n"},
      {"rules: [{match: {source: api}, auditVersion: v1.0 rc1}]\n",
       R"(policy.yaml:4:46: rules[0].auditVersion: "v1.0 rc1" is not a Pod Security version (write latest, or v1.0 to v1.37))",
       "rules: [{match: {source: api}, auditVersion: v1.0}]\n"},
      {"rules: [{match: {source: api}, auditVersion: v1.34.1}]\n",
       R"(policy.yaml:4:46: rules[0].auditVersion: "v1.34.1" is not a Pod Security version (write latest, or v1.0 to v1.37))",
       "rules: [{match: {source: api}, auditVersion: v1.34}]\n"},
      {"rules: [{match: {source: api}, auditVersion: \"1.34\"}]\n",
       R"(policy.yaml:4:46: rules[0].auditVersion: "1.34" is not a Pod Security version (write latest, or v1.0 to v1.37))",
       "rules: [{match: {source: api}, auditVersion: v1.10}]\n"},
      {"rules: [{match: {source: api}, auditVersion: v1.}]\n",
       R"(policy.yaml:4:46: rules[0].auditVersion: "v1." is not a Pod Security version (write latest, or v1.0 to v1.37))",
       "rules: [{match: {source: api}, auditVersion: v1.9}]\n"},
      {"rules: [{match: {source: api}, warnVersion: v1.034}]\n",
       R"(policy.yaml:4:45: rules[0].warnVersion: "v1.034" is not a Pod Security version (write latest, or v1.0 to v1.37))",
       "rules: [{match: {source: api}, warnVersion: latest}]\n"},
      {"rules: [{match: {source: api}, name: \"\"}]\n",
       "policy.yaml:4:38: rules[0].name: must not be empty",
       "rules: [{match: {source: api}, name: x}]\n"},
  });
}

TEST_F(PolicyErrors, Matches) {
  const auto rule = [](const std::string& match) { return "rules: [{match: {" + match + "}}]\n"; };
  Check({
      {rule("namespaces: []"),
       "policy.yaml:4:30: rules[0].match.namespaces: is an empty list (name what is meant, or "
       "leave the key out)",
       rule("namespaces: [\"*\"]")},
      {rule("namespaces: web"),
       "policy.yaml:4:30: rules[0].match.namespaces: expected a list, found a single value",
       rule("namespaces: [web]")},
      {rule("namespaces: [\"\"]"),
       "policy.yaml:4:31: rules[0].match.namespaces[0]: must not be empty",
       rule("namespaces: [a]")},
      {rule("namespaces: [a, ~]"),
       "policy.yaml:4:34: rules[0].match.namespaces[1]: expected a single value, found nothing",
       rule("namespaces: [a, b]")},
      {rule("namespaces: [Payments]"),
       "policy.yaml:4:31: rules[0].match.namespaces[0]: \"Payments\" can match no namespace or "
       "container name (use lower-case letters, digits, \"-\", and \"*\" and \"?\" as wildcards)",
       rule("namespaces: [payments]")},
      {rule("containers: [a.b]"),
       "policy.yaml:4:31: rules[0].match.containers[0]: \"a.b\" can match no namespace or "
       "container name (use lower-case letters, digits, \"-\", and \"*\" and \"?\" as wildcards)",
       rule("pods: [a.b]")},
      {rule("pods: [a_b]"),
       "policy.yaml:4:25: rules[0].match.pods[0]: \"a_b\" can match no pod name (use lower-case "
       "letters, digits, \"-\", \".\", and \"*\" and \"?\" as wildcards)",
       rule("pods: [a-b]")},
      {rule("containers: [" + std::string(64, 'a') + "]"),
       "policy.yaml:4:31: rules[0].match.containers[0]: is longer than a namespace or container "
       "name can be (63)",
       rule("containers: [" + std::string(63, 'a') + "*]")},
      {rule("runtimeHandlers: [kata*]"),
       "policy.yaml:4:36: rules[0].match.runtimeHandlers[0]: \"kata*\" can match no runtime "
       "handler "
       "(use lower-case letters, digits, \"-\")",
       rule("runtimeHandlers: [kata, \"\"]")},
      {rule("source: file"),
       R"(policy.yaml:4:26: rules[0].match.source: unknown value "file" (one of: static, api))",
       rule("source: static")},
      {rule("namespace: [a]"),
       R"(policy.yaml:4:18: rules[0].match.namespace: unknown key (did you mean "namespaces"?))",
       rule("namespaces: [a]")},
  });
}

TEST_F(PolicyErrors, Hardening) {
  Check({
      {"harden: {noNewPrivileges: 1}\n",
       R"(policy.yaml:4:27: harden.noNewPrivileges: expected true or false, found "1")",
       "harden: {noNewPrivileges: true}\n"},
      {"harden: {maskedPaths: True}\n",
       R"(policy.yaml:4:23: harden.maskedPaths: expected true or false, found "True")",
       "harden: {maskedPaths: false}\n"},
      {"harden: {capabilities: [NET_RAW]}\n",
       "policy.yaml:4:24: harden.capabilities: expected a mapping, found a list",
       "harden: {capabilities: {drop: [NET_RAW]}}\n"},
      {"harden: {capabilities: {drop: [CAP_NET_RAW]}}\n",
       R"(policy.yaml:4:32: harden.capabilities.drop[0]: "CAP_NET_RAW" is not spelt as in a pod's capabilities (write NET_RAW))",
       "harden: {capabilities: {drop: [ALL]}}\n"},
      {"harden: {capabilities: {drop: [SYS_ADMIN, net_raw]}}\n",
       R"(policy.yaml:4:43: harden.capabilities.drop[1]: "net_raw" is not spelt as in a pod's capabilities (write NET_RAW))",
       "harden: {capabilities: {drop: [SYS_ADMIN, NET_RAW]}}\n"},
      {"harden: {capabilities: {drop: [all]}}\n",
       R"(policy.yaml:4:32: harden.capabilities.drop[0]: "all" is not spelt as in a pod's capabilities (write ALL))",
       "harden: {capabilities: {drop: []}}\n"},
      {"harden: {capabilities: {drop: [NET_ROW]}}\n",
       R"(policy.yaml:4:32: harden.capabilities.drop[0]: unknown capability "NET_ROW" (did you mean "NET_RAW"?))",
       "harden: {capabilities: {drop: [NET_RAW, NET_RAW]}}\n"},
      {"harden: {capabilities: {drop: [EVERYTHING]}}\n",
       "policy.yaml:4:32: harden.capabilities.drop[0]: unknown capability \"EVERYTHING\" "
       "(see capabilities(7); the name goes without CAP_)",
       "harden: {capabilities: {}}\n"},
      {"harden: {capabilities: {drop: [13]}}\n",
       "policy.yaml:4:32: harden.capabilities.drop[0]: unknown capability \"13\" "
       "(see capabilities(7); the name goes without CAP_)",
       "harden: {capabilities: {drop: [CHOWN]}}\n"},
      {"harden: {seccomp: {unconfined: runtimedefault}}\n",
       R"(policy.yaml:4:32: harden.seccomp.unconfined: unknown value "runtimedefault" (did you mean "RuntimeDefault"?))",
       "harden: {seccomp: {unconfined: RuntimeDefault}}\n"},
      {"harden: {seccomp: {unconfined: {localhost: \"\"}}}\n",
       "policy.yaml:4:44: harden.seccomp.unconfined.localhost: must not be empty", ""},
      {"harden: {seccomp: {unconfined: {}}}\n",
       "policy.yaml:4:32: harden.seccomp.unconfined.localhost: is required and missing",
       "harden: {seccomp: {unconfined: deny}}\n"},
      {"onViolation: {hostNamespaces: harden}\n",
       "policy.yaml:4:31: onViolation.hostNamespaces: a violation of hostNamespaces cannot be "
       "repaired: the pod would not be the same with another value (write deny)",
       "onViolation: {hostNamespaces: deny}\n"},
      {"onViolation: {seccomp: repair}\n",
       R"(policy.yaml:4:24: onViolation.seccomp: unknown value "repair" (one of: deny, harden))",
       "onViolation: {seccomp: harden}\n"},
      {"onViolation: {apparmour: deny}\n",
       R"(policy.yaml:4:15: onViolation.apparmour: unknown key (did you mean "appArmor"?))",
       "onViolation: {appArmor: deny}\n"},
  });
}

TEST_F(PolicyErrors, Profiles) {
  const auto always = [](const std::string& name) {
    return "harden: {seccomp: {localhost: " + name + "}}\n";
  };
  const std::string seccomp = "kubelet/seccomp/";
  Write(seccomp + "good.json", StrictProfile(), 0600);
  Write(seccomp + "loose.json", StrictProfile(), 0664);
  MakeDirectory(seccomp + "folder.json");
  ASSERT_EQ(::symlink("good.json", Path(seccomp + "link.json").c_str()), 0);
  const std::string right = always("good.json");
  const std::string at = "policy.yaml:4:31: harden.seccomp.localhost: ";
  const std::string not_relative =
      " is not a clean relative path (name a file below the kubelet's seccomp directory, such as "
      "web.json)";
  Check({
      {always("none.json"),
       at + "the profile kubelet/seccomp/none.json does not exist (install the profile first)",
       right},
      {always("loose.json"),
       at + "the profile kubelet/seccomp/loose.json is writable by group or others "
            "(chmod go-w kubelet/seccomp/loose.json)",
       right},
      {always("folder.json"), at + "the profile kubelet/seccomp/folder.json is not a regular file",
       right},
      {always("link.json"),
       at + "the profile kubelet/seccomp/link.json is a symbolic link "
            "(put the profile itself there)",
       right},
      {always("/etc/passwd"), at + "\"/etc/passwd\"" + not_relative, right},
      {always("../good.json"), at + "\"../good.json\"" + not_relative, right},
      {always("a/../good.json"), at + "\"a/../good.json\"" + not_relative, right},
      {always("./good.json"), at + "\"./good.json\"" + not_relative, right},
      {"harden: {seccomp: {unconfined: {localhost: none.json}}}\n",
       "policy.yaml:4:44: harden.seccomp.unconfined.localhost: the profile "
       "kubelet/seccomp/none.json does not exist (install the profile first)",
       "harden: {seccomp: {unconfined: {localhost: good.json}}}\n"},
  });
}

TEST_F(PolicyErrors, AProfileOfSomebodyElse) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root can give a file away";
  }
  Write("kubelet/seccomp/web.json", StrictProfile());
  ASSERT_EQ(::chown(Path("kubelet/seccomp/web.json").c_str(), 1234, 0), 0);
  EXPECT_THAT(
      Texts(
          LoadPolicyText(std::string(kPolicyHeader) + "harden: {seccomp: {localhost: web.json}}\n")
              .errors),
      ElementsAre(
          "policy.yaml:4:31: harden.seccomp.localhost: the profile kubelet/seccomp/web.json "
          "belongs to user 1234, who could change it "
          "(chown root kubelet/seccomp/web.json)"));
}

TEST_F(PolicyErrors, AProfileIsReportedWhereItIsWrittenAndNotWhereItIsInherited) {
  const auto result = LoadPolicyText(std::string(kPolicyHeader) +
                                     "harden: {seccomp: {localhost: none.json}}\n"
                                     "rules:\n"
                                     "- match: {namespaces: [a]}\n"
                                     "- match: {namespaces: [b]}\n");
  EXPECT_EQ(result.errors.size(), 1u);
}

TEST_F(PolicyErrors, Exemptions) {
  const auto exemption = [](const std::string& rest) {
    return "exemptions: [{match: {namespaces: [a]}" + rest + "}]\n";
  };
  const std::string right = exemption(", reason: r, expires: 2028-02-29");
  const auto bad_date = [&](const std::string& date) {
    return Case{exemption(", reason: r, expires: " + date),
                "policy.yaml:4:61: exemptions[0].expires: \"" + date +
                    "\" is not a date (write YYYY-MM-DD)",
                right};
  };
  Check({
      {exemption(""), "policy.yaml:4:14: exemptions[0].reason: is required and missing", right},
      {exemption(", reason: \"\""), "policy.yaml:4:49: exemptions[0].reason: must not be empty",
       right},
      {"exemptions: [{reason: r}]\n",
       "policy.yaml:4:14: exemptions[0].match: is required and missing", right},
      {"exemptions: [{match: {}, reason: r}]\n",
       "policy.yaml:4:22: exemptions[0].match: must not be empty (name at least one of namespaces, "
       "pods, containers, runtimeHandlers, source)",
       right},
      {exemption(", reason: r, enforce: baseline"),
       "policy.yaml:4:52: exemptions[0].enforce: unknown key (one of: match, reason, expires)",
       right},
      bad_date("2027-02-29"),
      bad_date("2027-6-30"),
      bad_date("2027-13-01"),
      bad_date("2027-00-01"),
      bad_date("2027-06-31"),
      bad_date("30.06.2027"),
      bad_date("2027-06-30T00"),
      bad_date("+027-06-30"),
      bad_date("never"),
  });
}

TEST_F(PolicyErrors, TheSameMatchTwice) {
  EXPECT_THAT(Texts(LoadPolicyText(std::string(kPolicyHeader) +
                                   "rules:\n"
                                   "- match: {namespaces: [a, b], source: api}\n"
                                   "  enforce: restricted\n"
                                   "- match: {namespaces: [a], source: api}\n"
                                   "- match: {source: api, namespaces: [b, a, a]}\n")
                        .errors),
              ElementsAre("policy.yaml:8:3: rules[2]: has the same match as the rule at "
                          "policy.yaml:5 (rules[0]) (merge the two rules)"));
}

// Each rule inherits the lists: 600 KiB that would take gigabytes.
TEST_F(PolicyErrors, ListsTimesRules) {
  std::string text(kPolicyHeader);
  text += "annotations: {deny: [";
  for (int i = 0; i < 40'000; ++i) {
    text += "a" + std::to_string(i) + "*,";
  }
  text += "]}\nrules:\n";
  for (int i = 0; i < 5'000; ++i) {
    text += "- {match: {namespaces: [n" + std::to_string(i) + "]}, enforce: baseline}\n";
  }
  EXPECT_THAT(Texts(LoadPolicyText(text).errors),
              ElementsAre("policy.yaml:31:3: rules[25]: the lists of all rules up to this one, "
                          "with what they inherit, have more than 1000000 entries "
                          "(write fewer rules or shorter lists)"));
}

TEST_F(PolicyErrors, AllOfThemInOneRun) {
  const auto result = LoadPolicyText(
      "apiVersion: sekisho.io/v1alpha1\n"
      "kind: NodePolicy\n"
      "defaults: {enforce: restrict, enforceVersion: v1.3o, level: x}\n"
      "harden:\n"
      "  capabilities: {drop: [CAP_CHOWN]}\n"
      "  seccomp: {localhost: none.json}\n"
      "rules:\n"
      "- match: {namespaces: []}\n"
      "  onViolation: {privileged: harden}\n"
      "exemptions:\n"
      "- match: {source: api}\n");
  EXPECT_THAT(
      Texts(result.errors),
      ElementsAre(
          R"(policy.yaml:3:21: defaults.enforce: unknown value "restrict" (did you mean "restricted"?))",
          "policy.yaml:3:47: defaults.enforceVersion: \"v1.3o\" is not a Pod Security version "
          "(write latest, or v1.0 to v1.37)",
          "policy.yaml:3:54: defaults.level: unknown key (one of: enforce, enforceVersion, audit, "
          "auditVersion, warn, warnVersion)",
          R"(policy.yaml:5:25: harden.capabilities.drop[0]: "CAP_CHOWN" is not spelt as in a pod's capabilities (write CHOWN))",
          "policy.yaml:6:24: harden.seccomp.localhost: the profile kubelet/seccomp/none.json does "
          "not exist (install the profile first)",
          "policy.yaml:8:23: rules[0].match.namespaces: is an empty list (name what is meant, or "
          "leave the key out)",
          "policy.yaml:9:29: rules[0].onViolation.privileged: a violation of privileged cannot be "
          "repaired: the pod would not be the same with another value (write deny)",
          "policy.yaml:11:3: exemptions[0].reason: is required and missing"));
  EXPECT_EQ(result.value.policy, nullptr);
}

TEST_F(PolicyErrors, TheFileItself) {
  EXPECT_THAT(Texts(Load().errors),
              ElementsAre("policy.yaml: cannot open: No such file or directory"));
  Write("policy.yaml", kPolicyHeader, 0646);
  EXPECT_THAT(Texts(Load().errors),
              ElementsAre("policy.yaml: is writable by group or others (chmod go-w policy.yaml)"));
}

}  // namespace
}  // namespace sekisho::config
