#include "seccomp/filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <string>
#include <vector>

#include "seccomp/generate.h"
#include "seccomp/verdicts.h"
#include "unit/seccomp/calls.h"
#include "unit/seccomp/random_profile.h"

namespace sekisho::seccomp {
namespace {

using sekisho::testing::ArchOf;
using sekisho::testing::CallOf;
using sekisho::testing::NumberOf;
using ::testing::HasSubstr;

constexpr uint32_t kAllow = SECCOMP_RET_ALLOW;
constexpr uint32_t kEperm = SECCOMP_RET_ERRNO | EPERM;

Rule RuleFor(std::vector<std::string> names, Action action, std::vector<ArgumentTest> args = {},
             std::optional<uint32_t> errno_ret = {}) {
  return {
      .names = std::move(names), .action = action, .errno_ret = errno_ret, .args = std::move(args)};
}

ArgumentTest Is(uint32_t index, Compare compare, uint64_t value, uint64_t value_two = 0) {
  return {.index = index, .value = value, .value_two = value_two, .compare = compare};
}

Profile Denying(std::vector<Rule> rules, std::vector<Arch> architectures = {}) {
  return {.default_action = Action::kErrno,
          .architectures = std::move(architectures),
          .rules = std::move(rules)};
}

uint32_t Answer(const Filter& filter, const Arch& arch, std::string_view name,
                const Arguments& arguments = {}) {
  return seccomp::Run(filter.program, CallOf(arch, NumberOf(arch, name), arguments));
}

class CompileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (NativeArch().name != "SCMP_ARCH_X86_64") {
      GTEST_SKIP() << "the expectations are those of a node with x86-64";
    }
  }

  const Arch x86_64_ = ArchOf("SCMP_ARCH_X86_64");
  const Arch x86_ = ArchOf("SCMP_ARCH_X86");
  const Arch x32_ = ArchOf("SCMP_ARCH_X32");
};

TEST_F(CompileTest, ActionsAndTheirData) {
  const struct {
    std::string why;
    Action action;
    std::optional<uint32_t> errno_ret;
    uint32_t result;
  } cases[] = {
      {"EPERM where nothing is said", Action::kErrno, {}, kEperm},
      {"an errno", Action::kErrno, ENOSYS, SECCOMP_RET_ERRNO | ENOSYS},
      {"no errno at all: the call seems to succeed", Action::kErrno, 0, SECCOMP_RET_ERRNO},
      {"16 bits of an errno", Action::kErrno, 0x10026, SECCOMP_RET_ERRNO | 0x26},
      {"EPERM for a tracer too", Action::kTrace, {}, SECCOMP_RET_TRACE | EPERM},
      {"a message for a tracer", Action::kTrace, 77, SECCOMP_RET_TRACE | 77},
      {"none for a trap", Action::kTrap, 77, SECCOMP_RET_TRAP},
      {"none for the dead", Action::kKillProcess, 77, SECCOMP_RET_KILL_PROCESS},
      {"thread", Action::kKillThread, 77, SECCOMP_RET_KILL_THREAD},
      {"notify", Action::kNotify, {}, SECCOMP_RET_USER_NOTIF},
      {"log", Action::kLog, 77, SECCOMP_RET_LOG},
      {"allow", Action::kAllow, 77, kAllow},
  };
  for (const auto& row : cases) {
    SCOPED_TRACE(row.why);
    // As a rule, and (NOTIFY cannot) as the default.
    Profile profile{.default_action = Action::kErrno,
                    .default_errno_ret = EXDEV,
                    .rules = {RuleFor({"umask"}, row.action, {}, row.errno_ret)}};
    const auto filter = Compile(profile);
    ASSERT_TRUE(filter.ok()) << filter.status();
    EXPECT_EQ(Answer(*filter, x86_64_, "umask"), row.result);
    EXPECT_EQ(Answer(*filter, x86_64_, "getpid"), SECCOMP_RET_ERRNO | EXDEV);
    if (row.action == Action::kNotify) {
      continue;
    }
    profile = {.default_action = row.action, .default_errno_ret = row.errno_ret};
    const auto by_default = Compile(profile);
    ASSERT_TRUE(by_default.ok()) << by_default.status();
    EXPECT_EQ(Answer(*by_default, x86_64_, "umask"), row.result);
  }
}

