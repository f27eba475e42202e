#include "seccomp/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/str_cat.h"

namespace sekisho::seccomp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Profile Parsed(std::string_view text) {
  std::vector<yaml::Diagnostic> errors;
  const std::optional<Profile> profile = Parse(text, "p.json", &errors);
  for (const yaml::Diagnostic& each : errors) {
    ADD_FAILURE() << each.ToString();
  }
  EXPECT_TRUE(profile.has_value());
  return profile.value_or(Profile{});
}

TEST(ParseTest, AnOciProfileWithEverything) {
  const Profile profile = Parsed(R"({
  "defaultAction": "SCMP_ACT_ERRNO",
  "defaultErrnoRet": 38,
  "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
  "flags": ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"],
  "listenerPath": "/run/agent.sock",
  "listenerMetadata": "pod \u00e4",
  "syscalls": [
    {"names": ["read", "write"], "action": "SCMP_ACT_ALLOW"},
    {
      "names": ["clone"],
      "action": "SCMP_ACT_TRACE",
      "errnoRet": 65535,
      "args": [
        {"index": 5, "value": 18446744073709551615, "valueTwo": 9223372036854775809,
         "op": "SCMP_CMP_MASKED_EQ"},
        {"index": 0, "value": 0, "op": "SCMP_CMP_NE"}
      ]
    }
  ]
})");
  EXPECT_EQ(profile.format, Format::kOci);
  EXPECT_EQ(profile.default_action, Action::kErrno);
  EXPECT_EQ(profile.default_errno_ret, 38u);
  EXPECT_THAT(profile.architectures, ElementsAre(*ArchNamed("amd64"), *ArchNamed("x86")));
  EXPECT_THAT(profile.flags,
              ElementsAre("SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"));
  EXPECT_EQ(profile.listener_path, "/run/agent.sock");
  EXPECT_EQ(profile.listener_metadata, "pod \xC3\xA4");
  ASSERT_EQ(profile.rules.size(), 2u);
  EXPECT_THAT(profile.rules[0].names, ElementsAre("read", "write"));
  EXPECT_EQ(profile.rules[0].action, Action::kAllow);
  EXPECT_EQ(profile.rules[0].errno_ret, std::nullopt);
  EXPECT_EQ(profile.rules[0].where, (yaml::Location{9, 5}));
  EXPECT_THAT(profile.rules[0].names_where,
              ElementsAre(yaml::Location{9, 16}, yaml::Location{9, 24}));
  const Rule& clone = profile.rules[1];
  EXPECT_EQ(clone.action, Action::kTrace);
  EXPECT_EQ(clone.errno_ret, 65535u);
  EXPECT_EQ(clone.where, (yaml::Location{10, 5}));
  EXPECT_THAT(
      clone.args,
      ElementsAre(ArgumentTest{.index = 5,
                               .value = 18446744073709551615u,
                               .value_two = 9223372036854775809u,
                               .compare = Compare::kMaskedEq},
                  ArgumentTest{.index = 0, .value = 0, .value_two = 0, .compare = Compare::kNe}));
}

TEST(ParseTest, ADockerProfileWithEverything) {
  const Profile profile = Parsed(R"({
  "defaultAction": "SCMP_ACT_KILL",
  "archMap": [
    {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]},
    {"architecture": "SCMP_ARCH_RISCV64", "subArchitectures": null},
    {"architecture": "SCMP_ARCH_LOONGARCH64", "subArchitectures": ["SCMP_ARCH_OF_TOMORROW"]}
  ],
  "syscalls": [
    {"name": "read", "action": "SCMP_ACT_ALLOW", "comment": "one", "args": null},
    {"names": ["bpf"], "action": "SCMP_ACT_ALLOW",
     "includes": {"caps": ["CAP_BPF", "CAP_SYS_ADMIN"], "arches": ["amd64", "loong64"],
                  "minKernel": "5.8"},
     "excludes": {"caps": ["CAP_CHOWN"], "arches": ["mips3l64n32"], "minKernel": "255.0"}}
  ]
})");
  EXPECT_EQ(profile.format, Format::kDocker);
  EXPECT_EQ(profile.default_action, Action::kKillThread);
  ASSERT_EQ(profile.arch_map.size(), 2u);
  EXPECT_EQ(profile.arch_map[0].architecture, *ArchNamed("amd64"));
  EXPECT_THAT(profile.arch_map[0].sub_architectures, ElementsAre(*ArchNamed("x86")));
  EXPECT_EQ(profile.arch_map[1].architecture, *ArchNamed("riscv64"));
  EXPECT_THAT(profile.arch_map[1].sub_architectures, IsEmpty());
  ASSERT_EQ(profile.rules.size(), 2u);
  EXPECT_TRUE(profile.rules[0].single_name);
  EXPECT_THAT(profile.rules[0].names, ElementsAre("read"));
  EXPECT_THAT(profile.rules[0].names_where, ElementsAre(yaml::Location{9, 14}));
  EXPECT_EQ(profile.rules[0].comment, "one");
  EXPECT_EQ(profile.rules[1].includes, (Condition{.capabilities = {"BPF", "SYS_ADMIN"},
                                                  .arches = {"amd64", "loong64"},
                                                  .min_kernel = KernelVersion{5, 8}}));
  EXPECT_EQ(profile.rules[1].excludes, (Condition{.capabilities = {"CHOWN"},
                                                  .arches = {"mipsel64n32"},
                                                  .min_kernel = KernelVersion{255, 0}}));
}

