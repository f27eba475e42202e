// Recorded CRI requests in protobuf JSON: which are judged, which are not, and what is no request.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>

#include "check/check.h"
#include "manifest/read.h"
#include "support/text_file.h"

namespace sekisho::testing {
namespace {

namespace fs = std::filesystem;

using check::Result;
using policy::Level;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::chrono::sys_seconds kNow{std::chrono::seconds(1'780'000'000)};

constexpr char kMetadata[] = R"("metadata":{"name":"p","namespace":"n","uid":"u"})";
const std::string kSandbox = std::string(R"({"config":{)") + kMetadata + "}}";
const std::string kHostNetwork =
    std::string(R"({"config":{)") + kMetadata +
    R"(,"linux":{"security_context":{"namespace_options":{"network":"NODE"}}}}})";
// As far as baseline wants it: a profile, and a masked /proc.
const std::string kContainer =
    std::string(R"({"pod_sandbox_id":"s","sandbox_config":{)") + kMetadata +
    R"(},"config":{"metadata":{"name":"c"},"labels":{"io.kubernetes.container.name":"c",)"
    R"("io.kubernetes.pod.name":"p","io.kubernetes.pod.namespace":"n",)"
    R"("io.kubernetes.pod.uid":"u"},)"
    R"("linux":{"security_context":{"seccomp":{},)"
    R"("masked_paths":["/proc/kcore","/proc/keys","/proc/timer_list","/proc/sched_debug",)"
    R"("/sys/firmware"],"readonly_paths":["/proc/bus","/proc/fs","/proc/irq","/proc/sys",)"
    R"("/proc/sysrq-trigger"]}}}})";

struct Checked {
  std::vector<Result> results;
  std::vector<std::string> errors;
};

Checked CheckJson(const std::string& json, const policy::Policy& policy) {
  std::vector<yaml::Diagnostic> errors;
  Checked checked;
  checked.results = check::Checker(policy, {}, kNow).CheckRecorded(json, "r.json", errors);
  for (const yaml::Diagnostic& error : errors) {
    checked.errors.push_back(error.ToString());
  }
  return checked;
}

Checked CheckJson(const std::string& json, Level level = Level::kBaseline) {
  return CheckJson(json, check::PolicyOfLevel({level, {}}, {}));
}

// "RunPodSandbox n/p", "CreateContainer n/p c refused"
std::vector<std::string> Told(const std::vector<Result>& results) {
  std::vector<std::string> told;
  for (const Result& result : results) {
    told.push_back(result.kind + " " + result.namespace_ + "/" + result.name +
                   (result.container.empty() ? "" : " " + result.container) +
                   (result.allowed ? "" : " refused"));
  }
  return told;
}

std::string Repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) {
    all += text;
  }
  return all;
}

TEST(CheckRecordedTest, JudgesTheTwoRequestsThatMakeSomething) {
  const std::string camel_case =
      std::string(R"({"podSandboxId":"s","sandboxConfig":{)") + kMetadata +
      R"(},"config":{"metadata":{"name":"c"},"linux":{"securityContext":{"privileged":true}}}})";
  const struct {
    const char* name;
    std::string json;
    std::vector<std::string> told;
  } kRows[] = {
      {"a sandbox", kSandbox, {"RunPodSandbox n/p"}},
      {"a sandbox of the node's network", kHostNetwork, {"RunPodSandbox n/p refused"}},
      {"a container", kContainer, {"CreateContainer n/p c"}},
      {"names in protobuf's other way", camel_case, {"CreateContainer n/p c refused"}},
      {"a list",
       "[" + kSandbox + "," + kContainer + "]",
       {"RunPodSandbox n/p", "CreateContainer n/p c"}},
      {"one after the other",
       kSandbox + "\n" + kContainer + kHostNetwork,
       {"RunPodSandbox n/p", "CreateContainer n/p c", "RunPodSandbox n/p refused"}},
      {"lists, too",
       "[" + kSandbox + "]\n[" + kContainer + "]",
       {"RunPodSandbox n/p", "CreateContainer n/p c"}},
      {"braces and quotes in a text",
       std::string(R"({"config":{)") + kMetadata + R"(,"hostname":"}\"]{\\"}})" + kSandbox,
       {"RunPodSandbox n/p", "RunPodSandbox n/p"}},
      {"numbers as text, as protobuf JSON writes those of 64 bits",
       std::string(R"({"config":{)") + kMetadata + R"(,"port_mappings":[{"host_port":"80"}]}})",
       {"RunPodSandbox n/p refused"}},
      {"other requests have no result",
       R"({"container_id":"c","cmd":["ls"]} {"version":"v1"} {} {"image":{"image":"i"},)"
       R"("sandbox_config":{}} {"pod_sandbox_id":"s"})",
       {}},
      {"RestorePod has a config, and is none of the two",
       R"({"config":{},"checkpoint_path":"/c"} {"config":{},"containerConfigs":[]})",
       {}},
      {"other requests between them",
       R"({"container_id":"c"})" + kSandbox + R"([{"container_id":"c"}])",
       {"RunPodSandbox n/p"}},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.name);
    const Checked checked = CheckJson(row.json);
    EXPECT_EQ(Told(checked.results), row.told);
    EXPECT_THAT(checked.errors, IsEmpty());
  }
}