TEST_F(CompileTest, EveryComparison) {
  const struct {
    ArgumentTest test;
    std::vector<uint64_t> allowed;
    std::vector<uint64_t> refused;
  } cases[] = {
      {Is(2, Compare::kEq, 0x500000010), {0x500000010}, {0x10, 0x500000011, 0x600000010}},
      {Is(2, Compare::kNe, 0x500000010), {0x10, 0x500000011, 0x600000010}, {0x500000010}},
      {Is(2, Compare::kLt, 0x500000010), {0x50000000f, 0x4ffffffff}, {0x500000010, 0x600000000}},
      {Is(2, Compare::kLe, 0x500000010), {0x500000010, 0x4ffffffff}, {0x500000011, 0x600000000}},
      {Is(2, Compare::kGe, 0x500000010), {0x500000010, 0x600000000}, {0x50000000f, 0x4ffffffff}},
      {Is(2, Compare::kGt, 0x500000010), {0x500000011, 0x600000000}, {0x500000010, 0x4ffffffff}},
      {Is(2, Compare::kMaskedEq, 0x500000010, 0x100000010),
       {0x100000010, 0xa0000001f | uint64_t{1} << 32},
       {0x100000000, 0x500000010, 0x10}},
  };
  for (const auto& row : cases) {
    SCOPED_TRACE(CompareName(row.test.compare));
    const auto filter = Compile(Denying({RuleFor({"lseek"}, Action::kAllow, {row.test})}));
    ASSERT_TRUE(filter.ok()) << filter.status();
    for (const uint64_t value : row.allowed) {
      EXPECT_EQ(Answer(*filter, x86_64_, "lseek", {0, 0, value}), kAllow) << value;
    }
    for (const uint64_t value : row.refused) {
      EXPECT_EQ(Answer(*filter, x86_64_, "lseek", {0, 0, value}), kEperm) << value;
    }
  }
}

TEST_F(CompileTest, TestsOfSeveralArgumentsAllHold) {
  const auto filter = Compile(Denying(
      {RuleFor({"lseek"}, Action::kAllow, {Is(0, Compare::kEq, 3), Is(2, Compare::kEq, 1)})}));
  ASSERT_TRUE(filter.ok()) << filter.status();
  EXPECT_EQ(Answer(*filter, x86_64_, "lseek", {3, 0, 1}), kAllow);
  EXPECT_EQ(Answer(*filter, x86_64_, "lseek", {3, 0, 2}), kEperm);
  EXPECT_EQ(Answer(*filter, x86_64_, "lseek", {2, 0, 1}), kEperm);
}

// The trap in the format: a range written as two tests lets everything through.
TEST_F(CompileTest, OfTwoTestsOfOneArgumentAnyIsEnough) {
  const auto filter = Compile(Denying(
      {RuleFor({"lseek"}, Action::kAllow,
               {Is(0, Compare::kGe, 10), Is(0, Compare::kLe, 20), Is(2, Compare::kEq, 1)})}));
  ASSERT_TRUE(filter.ok()) << filter.status();
  EXPECT_EQ(Answer(*filter, x86_64_, "lseek", {15, 0, 0}), kAllow);
  EXPECT_EQ(Answer(*filter, x86_64_, "lseek", {5, 0, 0}), kAllow);
  EXPECT_EQ(Answer(*filter, x86_64_, "lseek", {5000, 0, 0}), kAllow);
}

TEST_F(CompileTest, RulesThatRuncLeavesOut) {
  Profile profile = Denying({
      RuleFor({"no_such_call", "umask"}, Action::kAllow),  // the unknown name, not the rule
      RuleFor({"getpid"}, Action::kErrno),                 // what the default does anyway
      RuleFor({"getpid"}, Action::kAllow),                 // so this one contradicts nothing
      RuleFor({"times"}, Action::kErrno, {}, EPERM),       // the same, written out
      RuleFor({"uname"}, Action::kErrno, {}, EACCES),      // another errno is another action
  });
  const auto filter = Compile(profile);
  ASSERT_TRUE(filter.ok()) << filter.status();
  EXPECT_EQ(Answer(*filter, x86_64_, "umask"), kAllow);
  EXPECT_EQ(Answer(*filter, x86_64_, "getpid"), kAllow);
  EXPECT_EQ(Answer(*filter, x86_64_, "times"), kEperm);
  EXPECT_EQ(Answer(*filter, x86_64_, "uname"), SECCOMP_RET_ERRNO | EACCES);
}

