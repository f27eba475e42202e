// Random programs: the kernel loads what CheckProgram takes, and runs it as Run does.
#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <algorithm>
#include <csignal>
#include <random>
#include <string>
#include <vector>

#include "base/str_cat.h"
#include "kernel/filtered_child.h"
#include "unit/seccomp/calls.h"

namespace sekisho::testing {
namespace {

using seccomp::Program;

sock_filter Statement(int code, uint32_t k) {
  return {.code = static_cast<uint16_t>(code), .jt = 0, .jf = 0, .k = k};
}

std::string Describe(const Program& program) {
  std::string text;
  for (const sock_filter& instruction : program) {
    text += base::StrCat(instruction.code, ",", int{instruction.jt}, ",", int{instruction.jf}, ",",
                         instruction.k, "; ");
  }
  return text;
}

class KernelProgramsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const ChildReport report = RunUnder({Statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)}, {});
    if (!report.fault.empty()) {
      GTEST_SKIP() << "a process may have no seccomp filter here: " << report.fault;
    }
  }
};

// Every operation there is, and some that there are not; most often with operands that fit.
sock_filter RandomInstruction(std::mt19937& random, size_t after) {
  static constexpr int kCodes[] = {BPF_LD | BPF_W | BPF_ABS,
                                   BPF_LD | BPF_W | BPF_LEN,
                                   BPF_LDX | BPF_W | BPF_LEN,
                                   BPF_LD | BPF_IMM,
                                   BPF_LDX | BPF_IMM,
                                   BPF_LD | BPF_MEM,
                                   BPF_LDX | BPF_MEM,
                                   BPF_ST,
                                   BPF_ST,
                                   BPF_STX,
                                   BPF_MISC | BPF_TAX,
                                   BPF_MISC | BPF_TXA,
                                   BPF_ALU | BPF_ADD | BPF_K,
                                   BPF_ALU | BPF_ADD | BPF_X,
                                   BPF_ALU | BPF_SUB | BPF_K,
                                   BPF_ALU | BPF_SUB | BPF_X,
                                   BPF_ALU | BPF_MUL | BPF_K,
                                   BPF_ALU | BPF_MUL | BPF_X,
                                   BPF_ALU | BPF_DIV | BPF_K,
                                   BPF_ALU | BPF_DIV | BPF_X,
                                   BPF_ALU | BPF_OR | BPF_K,
                                   BPF_ALU | BPF_OR | BPF_X,
                                   BPF_ALU | BPF_AND | BPF_K,
                                   BPF_ALU | BPF_AND | BPF_X,
                                   BPF_ALU | BPF_LSH | BPF_K,
                                   BPF_ALU | BPF_LSH | BPF_X,
                                   BPF_ALU | BPF_RSH | BPF_K,
                                   BPF_ALU | BPF_RSH | BPF_X,
                                   BPF_ALU | BPF_XOR | BPF_K,
                                   BPF_ALU | BPF_XOR | BPF_X,
                                   BPF_ALU | BPF_NEG,
                                   BPF_JMP | BPF_JA,
                                   BPF_JMP | BPF_JEQ | BPF_K,
                                   BPF_JMP | BPF_JEQ | BPF_X,
                                   BPF_JMP | BPF_JGT | BPF_K,
                                   BPF_JMP | BPF_JGT | BPF_X,
                                   BPF_JMP | BPF_JGE | BPF_K,
                                   BPF_JMP | BPF_JGE | BPF_X,
                                   BPF_JMP | BPF_JSET | BPF_K,
                                   BPF_JMP | BPF_JSET | BPF_X};
  sock_filter instruction = Statement(kCodes[random() % std::size(kCodes)], 0);
  const auto wide = static_cast<uint32_t>(random());
  switch (random() % 4) {
    case 0:
      instruction.k = wide;
      break;
    case 1:
      instruction.k = static_cast<uint32_t>(random() % 40);
      break;
    default:
      instruction.k = static_cast<uint32_t>(1 + random() % 3);
      break;
  }
  if (instruction.code == (BPF_LD | BPF_W | BPF_ABS) && random() % 8 != 0) {
    instruction.k = static_cast<uint32_t>(random() % 16 * 4);
  }
  // The next instructions, and now and then one behind the end.
  instruction.jt = static_cast<uint8_t>(random() % (after + (random() % 16 == 0 ? 1 : 0)));
  instruction.jf = static_cast<uint8_t>(random() % (after + (random() % 16 == 0 ? 1 : 0)));
  if (instruction.code == (BPF_JMP | BPF_JA) && random() % 16 != 0) {
    instruction.k = static_cast<uint32_t>(random() % after);
  }
  return instruction;
}