TEST(CheckRecordedTest, SaysWhichRequestOfTheFile) {
  EXPECT_EQ(CheckJson(kSandbox).results.at(0).source, "r.json");
  const Checked checked = CheckJson(kSandbox + R"({"container_id":"c"})" + kContainer);
  ASSERT_EQ(checked.results.size(), 2u);
  EXPECT_EQ(checked.results[0].source, "r.json#1");
  EXPECT_EQ(checked.results[1].source, "r.json#3");
}

TEST(CheckRecordedTest, WhatIsNoRequestIsAnErrorOfItsPlace) {
  const struct {
    const char* name;
    std::string json;
    std::string error;  // its beginning
  } kRows[] = {
      {"nothing", "", "r.json: holds no request"},
      {"blanks", " \r\n\t", "r.json: holds no request"},
      {"an empty list", "[]", "r.json: holds no request"},
      {"a word", "apiVersion: v1", "r.json:1:1: what begins here"},
      {"a number", "1", "r.json:1:1: what begins here"},
      {"a text", "\"{}\"", "r.json:1:1: what begins here"},
      {"a list of texts", "[\"a\"]", "r.json:1:1: what begins here"},
      {"a list in a list", "[[{}]]", "r.json:1:1: what begins here"},
      {"a comma between two", "{},{}", "r.json:1:3: what begins here"},
      {"something behind it", kSandbox + "\n  garbage", "r.json:2:3: what begins here"},
      {"a second one cut short", "{}\n{\"config\":{", "r.json:2:1: what begins here"},
      {"an open text", "{\"config\":\"", "r.json:1:1: what begins here"},
      {"an escape at the very end", "{\"config\":\"\\", "r.json:1:1: what begins here"},
      {"closed before it was opened", "}", "r.json:1:1: what begins here"},
      {"closed by the wrong one", "{]", "r.json:1:1: what begins here"},
      {"half a surrogate", R"({"config":{"hostname":"\ud800"}})", "r.json:1:1: what begins here"},
      {"bytes that are no UTF-8", "{\"config\":{\"hostname\":\"\xff\"}}",
       "r.json:1:1: what begins here"},
      {"a member that CRI does not have", R"({"config":{"hostNetwork":true}})",
       "r.json:1:1: (config) hostNetwork: Cannot find field."},
      {"a type that it does not have", R"({"config":{"hostname":{}}})", "r.json:1:1: "},
      {"a number beyond its range",
       std::string(R"({"config":{)") + kMetadata +
           R"(,"port_mappings":[{"host_port":99999999999}]}})",
       "r.json:1:1: "},
      {"one of several", kSandbox + "\n" + R"({"config":1})",
       "r.json:2:1: request 2: (config): invalid value 1"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.name);
    const Checked checked = CheckJson(row.json);
    ASSERT_EQ(checked.errors.size(), 1u);
    EXPECT_EQ(checked.errors[0].substr(0, row.error.size()), row.error);
  }
}

TEST(CheckRecordedTest, AnUnreadableRequestLeavesTheOthersJudged) {
  const Checked checked = CheckJson(kSandbox + R"({"config":{"nonsense":1}})" + kContainer);
  EXPECT_THAT(Told(checked.results), ElementsAre("RunPodSandbox n/p", "CreateContainer n/p c"));
  EXPECT_THAT(checked.errors, ElementsAre(HasSubstr("request 2: (config) nonsense")));
}

