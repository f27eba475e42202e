#include "record/learn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/comparison.h"
#include "seccomp/lint.h"
#include "seccomp/resolve.h"
#include "seccomp/syscalls.h"

namespace sekisho::record {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

const std::string kId(64, 'a');

seccomp::Arch Arch(const char* name) {
  return seccomp::ArchNamed(name).value();
}

int64_t NumberOf(const seccomp::Arch& arch, const std::string& name) {
  for (const seccomp::Syscall& syscall : seccomp::SyscallsOf(arch)) {
    if (syscall.name == name) {
      return syscall.number;
    }
  }
  ADD_FAILURE() << arch.name << " has no " << name;
  return -1;
}

Call Native(const std::string& name) {
  const seccomp::Arch arch = seccomp::NativeArch();
  return {.arch = arch.token, .number = NumberOf(arch, name)};
}

// A recording of one container that lost nothing.
Evidence Good() {
  Evidence evidence;
  evidence.containers = {{.id = kId, .namespace_ = "shop", .pod = "web-1", .name = "app"}};
  evidence.sum.records_of[kId] = 3;
  evidence.sum.recorded = {.records = 3, .calls = {Native("openat"), Native("reboot")}};
  evidence.losses = {.in_kernel = 0, .end_seen = true};
  return evidence;
}

TEST(LearnTest, NamesCallsOfEveryArchitecture) {
  // Numbers of the kernel's tables: arch/x86/entry/syscalls/*.tbl,
  // include/uapi/asm-generic/unistd.h.
  const Calls calls = NamesOf({{0xc000003e, 257},
                               {0xc000003e, 0x40000000 + 520},
                               {0x40000003, 11},
                               {0xc00000b7, 56},
                               {0xc000003e, 9999},
                               {0xc000003e, -1},
                               {0x12345678, 1}});
  EXPECT_THAT(calls.names, ElementsAre("execve", "openat"));
  std::vector<std::string_view> architectures;
  for (const seccomp::Arch& arch : calls.architectures) {
    architectures.push_back(arch.name);
  }
  EXPECT_THAT(architectures, ::testing::UnorderedElementsAre("SCMP_ARCH_X86_64", "SCMP_ARCH_X32",
                                                             "SCMP_ARCH_X86", "SCMP_ARCH_AARCH64"));
  EXPECT_THAT(calls.unnamed,
              ElementsAre(Call{0x12345678, 1}, Call{0xc000003e, -1}, Call{0xc000003e, 9999}));
}

TEST(LearnTest, AProfileAllowsWhatWasSeenAndWhatAStartTakes) {
  const Lesson lesson = Learn(Good());
  EXPECT_TRUE(lesson.complete()) << ::testing::PrintToString(lesson.doubts);
  EXPECT_EQ(lesson.observed, 2u);
  EXPECT_THAT(lesson.calls.names, Contains("openat"));
  EXPECT_THAT(lesson.calls.names, Contains("reboot"));
  for (const std::string_view name : seccomp::NeededToStart()) {
    EXPECT_THAT(lesson.calls.names, Contains(std::string(name)));
  }
  // Calls that Go's runtime makes at some starts and not at others.
  EXPECT_THAT(lesson.calls.names, ::testing::IsSupersetOf({"futex", "rt_sigreturn"}));
  EXPECT_THAT(lesson.calls.architectures, ElementsAre(seccomp::NativeArch()));
  EXPECT_THAT(lesson.guessed, IsEmpty());
}

// runc 1.3.6 tries to mount a /proc of its own under the container's filter, and goes on without.
TEST(LearnTest, WhatOnlyRuncMadeAndCanDoWithoutIsLeftOut) {
  Evidence evidence = Good();
  evidence.sum.recorded.of_runc = {Native("fsopen"), Native("open_tree"), Native("capset")};
  EXPECT_THAT(Learn(evidence).calls.names, Contains("capset"));
  EXPECT_THAT(Learn(evidence).calls.names, Not(Contains("fsopen")));
  EXPECT_THAT(Learn(evidence).calls.names, Not(Contains("open_tree")));
  evidence.sum.recorded.calls.insert(Native("fsopen"));  // the container itself
  EXPECT_THAT(Learn(evidence).calls.names, Contains("fsopen"));
}

TEST(LearnTest, NothingLostIsTheOnlyComplete) {
  const struct {
    const char* why;
    void (*spoil)(Evidence&);
    const char* doubt;
  } kRows[] = {
      {"overrun", [](Evidence& e) { e.losses.overruns = 1; }, "could not keep up"},
      {"gap", [](Evidence& e) { e.losses.missing = 2; }, "2 audit records never came"},
      {"kernel", [](Evidence& e) { e.losses.in_kernel = 3; }, "the kernel lost 3"},
      {"unknown", [](Evidence& e) { e.losses.in_kernel.reset(); }, "CAP_AUDIT_CONTROL"},
      {"unreadable", [](Evidence& e) { e.losses.unreadable = 1; }, "could not be read"},
      {"no end", [](Evidence& e) { e.losses.end_seen = false; }, "last records"},
      {"unnamed",
       [](Evidence& e) {
         e.sum.recorded.calls.insert({0xc000003e, 9999});
       },
       "SCMP_ARCH_X86_64 9999"},
      {"silent container", [](Evidence& e) { e.sum.records_of[kId] = 0; },
       "container shop/web-1/app left no record"},
      {"no container", [](Evidence& e) { e.containers.clear(); }, "no container was created"},
      {"guesses beside others",
       [](Evidence& e) {
         e.sum.elsewhere = 1;
         e.sum.unknown = {.records = 1, .calls = {Native("mount")}};
       },
       "ended before they could be looked up"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.why);
    Evidence evidence = Good();
    row.spoil(evidence);
    const Lesson lesson = Learn(evidence);
    ASSERT_THAT(lesson.doubts, SizeIs(1));
    EXPECT_THAT(lesson.doubts[0], HasSubstr(row.doubt));
  }
}

TEST(LearnTest, UnknownProcessesCountOnlyWhenNobodyElseLogged) {
  Evidence evidence = Good();
  evidence.sum.unknown = {.records = 5, .calls = {Native("openat"), Native("mount")}};
  const Lesson alone = Learn(evidence);
  EXPECT_TRUE(alone.guesses_included);
  EXPECT_THAT(alone.guessed, ElementsAre("mount"));
  EXPECT_THAT(alone.calls.names, Contains("mount"));
  EXPECT_TRUE(alone.complete());

  evidence.sum.elsewhere = 1;
  const Lesson among_others = Learn(evidence);
  EXPECT_FALSE(among_others.guesses_included);
  EXPECT_THAT(among_others.guessed, ElementsAre("mount"));
  EXPECT_THAT(among_others.calls.names, Not(Contains("mount")));
  EXPECT_FALSE(among_others.complete());

  // Nothing depends on whose a call is that the container made anyhow.
  evidence.sum.unknown.calls = {Native("openat")};
  EXPECT_TRUE(Learn(evidence).complete());
  EXPECT_THAT(Learn(evidence).guessed, IsEmpty());
}

TEST(LearnTest, TheProfileIsReadBackAndMerged) {
  const Calls first = Learn(Good()).calls;
  const std::string text = seccomp::Render(ToProfile(first));
  EXPECT_EQ(seccomp::Render(ToProfile(first)), text) << "the same bytes every time";
  const absl::StatusOr<Calls> back = CallsOfOurs(text, "web.json");
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->names, first.names);
  EXPECT_EQ(back->architectures, first.architectures);