TEST_F(CompileTest, ArchitecturesThatAreNotNamedAreKilled) {
  const Rule rule = RuleFor({"getpid"}, Action::kAllow);
  const struct {
    std::string why;
    std::vector<Arch> architectures;
    std::vector<Arch> made;
  } cases[] = {
      {"none named: the native one", {}, {x86_64_}},
      {"the native one named", {x86_64_}, {x86_64_}},
      {"another named: the native one as well", {x86_}, {x86_64_, x86_}},
      {"x32 beside x86-64", {x86_64_, x32_}, {x86_64_, x32_}},
      {"x32 first", {x32_, x86_}, {x86_64_, x32_, x86_}},
      {"all, some twice", {x86_, x86_64_, x32_, x86_}, {x86_64_, x86_, x32_}},
  };
  for (const auto& row : cases) {
    SCOPED_TRACE(row.why);
    for (const auto compile : {Compile, CompileInOnePiece}) {
      const auto filter = compile(Denying({rule}, row.architectures));
      ASSERT_TRUE(filter.ok()) << filter.status();
      EXPECT_EQ(filter->architectures, row.made);
      for (const Arch& arch : {x86_64_, x86_, x32_, ArchOf("SCMP_ARCH_AARCH64")}) {
        SCOPED_TRACE(arch.name);
        const bool there = std::find(row.made.begin(), row.made.end(), arch) != row.made.end();
        EXPECT_EQ(Answer(*filter, arch, "getpid"), there ? kAllow : SECCOMP_RET_KILL_THREAD);
        EXPECT_EQ(Answer(*filter, arch, "times"), there ? kEperm : SECCOMP_RET_KILL_THREAD);
      }
    }
  }
}

TEST_F(CompileTest, NumberMinusOneIsNoCallOfX32) {
  // What a tracer sets to skip a call.
  for (const std::vector<Arch>& architectures : {std::vector<Arch>{}, {x32_}, {x86_, x32_}}) {
    for (const auto compile : {Compile, CompileInOnePiece}) {
      const auto filter = compile(Denying({RuleFor({"getpid"}, Action::kAllow)}, architectures));
      ASSERT_TRUE(filter.ok()) << filter.status();
      EXPECT_EQ(seccomp::Run(filter->program, CallOf(x86_64_, ~uint32_t{0})), kEperm);
    }
  }
}

// libseccomp cannot see the arguments behind socketcall's pointer and lets every call of the kind
// through. It is what runs, so it is what is to be judged.
TEST_F(CompileTest, A32BitSocketIsNotHeldByItsArguments) {
  const auto filter =
      Compile(Denying({RuleFor({"socket"}, Action::kAllow, {Is(0, Compare::kEq, 1)})}, {x86_}));
  ASSERT_TRUE(filter.ok()) << filter.status();
  EXPECT_EQ(Answer(*filter, x86_64_, "socket", {1}), kAllow);
  EXPECT_EQ(Answer(*filter, x86_64_, "socket", {16}), kEperm);
  EXPECT_EQ(Answer(*filter, x86_, "socket", {1}), kAllow);
  EXPECT_EQ(Answer(*filter, x86_, "socket", {16}), kEperm);
  EXPECT_EQ(Answer(*filter, x86_, "socketcall", {1, 0x7fff0000}), kAllow);
  EXPECT_EQ(Answer(*filter, x86_, "socketcall", {2, 0x7fff0000}), kEperm);
}