TEST(CheckRecordedTest, NestingIsCutShortBeforeAParserIsInDanger) {
  constexpr int kDeep = 1'000'000;
  for (const std::string& json :
       {Repeated("[", kDeep), Repeated("[", kDeep) + Repeated("]", kDeep),
        Repeated("{\"config\":", kDeep),
        Repeated("{\"config\":", kDeep) + "{}" + Repeated("}", kDeep),
        Repeated("[{\"config\":", 200) + Repeated("}]", 200),
        R"({"config":{"labels":)" + Repeated("[", 95) + Repeated("]", 95) + "}}"}) {
    SCOPED_TRACE(json.substr(0, 40));
    const Checked checked = CheckJson(json);
    EXPECT_THAT(checked.results, IsEmpty());
    EXPECT_EQ(checked.errors.size(), 1u);
  }
}

// With a look back at all that came before, each of them, this would take many minutes.
TEST(CheckRecordedTest, TimeGrowsWithTheSizeOnly) {
  const Checked checked = CheckJson(Repeated("{}\n", 1'500'000));
  EXPECT_THAT(checked.results, IsEmpty());
  EXPECT_THAT(checked.errors, IsEmpty());
}

TEST(CheckRecordedTest, ARequestWithoutAnIdentityIsRefusedAtEveryLevel) {
  for (const char* json :
       {R"({"config":{}})", R"({"config":{"metadata":{"name":"p","namespace":"n"}}})",
        R"({"pod_sandbox_id":"s","config":{"metadata":{"name":"c"}}})",
        R"({"sandbox_config":{"metadata":{"name":"p"}},"config":{"metadata":{"name":"c"}}})"}) {
    SCOPED_TRACE(json);
    const Checked checked = CheckJson(json, Level::kPrivileged);
    ASSERT_EQ(checked.results.size(), 1u);
    EXPECT_FALSE(checked.results[0].allowed);
    ASSERT_EQ(checked.results[0].violations.size(), 1u);
    EXPECT_EQ(checked.results[0].violations[0].check, "incomplete-identity");
    EXPECT_THAT(checked.results[0].message, HasSubstr("must name the pod"));
  }
}

TEST(CheckRecordedTest, TheEditsOfARequestAreTold) {
  std::string unconfined = kContainer;
  const std::string profile = R"("seccomp":{})";
  unconfined.replace(unconfined.find(profile), profile.size(),
                     R"("seccomp":{"profile_type":"Unconfined"})");
  const Checked checked = CheckJson(unconfined);
  ASSERT_EQ(checked.results.size(), 1u);
  EXPECT_TRUE(checked.results[0].allowed) << checked.results[0].message;
  ASSERT_EQ(checked.results[0].edits.size(), 1u);
  EXPECT_EQ(checked.results[0].edits[0].container, "c");
  EXPECT_EQ(checked.results[0].edits[0].field, "config.linux.security_context.seccomp");
  EXPECT_EQ(checked.results[0].edits[0].before, "Unconfined");
  EXPECT_EQ(checked.results[0].edits[0].after, "RuntimeDefault");
}

TEST(CheckRecordedTest, ARefusalWhoseRepairDoesNotReachItIsExplained) {
  // The pod's SELinux options are let through with the sandbox, and the container has them then,
  // whatever becomes of its own.
  policy::Spec lenient = policy::DefaultSpec();
  lenient.enforce = {Level::kPrivileged, {}};
  policy::Spec strict = policy::DefaultSpec();
  strict.on_violation[static_cast<size_t>(policy::CheckGroup::kSELinux)] =
      policy::OnViolation::kHarden;
  const policy::Policy policy(
      lenient, {{.match = {.containers = {"c"}}, .spec = strict, .origin = "rules[0]"}}, {});
  std::string json = kContainer;
  const std::string end_of_metadata = kMetadata;
  json.insert(json.find(kMetadata) + end_of_metadata.size(),
              R"(,"linux":{"security_context":{"selinux_options":{"type":"spc_t"}}})");
  const Checked checked = CheckJson(json, policy);
  ASSERT_EQ(checked.results.size(), 1u);
  EXPECT_FALSE(checked.results[0].allowed);
  EXPECT_THAT(checked.results[0].message, HasSubstr("seLinuxOptions"));
}

