// `sekisho check` as a process: inputs, options, output, exit codes.
//
// Which pod is refused for what is in tests/unit/check; here it is enough that a verdict arrives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "support/child_process.h"
#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::testing {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;

using ::testing::Not;
using ::testing::StartsWith;

std::string Pod(const std::string& name, const std::string& more = "") {
  return "apiVersion: v1\nkind: Pod\nmetadata: {name: " + name + "}\nspec: {" + more +
         "containers: [{name: c, image: i, "
         "securityContext: {seccompProfile: {type: RuntimeDefault}}}]}\n";
}
std::string BadPod(const std::string& name) {
  return Pod(name, "hostNetwork: true, ");
}
constexpr char kService[] = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\n";
constexpr char kNoneChecked[] = "0 checked: 0 allowed, 0 hardened, 0 refused\n";

struct Ran {
  int exit_code = -1;
  std::string out;
  std::string err;
};

// Every run is in the folder, so that the names in the output are those of the files alone.
class CliCheckTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Write("good.yaml", Pod("good"));
    Write("bad.yaml", BadPod("bad"));
    Write("service.yaml", kService);
    Write("broken.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: p\n");
    Write("empty.yaml", "");
    Write("good.json", R"({"config":{"metadata":{"name":"p","namespace":"n","uid":"u"}}})");
    Write("bad.json", R"({"config":{"metadata":{"name":"p","namespace":"n","uid":"u"},"linux":)"
                      R"({"security_context":{"namespace_options":{"ipc":"NODE"}}}}})");
    Write("policy.yaml",
          "apiVersion: sekisho.io/v1alpha1\nkind: NodePolicy\n"
          "defaults: {enforce: baseline}\n"
          "rules:\n"
          "- match: {source: static}\n"
          "  enforce: privileged\n"
          "- match: {containers: [api]}\n"
          "  enforce: restricted\n"
          "exemptions:\n"
          "- match: {namespaces: [kube-system]}\n"
          "  reason: control plane\n");
  }

  void Write(const std::string& name, const std::string& text) const {
    WriteText(dir_.File(name), text);
    std::filesystem::permissions(dir_.File(name), std::filesystem::perms(0644));
  }

  // `arguments` as a shell reads them.
  Ran Check(const std::string& arguments) const {
    const std::string script =
        "cd \"$1\" && exec \"$0\" check " + arguments + " >\"$1/.out\" 2>\"$1/.err\"";
    Ran ran;
    ran.exit_code = RunToEnd({"sh", "-c", script, SEKISHO_BINARY, dir_.path()}).exit_code;
    ran.out = ReadText(dir_.File(".out"));
    ran.err = ReadText(dir_.File(".err"));
    return ran;
  }

  nlohmann::json ResultsOf(const std::string& arguments) const {
    const Ran ran = Check("--output json " + arguments);
    EXPECT_EQ(ran.err, "");
    return nlohmann::json::parse(ran.out).at("results");
  }

  const TempDir dir_;
};

