#include "seccomp/verdicts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "unit/seccomp/calls.h"
#include "unit/seccomp/random_profile.h"

namespace sekisho::seccomp {
namespace {

using sekisho::testing::ArchOf;
using sekisho::testing::CallOf;
using sekisho::testing::Matches;
using sekisho::testing::NumberOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

sock_filter Statement(int code, uint32_t k) {
  return {.code = static_cast<uint16_t>(code), .jt = 0, .jf = 0, .k = k};
}
sock_filter Jump(int code, uint32_t k, uint8_t jt, uint8_t jf) {
  return {.code = static_cast<uint16_t>(BPF_JMP | code), .jt = jt, .jf = jf, .k = k};
}
// The low word of an argument; argument 2's high one is LoadHigh(2).
sock_filter LoadLow(uint32_t argument) {
  return Statement(BPF_LD | BPF_W | BPF_ABS, 16 + 8 * argument);
}
sock_filter LoadHigh(uint32_t argument) {
  return Statement(BPF_LD | BPF_W | BPF_ABS, 20 + 8 * argument);
}
sock_filter LoadNumber() {
  return Statement(BPF_LD | BPF_W | BPF_ABS, 0);
}
sock_filter LoadArch() {
  return Statement(BPF_LD | BPF_W | BPF_ABS, 4);
}
const sock_filter kAllow = Statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
const sock_filter kDeny = Statement(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1);

std::string ShortText(const Outcomes& outcomes) {
  return base::StrJoin(outcomes, "; ", [](const Outcome& outcome) {
    const std::string data = outcome.data == 0 ? "" : base::StrCat(" ", outcome.data);
    return base::StrCat(ToText(outcome.when), ": ", ActionName(outcome.action).substr(9), data);
  });
}

TEST(Explore, WhatProgramsSay) {
  constexpr uint32_t kArch = 0xc000003e;
  const struct {
    std::string why;
    Program program;
    std::string of_39;
    std::string of_1;
  } cases[] = {
      {"a return", {kAllow}, "always: ALLOW", "always: ALLOW"},
      {"one number",
       {LoadNumber(), Jump(BPF_JEQ, 39, 0, 1), kAllow, kDeny},
       "always: ALLOW",
       "always: ERRNO 1"},
      {"numbers above one",
       {LoadNumber(), Jump(BPF_JGT, 38, 0, 1), kAllow, kDeny},
       "always: ALLOW",
       "always: ERRNO 1"},
      {"numbers with a bit",
       {LoadNumber(), Statement(BPF_ALU | BPF_AND | BPF_K, 0x20), Jump(BPF_JEQ, 0, 1, 0), kAllow,
        kDeny},
       "always: ALLOW",
       "always: ERRNO 1"},
      {"the architecture",
       {LoadArch(), Jump(BPF_JEQ, kArch, 0, 1), kAllow, kDeny},
       "always: ALLOW",
       "always: ALLOW"},
      {"another architecture",
       {LoadArch(), Jump(BPF_JGT, kArch, 0, 1), kAllow, kDeny},
       "always: ERRNO 1",
       "always: ERRNO 1"},
      {"an argument",
       {LoadLow(1), Jump(BPF_JEQ, 7, 0, 1), kAllow, kDeny},
       "low32(arg1) == 7: ALLOW; low32(arg1) != 7: ERRNO 1",
       "low32(arg1) == 7: ALLOW; low32(arg1) != 7: ERRNO 1"},
      {"an argument of one number",
       {LoadNumber(), Jump(BPF_JEQ, 39, 0, 2), LoadHigh(5), Jump(BPF_JGE, 7, 1, 0), kAllow, kDeny},
       "arg5 > 0x6ffffffff: ERRNO 1; arg5 <= 0x6ffffffff: ALLOW",
       "always: ALLOW"},
      {"bits of an argument",
       {LoadLow(0), Jump(BPF_JSET, 6, 0, 1), kAllow, kDeny},
       "arg0 & 0x6 != 0: ALLOW; arg0 & 0x6 == 0: ERRNO 1",
       "arg0 & 0x6 != 0: ALLOW; arg0 & 0x6 == 0: ERRNO 1"},
      {"bits of bits",
       {LoadLow(0), Statement(BPF_ALU | BPF_AND | BPF_K, 12), Jump(BPF_JSET, 6, 0, 1), kAllow,
        kDeny},
       "arg0 & 0x4 != 0: ALLOW; arg0 & 0x4 == 0: ERRNO 1",
       "arg0 & 0x4 != 0: ALLOW; arg0 & 0x4 == 0: ERRNO 1"},
      {"no bits",
       {LoadLow(0), Jump(BPF_JSET, 0, 0, 1), kAllow, kDeny},
       "always: ERRNO 1",
       "always: ERRNO 1"},
      {"not below zero",
       {LoadLow(0), Jump(BPF_JGE, 0, 0, 1), kAllow, kDeny},
       "always: ALLOW",
       "always: ALLOW"},
      {"not above the largest",
       {LoadLow(0), Jump(BPF_JGT, ~0U, 0, 1), kAllow, kDeny},
       "always: ERRNO 1",
       "always: ERRNO 1"},
      {"a test that says the same either way",
       {LoadLow(0), Jump(BPF_JEQ, 7, 0, 0), kAllow},
       "always: ALLOW",
       "always: ALLOW"},
      {"two tests that say the same in the end",
       {LoadLow(0), Jump(BPF_JEQ, 7, 0, 1), kAllow, Jump(BPF_JGT, 8, 0, 1), kAllow, kAllow},
       "always: ALLOW",
       "always: ALLOW"},
      {"what is known already is not asked again",
       {LoadLow(0), Jump(BPF_JGT, 7, 0, 3), Jump(BPF_JEQ, 3, 1, 0), kAllow, kDeny, kDeny},
       "low32(arg0) > 7: ALLOW; low32(arg0) <= 7: ERRNO 1",
       "low32(arg0) > 7: ALLOW; low32(arg0) <= 7: ERRNO 1"},
      {"a value kept in memory",
       {LoadLow(0), Statement(BPF_ST, 2), LoadNumber(), Jump(BPF_JEQ, 39, 0, 2),
        Statement(BPF_LD | BPF_MEM, 2), Jump(BPF_JEQ, 7, 1, 0), kAllow, kDeny},
       "low32(arg0) == 7: ERRNO 1; low32(arg0) != 7: ALLOW",
       "always: ALLOW"},
      {"a constant in x",
       {Statement(BPF_LDX | BPF_IMM, 7), LoadLow(0), Jump(BPF_JEQ | BPF_X, 0, 0, 1), kAllow, kDeny},
       "low32(arg0) == 7: ALLOW; low32(arg0) != 7: ERRNO 1",
       "low32(arg0) == 7: ALLOW; low32(arg0) != 7: ERRNO 1"},
      {"a value moved through x",
       {LoadLow(0), Statement(BPF_MISC | BPF_TAX, 0), LoadNumber(),
        Statement(BPF_MISC | BPF_TXA, 0), Jump(BPF_JEQ, 7, 0, 1), kAllow, kDeny},
       "low32(arg0) == 7: ALLOW; low32(arg0) != 7: ERRNO 1",
       "low32(arg0) == 7: ALLOW; low32(arg0) != 7: ERRNO 1"},
      {"calculation with constants",
       {Statement(BPF_LD | BPF_IMM, SECCOMP_RET_ERRNO), Statement(BPF_ALU | BPF_ADD | BPF_K, 38),
        Statement(BPF_RET | BPF_A, 0)},
       "always: ERRNO 38",
       "always: ERRNO 38"},
      {"a long jump",
       {Statement(BPF_JMP | BPF_JA, 1), kDeny, kAllow},
       "always: ALLOW",
       "always: ALLOW"},
      {"an action that there is not",
       {Statement(BPF_RET | BPF_K, 0x12340001)},
       "always: KILL_PROCESS",
       "always: KILL_PROCESS"},
  };
  const uint32_t numbers[] = {39, 1};
  for (const auto& row : cases) {
    SCOPED_TRACE(row.why);
    ASSERT_TRUE(CheckProgram(row.program).ok()) << CheckProgram(row.program);
    const auto outcomes = Explore(row.program, kArch, numbers);
    ASSERT_TRUE(outcomes.ok()) << outcomes.status();
    EXPECT_EQ(ShortText(outcomes->at(0)), row.of_39);
    EXPECT_EQ(ShortText(outcomes->at(1)), row.of_1);
  }
}

TEST(Explore, RefusesWhatLibseccompNeverMakes) {
  const struct {
    std::string why;
    Program program;
  } cases[] = {
      {"arithmetic",
       {LoadLow(0), Statement(BPF_ALU | BPF_ADD | BPF_K, 1), Jump(BPF_JEQ, 0, 0, 1), kAllow,
        kDeny}},
      {"bits of a variable many",
       {LoadLow(0), Statement(BPF_MISC | BPF_TAX, 0), LoadLow(1),
        Statement(BPF_ALU | BPF_AND | BPF_X, 0), Jump(BPF_JEQ, 0, 0, 1), kAllow, kDeny}},
      {"arithmetic with the number",
       {LoadNumber(), Statement(BPF_ALU | BPF_SUB | BPF_K, 39), Jump(BPF_JEQ, 0, 0, 1), kAllow,
        kDeny}},
      {"arithmetic that nothing is made of", {LoadLow(0), Statement(BPF_ALU | BPF_NEG, 0), kAllow}},
      {"two arguments with each other",
       {LoadLow(0), Statement(BPF_MISC | BPF_TAX, 0), LoadLow(1), Jump(BPF_JEQ | BPF_X, 0, 0, 1),
        kAllow, kDeny}},
      {"the instruction pointer",
       {Statement(BPF_LD | BPF_W | BPF_ABS, 8), Jump(BPF_JEQ, 0, 0, 1), kAllow, kDeny}},
      {"an argument as the answer", {LoadLow(0), Statement(BPF_RET | BPF_A, 0)}},
      {"division by a zero", {Statement(BPF_ALU | BPF_DIV | BPF_X, 0), kAllow}},
  };
  const uint32_t numbers[] = {39};
  for (const auto& row : cases) {
    SCOPED_TRACE(row.why);
    ASSERT_TRUE(CheckProgram(row.program).ok()) << CheckProgram(row.program);
    EXPECT_EQ(Explore(row.program, 0, numbers).status().code(), absl::StatusCode::kUnimplemented);
  }
}

// Each of `tests` bits is looked at, and both answers lead to the next: 2^tests paths.
Program Doubling(uint32_t tests) {
  Program program;
  for (uint32_t i = 0; i < tests; ++i) {
    program.push_back(LoadLow(i / 32));
    program.push_back(Jump(BPF_JSET, uint32_t{1} << i % 32, 0, 0));
  }
  program.push_back(kAllow);
  return program;
}

TEST(Explore, GivesUpOnTooManyPaths) {
  const uint32_t one[] = {39};
  const auto some = Explore(Doubling(14), 0, one);  // 16384
  ASSERT_TRUE(some.ok()) << some.status();
  EXPECT_EQ(ShortText(some->front()), "always: ALLOW");
  const auto status = Explore(Doubling(15), 0, one).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("(number 39)"));
  // Below the bound of one call, above that of all.
  std::vector<uint32_t> many(400);
  for (uint32_t i = 0; i < many.size(); ++i) {
    many[i] = i;
  }
  EXPECT_EQ(Explore(Doubling(14), 0, many).status().code(), absl::StatusCode::kResourceExhausted);
}

class VerdictsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (NativeArch().name != "SCMP_ARCH_X86_64") {
      GTEST_SKIP() << "the expectations are those of a node with x86-64";
    }
  }

  static Verdicts VerdictsOf(const Profile& profile) {
    const auto filter = Compile(profile);
    EXPECT_TRUE(filter.ok()) << filter.status();
    auto verdicts = Verdicts::Of(*filter);
    EXPECT_TRUE(verdicts.ok()) << verdicts.status();
    return *std::move(verdicts);
  }

  const Arch x86_64_ = ArchOf("SCMP_ARCH_X86_64");
  const Arch x86_ = ArchOf("SCMP_ARCH_X86");
  const Arch x32_ = ArchOf("SCMP_ARCH_X32");
};

