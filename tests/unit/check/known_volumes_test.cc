// What a manifest says of its volumes and of its workload, where the requests alone would mislead;
// and the levels that only warn.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "check/check.h"
#include "manifest/read.h"

namespace sekisho::testing {
namespace {

using check::Result;
using policy::Level;
using ::testing::HasSubstr;

constexpr std::chrono::sys_seconds kNow{std::chrono::seconds(1'780'000'000)};

policy::Spec SpecAt(Level level) {
  policy::Spec spec = policy::DefaultSpec();
  spec.enforce = {level, {}};
  return spec;
}

Result CheckYaml(const policy::Policy& policy, const std::string& yaml) {
  const manifest::Manifests manifests = manifest::ReadManifests(yaml, "p.yaml");
  EXPECT_TRUE(manifests.ok()) << yaml;
  return check::Checker(policy, {}, kNow).CheckPod(manifests.pods.at(0));
}

// A Pod that mounts one volume.
std::string Mounting(const std::string& source, const std::string& mount_settings) {
  return "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
         "  volumes: [{name: v, " +
         source +
         "}]\n"
         "  containers: [{name: c, image: i, volumeMounts: [{name: v, mountPath: /v" +
         mount_settings + "}]}]\n";
}

struct TrustCase {
  std::string_view why;
  policy::HostPathRule rule;
  std::string_view path;
  std::string_view mount_settings;
  bool allowed;
};

TEST(KnownVolumesTest, APathThatThePolicyVouchesForIsNoHostPath) {
  const TrustCase kCases[] = {
      {"below the prefix", {"/opt/data", false}, "/opt/data/x", "", true},
      {"the prefix itself", {"/opt/data", false}, "/opt/data", "", true},
      {"beside it", {"/opt/data", false}, "/opt/database", "", false},
      {"read-only only, and it is", {"/opt/data", true}, "/opt/data/x", ", readOnly: true", true},
      {"read-only only, and it is not", {"/opt/data", true}, "/opt/data/x", "", false},
      {"a subPath of it is found out on the node, and not vouched for",
       {"/opt/data", false},
       "/opt/data/x",
       ", subPath: a",
       false},
  };
  for (const TrustCase& c : kCases) {
    policy::Spec spec = SpecAt(Level::kBaseline);
    spec.trust.host_paths = {c.rule};
    const Result result = CheckYaml(
        policy::Policy(spec, {}, {}),
        Mounting("hostPath: {path: " + std::string(c.path) + "}", std::string(c.mount_settings)));
    EXPECT_EQ(result.allowed, c.allowed) << c.why << ": " << result.message;
  }
}

TEST(KnownVolumesTest, ASubPathOfAHostPathIsSeenInTheRequest) {
  policy::Spec spec = SpecAt(Level::kPrivileged);
  spec.controls.allowed_host_paths = {{"/opt", false}};
  const policy::Policy policy(spec, {}, {});
  EXPECT_TRUE(CheckYaml(policy, Mounting("hostPath: {path: /opt/a}", ", subPath: b")).allowed);
  const Result refused = CheckYaml(policy, Mounting("hostPath: {path: /var/log}", ", subPath: b"));
  EXPECT_FALSE(refused.allowed);
  EXPECT_THAT(refused.message, HasSubstr("which is \"/var/log\""));
}

TEST(KnownVolumesTest, AnInlineCsiVolumeHasItsDriver) {
  policy::Spec spec = SpecAt(Level::kBaseline);
  spec.controls.allowed_csi_drivers = {"good.example.com"};
  const policy::Policy policy(spec, {}, {});
  EXPECT_TRUE(CheckYaml(policy, Mounting("csi: {driver: good.example.com}", "")).allowed);
  EXPECT_TRUE(
      CheckYaml(policy, Mounting("csi: {driver: good.example.com}", ", subPath: b")).allowed);
  EXPECT_FALSE(CheckYaml(policy, Mounting("csi: {driver: bad.example.com}", "")).allowed);
  EXPECT_TRUE(CheckYaml(policy, Mounting("persistentVolumeClaim: {claimName: x}", "")).allowed);
}

TEST(KnownVolumesTest, ARuleForTheNamesOfPodsIsThatOfTheirWorkload) {
  policy::Rule rule{.match = {.pods = {"web-*"}}, .spec = SpecAt(Level::kPrivileged), .origin = ""};
  const policy::Policy policy(SpecAt(Level::kRestricted), {rule}, {});
  const std::string pod = "{template: {spec: {containers: [{name: c, image: i}]}}}";
  for (const char* kind : {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"}) {
    const Result result = CheckYaml(policy, "apiVersion: apps/v1\nkind: " + std::string(kind) +
                                                "\nmetadata: {name: web}\nspec: " + pod + "\n");
    EXPECT_TRUE(result.allowed) << kind;
    EXPECT_EQ(result.name, "web");
  }
}

TEST(OtherLevelsTest, WhatWouldBeWarnedOfIsSaidInKubernetesWords) {
  policy::Spec spec = SpecAt(Level::kBaseline);
  spec.warn = {Level::kRestricted, {}};
  spec.audit = {Level::kRestricted, {.minor = 22}};
  const Result result = CheckYaml(policy::Policy(spec, {}, {}), Mounting("nfs: {}", ""));
  EXPECT_TRUE(result.allowed);
  EXPECT_THAT(result.warn, HasSubstr("would violate PodSecurity \"restricted:latest\": "
                                     "allowPrivilegeEscalation != false (container \"c\""));
  EXPECT_THAT(result.warn, HasSubstr("volume \"v\" uses restricted volume type \"nfs\""));
  EXPECT_THAT(result.audit, HasSubstr("would violate PodSecurity \"restricted:v1.22\": "));
  spec.warn = spec.audit = {};
  const Result quiet = CheckYaml(policy::Policy(spec, {}, {}), Mounting("nfs: {}", ""));
  EXPECT_EQ(quiet.warn + quiet.audit, "");
}

}  // namespace
}  // namespace sekisho::testing