TEST_F(CliCheckTest, TheExitCodeSaysAllowedRefusedOrUnreadable) {
  Write("list.yaml",
        "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, "
        "metadata: {name: p}, spec: {hostPID: true, containers: [{name: c, image: i}]}}\n");
  Write("types.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
        "spec: {hostNetwork: 7, containers: [{name: c, image: i}]}\n");
  const struct {
    const char* arguments;
    int exit_code;
    const char* out;
    const char* err;
  } kRows[] = {
      {"--level baseline good.yaml", 0, "1 checked: 1 allowed, 0 hardened, 0 refused\n", ""},
      {"--level baseline bad.yaml", 1, "1 checked: 0 allowed, 0 hardened, 1 refused\n", ""},
      {"--level privileged bad.yaml", 0, "1 checked: 1 allowed, 0 hardened, 0 refused\n", ""},
      {"--level baseline good.yaml bad.yaml good.yaml", 1,
       "3 checked: 2 allowed, 0 hardened, 1 refused\n", ""},
      {"--level baseline list.yaml", 1, "1 checked: 0 allowed, 0 hardened, 1 refused\n", ""},
      {"--level baseline - <bad.yaml", 1, "1 checked: 0 allowed, 0 hardened, 1 refused\n", ""},
      {"--level baseline /dev/stdin <good.yaml", 0, "1 checked: 1 allowed, 0 hardened, 0 refused\n",
       ""},
      {"--level baseline empty.yaml", 0, kNoneChecked, ""},
      {"--level baseline service.yaml", 0, kNoneChecked,
       "service.yaml: not checked, not known to make pods: Service\n"},
      {"--level baseline service.yaml bad.yaml", 1, "1 checked: 0 allowed, 0 hardened, 1 refused\n",
       "service.yaml: not checked, not known to make pods: Service\n"},
      // 2 wins, and what could be read has been judged all the same.
      {"--level baseline bad.yaml /no/such/file good.yaml", 2,
       "2 checked: 1 allowed, 0 hardened, 1 refused\n",
       "/no/such/file: cannot read: No such file or directory\n"},
      {"--level baseline bad.yaml broken.yaml", 2, "1 checked: 0 allowed, 0 hardened, 1 refused\n",
       "broken.yaml:"},
      {"--level baseline broken.yaml", 2, "", "broken.yaml:"},
      {"--level baseline - <broken.yaml", 2, "", "<stdin>:"},
      {"--level baseline types.yaml", 2, "", "types.yaml:4:21: spec.hostNetwork: "},
      {"--level baseline .", 2, "", ".: cannot read: Is a directory\n"},
      {"--cri --level baseline good.json", 0, "1 checked: 1 allowed, 0 hardened, 0 refused\n", ""},
      {"--cri --level baseline good.json bad.json", 1,
       "2 checked: 1 allowed, 0 hardened, 1 refused\n", ""},
      {"--cri --level baseline - <bad.json", 1, "1 checked: 0 allowed, 0 hardened, 1 refused\n",
       ""},
      {"--cri --level baseline good.yaml", 2, "", "good.yaml:1:1: "},
      {"--cri --level baseline empty.yaml", 2, "", "empty.yaml: holds no request"},
      {"--policy policy.yaml good.yaml bad.yaml", 1,
       "2 checked: 1 allowed, 0 hardened, 1 refused\n", ""},
      {"--policy policy.yaml --static good.yaml bad.yaml", 0,
       "2 checked: 2 allowed, 0 hardened, 0 refused\n", ""},
      {"--policy policy.yaml --cri bad.json", 1, "1 checked: 0 allowed, 0 hardened, 1 refused\n",
       ""},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.arguments);
    const Ran ran = Check(row.arguments);
    EXPECT_EQ(ran.exit_code, row.exit_code);
    EXPECT_THAT(ran.out, EndsWith(row.out));
    EXPECT_EQ(ran.out.empty(), std::string(row.out).empty()) << ran.out;
    EXPECT_THAT(ran.err, StartsWith(row.err));
    EXPECT_EQ(ran.err.empty(), std::string(row.err).empty()) << ran.err;
  }
}