  Evidence evidence = Good();
  evidence.sum.recorded.calls = {Native("bind"), {0x40000003, 11}};
  const Calls both = United(*back, Learn(evidence).calls);
  EXPECT_THAT(both.names, Contains("reboot"));
  EXPECT_THAT(both.names, Contains("bind"));
  EXPECT_THAT(both.architectures,
              ::testing::UnorderedElementsAre(Arch("SCMP_ARCH_X86"), Arch("SCMP_ARCH_X86_64")));
  EXPECT_EQ(United(both, *back).names, both.names);
}

TEST(LearnTest, TheProfileAsBytes) {
  const std::string text = seccomp::Render(ToProfile(
      {.names = {"write", "close", "read"}, .architectures = {Arch("SCMP_ARCH_X86_64")}}));
  EXPECT_EQ(text, R"({
  "defaultAction": "SCMP_ACT_ERRNO",
  "defaultErrnoRet": 1,
  "architectures": [
    "SCMP_ARCH_X86_64"
  ],
  "syscalls": [
    {
      "names": [
        "close",
        "read",
        "write"
      ],
      "action": "SCMP_ACT_ALLOW"
    }
  ]
}
)");
}

// A record holds no arguments; what RuntimeDefault allows for some alone stays so.
TEST(LearnTest, ConditionsAreThoseOfRuntimeDefault) {
  const Calls calls{.names = {"clone", "clone3", "personality", "read"},
                    .architectures = {seccomp::NativeArch()}};
  EXPECT_THAT(ConditionalIn(calls), ElementsAre("clone", "clone3", "personality"));
  const absl::StatusOr<Comparison> comparison = WithRuntimeDefault(ToProfile(calls));
  ASSERT_TRUE(comparison.ok()) << comparison.status();
  EXPECT_THAT(comparison->beyond, IsEmpty());
  EXPECT_EQ(comparison->allowed, 3u) << "clone3 is answered as if it did not exist";

  const absl::StatusOr<Calls> back = CallsOfOurs(seccomp::Render(ToProfile(calls)), "web.json");
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->names, calls.names);
  // What libraries fall back to comes with it.
  EXPECT_EQ(seccomp::Render(ToProfile({.names = {"clone3"}})),
            seccomp::Render(ToProfile({.names = {"clone", "clone3"}})));
}