TEST_F(VerdictsTest, CallsByName) {
  const Verdicts verdicts =
      VerdictsOf({.default_action = Action::kErrno,
                  .default_errno_ret = 38,
                  .architectures = {x86_64_, x86_, x32_},
                  .rules = {{.names = {"read", "accept"}, .action = Action::kAllow},
                            {.names = {"clone"},
                             .action = Action::kAllow,
                             .args = {{.value = 0x7e020000, .compare = Compare::kMaskedEq}}},
                            {.names = {"personality"},
                             .action = Action::kLog,
                             .args = {{.value = 0xffffffff, .compare = Compare::kEq}}},
                            {.names = {"ptrace"}, .action = Action::kKillProcess}}});
  const struct {
    Arch arch;
    std::string name;
    std::string text;
  } cases[] = {
      {x86_64_, "read", "always: ALLOW"},
      {x86_64_, "write", "always: ERRNO 38"},
      {x86_64_, "ptrace", "always: KILL_PROCESS"},
      {x86_64_, "clone", "arg0 & 0x7e020000 == 0: ALLOW; arg0 & 0x7e020000 != 0: ERRNO 38"},
      {x86_64_, "personality",
       "arg0 == 0xffffffff: LOG; arg0 <= 0xfffffffe: ERRNO 38; arg0 > 0xffffffff: ERRNO 38"},
      {x86_64_, "accept", "always: ALLOW"},
      {x86_64_, "no_such_call", "always: ERRNO 38"},
      {x86_64_, "waitpid", "always: ERRNO 38"},  // x86's alone
      {x86_, "read", "always: ALLOW"},
      {x86_, "personality", "low32(arg0) == 0xffffffff: LOG; low32(arg0) <= 0xfffffffe: ERRNO 38"},
      {x86_, "accept", "low32(arg0) == 5: ALLOW"},
      {x86_, "listen", "always: ERRNO 38"},
      {x86_, "socketcall", "low32(arg0) == 5: ALLOW; low32(arg0) != 5: ERRNO 38"},
      {x32_, "read", "always: ALLOW"},
      {x32_, "write", "always: ERRNO 38"},
  };
  for (const auto& row : cases) {
    EXPECT_EQ(ShortText(verdicts.For(row.arch, row.name)), row.text)
        << row.arch.name << " " << row.name;
  }
  EXPECT_EQ(verdicts.architectures(), (std::vector<Arch>{x86_64_, x86_, x32_}));
  for (const Arch& arch : verdicts.architectures()) {
    EXPECT_EQ(ShortText(verdicts.ForUnknown(arch)), "always: ERRNO 38") << arch.name;
  }
  EXPECT_THAT(verdicts.Permitted(x86_64_), Contains("read"));
  EXPECT_THAT(verdicts.Permitted(x86_64_), Not(Contains("clone")));
  EXPECT_THAT(verdicts.Conditional(x86_64_), ::testing::ElementsAre("clone", "personality"));
  EXPECT_THAT(verdicts.Refused(x86_64_), Contains("ptrace"));
  EXPECT_THAT(verdicts.Refused(x86_64_), Not(Contains("personality")));
}