TEST_F(CliCheckTest, AWrongCommandLineIsSaidAndEndsItWithTwo) {
  Write("bad-policy.yaml", "apiVersion: sekisho.io/v1alpha1\nkind: NodePolicy\ndefualts: {}\n");
  const struct {
    const char* arguments;
    const char* err;
  } kRows[] = {
      {"", "FILE is required"},
      {"--level strict good.yaml", "--level: give privileged, baseline or restricted"},
      {"--level '' good.yaml", "--level: give"},
      {"--level Baseline good.yaml", "--level: give"},
      {"--level baseline --version 1.30 good.yaml", "--version: give latest, or v1.N"},
      {"--level baseline --version v1.030 good.yaml", "--version: give latest, or v1.N"},
      {"--version v1.30 good.yaml", "--version requires --level"},
      {"--level baseline --output xml good.yaml", "--output"},
      {"--level baseline --policy policy.yaml good.yaml", "--level excludes --policy"},
      {"--level baseline --config config.yaml good.yaml", "--level excludes --config"},
      {"--level baseline --cri --image-user 0 good.json", "--image-user"},
      {"--level baseline --cri --static good.json", "--static"},
      {"--level baseline --no-such-option good.yaml", "--no-such-option"},
      {"--policy /no/such/file good.yaml", "/no/such/file: "},
      {"--config /no/such/file good.yaml", "/no/such/file: "},
      {"--policy bad-policy.yaml good.yaml", "did you mean \"defaults\"?"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.arguments);
    const Ran ran = Check(row.arguments);
    EXPECT_EQ(ran.exit_code, 2);
    EXPECT_EQ(ran.out, "");
    EXPECT_THAT(ran.err, HasSubstr(row.err));
  }
}

TEST_F(CliCheckTest, JsonIsOneLineWithAResultAPod) {
  Write("many.yaml", std::string("# nothing\n---\n") + Pod("one") + "---\n" + BadPod("two") +
                         "---\n---\napiVersion: apps/v1\nkind: Deployment\n"
                         "metadata: {name: web, namespace: shop}\n"
                         "spec: {template: {spec: {containers: [{name: c, image: i, "
                         "livenessProbe: {httpGet: {host: h, port: 80}}}]}}}\n");
  const nlohmann::json results = ResultsOf("--level baseline --version v1.34 many.yaml good.yaml");
  ASSERT_EQ(results.size(), 4u);
  for (const nlohmann::json& result : results) {
    EXPECT_EQ(result.at("enforced"), "baseline:v1.34");
  }
  EXPECT_EQ(results[0].at("name"), "one");
  EXPECT_EQ(results[0].at("allowed"), true);
  EXPECT_EQ(results[1].at("source"), "many.yaml:8");
  EXPECT_EQ(results[1].at("allowed"), false);
  EXPECT_EQ(results[1].at("message"), "host namespaces (hostNetwork=true)");
  EXPECT_EQ(results[1].at("violations").at(0).at("seenIn"), "request");
  EXPECT_EQ(results[2].at("kind"), "Deployment");
  EXPECT_EQ(results[2].at("namespace"), "shop");
  EXPECT_EQ(results[2].at("violations").at(0).at("check"), "hostProbesAndHostLifecycle");
  EXPECT_EQ(results[2].at("violations").at(0).at("seenIn"), "manifest");
  EXPECT_EQ(results[2].at("edits").at(0).at("after"), "RuntimeDefault");
  EXPECT_EQ(results[3].at("source"), "good.yaml:1");
}

TEST_F(CliCheckTest, JsonIsWhollyThereHoweverItEnds) {
  const Ran unreadable = Check("--level baseline --output json bad.yaml /no/such/file");
  EXPECT_EQ(unreadable.exit_code, 2);
  EXPECT_EQ(nlohmann::json::parse(unreadable.out).at("results").size(), 1u);
  const Ran nothing = Check("--level baseline --output json broken.yaml");
  EXPECT_EQ(nothing.exit_code, 2);
  EXPECT_EQ(nothing.out, "{\"results\":[]}\n");
}

TEST_F(CliCheckTest, TextOfAHundredColumnsThatBeginsWithTheVerdict) {
  const Ran ran = Check("--level restricted good.yaml bad.yaml");
  EXPECT_EQ(ran.exit_code, 1);
  std::istringstream lines(ran.out);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 100u) << line;
  }
  EXPECT_THAT(ran.out, AllOf(StartsWith("refused   Pod default/good at restricted:latest "
                                        "(good.yaml:1)\n  breaks  "),
                             HasSubstr("\nrefused   Pod default/bad at restricted:latest "
                                       "(bad.yaml:1)\n  breaks  host namespaces")));
}

