#include "audit/decided_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "unit/audit/full_facts.h"

namespace sekisho::audit {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

policy::MountFacts Volume(int number) {
  policy::MountFacts mount;
  mount.container_path = "/etc/app/" + std::to_string(number);
  mount.host_path =
      "/var/lib/kubelet/pods/5f0c8a7e-3b1d-4c52-9a36-1f2e3d4c5b6a/volumes/"
      "kubernetes.io~configmap/config";
  mount.readonly = true;
  mount.origin = policy::MountOrigin::kVolume;
  mount.plugin = "kubernetes.io~configmap";
  mount.volume = "config";
  return mount;
}

// As of a kubelet's container with eight mounts.
DecidedFacts Typical() {
  DecidedFacts facts;
  facts.sandbox.namespaces.pid = policy::NamespaceMode::kContainer;
  facts.sandbox.seccomp.type = policy::ProfileType::kRuntimeDefault;
  facts.sandbox.annotations = {{"kubernetes.io/config.source", "api"}};
  facts.sandbox.cgroup_parent = "/kubepods/besteffort/pod5f0c";
  policy::ContainerFacts& container = facts.container.emplace();
  container.name = "web";
  container.image = "sha256:32e299cf1d777998a9bcc5e0f7b0978397bcb291b94517b484abedea435386c4";
  container.run_as_user = 0;
  container.masked_paths = {"/proc/acpi", "/proc/kcore", "/proc/keys", "/sys/firmware"};
  container.seccomp = {policy::ProfileType::kLocalhost, "/var/lib/kubelet/seccomp/web.json"};
  for (int i = 0; i < 8; ++i) {
    container.mounts.push_back(Volume(i));
  }
  return facts;
}

TEST(DecidedFacts, EveryFieldComesBackAsItWas) {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    const DecidedFacts facts = FullFacts(seed).Make();
    const std::string json = ToJson(facts);
    EXPECT_EQ(json.find('\n'), std::string::npos);
    const absl::StatusOr<DecidedFacts> read = ParseDecidedFacts(json);
    ASSERT_TRUE(read.ok()) << read.status() << json;
    EXPECT_EQ(*read, facts) << json;
    EXPECT_EQ(ToJson(*read), json);
    // Another reader takes it for JSON too.
    EXPECT_FALSE(nlohmann::json::parse(json, nullptr, false).is_discarded()) << json;
  }
}

TEST(DecidedFacts, TheKeysOfALineAreTheseForEver) {
  DecidedFacts facts;
  EXPECT_EQ(ToJson(facts), "{}");
  facts.complete = false;
  facts.profile_question = "0123";
  facts.labels = policy::PodSecurityLabels{.enforce = "baseline"};
  facts.sandbox.namespaces.network = policy::NamespaceMode::kNode;
  facts.sandbox.run_as_user = 0;
  facts.sandbox.sysctls = {{"net.ipv4.ip_forward", "1"}};
  facts.container.emplace().name = "web";
  facts.container->selinux.emplace();
  facts.container->mounts = {Volume(0)};
  facts.container->profiles = {{.path = "/p.json", .state = seccomp::ProfileFacts::State::kUsable}};
  EXPECT_EQ(ToJson(facts),
            R"({"sandbox":{"namespaces":{"network":"node"},"runAsUser":0,)"
            R"("sysctls":{"net.ipv4.ip_forward":"1"}},)"
            R"("container":{"name":"web","selinux":{},)"
            R"("mounts":[{"containerPath":"/etc/app/0","hostPath":"/var/lib/kubelet/pods/)"
            R"(5f0c8a7e-3b1d-4c52-9a36-1f2e3d4c5b6a/volumes/kubernetes.io~configmap/config",)"
            R"("readonly":true,"origin":"volume","plugin":"kubernetes.io~configmap",)"
            R"("volume":"config"}],"profiles":[{"path":"/p.json","state":"usable"}]},)"
            R"("labels":{"enforce":"baseline"},"complete":false,"profileQuestion":"0123"})");
}

TEST(DecidedFacts, WhoThePodIsStandsInTheLineAlone) {
  DecidedFacts facts;
  facts.sandbox.pod = {"web-0", "shop", "5f1c", 1, policy::PodSource::kStatic, "kata"};
  EXPECT_EQ(ToJson(facts), R"({"sandbox":{}})");
}

TEST(DecidedFacts, WhatALaterReleaseAddsIsPassedOver) {
  const auto read = ParseDecidedFacts(
      R"({"new":{"a":[1,{"b":null}]},"sandbox":{"privileged":true,"later":[[],{}]},"x":1.5})");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(read->sandbox.privileged);
}

TEST(DecidedFacts, WhatIsOfTheWrongKindIsAnErrorThatNamesIt) {
  const struct {
    const char* json;
    const char* error;
  } kRows[] = {
      {"", "the facts are no JSON"},
      {"{", "the facts are no JSON"},
      {"{} x", "the facts are no JSON"},
      {"[]", "the facts are no object"},
      {"null", "the facts are no object"},
      {R"({"sandbox":7})", "sandbox"},
      {R"({"sandbox":{"privileged":"yes"}})", "privileged"},
      {R"({"sandbox":{"hostPorts":[80,"x"]}})", "hostPorts"},
      {R"({"sandbox":{"hostPorts":[4294967296]}})", "hostPorts"},
      {R"({"container":{"attempt":-1}})", "attempt"},
      {R"({"container":{"attempt":1.5}})", "attempt"},
      {R"({"container":{"attempt":18446744073709551615}})", "attempt"},
      {R"({"container":{"seccomp":{"type":"nonsense"}}})", "type"},
      {R"({"container":{"mounts":[{"origin":true}]}})", "origin"},
      {R"({"container":{"mounts":{}}})", "mounts"},
      {R"({"container":{"annotations":{"a":1}}})", "annotations"},
      {R"({"container":null})", "container"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.json);
    const auto read = ParseDecidedFacts(row.json);
    ASSERT_FALSE(read.ok());
    EXPECT_THAT(std::string(read.status().message()), HasSubstr(row.error));
  }
}