TEST_F(VerdictsTest, OtherArchitecturesAreRefused) {
  const Verdicts verdicts = VerdictsOf({.default_action = Action::kAllow});
  EXPECT_EQ(ShortText(verdicts.For(x86_64_, "read")), "always: ALLOW");
  EXPECT_EQ(ShortText(verdicts.ForUnknown(x86_64_)), "always: ALLOW");
  EXPECT_TRUE(verdicts.Refused(x86_64_).empty());
  for (const Arch& arch : {x86_, x32_, ArchOf("SCMP_ARCH_AARCH64")}) {
    SCOPED_TRACE(arch.name);
    EXPECT_EQ(ShortText(verdicts.For(arch, "read")), "always: KILL_THREAD");
    EXPECT_EQ(ShortText(verdicts.ForUnknown(arch)), "always: KILL_THREAD");
    EXPECT_EQ(verdicts.Refused(arch).size(), SyscallsOf(arch).size());
    EXPECT_TRUE(verdicts.Permitted(arch).empty());
    EXPECT_TRUE(verdicts.Conditional(arch).empty());
  }
}

TEST_F(VerdictsTest, AProgramThatTheKernelWouldNotLoadIsNotFollowed) {
  const Filter filter{{Statement(BPF_JMP | BPF_JA, 5), kAllow}, {x86_64_}};
  EXPECT_EQ(Verdicts::Of(filter).status().code(), absl::StatusCode::kInvalidArgument);
}