TEST_F(CliCheckTest, ThePolicysRulesAndExemptionsApply) {
  Write("system.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: kube-system}\n"
        "spec: {hostPID: true, containers: [{name: c, image: i}]}\n");
  Write("two.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
        "spec: {containers: [{name: c, image: i}, {name: api, image: i, "
        "securityContext: {seccompProfile: {type: RuntimeDefault}, "
        "capabilities: {drop: [ALL]}, allowPrivilegeEscalation: false}}]}\n");
  const nlohmann::json results = ResultsOf("--policy policy.yaml system.yaml two.yaml");
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].at("allowed"), true);
  EXPECT_EQ(results[0].at("exemption"), "control plane");
  EXPECT_THAT(results[0].at("rule").get<std::string>(), HasSubstr("exemptions[0]"));
  EXPECT_EQ(results[1].at("message"),
            "runAsNonRoot != true (pod or container \"api\" must set "
            "securityContext.runAsNonRoot=true)");
  EXPECT_THAT(results[1].at("remarks").at(0).get<std::string>(),
              HasSubstr("container \"api\" is judged at restricted:latest"));
}

TEST_F(CliCheckTest, AnExplicitUnconfinedIsHardenedWhereThePolicySaysSo) {
  Write("unconfined.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
        "spec: {containers: [{name: c, image: i, "
        "securityContext: {seccompProfile: {type: Unconfined}}}]}\n");
  Write("deny.yaml",
        "apiVersion: sekisho.io/v1alpha1\nkind: NodePolicy\n"
        "defaults: {enforce: baseline}\nonViolation: {seccomp: deny}\n");
  EXPECT_EQ(Check("--level baseline unconfined.yaml").exit_code, 1);
  EXPECT_EQ(Check("--policy deny.yaml unconfined.yaml").exit_code, 1);
  const Ran hardened = Check("--policy policy.yaml unconfined.yaml");
  EXPECT_EQ(hardened.exit_code, 0);
  EXPECT_THAT(hardened.out, AllOf(StartsWith("hardened  "), HasSubstr("Unconfined -> Runtime")));
  const Ran seen = Check("--level baseline --kubelet-seccomp-default unconfined.yaml");
  EXPECT_EQ(seen.exit_code, 1);
  EXPECT_THAT(seen.out, Not(HasSubstr("[manifest-only]")));
}

TEST_F(CliCheckTest, TheImagesUserCanBeSaid) {
  Write("nonroot.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
        "spec: {securityContext: {runAsNonRoot: true}, "
        "containers: [{name: c, image: i}]}\n");
  const std::string refusal = "a kubelet would not create container";
  EXPECT_THAT(Check("--level baseline nonroot.yaml").out, Not(HasSubstr(refusal)));
  EXPECT_THAT(Check("--level baseline --image-user 1000 nonroot.yaml").out,
              Not(HasSubstr(refusal)));
  for (const char* user : {"0", "root", "nobody", "''"}) {
    SCOPED_TRACE(user);
    EXPECT_THAT(Check(std::string("--level baseline --image-user ") + user + " nonroot.yaml").out,
                HasSubstr(refusal));
  }
}

TEST_F(CliCheckTest, WhatIsSkippedIsCountedByKind) {
  Write("helm.yaml", std::string(kService) + "---\n" + Pod("p") + "---\n" + kService +
                         "---\napiVersion: argoproj.io/v1alpha1\nkind: Rollout\n");
  const Ran ran = Check("--level baseline helm.yaml");
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_EQ(ran.err, "helm.yaml: not checked, not known to make pods: Rollout, Service (2)\n");
}