TEST_F(CompileTest, RefusalsNameTheRuleAndItsLine) {
  Rule first = RuleFor({"umask"}, Action::kAllow, {Is(0, Compare::kEq, 1)});
  Rule second = RuleFor({"times", "umask"}, Action::kKillThread, {Is(0, Compare::kEq, 1)});
  second.where = {.line = 12, .column = 5};
  Rule third = second;
  third.names_where = {{.line = 13, .column = 7}, {.line = 14, .column = 7}};
  Rule six = RuleFor({"umask"}, Action::kAllow, {Is(6, Compare::kEq, 1)});
  Profile docker = Denying({});
  docker.format = Format::kDocker;
  const struct {
    std::string why;
    Profile profile;
    absl::StatusCode code;
    std::string message;
  } cases[] = {
      {"contradiction", Denying({first, second}), absl::StatusCode::kInvalidArgument,
       "syscalls[1] (line 12), umask: another rule says something else of the same calls (File "
       "exists)"},
      {"contradiction, with the line of the name", Denying({first, third}),
       absl::StatusCode::kInvalidArgument, "syscalls[1] (line 14), umask: another rule"},
      {"a seventh argument", Denying({six}), absl::StatusCode::kInvalidArgument,
       "syscalls[0], umask: a system call has no argument 6"},
      {"an errno that there is not", Denying({RuleFor({"umask"}, Action::kErrno, {}, 4095)}),
       absl::StatusCode::kInvalidArgument, "no such errno (4094 is the largest)"},
      {"and by default",
       {.default_action = Action::kErrno, .default_errno_ret = 4095},
       absl::StatusCode::kInvalidArgument,
       "defaultAction: libseccomp takes no such test, or no"},
      {"no name", Denying({RuleFor({""}, Action::kAllow)}), absl::StatusCode::kInvalidArgument,
       "syscalls[0]: a system call without a name"},
      {"another byte order", Denying({}, {ArchOf("SCMP_ARCH_S390X")}),
       absl::StatusCode::kInvalidArgument,
       "architectures: SCMP_ARCH_S390X: its byte order is not this node's"},
      {"runc's own write", Denying({RuleFor({"read", "write"}, Action::kNotify)}),
       absl::StatusCode::kInvalidArgument, "syscalls[0], write: runc does not take"},
      {"nobody to ask by default",
       {.default_action = Action::kNotify},
       absl::StatusCode::kInvalidArgument,
       "defaultAction: runc does not take SCMP_ACT_NOTIFY"},
      {"Docker's", docker, absl::StatusCode::kFailedPrecondition, "of Docker's format"},
  };
  for (const auto& row : cases) {
    SCOPED_TRACE(row.why);
    for (const auto compile : {Compile, CompileInOnePiece}) {
      const auto filter = compile(row.profile);
      EXPECT_EQ(filter.status().code(), row.code);
      EXPECT_THAT(std::string(filter.status().message()), HasSubstr(row.message));
    }
  }
}

TEST_F(CompileTest, NoLongerThanTheKernelTakes) {
  Profile profile = Denying({});
  for (uint64_t value = 0; value < 1100; ++value) {
    profile.rules.push_back(RuleFor({"lseek"}, Action::kAllow, {Is(0, Compare::kEq, value << 32)}));
  }
  const auto filter = Compile(profile);
  EXPECT_EQ(filter.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(filter.status().message()), HasSubstr("1 to 4096 instructions"));
}

// libseccomp 2.5.4 runs in a circle over this, and so does a runtime. (A later version that does
// not would compile it; then this test has to find something else.)
TEST_F(CompileTest, WhatLibseccompNeverFinishesIsGivenUp) {
  const Profile profile = Denying(
      {RuleFor({"lseek"}, Action::kAllow, {Is(2, Compare::kGe, 3), Is(5, Compare::kLt, 1)}),
       RuleFor({"lseek"}, Action::kAllow, {Is(2, Compare::kGe, 3), Is(5, Compare::kEq, 1)})});
  const auto filter = Compile(profile);
  EXPECT_EQ(filter.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(filter.status().message()),
              HasSubstr("libseccomp was not done in 500 ms"));
}

