// System calls as a filter sees them.
#pragma once

#include <cstdint>
#include <random>
#include <string_view>
#include <vector>

#include "seccomp/bpf.h"
#include "seccomp/explore.h"
#include "seccomp/syscalls.h"
#include "seccomp/word_tests.h"

namespace sekisho::testing {

inline seccomp::Arch ArchOf(std::string_view name) {
  return seccomp::ArchNamed(name).value();
}

// 2^32-1, which no architecture has, for a name that `arch` does not have.
inline uint32_t NumberOf(const seccomp::Arch& arch, std::string_view name) {
  for (const seccomp::Syscall& call : seccomp::SyscallsOf(arch)) {
    if (call.name == name) {
      return static_cast<uint32_t>(call.number);
    }
  }
  return ~uint32_t{0};
}

inline seccomp_data CallOf(const seccomp::Arch& arch, uint32_t number,
                           const seccomp::Arguments& arguments = {}) {
  seccomp_data data{};
  data.nr = static_cast<int>(number);
  data.arch = seccomp::KernelToken(arch);
  data.instruction_pointer = 0x7f1234567890;
  for (size_t i = 0; i < arguments.size(); ++i) {
    data.args[i] = arguments[i];
  }
  return data;
}

// What the outcome says, as the filter would return it.
inline uint32_t ReturnValueOf(const seccomp::Outcome& outcome) {
  using seccomp::Action;
  switch (outcome.action) {
    case Action::kKillProcess:
      return SECCOMP_RET_KILL_PROCESS;
    case Action::kKillThread:
      return SECCOMP_RET_KILL_THREAD;
    case Action::kTrap:
      return SECCOMP_RET_TRAP;
    case Action::kErrno:
      return SECCOMP_RET_ERRNO | outcome.data;
    case Action::kNotify:
      return SECCOMP_RET_USER_NOTIF;
    case Action::kTrace:
      return SECCOMP_RET_TRACE | outcome.data;
    case Action::kLog:
      return SECCOMP_RET_LOG;
    case Action::kAllow:
      return SECCOMP_RET_ALLOW;
  }
  return 0;
}

// Those of `outcomes` that a call with these arguments belongs to.
inline std::vector<const seccomp::Outcome*> Matches(const seccomp::Outcomes& outcomes,
                                                    const seccomp::Arguments& arguments) {
  std::vector<const seccomp::Outcome*> matches;
  for (const seccomp::Outcome& outcome : outcomes) {
    if (seccomp::Holds(outcome.when, arguments)) {
      matches.push_back(&outcome);
    }
  }
  return matches;
}

// Arguments that lie where filters draw their lines: at or next to the values in `tests`, small
// numbers, and numbers with all kinds of bits.
inline uint64_t RandomArgument(std::mt19937& random, const std::vector<uint64_t>& values) {
  const uint64_t high = random();  // one after the other, so that every compiler makes the same
  const uint64_t wide = high << 32 | random();
  switch (random() % 8) {
    case 0:
      return random() % 8;
    case 1:
      return wide;
    case 2:
      return wide & 0xffffffff;
    default:
      break;
  }
  if (values.empty()) {
    return 0;
  }
  const uint64_t value = values[random() % values.size()];
  switch (random() % 6) {
    case 0:
      return value + 1;
    case 1:
      return value - 1;
    case 2:
      return value ^ uint64_t { 1 } << random() % 64;
    case 3:
      return (value & 0xffffffff) | (wide & ~uint64_t{0xffffffff});
    default:
      return value;
  }
}

// Every value that a rule of `profile` compares with.
inline std::vector<uint64_t> ValuesIn(const seccomp::Profile& profile) {
  std::vector<uint64_t> values;
  for (const seccomp::Rule& rule : profile.rules) {
    for (const seccomp::ArgumentTest& test : rule.args) {
      values.push_back(test.value);
      values.push_back(test.value_two);
    }
  }
  return values;
}

}  // namespace sekisho::testing