TEST_F(CliCheckTest, HugeInputIsReadOrRefusedInTime) {
  std::string many;
  constexpr int kPods = 3000;
  for (int i = 0; i < kPods; ++i) {
    many += Pod("p" + std::to_string(i)) + "---\n";
  }
  Write("many.yaml", many);
  EXPECT_THAT(Check("--level baseline many.yaml").out,
              EndsWith("3000 checked: 3000 allowed, 0 hardened, 0 refused\n"));
  const Ran too_long = Check("--level baseline /dev/zero");
  EXPECT_EQ(too_long.exit_code, 2);
  EXPECT_EQ(too_long.err, "/dev/zero: cannot read: longer than 64 MiB\n");
  Write("deep.yaml", std::string(1'000'000, '['));
  EXPECT_EQ(Check("--level baseline deep.yaml").exit_code, 2);
  EXPECT_EQ(Check("--level baseline --cri deep.yaml").exit_code, 2);
}

std::string Namespace(const std::string& name, const std::string& labels) {
  return "apiVersion: v1\nkind: Namespace\nmetadata: {name: " + name + ", labels: {" + labels +
         "}}\n";
}

TEST_F(CliCheckTest, TheLabelsOfANamespaceAmongTheFilesCount) {
  const std::string enforce = "pod-security.kubernetes.io/enforce: ";
  Write("strict.yaml", Namespace("default", enforce + "restricted"));
  Write("loose.yaml", Namespace("default", enforce + "privileged"));
  Write("other.yaml", Namespace("other", enforce + "restricted"));
  Write("plain.yaml", Namespace("default", "team: shop"));
  Write("list.yaml",
        "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Namespace, metadata: "
        "{name: default, labels: {" +
            enforce + "restricted}}}\n");
  const std::string header = "apiVersion: sekisho.io/v1alpha1\nkind: NodePolicy\n";
  Write("follow.yaml", header +
                           "defaults: {enforce: baseline}\n"
                           "namespaceLabels: {mode: follow, unknownNamespace: restricted}\n");
  Write("ignore.yaml", header + "defaults: {enforce: baseline}\nnamespaceLabels: ignore\n");
  const struct {
    const char* arguments;
    int exit_code;
    const char* enforced;
    const char* note;
  } kRows[] = {
      {"--policy policy.yaml good.yaml", 0, " at baseline:latest", ""},
      {"--policy policy.yaml strict.yaml good.yaml", 1, " at restricted:latest",
       "note    by the labels of namespace default; the policy alone says baseline:latest"},
      // Wherever it stands.
      {"--policy policy.yaml good.yaml strict.yaml", 1, " at restricted:latest", "labels"},
      {"--policy policy.yaml good.yaml list.yaml", 1, " at restricted:latest", "labels"},
      {"--policy policy.yaml good.yaml - <strict.yaml", 1, " at restricted:latest", "labels"},
      {"--policy policy.yaml --static good.yaml strict.yaml", 1, " at restricted:latest", "labels"},
      {"--policy policy.yaml good.yaml plain.yaml", 0, " at baseline:latest", ""},
      // A floor is not got below, and what is not there is not known.
      {"--policy policy.yaml bad.yaml loose.yaml", 1, " at baseline:latest", ""},
      {"--policy follow.yaml bad.yaml loose.yaml", 0, " at privileged:latest", "labels"},
      {"--policy follow.yaml good.yaml other.yaml", 0, " at baseline:latest", ""},
      {"--policy ignore.yaml good.yaml strict.yaml", 0, " at baseline:latest", ""},
      {"--level baseline good.yaml strict.yaml", 0, " at baseline:latest", ""},
      {"--level baseline bad.yaml loose.yaml", 1, " at baseline:latest", ""},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.arguments);
    const Ran ran = Check(row.arguments);
    EXPECT_EQ(ran.exit_code, row.exit_code);
    EXPECT_THAT(ran.out, HasSubstr(row.enforced));
    if (*row.note == '\0') {
      EXPECT_THAT(ran.out, Not(HasSubstr("by the labels")));
    } else {
      EXPECT_THAT(ran.out, HasSubstr(row.note));
    }
    // A Namespace was looked at; and that `follow` finds nobody to ask is no matter here.
    EXPECT_EQ(ran.err, "");
  }
}