// What a random profile's outcomes must be, of calls of every architecture that it has.
class RandomVerdictsTest : public VerdictsTest {
 protected:
  // Every outcome has calls, and the filter says of one of them what the outcome says.
  static void CheckExamples(const Filter& filter, const Arch& arch, uint32_t number,
                            const Outcomes& outcomes) {
    for (const Outcome& outcome : outcomes) {
      const auto example = Satisfy(outcome.when);
      ASSERT_TRUE(example.ok()) << example.status();
      ASSERT_TRUE(example->has_value()) << ToText(outcome.when);
      EXPECT_EQ(seccomp::Run(filter.program, CallOf(arch, number, **example)),
                sekisho::testing::ReturnValueOf(outcome))
          << ToText(outcome.when);
      EXPECT_EQ(Matches(outcomes, **example), std::vector<const Outcome*>{&outcome});
    }
  }

  // Any call has exactly one outcome, which is what the filter says.
  static void CheckCall(const Filter& filter, const Arch& arch, uint32_t number,
                        const Outcomes& outcomes, const Arguments& arguments) {
    const auto matches = Matches(outcomes, arguments);
    ASSERT_EQ(matches.size(), 1U) << ShortText(outcomes);
    EXPECT_EQ(seccomp::Run(filter.program, CallOf(arch, number, arguments)),
              sekisho::testing::ReturnValueOf(*matches.front()))
        << ToText(matches.front()->when);
  }

