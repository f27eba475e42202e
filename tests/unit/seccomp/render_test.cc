#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "seccomp/parse.h"
#include "seccomp/resolve.h"
#include "support/docker_profile.h"
#include "support/same_profile.h"
#include "unit/seccomp/random_profile.h"

namespace sekisho::seccomp {
namespace {

using sekisho::testing::DifferenceOf;
using sekisho::testing::RandomProfile;

std::optional<Profile> Parsed(std::string_view text) {
  std::vector<yaml::Diagnostic> errors;
  std::optional<Profile> profile = Parse(text, "p.json", &errors);
  for (const yaml::Diagnostic& each : errors) {
    ADD_FAILURE() << each.ToString() << "\n" << text;
  }
  return profile;
}

TEST(RenderTest, EveryKey) {
  const Profile profile = {
      .default_action = Action::kErrno,
      .default_errno_ret = 38,
      .architectures = {*ArchNamed("amd64")},
      .flags = {"SECCOMP_FILTER_FLAG_LOG"},
      .listener_path = "/run/a",
      .listener_metadata = "m",
      .rules = {{.names = {"write", "read"}, .action = Action::kAllow, .comment = "left out"},
                {.names = {"clone"},
                 .action = Action::kTrace,
                 .errno_ret = 7,
                 .args = {{.index = 1,
                           .value = 18446744073709551615u,
                           .value_two = 2,
                           .compare = Compare::kMaskedEq},
                          {.index = 2, .value = 3, .value_two = 0, .compare = Compare::kEq}}}}};
  EXPECT_EQ(Render(profile), R"({
  "defaultAction": "SCMP_ACT_ERRNO",
  "defaultErrnoRet": 38,
  "architectures": [
    "SCMP_ARCH_X86_64"
  ],
  "flags": [
    "SECCOMP_FILTER_FLAG_LOG"
  ],
  "listenerPath": "/run/a",
  "listenerMetadata": "m",
  "syscalls": [
    {
      "names": [
        "write",
        "read"
      ],
      "action": "SCMP_ACT_ALLOW"
    },
    {
      "names": [
        "clone"
      ],
      "action": "SCMP_ACT_TRACE",
      "errnoRet": 7,
      "args": [
        {
          "index": 1,
          "value": 18446744073709551615,
          "valueTwo": 2,
          "op": "SCMP_CMP_MASKED_EQ"
        },
        {
          "index": 2,
          "value": 3,
          "op": "SCMP_CMP_EQ"
        }
      ]
    }
  ]
}
)");
}

TEST(RenderTest, TheLeast) {
  EXPECT_EQ(Render({.default_action = Action::kKillThread}),
            "{\n  \"defaultAction\": \"SCMP_ACT_KILL_THREAD\",\n  \"syscalls\": []\n}\n");
  // A rule that names nothing stays one.
  const auto profile = Parsed(Render({.rules = {{.names = {}, .action = Action::kAllow}}}));
  ASSERT_TRUE(profile.has_value());
  EXPECT_EQ(profile->rules.size(), 1u);
}

TEST(RenderTest, ReadsBackAsWhatItWas) {
  std::mt19937 random(20240607);  // NOLINT(cert-msc51-cpp): the same profiles in every run
  size_t rules = 0;
  for (int i = 0; i < 2000; ++i) {
    SCOPED_TRACE(i);
    const Profile profile = RandomProfile(random);
    rules += profile.rules.size();
    const std::string text = Render(profile);
    const std::optional<Profile> again = Parsed(text);
    ASSERT_TRUE(again.has_value());
    ASSERT_EQ(DifferenceOf(profile, *again), "");
    ASSERT_EQ(Render(*again), text);
  }
  EXPECT_GT(rules, 5000u);
}

// The comparison that the test above relies on sees a change of anything.
TEST(RenderTest, DifferencesAreSeen) {
  const Profile profile = {.rules = {{.names = {"read"}, .args = {{.index = 1}}}}};
  EXPECT_EQ(DifferenceOf(profile, profile), "");
  const auto differs = [&](auto change) {
    Profile other = profile;
    change(other);
    return !DifferenceOf(profile, other).empty();
  };
  EXPECT_TRUE(differs([](Profile& p) { p.format = Format::kDocker; }));
  EXPECT_TRUE(differs([](Profile& p) { p.default_action = Action::kAllow; }));
  EXPECT_TRUE(differs([](Profile& p) { p.default_errno_ret = 1; }));
  EXPECT_TRUE(differs([](Profile& p) { p.architectures = {NativeArch()}; }));
  EXPECT_TRUE(differs([](Profile& p) { p.arch_map = {{NativeArch(), {}}}; }));
  EXPECT_TRUE(differs([](Profile& p) { p.flags = {"x"}; }));
  EXPECT_TRUE(differs([](Profile& p) { p.listener_path = "x"; }));
  EXPECT_TRUE(differs([](Profile& p) { p.listener_metadata = "x"; }));
  EXPECT_TRUE(differs([](Profile& p) { p.rules.clear(); }));
  EXPECT_TRUE(differs([](Profile& p) { p.rules[0].names = {"write"}; }));
  EXPECT_TRUE(differs([](Profile& p) { p.rules[0].action = Action::kAllow; }));
  EXPECT_TRUE(differs([](Profile& p) { p.rules[0].errno_ret = 0; }));
  EXPECT_TRUE(differs([](Profile& p) { p.rules[0].args[0].value_two = 1; }));
  EXPECT_TRUE(differs([](Profile& p) { p.rules[0].includes.arches = {"x86"}; }));
  EXPECT_TRUE(differs([](Profile& p) { p.rules[0].excludes.min_kernel = {1, 2}; }));
}

// Rendering it as it is would permit what its conditions guard.
TEST(RenderDeathTest, ADockerProfileIsNotRendered) {
  const std::optional<Profile> profile = Parsed(sekisho::testing::kDockerProfile);
  ASSERT_TRUE(profile.has_value());
  EXPECT_DEATH(Render(*profile), "");
}

}  // namespace
}  // namespace sekisho::seccomp