TEST_F(CliCheckTest, TwoVersionsThatAreEnforcedBothRefuse) {
  Write("old.yaml", Namespace("default",
                              "pod-security.kubernetes.io/enforce: restricted, "
                              "pod-security.kubernetes.io/enforce-version: v1.20"));
  // v1.20 knows nothing of probes and asks for no dropped capabilities; baseline:latest knows of
  // probes. Only the manifest shows them.
  const auto pod = [](const std::string& more) {
    return "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: "
           "i, securityContext: {runAsNonRoot: true, runAsUser: 1000, " +
           more;
  };
  const std::string good =
      "allowPrivilegeEscalation: false, seccompProfile: {type: RuntimeDefault}}";
  Write("both.yaml", pod(good + "}]}\n"));
  Write("probe.yaml", pod(good + ", livenessProbe: {tcpSocket: {host: h, port: 80}}}]}\n"));
  Write("escalation.yaml", pod("seccompProfile: {type: RuntimeDefault}}}]}\n"));
  const std::string files = "--policy policy.yaml old.yaml ";
  const Ran both = Check(files + "both.yaml");
  EXPECT_EQ(both.exit_code, 0) << both.out;
  EXPECT_THAT(both.out, HasSubstr(" at restricted:v1.20 and baseline:latest "));
  const Ran probe = Check(files + "probe.yaml");
  EXPECT_EQ(probe.exit_code, 1);
  EXPECT_THAT(probe.out, HasSubstr("breaks  probe or lifecycle host"));
  const Ran escalation = Check(files + "escalation.yaml");
  EXPECT_EQ(escalation.exit_code, 1);
  EXPECT_THAT(escalation.out, HasSubstr("breaks  allowPrivilegeEscalation != false"));
}

TEST_F(CliCheckTest, ANamespaceThatCannotBeReadIsAnError) {
  Write("nameless.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {labels: {a: b}}\n");
  const Ran nameless = Check("--level baseline nameless.yaml");
  EXPECT_EQ(nameless.exit_code, 2);
  EXPECT_EQ(nameless.err, "nameless.yaml:1:1: metadata.name is required and missing\n");
  Write("number.yaml", Namespace("n", "pod-security.kubernetes.io/enforce: 7"));
  EXPECT_EQ(Check("--level baseline number.yaml").exit_code, 2);
  // Of another API group it is something else.
  Write("other.yaml", "apiVersion: example.com/v1\nkind: Namespace\nmetadata: {name: n}\n");
  EXPECT_EQ(Check("--level baseline other.yaml").err,
            "other.yaml: not checked, not known to make pods: Namespace\n");
}

TEST_F(CliCheckTest, OnANodeItIsTheFileOfThatNode) {
  Write("config.yaml",
        "apiVersion: sekisho.io/v1alpha1\nkind: AgentConfig\nnode: {name: worker-1}\n"
        "policy: {file: " +
            dir_.File("policy.yaml") + "}\n");
  Write("policy.node.worker-1.yaml",
        "apiVersion: sekisho.io/v1alpha1\nkind: NodePolicy\ndefaults: {enforce: privileged}\n");
  EXPECT_EQ(Check("--config config.yaml bad.yaml").exit_code, 0);
  // A file that is named is that file.
  EXPECT_EQ(Check("--config config.yaml --policy policy.yaml bad.yaml").exit_code, 1);
}

TEST_F(CliCheckTest, OutputThatCannotBeWrittenIsNoVerdict) {
  const Finished finished =
      RunToEnd({"sh", "-c", "exec \"$0\" check --level baseline \"$1\" >/dev/full", SEKISHO_BINARY,
                dir_.File("good.yaml")});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.output, HasSubstr("cannot write: No space left on device"));
}

}  // namespace
}  // namespace sekisho::testing
