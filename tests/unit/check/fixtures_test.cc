// Pod Security Admission's own fixtures: its verdict and its very words, from the manifest; and its
// verdict from the requests alone, wherever they show it.
#include "unit/check/fixtures.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "check/check.h"
#include "cri/facts.h"
#include "enforce/judge.h"
#include "manifest/project.h"
#include "manifest/read.h"
#include "runtime/v1/api.pb.h"

namespace sekisho::testing {
namespace {

constexpr std::chrono::sys_seconds kNow{std::chrono::seconds(1'780'000'000)};
// What the image of every fixture has.
constexpr char kImageUser[] = "65535";

std::vector<manifest::PodManifest> PodsOf(const Fixture& fixture) {
  std::ifstream file(fixture.path);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  manifest::Manifests manifests = manifest::ReadManifests(bytes.str(), fixture.path);
  EXPECT_TRUE(file.good() && manifests.ok()) << fixture.path;
  return std::move(manifests.pods);
}

// No fixture mounts its volumes, and what is not mounted never reaches a runtime.
void MountEverything(manifest::PodManifest& pod) {
  for (const manifest::Volume& volume : pod.spec.volumes) {
    manifest::VolumeMount& mount = pod.spec.containers.front().volume_mounts.emplace_back();
    mount.name = volume.name;
    mount.mount_path = "/mnt/" + volume.name;
  }
}

class FixturesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    fixtures_ = ReadFixtures();
    if (!fixtures_.has_value()) {
      GTEST_SKIP() << "no ../shared/pss-fixtures here";
    }
    ASSERT_FALSE(fixtures_->fixtures.empty());
  }

  // Whether every request that a kubelet sends for the pod is let through.
  static bool PassesTheNode(const Fixture& fixture, manifest::PodManifest pod, bool seccomp_default,
                            std::string& why) {
    const manifest::Options kubelet{.seccomp_default = seccomp_default, .image_user = kImageUser};
    const policy::Policy policy =
        check::PolicyOfLevel(fixture.at, {.kubelet_seccomp_default = seccomp_default});
    const mounts::Resolver mounts({.look_at_node = false});
    const enforce::Judge judge(policy, mounts, kNow);
    manifest::Requests requests = manifest::Project(pod, kubelet);
    const enforce::SandboxRecord record{cri::FactsFrom(requests.sandbox.config(), "", "config")};
    std::vector<enforce::Judgement> judgements = {judge.Sandbox(requests.sandbox)};
    for (runtime::v1::CreateContainerRequest& request : requests.containers) {
      judgements.push_back(judge.Container(record, request));
    }
    for (const enforce::Judgement& judgement : judgements) {
      if (!judgement.status.ok()) {
        why += std::string(judgement.status.message()) + "\n";
      }
    }
    return why.empty();
  }

  // By the row of the projection: whether some violation of this fixture shows.
  bool IsDecidable(const Fixture& fixture, bool mounted, bool seccomp_default) const {
    return std::ranges::any_of(fixtures_->rows, [&](const Decidability& row) {
      return row.name == fixture.name && row.level == policy::LevelName(fixture.at.level) &&
             row.mounted == mounted && row.seccomp_default == seccomp_default && row.decidable;
    });
  }

  std::optional<Fixtures> fixtures_;
};

TEST_F(FixturesTest, AManifestIsJudgedAsAdmissionJudgesIt) {
  for (const Fixture& fixture : fixtures_->fixtures) {
    SCOPED_TRACE(fixture.path);
    const policy::Policy policy = check::PolicyOfLevel(fixture.at, {});
    const check::Checker checker(policy, {}, kNow);
    const std::vector<manifest::PodManifest> pods = PodsOf(fixture);
    ASSERT_EQ(pods.size(), 1u);
    const check::Result result = checker.CheckPod(pods.front());
    if (fixture.must_pass) {
      // Not `fixture.allowed`: a volume without a source becomes an emptyDir before admission.
      EXPECT_TRUE(result.allowed) << result.message;
    } else {
      EXPECT_FALSE(result.allowed);
      EXPECT_EQ(result.message, fixture.message);
    }
  }
}

TEST_F(FixturesTest, WhatTheRequestsShowIsRefusedByThem) {
  size_t decidable = 0;
  for (const Fixture& fixture : fixtures_->fixtures) {
    for (const bool seccomp_default : {false, true}) {
      for (const bool mounted : {false, true}) {
        SCOPED_TRACE(fixture.path + (seccomp_default ? " seccompDefault" : "") +
                     (mounted ? " mounted" : ""));
        manifest::PodManifest pod = PodsOf(fixture).at(0);
        if (mounted) {
          MountEverything(pod);
        }
        std::string why;
        const bool passes = PassesTheNode(fixture, std::move(pod), seccomp_default, why);
        if (!fixture.must_pass && IsDecidable(fixture, mounted, seccomp_default)) {
          ++decidable;
          EXPECT_FALSE(passes);
        }
        // Pods of another operating system never get so far.
        if (fixture.must_pass && !fixture.name.ends_with("windows")) {
          EXPECT_TRUE(passes) << why;
        }
      }
    }
  }
  EXPECT_GT(decidable, 0u);
}

TEST_F(FixturesTest, MountedHostPathsAreRefusedByTheRequests) {
  size_t seen = 0;
  for (const Fixture& fixture : fixtures_->fixtures) {
    manifest::PodManifest pod = PodsOf(fixture).at(0);
    if (std::ranges::none_of(pod.spec.volumes, [](const manifest::Volume& volume) {
          return volume.type == "hostPath";
        })) {
      continue;
    }
    ++seen;
    SCOPED_TRACE(fixture.path);
    MountEverything(pod);
    std::string why;
    EXPECT_FALSE(PassesTheNode(fixture, std::move(pod), false, why));
  }
  EXPECT_GT(seen, 0u);
}

}  // namespace
}  // namespace sekisho::testing