TEST_F(KernelProgramsTest, CheckProgramTakesWhatTheKernelTakes) {
  std::mt19937 random(7);
  int taken = 0;
  int refused = 0;
  for (int round = 0; round < 10; ++round) {
    std::vector<Program> programs;
    for (int i = 0; i < 300; ++i) {
      // The first instruction lets every call through. The others never run, and are checked.
      Program program = {Statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
      const size_t size = 1 + random() % 6;
      for (size_t left = size; left > 0; --left) {
        program.push_back(random() % 12 == 0 ? Statement(static_cast<int>(random() % 512), 1)
                                             : RandomInstruction(random, left));
      }
      if (random() % 12 != 0) {
        program.push_back(Statement(random() % 2 == 0 ? BPF_RET | BPF_K : BPF_RET | BPF_A, 0));
      }
      programs.push_back(std::move(program));
    }
    const std::vector<int> errnos = TryToInstall(programs);
    for (size_t i = 0; i < programs.size(); ++i) {
      ASSERT_EQ(seccomp::CheckProgram(programs[i]).ok(), errnos[i] == 0)
          << Describe(programs[i]) << seccomp::CheckProgram(programs[i]) << " errno " << errnos[i];
      ++(errnos[i] == 0 ? taken : refused);
    }
  }
  EXPECT_GT(taken, 500);
  EXPECT_GT(refused, 500);
}

TEST_F(KernelProgramsTest, RunDoesWhatTheKernelDoes) {
  const seccomp::Arch native = seccomp::NativeArch();
  std::mt19937 random(8);
  int compared = 0;
  int killed = 0;
  for (int round = 0; compared < 3000; ++round) {
    ASSERT_LT(round, 20000) << "hardly any random program can be loaded";
    // exit_group is let through; of every other call the program makes an errno.
    Program program = {Statement(BPF_LD | BPF_W | BPF_ABS, 0),
                       {.code = BPF_JMP | BPF_JEQ | BPF_K, .jt = 0, .jf = 1, .k = SYS_exit_group},
                       Statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    bool sees_itself = false;  // the instruction pointer, which the test does not know
    for (size_t left = 3 + random() % 14; left > 0; --left) {
      program.push_back(RandomInstruction(random, left));
      const sock_filter& last = program.back();
      sees_itself =
          sees_itself || (last.code == (BPF_LD | BPF_W | BPF_ABS) && (last.k == 8 || last.k == 12));
    }
    program.push_back(Statement(BPF_ALU | BPF_AND | BPF_K, 0xfff));
    program.push_back(Statement(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO));
    program.push_back(Statement(BPF_RET | BPF_A, 0));
    if (sees_itself || !seccomp::CheckProgram(program).ok()) {
      continue;
    }
    std::vector<ChildCall> calls;
    std::vector<uint32_t> expected;
    while (calls.size() < 8) {
      ChildCall call{.number = NumberOf(native, "getppid")};
      for (uint64_t& argument : call.arguments) {
        argument = RandomArgument(random, {1, 2, 3});
      }
      calls.push_back(call);
      expected.push_back(seccomp::Run(program, CallOf(native, call.number, ArgumentsOf(call))));
    }
    const ChildReport report = RunUnder(program, calls);
    ASSERT_EQ(report.fault, "");
    for (size_t i = 0; i < calls.size(); ++i) {
      SCOPED_TRACE(Describe(program));
      const seccomp::Action action = seccomp::ActionOf(expected[i]);
      if (action == seccomp::Action::kKillThread || action == seccomp::Action::kKillProcess) {
        // A division by zero, or a value that is no action.
        ASSERT_EQ(report.killed_by, SIGSYS);
        ++killed;
        break;
      }
      if (action != seccomp::Action::kErrno) {
        break;  // a jump over the last three led to a value that happens to be another action
      }
      ++compared;
      const int64_t error = std::min<int64_t>(expected[i] & SECCOMP_RET_DATA, 4095);
      ASSERT_EQ(report.answers[i].kind, ChildAnswer::Kind::kReturned);
      ASSERT_EQ(report.answers[i].value, -error);
    }
  }
  EXPECT_GT(killed, 0);
}

}  // namespace
}  // namespace sekisho::testing