  // What libseccomp makes of the arguments of these, 32-bit or not.
  static std::vector<std::string> Calls() {
    return {"getpid", "lseek", "socket", "clone", "personality", "ioctl", "shmget", "umask"};
  }
};

TEST_F(RandomVerdictsTest, OutcomesAreWhatTheFilterSays) {
  std::mt19937 random(42);
  int compiled = 0;
  size_t classes = 0;
  for (int round = 0; round < 150; ++round) {
    SCOPED_TRACE(round);
    Profile profile = sekisho::testing::RandomProfile(
        random, {.rules_max = 25, .tests_max = 4, .syscalls = Calls(), .architectures = false});
    profile.architectures = {x86_, x32_, ArchOf("SCMP_ARCH_AARCH64")};
    const auto filter = Compile(profile);
    if (!filter.ok()) {
      continue;  // two rules that contradict each other
    }
    ++compiled;
    const auto verdicts = Verdicts::Of(*filter);
    ASSERT_TRUE(verdicts.ok()) << verdicts.status();
    const std::vector<uint64_t> values = sekisho::testing::ValuesIn(profile);
    for (const Arch& arch : filter->architectures) {
      for (const Syscall& call : SyscallsOf(arch)) {
        SCOPED_TRACE(base::StrCat(arch.name, " ", call.name));
        const Outcomes& outcomes = verdicts->For(arch, call.name);
        const auto number = static_cast<uint32_t>(call.number);
        classes = std::max(classes, outcomes.size());
        CheckExamples(*filter, arch, number, outcomes);
        for (int i = outcomes.size() > 1 ? 40 : 2; i > 0; --i) {
          Arguments arguments{};
          for (uint64_t& argument : arguments) {
            argument = sekisho::testing::RandomArgument(random, values);
          }
          CheckCall(*filter, arch, number, outcomes, arguments);
        }
        if (HasFatalFailure()) {
          return;
        }
      }
    }
  }
  // Otherwise little was tested.
  EXPECT_GT(compiled, 50);
  EXPECT_GT(classes, 20U);
}

// A number that has no name gets what ForUnknown says, wherever it lies.
TEST_F(RandomVerdictsTest, UnknownNumbersHaveOneAnswer) {
  std::mt19937 random(43);
  for (int round = 0; round < 50; ++round) {
    Profile profile = sekisho::testing::RandomProfile(random, {.architectures = false});
    profile.architectures = {x86_, x32_, ArchOf("SCMP_ARCH_ARM")};
    const auto filter = Compile(profile);
    if (!filter.ok()) {
      continue;
    }
    const auto verdicts = Verdicts::Of(*filter);
    ASSERT_TRUE(verdicts.ok()) << verdicts.status();
    for (const Arch& arch : filter->architectures) {
      ASSERT_EQ(verdicts->ForUnknown(arch).size(), 1U);
      const uint32_t bit = arch == x32_ ? 0x40000000 : 0;
      for (const uint32_t number : {337U, 500U, 1000U, 5000U, 0x100000U, 0x3fffffffU}) {
        const auto calls = SyscallsOf(arch);
        if (std::any_of(calls.begin(), calls.end(), [&](const Syscall& call) {
              return static_cast<uint32_t>(call.number) == (number | bit);
            })) {
          continue;
        }
        EXPECT_EQ(seccomp::Run(filter->program, CallOf(arch, number | bit)),
                  sekisho::testing::ReturnValueOf(verdicts->ForUnknown(arch).front()))
            << arch.name << " " << number;
      }
    }
  }
}

}  // namespace
}  // namespace sekisho::seccomp