// Which keys make a profile one that an OCI reader would misread.
TEST(ParseTest, WhatMakesItDockers) {
  struct Row {
    std::string_view top;
    std::string_view rule;
    Format format;
  };
  constexpr Row kRows[] = {
      {"", "", Format::kOci},
      {"", R"(, "comment": "c", "includes": {}, "excludes": {"caps": [], "arches": null})",
       Format::kOci},
      {"", R"(, "includes": null, "name": null)", Format::kOci},
      {R"(, "archMap": [])", "", Format::kOci},
      {R"(, "archMap": null)", "", Format::kOci},
      {R"(, "archMap": [{"architecture": "SCMP_ARCH_X86_64"}])", "", Format::kDocker},
      {R"(, "archMap": [{"architecture": "SCMP_ARCH_LOONGARCH64"}])", "", Format::kDocker},
      {"", R"(, "includes": {"caps": ["CAP_CHOWN"]})", Format::kDocker},
      {"", R"(, "excludes": {"arches": ["arm64"]})", Format::kDocker},
      {"", R"(, "includes": {"minKernel": "4.8"})", Format::kDocker},
      {"", R"(, "errno": "EPERM", "errnoRet": 1)", Format::kOci},
      {"", R"(, "errno": "EPERM")", Format::kDocker},
      {R"(, "defaultErrno": "ENOSYS", "defaultErrnoRet": 38)", "", Format::kOci},
      {R"(, "defaultErrno": "ENOSYS")", "", Format::kDocker},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(base::StrCat(row.top, row.rule));
    const Profile profile = Parsed(base::StrCat(
        R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["a"], "action": )",
        R"("SCMP_ACT_ERRNO")", row.rule, "}]", row.top, "}"));
    EXPECT_EQ(profile.format, row.format);
  }
  EXPECT_EQ(Parsed(R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls":
                       [{"name": "read", "action": "SCMP_ACT_ALLOW"}]})")
                .format,
            Format::kDocker);
}

TEST(ParseTest, ErrnosByName) {
  struct Row {
    std::string_view text;
    uint32_t number;
  };
  constexpr Row kRows[] = {{"EPERM", 1},        {"ENOSYS", 38},    {"EINVAL", 22},
                           {"EWOULDBLOCK", 11}, {"ENOTSUP", 95},   {"EOPNOTSUPP", 95},
                           {"EHWPOISON", 133},  {"EDEADLOCK", 35}, {"38", 38}};
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.text);
    const Profile profile = Parsed(
        base::StrCat(R"({"defaultAction": "SCMP_ACT_ERRNO", "defaultErrno": ")", row.text,
                     R"(", "syscalls": [{"names": ["a"], "action": "SCMP_ACT_ERRNO", "errno": ")",
                     row.text, R"("}]})"));
    EXPECT_EQ(profile.default_errno_ret, row.number);
    EXPECT_TRUE(profile.default_errno_by_name);
    EXPECT_EQ(profile.rules[0].errno_ret, row.number);
    EXPECT_TRUE(profile.rules[0].errno_by_name);
  }
}

TEST(ParseTest, NullIsTheSameAsAbsent) {
  const Profile profile = Parsed(R"({
    "defaultAction": "SCMP_ACT_ALLOW", "defaultErrnoRet": null, "architectures": null,
    "archMap": null, "flags": null, "listenerPath": null, "listenerMetadata": null,
    "syscalls": [{"names": null, "name": null, "action": "SCMP_ACT_LOG", "errnoRet": null,
                  "args": null, "comment": null, "includes": null, "excludes": null}]})");
  EXPECT_EQ(profile.format, Format::kOci);
  ASSERT_EQ(profile.rules.size(), 1u);
  EXPECT_THAT(profile.rules[0].names, IsEmpty());
  EXPECT_EQ(profile.rules[0].action, Action::kLog);
  EXPECT_EQ(profile.default_errno_ret, std::nullopt);
  EXPECT_THAT(Parsed(R"({"defaultAction": "SCMP_ACT_LOG", "syscalls": null})").rules, IsEmpty());
  EXPECT_THAT(Parsed(R"({"defaultAction": "SCMP_ACT_LOG"})").rules, IsEmpty());
}

TEST(ParseTest, EscapedKeysAreTheKeysThatTheyMean) {
  EXPECT_EQ(Parsed(R"({"default\u0041ction": "SCMP_\u0041CT_LOG"})").default_action, Action::kLog);
}

TEST(ParseTest, UnknownSyscallsAndEmptyRulesAreForTheLint) {
  const Profile profile = Parsed(R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
      {"names": ["no_such_call", "_llseek", "mq_timedsend_time64"], "action": "SCMP_ACT_ALLOW"},
      {"names": [], "action": "SCMP_ACT_ALLOW"}, {"action": "SCMP_ACT_ALLOW"}]})");
  EXPECT_EQ(profile.rules.size(), 3u);
  EXPECT_THAT(profile.rules[0].names,
              ElementsAre("no_such_call", "_llseek", "mq_timedsend_time64"));
}

}  // namespace
}  // namespace sekisho::seccomp
