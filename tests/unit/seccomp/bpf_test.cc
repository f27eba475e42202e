#include "seccomp/bpf.h"

#include <gtest/gtest.h>
#include <linux/audit.h>

#include <cstddef>
#include <string>
#include <vector>

namespace sekisho::seccomp {
namespace {

sock_filter Statement(int code, uint32_t k) {
  return {.code = static_cast<uint16_t>(code), .jt = 0, .jf = 0, .k = k};
}
sock_filter Jump(int code, uint32_t k, uint8_t jt, uint8_t jf) {
  return {.code = static_cast<uint16_t>(BPF_JMP | code), .jt = jt, .jf = jf, .k = k};
}
sock_filter Load(uint32_t offset) {
  return Statement(BPF_LD | BPF_W | BPF_ABS, offset);
}
sock_filter SetA(uint32_t value) {
  return Statement(BPF_LD | BPF_IMM, value);
}
sock_filter SetX(uint32_t value) {
  return Statement(BPF_LDX | BPF_IMM, value);
}
sock_filter Return(uint32_t value) {
  return Statement(BPF_RET | BPF_K, value);
}
sock_filter ReturnA() {
  return Statement(BPF_RET | BPF_A, 0);
}

Program Long(size_t size) {
  Program program(size - 1, SetA(1));
  program.push_back(Return(0));
  return program;
}

TEST(CheckProgram, TakesWhatTheKernelTakes) {
  const struct {
    std::string why;
    Program program;
  } cases[] = {
      {"a return alone", {Return(SECCOMP_RET_ALLOW)}},
      {"the value of a", {ReturnA()}},
      {"the last word of seccomp_data", {Load(60), Return(0)}},
      {"the length of seccomp_data", {Statement(BPF_LD | BPF_W | BPF_LEN, 0), ReturnA()}},
      {"as long as can be", Long(BPF_MAXINSNS)},
      {"jumps to the last instruction", {Jump(BPF_JEQ, 0, 0, 1), Return(0), Return(1)}},
      {"a long jump to the last instruction", {Jump(BPF_JA, 1, 0, 0), Return(0), Return(1)}},
      {"memory written on both ways",
       {Jump(BPF_JEQ, 0, 0, 2), Statement(BPF_ST, 3), Jump(BPF_JA, 1, 0, 0), Statement(BPF_STX, 3),
        Statement(BPF_LD | BPF_MEM, 3), ReturnA()}},
      {"the last word of memory",
       {Statement(BPF_ST, 15), Statement(BPF_LDX | BPF_MEM, 15), Return(0)}},
      {"division by x, zero or not", {Statement(BPF_ALU | BPF_DIV | BPF_X, 0), Return(0)}},
      {"shift by 31", {Statement(BPF_ALU | BPF_LSH | BPF_K, 31), Return(0)}},
      {"negation", {Statement(BPF_ALU | BPF_NEG, 0), Return(0)}},
      {"exclusive or", {Statement(BPF_ALU | BPF_XOR | BPF_X, 0), Return(0)}},
      {"registers exchanged",
       {Statement(BPF_MISC | BPF_TAX, 0), Statement(BPF_MISC | BPF_TXA, 0), Return(0)}},
      {"instructions that nothing reaches", {Return(0), Return(1)}},
  };
  for (const auto& row : cases) {
    SCOPED_TRACE(row.why);
    EXPECT_TRUE(CheckProgram(row.program).ok()) << CheckProgram(row.program);
  }
}

TEST(CheckProgram, RefusesWhatTheKernelRefuses) {
  const struct {
    std::string why;
    Program program;
  } cases[] = {
      {"nothing at all", {}},
      {"too long", Long(BPF_MAXINSNS + 1)},
      {"no return at the end", {Return(0), SetA(0)}},
      {"a word beyond seccomp_data", {Load(64), Return(0)}},
      {"a word that is none", {Load(2), Return(0)}},
      {"a half word", {Statement(BPF_LD | BPF_H | BPF_ABS, 0), Return(0)}},
      {"a load at a register's offset", {Statement(BPF_LD | BPF_W | BPF_IND, 0), Return(0)}},
      {"a load from a packet's header", {Statement(BPF_LDX | BPF_B | BPF_MSH, 0), Return(0)}},
      {"jump behind the end, when it holds", {Jump(BPF_JGT, 0, 1, 0), Return(0)}},
      {"jump behind the end, when not", {Jump(BPF_JGE, 0, 0, 1), Return(0)}},
      {"long jump behind the end", {Jump(BPF_JA, 1, 0, 0), Return(0)}},
      {"long jump backwards", {Jump(BPF_JA, ~uint32_t{0}, 0, 0), Return(0)}},
      {"remainder", {Statement(BPF_ALU | BPF_MOD | BPF_K, 3), Return(0)}},
      {"division by zero", {Statement(BPF_ALU | BPF_DIV | BPF_K, 0), Return(0)}},
      {"left shift by 32", {Statement(BPF_ALU | BPF_LSH | BPF_K, 32), Return(0)}},
      {"right shift by 32", {Statement(BPF_ALU | BPF_RSH | BPF_K, 32), Return(0)}},
      {"memory that is not there", {Statement(BPF_ST, 16), Return(0)}},
      {"memory that nothing was written to", {Statement(BPF_LD | BPF_MEM, 0), Return(0)}},
      {"memory that another word was written to",
       {Statement(BPF_ST, 1), Statement(BPF_LDX | BPF_MEM, 0), Return(0)}},
      {"memory written on one way only",
       {Jump(BPF_JEQ, 0, 0, 1), Statement(BPF_ST, 3), Statement(BPF_LD | BPF_MEM, 3), ReturnA()}},
      {"return of x", {Statement(BPF_RET | BPF_X, 0)}},
      {"a jump of a kind that only eBPF has", {Jump(0x50, 0, 0, 0), Return(0)}},
      {"a bit too many", {Statement(0x100 | BPF_LD | BPF_IMM, 0), Return(0)}},
  };
  for (const auto& row : cases) {
    SCOPED_TRACE(row.why);
    EXPECT_EQ(CheckProgram(row.program).code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(CheckProgram, SaysWhere) {
  const Program program = {SetA(0), Load(64), Return(0)};
  EXPECT_EQ(CheckProgram(program).message(),
            "instruction 1: there is no word at offset 64 of seccomp_data");
}

TEST(RunProgram, EveryInstructionAsTheKernelRunsIt) {
  seccomp_data data{};
  data.nr = 59;
  data.arch = AUDIT_ARCH_X86_64;
  data.args[0] = 0x1122334455667788;
  data.args[5] = 0xfedcba9876543210;
  constexpr auto kLow = static_cast<uint32_t>(offsetof(seccomp_data, args));
  const struct {
    std::string why;
    Program program;
    uint32_t result;
  } cases[] = {
      {"a constant", {Return(17)}, 17},
      {"registers begin at zero", {Statement(BPF_ALU | BPF_ADD | BPF_X, 0), ReturnA()}, 0},
      {"the number", {Load(0), ReturnA()}, 59},
      {"the architecture", {Load(4), ReturnA()}, AUDIT_ARCH_X86_64},
      {"the first half of an argument in memory", {Load(kLow), ReturnA()}, 0x55667788},
      {"the second half", {Load(kLow + 4), ReturnA()}, 0x11223344},
      {"the last word", {Load(60), ReturnA()}, 0xfedcba98},
      {"the length", {Statement(BPF_LD | BPF_W | BPF_LEN, 0), ReturnA()}, 64},
      {"the length in x",
       {Statement(BPF_LDX | BPF_W | BPF_LEN, 0), Statement(BPF_MISC | BPF_TXA, 0), ReturnA()},
       64},
      {"a to x and back",
       {SetA(5), Statement(BPF_MISC | BPF_TAX, 0), SetA(6), Statement(BPF_MISC | BPF_TXA, 0),
        ReturnA()},
       5},
      {"memory of a and of x",
       {SetA(5), SetX(6), Statement(BPF_ST, 0), Statement(BPF_STX, 15), SetA(0),
        Statement(BPF_LDX | BPF_MEM, 0), Statement(BPF_LD | BPF_MEM, 15),
        Statement(BPF_ALU | BPF_LSH | BPF_K, 8), Statement(BPF_ALU | BPF_OR | BPF_X, 0), ReturnA()},
       0x605},
      {"sum, wrapping", {SetA(~0U), Statement(BPF_ALU | BPF_ADD | BPF_K, 3), ReturnA()}, 2},
      {"difference", {SetA(1), Statement(BPF_ALU | BPF_SUB | BPF_K, 2), ReturnA()}, ~0U},
      {"product", {SetA(1U << 31), Statement(BPF_ALU | BPF_MUL | BPF_K, 3), ReturnA()}, 1U << 31},
      {"quotient, unsigned",
       {SetA(0x80000000), Statement(BPF_ALU | BPF_DIV | BPF_K, 16), ReturnA()},
       0x08000000},
      {"division by an x of zero ends it", {Statement(BPF_ALU | BPF_DIV | BPF_X, 0), Return(1)}, 0},
      {"and", {SetA(0xff), Statement(BPF_ALU | BPF_AND | BPF_K, 0x1818), ReturnA()}, 0x18},
      {"or", {SetA(0xff), Statement(BPF_ALU | BPF_OR | BPF_K, 0x1818), ReturnA()}, 0x18ff},
      {"exclusive or",
       {SetA(0xff), Statement(BPF_ALU | BPF_XOR | BPF_K, 0x1818), ReturnA()},
       0x18e7},
      {"left shift", {SetA(3), Statement(BPF_ALU | BPF_LSH | BPF_K, 31), ReturnA()}, 1U << 31},
      {"right shift, unsigned",
       {SetA(1U << 31), Statement(BPF_ALU | BPF_RSH | BPF_K, 31), ReturnA()},
       1},
      {"shift by an x of 33",
       {SetX(33), SetA(1), Statement(BPF_ALU | BPF_LSH | BPF_X, 0), ReturnA()},
       2},
      {"negation", {SetA(1), Statement(BPF_ALU | BPF_NEG, 0), ReturnA()}, ~0U},
      {"long jump", {Jump(BPF_JA, 1, 0, 0), Return(1), Return(2)}, 2},
      {"equal", {SetA(5), Jump(BPF_JEQ, 5, 1, 0), Return(1), Return(2)}, 2},
      {"not equal", {SetA(5), Jump(BPF_JEQ, 6, 1, 0), Return(1), Return(2)}, 1},
      {"equal to x", {SetA(5), SetX(5), Jump(BPF_JEQ | BPF_X, 6, 1, 0), Return(1), Return(2)}, 2},
      {"greater, unsigned", {SetA(1U << 31), Jump(BPF_JGT, 1, 1, 0), Return(1), Return(2)}, 2},
      {"equal is not greater", {SetA(5), Jump(BPF_JGT, 5, 1, 0), Return(1), Return(2)}, 1},
      {"equal is greater or equal", {SetA(5), Jump(BPF_JGE, 5, 1, 0), Return(1), Return(2)}, 2},
      {"less", {SetA(4), Jump(BPF_JGE, 5, 1, 0), Return(1), Return(2)}, 1},
      {"a common bit", {SetA(6), Jump(BPF_JSET, 3, 1, 0), Return(1), Return(2)}, 2},
      {"no common bit", {SetA(4), Jump(BPF_JSET, 3, 1, 0), Return(1), Return(2)}, 1},
  };
  for (const auto& row : cases) {
    SCOPED_TRACE(row.why);
    ASSERT_TRUE(CheckProgram(row.program).ok()) << CheckProgram(row.program);
    EXPECT_EQ(seccomp::Run(row.program, data), row.result);
  }
}

TEST(ActionOf, EveryValueThatTheKernelKnows) {
  const struct {
    uint32_t value;
    Action action;
  } cases[] = {
      {SECCOMP_RET_KILL_PROCESS, Action::kKillProcess},
      {SECCOMP_RET_KILL_THREAD, Action::kKillThread},
      {SECCOMP_RET_TRAP, Action::kTrap},
      {SECCOMP_RET_ERRNO | 38, Action::kErrno},
      {SECCOMP_RET_USER_NOTIF, Action::kNotify},
      {SECCOMP_RET_TRACE | 1, Action::kTrace},
      {SECCOMP_RET_LOG, Action::kLog},
      {SECCOMP_RET_ALLOW, Action::kAllow},
      {0x00010000, Action::kKillProcess},
      {0x7fff0000 | 0xffff, Action::kAllow},
      {0xffff0000, Action::kKillProcess},
  };
  for (const auto& row : cases) {
    SCOPED_TRACE(row.value);
    EXPECT_EQ(ActionOf(row.value), row.action);
  }
}

}  // namespace
}  // namespace sekisho::seccomp