// A kubelet's own requests, where a recording lies beside the source tree.
class RecordedTrafficTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* given = std::getenv("SEKISHO_KUBELET_TRAFFIC");
    folder_ = given != nullptr ? given : SEKISHO_SOURCE_DIR "/../shared/kubelet-traffic";
    if (given == nullptr && !fs::is_directory(folder_)) {
      GTEST_SKIP() << "no ../shared/kubelet-traffic here";
    }
  }

  // By path in the folder.
  std::map<std::string, std::vector<Result>> CheckAll(Level level) const {
    std::map<std::string, std::vector<Result>> all;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder_)) {
      if (entry.path().extension() == ".json") {
        const std::string file = fs::relative(entry.path(), folder_).string();
        SCOPED_TRACE(file);
        Checked checked = CheckJson(ReadText(entry.path().string()), level);
        EXPECT_THAT(checked.errors, IsEmpty());
        all[file] = std::move(checked.results);
      }
    }
    EXPECT_THAT(all, Not(IsEmpty()));
    return all;
  }

  std::string folder_;
};

TEST_F(RecordedTrafficTest, EachFileIsTheRequestThatItsNameSays) {
  for (const auto& [file, results] : CheckAll(Level::kPrivileged)) {
    SCOPED_TRACE(file);
    if (file.ends_with(".RunPodSandbox.json") || file.ends_with(".CreateContainer.json")) {
      ASSERT_EQ(results.size(), 1u);
      EXPECT_THAT(file, HasSubstr("." + results[0].kind + "."));
      EXPECT_TRUE(results[0].allowed) << results[0].message;
      EXPECT_THAT(results[0].edits, IsEmpty());
    } else {
      EXPECT_THAT(results, IsEmpty());
    }
  }
}

TEST_F(RecordedTrafficTest, BaselineRefusesWhatItShould) {
  if (std::getenv("SEKISHO_KUBELET_TRAFFIC") != nullptr) {
    GTEST_SKIP() << "another recording";
  }
  std::set<std::string> refused;
  for (const auto& [file, results] : CheckAll(Level::kBaseline)) {
    for (const Result& result : results) {
      if (!result.allowed) {
        refused.insert(file + ": " + result.violations.at(0).check);
      }
    }
  }
  EXPECT_THAT(refused, ElementsAre("burstable.RunPodSandbox.json: hostPorts",
                                   "burstable.c.CreateContainer.json: hostPorts",
                                   "caps.c.CreateContainer.json: capabilities_baseline",
                                   "cluster/plain.dbg.CreateContainer.json: capabilities_baseline",
                                   "hostns.RunPodSandbox.json: hostNamespaces",
                                   "hostns.c.CreateContainer.json: hostNamespaces",
                                   "hostpath.c.CreateContainer.json: hostPathVolumes",
                                   "privileged.RunPodSandbox.json: privileged",
                                   "privileged.c.CreateContainer.json: privileged",
                                   "unconfined.c.CreateContainer.json: appArmorProfile"));
}

// The two kinds of check on the two descriptions of one pod.
TEST_F(RecordedTrafficTest, AManifestIsRefusedExactlyWhereItsRequestsAre) {
  const std::map<std::string, std::vector<Result>> recorded = CheckAll(Level::kBaseline);
  const policy::Policy policy = check::PolicyOfLevel({Level::kBaseline, {}}, {});
  const check::Checker checker(policy, {.static_node_name = "node1"}, kNow);
  size_t compared = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_ + "/manifests")) {
    const std::string name = entry.path().stem().string();
    SCOPED_TRACE(name);
    std::set<std::string> of_requests;
    size_t requests = 0;
    for (const auto& [file, results] : recorded) {
      for (const Result& result : results) {
        requests += file.starts_with(name + ".") ? 1 : 0;
        for (const check::ResultViolation& violation : result.violations) {
          if (file.starts_with(name + ".")) {
            of_requests.insert(violation.check);
          }
        }
      }
    }
    if (requests == 0) {
      continue;  // its requests were recorded on a cluster, under another name
    }
    ++compared;
    const manifest::Manifests manifests =
        manifest::ReadManifests(ReadText(entry.path().string()), entry.path().string());
    ASSERT_EQ(manifests.pods.size(), 1u);
    std::set<std::string> of_manifest;
    for (const check::ResultViolation& violation : checker.CheckPod(manifests.pods[0]).violations) {
      if (violation.seen_in == check::SeenIn::kRequest) {
        of_manifest.insert(violation.check);
      }
    }
    EXPECT_EQ(of_manifest, of_requests);
  }
  EXPECT_GT(compared, 0u);
}

}  // namespace
}  // namespace sekisho::testing
