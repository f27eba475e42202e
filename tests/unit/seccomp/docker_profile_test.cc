// The profile that other tests take for a moby-like one is what its header says it is.
#include "support/docker_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "caps/cri_caps.h"
#include "seccomp/parse.h"
#include "seccomp/resolve.h"

namespace sekisho::seccomp {
namespace {

using caps::CapSet;
using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;

constexpr std::string_view kGuarded[] = {"mount", "umount2", "unshare", "setns", "bpf"};

Profile DockerProfile() {
  std::vector<yaml::Diagnostic> errors;
  const auto profile = Parse(sekisho::testing::kDockerProfile, "docker.json", &errors);
  for (const yaml::Diagnostic& each : errors) {
    ADD_FAILURE() << each.ToString();
  }
  return profile.value_or(Profile{});
}

Profile ResolvedFor(CapSet capabilities, std::string_view arch = "amd64",
                    KernelVersion kernel = {.major = 6, .minor = 1}) {
  return Resolve(DockerProfile(),
                 {.arch = *ArchNamed(arch), .capabilities = capabilities, .kernel = kernel});
}

std::vector<std::string> AllowedWithoutTests(const Profile& profile) {
  std::vector<std::string> names;
  for (const Rule& rule : profile.rules) {
    if (rule.action == Action::kAllow && rule.args.empty()) {
      names.insert(names.end(), rule.names.begin(), rule.names.end());
    }
  }
  return names;
}

std::vector<const Rule*> RulesOf(const Profile& profile, std::string_view name) {
  std::vector<const Rule*> rules;
  for (const Rule& rule : profile.rules) {
    if (std::find(rule.names.begin(), rule.names.end(), name) != rule.names.end()) {
      rules.push_back(&rule);
    }
  }
  return rules;
}

TEST(DockerProfileTest, HasEveryFeature) {
  const Profile profile = DockerProfile();
  EXPECT_EQ(profile.format, Format::kDocker);
  EXPECT_GE(profile.rules.size(), 25u);
  EXPECT_GE(profile.arch_map.size(), 4u);
  const auto some = [&](auto&& holds) {
    return std::any_of(profile.rules.begin(), profile.rules.end(), holds);
  };
  EXPECT_TRUE(some([](const Rule& r) { return r.single_name; }));
  EXPECT_TRUE(some([](const Rule& r) { return !r.comment.empty(); }));
  EXPECT_TRUE(some([](const Rule& r) { return r.errno_ret.has_value(); }));
  EXPECT_TRUE(some([](const Rule& r) { return r.includes.capabilities.size() > 1; }));
  EXPECT_TRUE(some([](const Rule& r) { return !r.includes.arches.empty(); }));
  EXPECT_TRUE(some([](const Rule& r) { return r.includes.min_kernel.has_value(); }));
  EXPECT_TRUE(some([](const Rule& r) { return !r.excludes.capabilities.empty(); }));
  EXPECT_TRUE(some([](const Rule& r) { return !r.excludes.arches.empty(); }));
  EXPECT_TRUE(some([](const Rule& r) { return r.excludes.min_kernel.has_value(); }));
}

TEST(DockerProfileTest, WithoutSysAdmin) {
  for (const CapSet capabilities : {CapSet(), caps::RuntimeDefaultSet()}) {
    const Profile profile = ResolvedFor(capabilities);
    for (const std::string_view name : kGuarded) {
      EXPECT_THAT(RulesOf(profile, name), IsEmpty()) << name;
    }
    const std::vector<const Rule*> clone = RulesOf(profile, "clone");
    ASSERT_EQ(clone.size(), 1u);
    // CLONE_NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET and NEWNS.
    EXPECT_THAT(
        clone[0]->args,
        ::testing::ElementsAre(ArgumentTest{
            .index = 0, .value = 0x7E020000, .value_two = 0, .compare = Compare::kMaskedEq}));
    ASSERT_EQ(RulesOf(profile, "clone3").size(), 1u);
    EXPECT_EQ(RulesOf(profile, "clone3")[0]->errno_ret, 38u);
  }
}

TEST(DockerProfileTest, WithSysAdmin) {
  const Profile profile = ResolvedFor(CapSet::Of({"SYS_ADMIN"}));
  EXPECT_THAT(AllowedWithoutTests(profile), IsSupersetOf(std::begin(kGuarded), std::end(kGuarded)));
  EXPECT_EQ(RulesOf(profile, "clone").size(), 1u);
  EXPECT_EQ(RulesOf(profile, "clone3")[0]->action, Action::kAllow);
}

TEST(DockerProfileTest, AsContainerdReadsItTheGuardedCallsAreFree) {
  const Profile profile = AsContainerdReads(DockerProfile());
  EXPECT_THAT(AllowedWithoutTests(profile), IsSupersetOf(std::begin(kGuarded), std::end(kGuarded)));
  EXPECT_THAT(AllowedWithoutTests(profile), Not(Contains("getrandom")));
}

TEST(DockerProfileTest, ArchitecturesAndKernels) {
  EXPECT_THAT(ResolvedFor({}).architectures,
              ::testing::ElementsAre(*ArchNamed("amd64"), *ArchNamed("x86"), *ArchNamed("x32")));
  EXPECT_THAT(RulesOf(ResolvedFor({}, "arm64"), "arch_prctl"), IsEmpty());
  EXPECT_EQ(RulesOf(ResolvedFor({}), "arch_prctl").size(), 1u);
  EXPECT_EQ(RulesOf(ResolvedFor({}, "s390x"), "clone")[0]->args[0].index, 1u);
  EXPECT_THAT(RulesOf(ResolvedFor({}, "amd64", {4, 7}), "ptrace"), IsEmpty());
  EXPECT_EQ(RulesOf(ResolvedFor({}, "amd64", {4, 8}), "ptrace").size(), 1u);
  const CapSet reader = CapSet::Of({"DAC_READ_SEARCH"});
  EXPECT_EQ(RulesOf(ResolvedFor(reader, "amd64", {5, 5}), "open_by_handle_at").size(), 1u);
  EXPECT_THAT(RulesOf(ResolvedFor(reader, "amd64", {5, 6}), "open_by_handle_at"), IsEmpty());
}

}  // namespace
}  // namespace sekisho::seccomp
