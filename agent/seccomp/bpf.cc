#include "seccomp/bpf.h"

#include <array>
#include <cstddef>
#include <cstring>
#include <string>

#include "base/str_cat.h"

namespace sekisho::seccomp {
namespace {

absl::Status Refusal(size_t index, std::string_view why) {
  return absl::InvalidArgumentError(base::StrCat("instruction ", index, ": ", why));
}

// Whether seccomp has the instruction at all. Not all that socket filters have: no loads of parts
// of a word, none from a packet, no remainder.
bool IsKnownCode(uint16_t code) {
  switch (BPF_CLASS(code)) {
    case BPF_LD:
      return code == (BPF_LD | BPF_W | BPF_ABS) || code == (BPF_LD | BPF_W | BPF_LEN) ||
             code == (BPF_LD | BPF_IMM) || code == (BPF_LD | BPF_MEM);
    case BPF_LDX:
      return code == (BPF_LDX | BPF_W | BPF_LEN) || code == (BPF_LDX | BPF_IMM) ||
             code == (BPF_LDX | BPF_MEM);
    case BPF_ST:
      return code == BPF_ST;
    case BPF_STX:
      return code == BPF_STX;
    case BPF_ALU: {
      const int operation = BPF_OP(code);
      if (operation == BPF_NEG) {
        return code == (BPF_ALU | BPF_NEG);
      }
      return code <= (BPF_ALU | BPF_X | BPF_XOR) && operation != BPF_MOD;
    }
    case BPF_JMP:
      if (BPF_OP(code) == BPF_JA) {
        return code == (BPF_JMP | BPF_JA);
      }
      return code <= (BPF_JMP | BPF_X | BPF_JSET);
    case BPF_RET:
      return code == (BPF_RET | BPF_K) || code == (BPF_RET | BPF_A);
    case BPF_MISC:
      return code == (BPF_MISC | BPF_TAX) || code == (BPF_MISC | BPF_TXA);
    default:
      return false;
  }
}

bool UsesMemory(uint16_t code) {
  return code == BPF_ST || code == BPF_STX || code == (BPF_LD | BPF_MEM) ||
         code == (BPF_LDX | BPF_MEM);
}

bool IsConditionalJump(uint16_t code) {
  return BPF_CLASS(code) == BPF_JMP && BPF_OP(code) != BPF_JA;
}

// One instruction by itself; `after` is how many follow it.
absl::Status CheckInstruction(const sock_filter& instruction, size_t index, size_t after) {
  const uint16_t code = instruction.code;
  const uint32_t k = instruction.k;
  if (!IsKnownCode(code)) {
    return Refusal(index, base::StrCat("seccomp has no operation ", code));
  }
  if (code == (BPF_LD | BPF_W | BPF_ABS) && (k >= sizeof(seccomp_data) || k % 4 != 0)) {
    return Refusal(index, base::StrCat("there is no word at offset ", k, " of seccomp_data"));
  }
  if (code == (BPF_ALU | BPF_DIV | BPF_K) && k == 0) {
    return Refusal(index, "division by zero");
  }
  if ((code == (BPF_ALU | BPF_LSH | BPF_K) || code == (BPF_ALU | BPF_RSH | BPF_K)) && k >= 32) {
    return Refusal(index, "shift by more bits than a word has");
  }
  if (UsesMemory(code) && k >= BPF_MEMWORDS) {
    return Refusal(index, "there are 16 words of memory");
  }
  // The target is counted from the next instruction.
  if ((code == (BPF_JMP | BPF_JA) && k >= after) ||
      (IsConditionalJump(code) && (instruction.jt >= after || instruction.jf >= after))) {
    return Refusal(index, "jump out of the program");
  }
  return absl::OkStatus();
}

// That no word of memory is read which some way to the instruction has not written.
absl::Status CheckMemory(std::span<const sock_filter> program) {
  // What every jump to an instruction brings with it, a bit a word.
  std::vector<uint16_t> brought(program.size(), 0xffff);
  uint16_t written = 0;
  for (size_t i = 0; i < program.size(); ++i) {
    const sock_filter& instruction = program[i];
    written &= brought[i];
    const auto arrive = [&](size_t distance) { brought[i + 1 + distance] &= written; };
    if (BPF_CLASS(instruction.code) == BPF_ST || BPF_CLASS(instruction.code) == BPF_STX) {
      written = static_cast<uint16_t>(written | 1U << instruction.k);
    } else if (UsesMemory(instruction.code)) {
      if ((written >> instruction.k & 1U) == 0) {
        return Refusal(i, "read of memory that nothing was written to");
      }
    } else if (BPF_CLASS(instruction.code) == BPF_JMP) {
      if (BPF_OP(instruction.code) == BPF_JA) {
        arrive(instruction.k);
      } else {
        arrive(instruction.jt);
        arrive(instruction.jf);
      }
      written = 0xffff;  // what follows is reached by jumps alone
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckProgram(std::span<const sock_filter> program) {
  if (program.empty() || program.size() > BPF_MAXINSNS) {
    return absl::InvalidArgumentError(
        base::StrCat("a filter has 1 to ", BPF_MAXINSNS, " instructions, not ", program.size()));
  }
  for (size_t i = 0; i < program.size(); ++i) {
    if (absl::Status status = CheckInstruction(program[i], i, program.size() - i - 1);
        !status.ok()) {
      return status;
    }
  }
  if (BPF_CLASS(program.back().code) != BPF_RET) {
    return Refusal(program.size() - 1, "the last one is no return");
  }
  return CheckMemory(program);
}

std::optional<uint32_t> Arithmetic(uint16_t code, uint32_t a, uint32_t b) {
  switch (BPF_OP(code)) {
    case BPF_ADD:
      return a + b;
    case BPF_SUB:
      return a - b;
    case BPF_MUL:
      return a * b;
    case BPF_DIV:
      return b == 0 ? std::nullopt : std::optional<uint32_t>(a / b);
    case BPF_OR:
      return a | b;
    case BPF_AND:
      return a & b;
    case BPF_LSH:
      return a << (b % 32);  // the kernel's own machine looks at five bits of the distance
    case BPF_RSH:
      return a >> (b % 32);
    case BPF_NEG:
      return -a;
    default:
      return a ^ b;
  }
}

bool Jumps(uint16_t code, uint32_t a, uint32_t b) {
  switch (BPF_OP(code)) {
    case BPF_JEQ:
      return a == b;
    case BPF_JGT:
      return a > b;
    case BPF_JGE:
      return a >= b;
    default:
      return (a & b) != 0;
  }
}

namespace {

struct Machine {
  uint32_t a = 0;
  uint32_t x = 0;
  std::array<uint32_t, BPF_MEMWORDS> memory{};
};

uint32_t Loaded(const Machine& machine, const sock_filter& instruction, const seccomp_data& data) {
  switch (BPF_MODE(instruction.code)) {
    case BPF_IMM:
      return instruction.k;
    case BPF_MEM:
      return machine.memory.at(instruction.k);
    case BPF_LEN:
      return sizeof(seccomp_data);
    default: {
      uint32_t word = 0;
      std::memcpy(&word, reinterpret_cast<const char*>(&data) + instruction.k, sizeof(word));
      return word;
    }
  }
}

}  // namespace

uint32_t Run(std::span<const sock_filter> program, const seccomp_data& data) {
  Machine machine;
  for (size_t i = 0; i < program.size(); ++i) {
    const sock_filter& instruction = program[i];
    const uint32_t operand = BPF_SRC(instruction.code) == BPF_X ? machine.x : instruction.k;
    switch (BPF_CLASS(instruction.code)) {
      case BPF_LD:
        machine.a = Loaded(machine, instruction, data);
        break;
      case BPF_LDX:
        machine.x = Loaded(machine, instruction, data);
        break;
      case BPF_ST:
        machine.memory.at(instruction.k) = machine.a;
        break;
      case BPF_STX:
        machine.memory.at(instruction.k) = machine.x;
        break;
      case BPF_ALU: {
        const std::optional<uint32_t> result = Arithmetic(instruction.code, machine.a, operand);
        if (!result.has_value()) {
          return 0;
        }
        machine.a = *result;
        break;
      }
      case BPF_JMP:
        if (BPF_OP(instruction.code) == BPF_JA) {
          i += instruction.k;
        } else {
          i += Jumps(instruction.code, machine.a, operand) ? instruction.jt : instruction.jf;
        }
        break;
      case BPF_RET:
        return BPF_RVAL(instruction.code) == BPF_A ? machine.a : instruction.k;
      default:
        (BPF_MISCOP(instruction.code) == BPF_TAX ? machine.x : machine.a) =
            BPF_MISCOP(instruction.code) == BPF_TAX ? machine.a : machine.x;
        break;
    }
  }
  return SECCOMP_RET_KILL_PROCESS;  // not reached in a program that passed CheckProgram
}

Action ActionOf(uint32_t return_value) {
  switch (return_value & SECCOMP_RET_ACTION_FULL) {
    case SECCOMP_RET_KILL_THREAD:
      return Action::kKillThread;
    case SECCOMP_RET_TRAP:
      return Action::kTrap;
    case SECCOMP_RET_ERRNO:
      return Action::kErrno;
    case SECCOMP_RET_USER_NOTIF:
      return Action::kNotify;
    case SECCOMP_RET_TRACE:
      return Action::kTrace;
    case SECCOMP_RET_LOG:
      return Action::kLog;
    case SECCOMP_RET_ALLOW:
      return Action::kAllow;
    default:
      return Action::kKillProcess;
  }
}

}  // namespace sekisho::seccomp
