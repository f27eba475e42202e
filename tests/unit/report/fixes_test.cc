// The lines that are offered are right: put into a pod that fails a check, the check is silent.
//
// Each row is judged by the offline check, which speaks the manifest's words, and by the daemon's
// judge alone, whose words are in the audit log; both as it is, and mended. The detail that the
// lines are made from is the one that the judgement gave.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "check/check.h"
#include "cri/facts.h"
#include "enforce/judge.h"
#include "fix_rows.h"
#include "manifest/project.h"
#include "manifest/read.h"
#include "policy/checks.h"
#include "report/meanings.h"
#include "report/report.h"
#include "runtime/v1/api.pb.h"
#include "strategic_merge.h"

namespace sekisho::testing {
namespace {

using policy::Level;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::chrono::sys_seconds kNow{std::chrono::seconds(1'780'000'000)};

std::string PodOf(const FixRow& row) {
  return "apiVersion: v1\nkind: Pod\nmetadata: {name: p, annotations: " + row.annotations +
         "}\nspec: {" + row.spec + "}\n";
}

policy::Policy PolicyOf(const FixRow& row, Level level) {
  policy::NodeFacts node;
  node.kubelet_seccomp_default = row.seccomp_default;
  policy::Version version;
  version.minor = row.minor;
  const policy::Policy of_level = check::PolicyOfLevel({level, version}, node);
  policy::Spec spec = of_level.defaults();
  spec.controls = row.controls;
  return {spec, {}, {}};
}

using Violations = std::vector<audit::LineViolation>;

manifest::PodManifest Read(const std::string& pod) {
  const manifest::Manifests manifests = manifest::ReadManifests(pod, "p.yaml");
  for (const yaml::Diagnostic& error : manifests.errors) {
    ADD_FAILURE() << error.ToString() << "\n" << pod;
  }
  return manifests.pods.at(0);
}

manifest::Options KubeletOf(const FixRow& row) {
  manifest::Options kubelet;
  kubelet.seccomp_default = row.seccomp_default;
  return kubelet;
}

Violations InTheManifestsWords(const FixRow& row, Level level, const std::string& pod) {
  const policy::Policy policy = PolicyOf(row, level);
  Violations violations;
  for (const check::ResultViolation& one :
       check::Checker(policy, KubeletOf(row), kNow).CheckPod(Read(pod)).violations) {
    violations.push_back({one.check, one.reason, one.detail});
  }
  return violations;
}

Violations InTheNodesWords(const FixRow& row, Level level, const std::string& pod) {
  const policy::Policy policy = PolicyOf(row, level);
  const mounts::Resolver mounts({.look_at_node = false});
  const enforce::Judge judge(policy, mounts, kNow);
  manifest::Requests requests = manifest::Project(Read(pod), KubeletOf(row));
  Violations violations;
  const auto add = [&violations](const enforce::Judgement& judgement) {
    for (const policy::Violation& one : judgement.decision.violations) {
      violations.push_back({std::string(one.check), one.reason, one.detail});
    }
  };
  const policy::SandboxFacts sandbox =
      cri::FactsFrom(requests.sandbox.config(), requests.sandbox.runtime_handler(), "config");
  add(judge.Sandbox(requests.sandbox));
  for (runtime::v1::CreateContainerRequest& container : requests.containers) {
    add(judge.Container({sandbox}, container));
  }
  return violations;
}

const policy::Check& CheckNamed(const std::string& id) {
  const auto checks = policy::Checks();
  const auto it = std::find_if(checks.begin(), checks.end(),
                               [&id](const policy::Check& check) { return check.id == id; });
  if (it == checks.end()) {
    throw std::runtime_error("no check " + id);
  }
  return *it;
}

bool HasCheck(const Violations& violations, const std::string& id) {
  return std::any_of(violations.begin(), violations.end(),
                     [&id](const audit::LineViolation& one) { return one.check == id; });
}

using JudgeFunction = Violations (*)(const FixRow& row, Level level, const std::string& pod);

// One round of it: what is found of the row's check, finding by finding. Throws what Merged throws.
std::string Mended(const FixRow& row, const Violations& found, std::string pod) {
  for (const audit::LineViolation& violation : found) {
    if (violation.check != row.check) {
      continue;
    }
    const auto fix = report::FixFor(violation.check, violation.detail);
    if (!fix.has_value()) {
      throw std::runtime_error("no lines for " + violation.detail);
    }
    SCOPED_TRACE(violation.detail + "\n" + report::InManifest(*fix));
    pod = Merged(pod, report::InManifest(*fix));
  }
  return pod;
}

// `rounds`: a daemon that refuses the sandbox says nothing of the containers yet.
void ExpectMended(const FixRow& row, JudgeFunction judge, int rounds) {
  const Level level = CheckNamed(row.check).level;
  std::string pod = PodOf(row);
  const Violations before = judge(row, level, pod);
  ASSERT_TRUE(HasCheck(before, row.check)) << "the pod does not fail the check:\n" << pod;
  Violations found = before;
  for (int round = 0; round < rounds && HasCheck(found, row.check); ++round) {
    try {
      pod = Mended(row, found, pod);
    } catch (const std::exception& error) {
      FAIL() << error.what() << "\n" << pod;
    }
    found = judge(row, level, pod);
  }
  EXPECT_FALSE(HasCheck(found, row.check)) << pod;
  // What mends one check must not break another.
  for (const audit::LineViolation& violation : found) {
    EXPECT_TRUE(rounds > 1 || HasCheck(before, violation.check)) << violation.check << "\n" << pod;
  }
}

class Fixes : public ::testing::TestWithParam<FixRow> {};

TEST_P(Fixes, PutIntoThePodEndTheViolation) {
  SCOPED_TRACE(GetParam().check + ": " + GetParam().name);
  ExpectMended(GetParam(), InTheManifestsWords, 1);
}

class NodeFixes : public ::testing::TestWithParam<FixRow> {};

TEST_P(NodeFixes, MadeFromTheNodesWordsEndItAsWell) {
  SCOPED_TRACE(GetParam().check + ": " + GetParam().name);
  ExpectMended(GetParam(), InTheNodesWords, 2);
}

std::vector<FixRow> SeenByTheNode(std::vector<FixRow> rows) {
  std::erase_if(rows, [](const FixRow& row) { return row.declared_only != nullptr; });
  return rows;
}

std::string NameOf(const ::testing::TestParamInfo<FixRow>& info) {
  std::string name = info.param.check + "_" + info.param.name;
  std::replace_if(
      name.begin(), name.end(),
      [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name + "_" + std::to_string(info.index);
}

INSTANTIATE_TEST_SUITE_P(Baseline, Fixes, ::testing::ValuesIn(BaselineRows()), NameOf);
INSTANTIATE_TEST_SUITE_P(Baseline, NodeFixes, ::testing::ValuesIn(SeenByTheNode(BaselineRows())),
                         NameOf);
INSTANTIATE_TEST_SUITE_P(Restricted, Fixes, ::testing::ValuesIn(RestrictedRows()), NameOf);
INSTANTIATE_TEST_SUITE_P(Restricted, NodeFixes,
                         ::testing::ValuesIn(SeenByTheNode(RestrictedRows())), NameOf);

INSTANTIATE_TEST_SUITE_P(Controls, Fixes, ::testing::ValuesIn(ControlRows()), NameOf);
INSTANTIATE_TEST_SUITE_P(Controls, NodeFixes, ::testing::ValuesIn(SeenByTheNode(ControlRows())),
                         NameOf);

TEST(FixTable, EveryCheckHasLinesOrAdvice) {
  // The words of every check that takes more from its detail than names of containers.
  const std::string kDetail =
      "container \"app\" must not include \"X\" in securityContext.capabilities.add, must include "
      "\"Y\" in securityContext.capabilities.drop, hostNetwork=true, hostPID=true, hostIPC=true, "
      "seLinuxOptions: type \"t\", user \"u\", role \"r\", level \"l\", runAsGroup of 5, "
      "securityContext.runAsGroup of 5, (and fsGroup) of 5";
  for (const policy::Check& check : policy::Checks()) {
    const auto fix = report::FixFor(check.id, kDetail);
    EXPECT_TRUE(fix.has_value() || !report::AdviceFor(check.id).empty()) << check.id;
  }
  EXPECT_EQ(report::FixFor("no-such-check", ""), std::nullopt);
  EXPECT_EQ(report::AdviceFor("no-such-check"), "");
}

TEST(Meanings, EveryCheckHasASentence) {
  for (const policy::Check& check : policy::Checks()) {
    const std::string_view meaning = report::MeaningOf(check.id);
    EXPECT_TRUE(meaning.ends_with('.')) << check.id;
  }
  EXPECT_EQ(report::MeaningOf("no-such-check"), "");
}

TEST(FixTable, EveryPodSecurityCheckIsMendedByARowHere) {
  std::set<std::string> covered;
  for (const std::vector<FixRow>& rows : {BaselineRows(), RestrictedRows()}) {
    for (const FixRow& row : rows) {
      covered.insert(row.check);
    }
  }
  for (const policy::Check& check : policy::Checks()) {
    if (check.kind == policy::CheckKind::kPodSecurity) {
      EXPECT_TRUE(covered.contains(std::string(check.id))) << check.id;
    }
  }
}

// As the requests word it, where that differs from the manifest's words.
TEST(FixFor, ReadsTheWordsOfTheNode) {
  const struct {
    const char* check;
    const char* detail;
    const char* lines;
  } kRows[] = {
      {"privileged", "pod must not set securityContext.privileged=true",
       "spec:\n  containers:\n  - name: app  # whichever container has it\n"
       "    securityContext:\n      privileged: false\n"},
      {"hostPathVolumes",
       R"(container "a" mounts host path "/etc" which is "/x" [a symlink], container "b" mounts host path "/usr")",
       "spec:\n  volumes:\n"
       "  - name: data  # the volume whose hostPath is \"/etc\"\n    emptyDir: {}\n"
       "  - name: data-2  # the volume whose hostPath is \"/usr\"\n    emptyDir: {}\n"},
      {"restrictedVolumes", R"(volume "v" uses restricted volume type "nfs")",
       "spec:\n  volumes:\n  - name: v\n    emptyDir: {}\n"},
      {"hostPorts", "pod uses hostPorts 443, 80",
       "spec:\n  containers:\n  - name: app  # whichever container has it\n    ports:\n"
       "    - containerPort: 443  # without hostPort: 443\n"
       "    - containerPort: 80  # without hostPort: 80\n"},
      {"localhost-profile-missing",
       R"(container "a" names "/var/lib/kubelet/seccomp/web.json", which does not exist)",
       "spec:\n  containers:\n  - name: a\n    securityContext:\n      seccompProfile:\n"
       "        type: RuntimeDefault\n"},
      {"control/allowedCSIDrivers", R"(container "a" must not mount "/data" of CSI driver "d")",
       "spec:\n  volumes:\n  - name: data  # the volume that is mounted at \"/data\"\n"
       "    emptyDir: {}\n"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.detail);
    const auto fix = report::FixFor(row.check, row.detail);
    ASSERT_TRUE(fix.has_value());
    EXPECT_EQ(report::InManifest(*fix), row.lines);
  }
}

TEST(FixFor, SaysWhereTheLinesBelong) {
  const auto of_container = report::FixFor("privileged", R"(container "a" must not set …)");
  ASSERT_TRUE(of_container.has_value());
  EXPECT_EQ(of_container->where, "spec.containers[*]");
  EXPECT_EQ(of_container->yaml, "securityContext:\n  privileged: false\n");
  EXPECT_EQ(of_container->containers, std::vector<std::string>{"a"});
  const auto of_pod = report::FixFor("hostNamespaces", "hostIPC=true");
  ASSERT_TRUE(of_pod.has_value());
  EXPECT_EQ(of_pod->where, "spec");
  EXPECT_EQ(of_pod->yaml, "hostIPC: false\n");
}

// A log can be forged: what it says must not become YAML of its own.
TEST(FixFor, NoDetailAddsALineOrAKey) {
  const std::vector<std::string> kDetails = {
      "container \"a\nb: c\" must not include \"X\n- y\" in securityContext.capabilities.add",
      "container \"a\", \"\", \"{}\", \"# c\", \"\x1b[31m\", \"\xff\" must include \"&x\" in",
      "volume \"v: {hostPath: {}}\" uses restricted volume type \"x\"",
      "container \"a\" mounts host path \"/e\n  tc\"",
      "sysctl \"a\nprivileged: true\", b\nc",
      "container \"unterminated",
      "hostPorts 1, 2, 99999999999999999999, x",
      "must run with a securityContext.runAsGroup of 5\n6",
      "forbidden annotation seccomp.security.alpha.kubernetes.io/pod\nx=\"y\"",
      std::string(100000, '"'),
      "containers " + std::string(50000, 'x') + "\"",
  };
  for (const policy::Check& check : policy::Checks()) {
    for (const std::string& detail : kDetails) {
      const auto fix = report::FixFor(check.id, detail);
      if (!fix.has_value()) {
        continue;
      }
      const std::string lines = report::InManifest(*fix);
      SCOPED_TRACE(lines.substr(0, 2000));
      EXPECT_LT(lines.size(), 100'000U);
      EXPECT_THAT(lines, Not(HasSubstr("\x1b")));
      const YAML::Node root = YAML::Load(lines);
      for (const auto& pair : root) {
        EXPECT_THAT((std::set<std::string>{"metadata", "spec"}),
                    ::testing::Contains(pair.first.as<std::string>()));
      }
      if (root["spec"]) {
        for (const auto& pair : root["spec"]) {
          EXPECT_THAT((std::set<std::string>{"containers", "volumes", "securityContext",
                                             "hostNetwork", "hostPID", "hostIPC"}),
                      ::testing::Contains(pair.first.as<std::string>()));
        }
      }
    }
  }
}

}  // namespace
}  // namespace sekisho::testing