TEST(NeedsContainment, OnlyForTestsOfSeveralArgumentsThatAreNotOfOneKind) {
  const auto add = [](int number, std::vector<ArgumentTest> tests) {
    return Addition{.number = number, .tests = std::move(tests)};
  };
  const ArgumentTest eq0 = Is(0, Compare::kEq, 1);
  const ArgumentTest eq1 = Is(1, Compare::kEq, 1);
  const ArgumentTest eq2 = Is(2, Compare::kMaskedEq, 1, 1);
  const ArgumentTest ne0 = Is(0, Compare::kNe, 1);
  const struct {
    std::string why;
    std::vector<Addition> additions;
    bool needed;
  } cases[] = {
      {"nothing", {}, false},
      {"no tests", {add(1, {}), add(1, {}), add(2, {})}, false},
      {"one rule, however it tests", {add(1, {ne0, eq1, eq2})}, false},
      {"one argument each", {add(1, {ne0}), add(1, {eq1}), add(1, {eq2})}, false},
      {"the same arguments, for equality", {add(1, {eq0, eq2}), add(1, {eq2, eq0})}, false},
      {"rules of several calls", {add(1, {ne0, eq1}), add(2, {ne0, eq2})}, false},
      {"the same arguments, not for equality", {add(1, {ne0, eq1}), add(1, {ne0, eq1})}, true},
      {"not the same arguments", {add(1, {eq0, eq1}), add(1, {eq0, eq2})}, true},
      {"one argument and two", {add(1, {eq0}), add(1, {eq0, eq2})}, true},
      {"64 rules", std::vector<Addition>(64, add(1, {eq0})), false},
      {"65 rules", std::vector<Addition>(65, add(1, {eq0})), true},
  };
  for (const auto& row : cases) {
    SCOPED_TRACE(row.why);
    EXPECT_EQ(NeedsContainment(row.additions), row.needed);
  }
}

// The parts say of every call what libseccomp's own filter for all architectures says.
TEST_F(CompileTest, InPartsAsInOnePiece) {
  const std::vector<std::vector<Arch>> sets = {
      {},
      {x86_},
      {x32_},
      {x86_64_, x86_, x32_},
      {x32_, ArchOf("SCMP_ARCH_AARCH64"), ArchOf("SCMP_ARCH_ARM")},
      {ArchOf("SCMP_ARCH_MIPSEL"), ArchOf("SCMP_ARCH_MIPSEL64"), ArchOf("SCMP_ARCH_MIPSEL64N32")},
      {x86_, ArchOf("SCMP_ARCH_PPC64LE"), ArchOf("SCMP_ARCH_RISCV64")},
  };
  std::vector<std::string> names = {"socket", "shmget", "accept", "clone", "no_such_call"};
  for (const Syscall& call : SyscallsOf(x86_64_)) {
    names.push_back(call.name);
  }
  std::mt19937 random(5);
  int compiled = 0;
  for (int round = 0; round < 60; ++round) {
    SCOPED_TRACE(round);
    Profile profile = sekisho::testing::RandomProfile(
        random, {.rules_max = round % 10 == 0 ? size_t{80} : size_t{12},
                 .syscalls = names,
                 .architectures = false});
    profile.architectures = sets[static_cast<size_t>(round) % sets.size()];
    const auto parts = Compile(profile);
    const auto piece = CompileInOnePiece(profile);
    ASSERT_EQ(parts.status(), piece.status());
    if (!parts.ok()) {
      continue;
    }
    ++compiled;
    const auto of_parts = Verdicts::Of(*parts);
    const auto of_piece = Verdicts::Of(*piece);
    ASSERT_TRUE(of_parts.ok() && of_piece.ok()) << of_parts.status() << of_piece.status();
    for (const Arch& arch : parts->architectures) {
      EXPECT_EQ(of_parts->ForUnknown(arch), of_piece->ForUnknown(arch));
      for (const Syscall& call : SyscallsOf(arch)) {
        EXPECT_EQ(of_parts->For(arch, call.name), of_piece->For(arch, call.name))
            << arch.name << " " << call.name;
      }
    }
    // Numbers of any kind on architectures of any kind: also those that no table has.
    for (int i = 0; i < 500; ++i) {
      const Arch& arch = Architectures()[random() % Architectures().size()];
      const uint32_t number =
          static_cast<uint32_t>(random() % 600) | (random() % 3 == 0 ? 0x40000000U : 0U);
      const seccomp_data call = CallOf(arch, number, {random() % 3, random() % 3});
      EXPECT_EQ(seccomp::Run(parts->program, call), seccomp::Run(piece->program, call))
          << arch.name << " " << number;
    }
  }
  EXPECT_GT(compiled, 30);
}

}  // namespace
}  // namespace sekisho::seccomp