TEST(DecidedFacts, AnEnumeratorThatHasNoNameIsANumber) {
  DecidedFacts facts;
  facts.sandbox.namespaces.ipc = static_cast<policy::NamespaceMode>(17);
  EXPECT_EQ(ToJson(facts), R"({"sandbox":{"namespaces":{"ipc":17}}})");
  EXPECT_EQ(ParseDecidedFacts(ToJson(facts)).value(), facts);
}

TEST(DecidedFacts, BytesThatAreNoUtf8BecomeTextThatIs) {
  DecidedFacts facts;
  facts.sandbox.cgroup_parent = "/a\xff/b";
  const auto read = ParseDecidedFacts(ToJson(facts));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->sandbox.cgroup_parent, "/a\xef\xbf\xbd/b");
}

// No truncation and no flipped byte makes anything but an error or facts.
TEST(DecidedFacts, DamagedJsonDoesNoHarm) {
  const std::string json = ToJson(FullFacts(1).Make());
  for (size_t length = 0; length < json.size(); ++length) {
    EXPECT_FALSE(ParseDecidedFacts(json.substr(0, length)).ok()) << length;
  }
  std::mt19937 random(2);
  for (int i = 0; i < 20000; ++i) {
    std::string damaged = json;
    damaged[random() % damaged.size()] = static_cast<char>(random());
    (void)ParseDecidedFacts(damaged).ok();
  }
  EXPECT_FALSE(ParseDecidedFacts(std::string(1'000'000, '[')).ok());
}

DecidedFacts Redacted(const DecidedFacts& facts) {
  std::string json;
  AppendRedacted(facts, json);
  return ParseDecidedFacts(json).value();
}

TEST(DecidedFacts, NoValueOfAnAnnotationOrALabelIsKeptUnlessACheckReadsIt) {
  DecidedFacts facts = Typical();
  facts.container->annotations = {{"vendor.example/token", "hunter2"}};
  facts.container->labels = {{"password", "hunter2"}};
  facts.sandbox.labels = {{"app", "hunter2"}, {"kubernetes.io/config.source", "hunter2"}};
  facts.sandbox.sysctls = {{"kernel.shm_rmid_forced", "1"}};
  facts.sandbox.annotations = {
      {"kubectl.kubernetes.io/last-applied-configuration", "{\"env\":\"hunter2\"}"},
      {"kubernetes.io/config.source", "file"},
      {"kubernetes.io/config.sourcex", "hunter2"},
      {"container.apparmor.security.beta.kubernetes.io/web", "unconfined"},
      {"seccomp.security.alpha.kubernetes.io/pod", "unconfined"},
      {"container.seccomp.security.alpha.kubernetes.io/web", "localhost/a"}};
  const DecidedFacts redacted = Redacted(facts);
  EXPECT_THAT(ToJson(redacted), Not(HasSubstr("hunter2")));
  // The keys stay, and so does what a check reads.
  EXPECT_THAT(redacted.container->annotations,
              ::testing::ElementsAre(::testing::Pair("vendor.example/token", "")));
  EXPECT_EQ(redacted.sandbox.labels.at("app"), "");
  EXPECT_EQ(redacted.sandbox.sysctls.at("kernel.shm_rmid_forced"), "1");
  EXPECT_EQ(redacted.sandbox.annotations.size(), 6U);
  EXPECT_EQ(redacted.sandbox.annotations.at("kubernetes.io/config.source"), "file");
  EXPECT_EQ(redacted.sandbox.annotations.at("container.apparmor.security.beta.kubernetes.io/web"),
            "unconfined");
  EXPECT_EQ(redacted.sandbox.annotations.at("seccomp.security.alpha.kubernetes.io/pod"),
            "unconfined");
  EXPECT_EQ(redacted.sandbox.annotations.at("container.seccomp.security.alpha.kubernetes.io/web"),
            "localhost/a");
}

// The writer makes one for every decision: far from the budgets of 10 and 20 microseconds the
// machine would have to be very slow, or somebody made it quadratic.
TEST(DecidedFacts, AreWrittenAndReadInMicroseconds) {
  constexpr int kRounds = 2000;
  const DecidedFacts facts = Typical();
  const std::string json = ToJson(facts);
  const auto micros_each = [](auto what) {
    const auto started = std::chrono::steady_clock::now();
    for (int i = 0; i < kRounds; ++i) {
      what();
    }
    const std::chrono::duration<double, std::micro> took =
        std::chrono::steady_clock::now() - started;
    return took.count() / kRounds;
  };
  size_t size = 0;
  const double writing = micros_each([&] { size += ToJson(facts).size(); });
  const double reading = micros_each([&] { size += ParseDecidedFacts(json).ok() ? 1 : 0; });
  std::printf("%zu bytes: written in %.1f us, read in %.1f us\n", json.size(), writing, reading);
  EXPECT_EQ(size, kRounds * (json.size() + 1));
  EXPECT_LT(writing, 1000);
  EXPECT_LT(reading, 2000);
}

}  // namespace
}  // namespace sekisho::audit