TEST(LearnTest, OnlyARecordingsOwnKindIsAddedTo) {
  for (const char* text : {
           "",
           "no json",
           "{}",
           R"({"defaultAction": "SCMP_ACT_ALLOW"})",
           R"({"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38})",
           R"({"defaultAction": "SCMP_ACT_ERRNO", "flags": ["SECCOMP_FILTER_FLAG_LOG"]})",
           R"({"defaultAction": "SCMP_ACT_ERRNO",
               "syscalls": [{"names": ["bpf"], "action": "SCMP_ACT_LOG"}]})",
           R"({"defaultAction": "SCMP_ACT_ERRNO",
               "syscalls": [{"names": ["clone"], "action": "SCMP_ACT_ALLOW",
                             "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}]}]})",
           R"({"defaultAction": "SCMP_ACT_ERRNO",
               "syscalls": [{"names": ["bpf"], "action": "SCMP_ACT_ALLOW",
                             "includes": {"caps": ["CAP_BPF"]}}]})",
       }) {
    const absl::StatusOr<Calls> calls = CallsOfOurs(text, "x.json");
    EXPECT_EQ(calls.status().code(), absl::StatusCode::kFailedPrecondition) << text;
    EXPECT_THAT(std::string(calls.status().message()), HasSubstr("x.json: ")) << text;
  }
}

TEST(ComparisonTest, SaysWhatRuntimeDefaultWouldRefuse) {
  Evidence evidence = Good();
  const absl::StatusOr<Comparison> with = WithRuntimeDefault(ToProfile(Learn(evidence).calls));
  ASSERT_TRUE(with.ok()) << with.status();
  EXPECT_THAT(with->beyond, ElementsAre("reboot"));
  EXPECT_EQ(with->allowed, Learn(evidence).calls.names.size());
  EXPECT_GT(with->allowed_default, 250u);
  evidence.sum.recorded.calls = {Native("openat")};
  const absl::StatusOr<Comparison> without = WithRuntimeDefault(ToProfile(Learn(evidence).calls));
  ASSERT_TRUE(without.ok()) << without.status();
  EXPECT_THAT(without->beyond, IsEmpty());
}

}  // namespace
}  // namespace sekisho::record
