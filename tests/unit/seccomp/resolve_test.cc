#include "seccomp/resolve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/utsname.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "support/same_profile.h"
#include "unit/seccomp/random_profile.h"

namespace sekisho::seccomp {
namespace {

using caps::CapSet;
using sekisho::testing::DifferenceOf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Target TargetOf(CapSet capabilities, std::string_view arch = "amd64",
                KernelVersion kernel = {.major = 6, .minor = 1}) {
  return {.arch = *ArchNamed(arch), .capabilities = capabilities, .kernel = kernel};
}

Profile DockerProfileOf(Rule rule) {
  return {.format = Format::kDocker, .rules = {std::move(rule)}};
}

// Each row: the conditions of one rule, a container, and whether the rule is for it.
TEST(ResolveTest, Conditions) {
  const CapSet none;
  const CapSet admin = CapSet::Of({"SYS_ADMIN"});
  const CapSet both = CapSet::Of({"SYS_ADMIN", "CHOWN"});
  struct Row {
    std::string_view why;
    Condition includes;
    Condition excludes;
    Target target;
    bool kept;
  };
  const Condition admin_and_chown = {.capabilities = {"SYS_ADMIN", "CHOWN"}};
  const Condition arm_or_amd = {.arches = {"arm", "amd64"}};
  const Condition since_4_8 = {.min_kernel = KernelVersion{4, 8}};
  const Condition several = {
      .capabilities = {"SYS_ADMIN"}, .arches = {"amd64"}, .min_kernel = KernelVersion{4, 8}};
  const Row rows[] = {
      {"no condition", {}, {}, TargetOf(none), true},
      {"includes.caps: none of them", admin_and_chown, {}, TargetOf(none), false},
      {"includes.caps: one is not enough", admin_and_chown, {}, TargetOf(admin), false},
      {"includes.caps: all", admin_and_chown, {}, TargetOf(both), true},
      {"excludes.caps: none of them", {}, admin_and_chown, TargetOf(none), true},
      {"excludes.caps: one is enough", {}, admin_and_chown, TargetOf(admin), false},
      {"includes.arches: one is enough", arm_or_amd, {}, TargetOf(none, "arm"), true},
      {"includes.arches: another", arm_or_amd, {}, TargetOf(none, "arm64"), false},
      {"excludes.arches: one is enough", {}, arm_or_amd, TargetOf(none, "amd64"), false},
      {"excludes.arches: another", {}, arm_or_amd, TargetOf(none, "x86"), true},
      {"an architecture without a name", {}, arm_or_amd, TargetOf(none, "SCMP_ARCH_PARISC"), true},
      {"includes.minKernel: older", since_4_8, {}, TargetOf(none, "amd64", {4, 7}), false},
      {"includes.minKernel: the same", since_4_8, {}, TargetOf(none, "amd64", {4, 8}), true},
      {"includes.minKernel: 4.19 is newer", since_4_8, {}, TargetOf(none, "amd64", {4, 19}), true},
      {"includes.minKernel: 5.0 is newer", since_4_8, {}, TargetOf(none, "amd64", {5, 0}), true},
      {"includes.minKernel: 3.19 is older", since_4_8, {}, TargetOf(none, "amd64", {3, 19}), false},
      {"excludes.minKernel: older", {}, since_4_8, TargetOf(none, "amd64", {4, 7}), true},
      {"excludes.minKernel: the same", {}, since_4_8, TargetOf(none, "amd64", {4, 8}), false},
      {"includes: every member", several, {}, TargetOf(admin), true},
      {"includes: all but the capability", several, {}, TargetOf(none), false},
      {"includes: all but the arch", several, {}, TargetOf(admin, "arm"), false},
      {"includes: all but the kernel", several, {}, TargetOf(admin, "amd64", {4, 1}), false},
      {"excludes: only the capability", {}, several, TargetOf(admin, "arm", {3, 0}), false},
      {"excludes: only the arch", {}, several, TargetOf(none, "amd64", {3, 0}), false},
      {"excludes: only the kernel", {}, several, TargetOf(none, "arm"), false},
      {"excludes: nothing", {}, several, TargetOf(none, "arm", {3, 0}), true},
      {"both: excludes wins", several, {.arches = {"amd64"}}, TargetOf(admin), false},
      {"both: includes and not excludes", several, {.arches = {"arm"}}, TargetOf(admin), true},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.why);
    const Profile resolved = Resolve(
        DockerProfileOf({.names = {"a"}, .includes = row.includes, .excludes = row.excludes}),
        row.target);
    EXPECT_EQ(resolved.format, Format::kOci);
    ASSERT_EQ(resolved.rules.size(), row.kept ? 1u : 0u);
    if (row.kept) {
      EXPECT_TRUE(resolved.rules[0].includes.empty());
      EXPECT_TRUE(resolved.rules[0].excludes.empty());
    }
  }
}

TEST(ResolveTest, ArchMap) {
  const Arch amd64 = *ArchNamed("amd64");
  const Arch x86 = *ArchNamed("x86");
  const Arch arm64 = *ArchNamed("arm64");
  const Profile profile = {.format = Format::kDocker,
                           .arch_map = {{arm64, {*ArchNamed("arm")}}, {amd64, {x86}}}};
  EXPECT_THAT(Resolve(profile, TargetOf({})).architectures, ElementsAre(amd64, x86));
  EXPECT_THAT(Resolve(profile, TargetOf({}, "arm64")).architectures,
              ElementsAre(arm64, *ArchNamed("arm")));
  // A sub-architecture is not the target's own, and no entry means the native one alone.
  EXPECT_THAT(Resolve(profile, TargetOf({}, "x86")).architectures, IsEmpty());
  EXPECT_THAT(Resolve(profile, TargetOf({})).arch_map, IsEmpty());
  // Without archMap, Docker keeps what the OCI key says.
  EXPECT_THAT(
      Resolve({.format = Format::kDocker, .architectures = {x86}}, TargetOf({})).architectures,
      ElementsAre(x86));
}

TEST(ResolveTest, TheRestIsKept) {
  Profile profile = DockerProfileOf({.names = {"clone3"},
                                     .action = Action::kErrno,
                                     .errno_ret = 38,
                                     .errno_by_name = true,
                                     .args = {{.index = 1, .value = 2}},
                                     .excludes = {.capabilities = {"SYS_ADMIN"}},
                                     .single_name = true,
                                     .where = {7, 3}});
  profile.default_action = Action::kTrap;
  profile.default_errno_ret = 5;
  profile.default_errno_by_name = true;
  profile.flags = {"SECCOMP_FILTER_FLAG_LOG"};
  profile.listener_path = "/l";
  profile.listener_metadata = "m";
  Profile expected = profile;
  expected.format = Format::kOci;
  expected.default_errno_by_name = false;
  expected.rules[0].excludes = {};
  expected.rules[0].single_name = false;
  expected.rules[0].errno_by_name = false;
  const Profile resolved = Resolve(profile, TargetOf({}));
  EXPECT_EQ(DifferenceOf(resolved, expected), "");
  EXPECT_EQ(resolved.rules[0].where, (yaml::Location{7, 3}));
}

TEST(ResolveTest, AnOciProfileStaysAsItIs) {
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same profiles in every run
  for (int i = 0; i < 100; ++i) {
    const Profile profile = sekisho::testing::RandomProfile(random);
    ASSERT_EQ(DifferenceOf(Resolve(profile, TargetOf({})), profile), "");
  }
}

// What a judgement may be kept by: capabilities that no condition names change nothing.
TEST(ResolveTest, OnlyRelevantCapabilitiesMatter) {
  std::mt19937 random(11);  // NOLINT(cert-msc51-cpp): the same profiles in every run
  int kept_differently = 0;
  for (int i = 0; i < 300; ++i) {
    SCOPED_TRACE(i);
    const Profile profile = sekisho::testing::RandomProfile(random, {.conditions = true});
    const uint64_t relevant = RelevantCapabilities(profile).mask();
    const CapSet some(CapSet::All().mask() & (uint64_t{random()} << 32 | random()));
    const Profile resolved = Resolve(profile, TargetOf(some));
    ASSERT_EQ(DifferenceOf(resolved, Resolve(profile, TargetOf(CapSet(some.mask() & relevant)))),
              "");
    ASSERT_EQ(DifferenceOf(resolved, Resolve(profile, TargetOf(CapSet(some.mask() | ~relevant)))),
              "");
    kept_differently +=
        DifferenceOf(resolved, Resolve(profile, TargetOf(CapSet(some.mask() ^ relevant)))).empty()
            ? 0
            : 1;
  }
  EXPECT_GT(kept_differently, 100);
}

TEST(ResolveTest, RelevantCapabilities) {
  Profile profile = DockerProfileOf({.includes = {.capabilities = {"SYS_ADMIN", "BPF"}}});
  profile.rules.push_back({.excludes = {.capabilities = {"CHOWN", "BPF"}}});
  EXPECT_EQ(RelevantCapabilities(profile), CapSet::Of({"SYS_ADMIN", "BPF", "CHOWN"}));
  EXPECT_EQ(RelevantCapabilities({}), CapSet());
}

TEST(AsContainerdReadsTest, ConditionsSingleNamesAndErrnoNamesAreDropped) {
  const Arch amd64 = *ArchNamed("amd64");
  Profile profile = {
      .format = Format::kDocker,
      .default_errno_ret = 38,
      .default_errno_by_name = true,
      .arch_map = {{amd64, {}}},
      .rules = {
          {.names = {"mount"},
           .action = Action::kAllow,
           .includes = {.capabilities = {"SYS_ADMIN"}}},
          {.names = {"old"}, .action = Action::kAllow, .excludes = {.min_kernel = {{1, 0}}}},
          {.names = {"read"},
           .action = Action::kAllow,
           .single_name = true,
           .names_where = {{1, 2}}},
          {.names = {"a"}, .errno_ret = 7, .errno_by_name = true},
          {.names = {"b"}, .errno_ret = 7},
      }};
  Profile expected = profile;
  expected.format = Format::kOci;
  expected.default_errno_ret.reset();
  expected.default_errno_by_name = false;
  expected.arch_map.clear();
  expected.rules[0].includes = {};
  expected.rules[1].excludes = {};
  expected.rules[2].names.clear();
  expected.rules[2].single_name = false;
  expected.rules[3].errno_ret.reset();
  expected.rules[3].errno_by_name = false;
  const Profile read = AsContainerdReads(profile);
  EXPECT_EQ(DifferenceOf(read, expected), "");
  EXPECT_THAT(read.rules[2].names_where, IsEmpty());
}

TEST(KernelVersionTest, OfReleases) {
  struct Row {
    std::string_view release;
    KernelVersion version;
  };
  constexpr Row kRows[] = {
      {"4.8", {4, 8}},
      {"6.1.0-13-amd64", {6, 1}},
      {"5.10.16.3-microsoft-standard", {5, 10}},
      {"3.12-rc5", {3, 12}},
      {"6.8+", {6, 8}},
      {"6", {0, 0}},
      {"6.", {0, 0}},
      {".6", {0, 0}},
      {"", {0, 0}},
      {"v6.1", {0, 0}},
      {"-6.1", {0, 0}},
      {"6.-1", {0, 0}},
      {"99999999999.1", {0, 0}},
      {"1.99999999999", {0, 0}},
      {"6-1", {0, 0}},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.release);
    EXPECT_EQ(KernelVersionFrom(row.release), row.version);
  }
}

TEST(KernelVersionTest, OfThisMachine) {
  utsname name{};
  ASSERT_EQ(uname(&name), 0);
  const KernelVersion version = RunningKernel();
  EXPECT_GE(version, (KernelVersion{4, 0})) << name.release;
  EXPECT_THAT(std::string(name.release), ::testing::StartsWith(std::to_string(version.major) + "." +
                                                               std::to_string(version.minor)));
}

}  // namespace
}  // namespace sekisho::seccomp
