#include "seccomp/join.h"

#include <linux/audit.h>

#include <algorithm>
#include <cstddef>
#include <map>

#include "seccomp/syscalls.h"

namespace sekisho::seccomp {
namespace {

// __X32_SYSCALL_BIT of asm/unistd.h, which other architectures do not have.
constexpr uint32_t kX32Bit = 0x40000000;

sock_filter Statement(uint16_t code, uint32_t k) {
  return {.code = code, .jt = 0, .jf = 0, .k = k};
}

// Jumps over `distance` instructions, however many.
sock_filter Skip(size_t distance) {
  return Statement(BPF_JMP | BPF_JA, static_cast<uint32_t>(distance));
}

// Runs the next instruction when the comparison holds, and else the one after it.
sock_filter When(uint16_t comparison, uint32_t k) {
  return {.code = static_cast<uint16_t>(BPF_JMP | comparison | BPF_K), .jt = 0, .jf = 1, .k = k};
}

void Append(Program& to, const Program& from) {
  to.insert(to.end(), from.begin(), from.end());
}

bool IsX32(const Part& part) {
  return KernelToken(part.arch) != part.arch.token;
}

// What answers the calls of one architecture of the kernel.
Program Section(const std::vector<const Part*>& parts) {
  if (parts.size() == 1) {
    return parts.front()->program;
  }
  const bool x32_first = IsX32(*parts.front());
  const Program& x32 = parts.at(x32_first ? 0 : 1)->program;
  const Program& other = parts.at(x32_first ? 1 : 0)->program;
  Program section = {Statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                     When(BPF_JGE, kX32Bit), Skip(other.size())};
  Append(section, other);
  Append(section, x32);
  return section;
}

}  // namespace

Program Join(const std::vector<Part>& parts) {
  std::vector<uint32_t> tokens;  // in the order of the parts: the native one is asked for first
  std::map<uint32_t, std::vector<const Part*>> by_token;
  for (const Part& part : parts) {
    const uint32_t token = KernelToken(part.arch);
    std::vector<const Part*>& of_token = by_token[token];
    if (of_token.empty()) {
      tokens.push_back(token);
    }
    of_token.push_back(&part);
  }

  Program program = {Statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch))};
  Program sections;
  for (size_t i = 0; i < tokens.size(); ++i) {
    // Two instructions for each architecture that is left, then the return, then the sections.
    const size_t left = 2 * (tokens.size() - 1 - i);
    program.push_back(When(BPF_JEQ, tokens[i]));
    program.push_back(Skip(left + 1 + sections.size()));
    Append(sections, Section(by_token[tokens[i]]));
  }
  program.push_back(Statement(BPF_RET | BPF_K, SECCOMP_RET_KILL_THREAD));
  Append(program, sections);
  return program;
}

}  // namespace sekisho::seccomp
