// System calls of a process under a filter.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "seccomp/bpf.h"
#include "seccomp/word_tests.h"

namespace sekisho::testing {

// By which entry of the kernel a call is made.
enum class Entry { kNative, kInt80 };

struct ChildCall {
  Entry entry = Entry::kNative;
  uint32_t number = 0;
  // NOLINTNEXTLINE(modernize-avoid-c-arrays): see filtered_child.cc
  uint64_t arguments[6] = {};
};

inline seccomp::Arguments ArgumentsOf(const ChildCall& call) {
  return std::to_array(call.arguments);
}

// What became of it.
struct ChildAnswer {
  enum class Kind : uint32_t { kNotMade, kReturned, kTrapped };
  Kind kind = Kind::kNotMade;
  int64_t value = 0;  // as the kernel returned it: an errno is below zero
  int trap_call = 0;  // kTrapped: what the signal says
  uint32_t trap_arch = 0;
};

struct ChildReport {
  std::string fault;  // not empty: the filter could not be installed, and why
  std::vector<ChildAnswer> answers;
  int killed_by = 0;  // a signal, or 0 for a child that ended by itself
};

inline constexpr size_t kChildCallsMax = 64;

// Whether int 0x80 can be compiled at all; whether the kernel takes it is another question.
#if defined(__x86_64__)
inline constexpr bool kHasInt80 = true;
#else
inline constexpr bool kHasInt80 = false;
#endif

// Forks, installs `program` (nothing, when it is empty), makes the calls one after the other, and
// waits. The child has no descriptors, and does nothing but raw system calls after the fork, so
// that it needs no more of the filter than exit_group and rt_sigreturn.
ChildReport RunUnder(const seccomp::Program& program, const std::vector<ChildCall>& calls);

// For each of the programs whether the kernel takes it as a filter: 0, or the errno. They must let
// every call through.
std::vector<int> TryToInstall(const std::vector<seccomp::Program>& programs);

}  // namespace sekisho::testing
