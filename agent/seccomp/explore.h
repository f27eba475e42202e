// What a filter makes of whole classes of calls at once.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "seccomp/bpf.h"
#include "seccomp/word_tests.h"

namespace sekisho::seccomp {

// One class of calls and what becomes of it.
struct Outcome {
  WordTests when;  // empty: every call
  Action action = Action::kKillProcess;
  uint16_t data = 0;  // the errno of kErrno, the message of kTrace; else 0

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// The outcomes of one system call. Exclusive of each other, and together they cover every call.
using Outcomes = std::vector<Outcome>;

// How many paths one call may have. libseccomp makes a handful of each rule.
inline constexpr size_t kPathsMax = 20'000;

// Follows every path that a call can take which has one of `numbers` as its number and `arch` as
// its architecture (AUDIT_ARCH_…), whatever its arguments are; one element for each of `numbers`.
// The program is walked once for all of them, and they part where it tells them apart. The program
// must have passed CheckProgram.
//
// RESOURCE_EXHAUSTED: a call has more than kPathsMax paths, or all of them together take too long.
// UNIMPLEMENTED: the program calculates with arguments (all but AND with a constant), or looks at
// the instruction pointer. libseccomp makes no such program.
absl::StatusOr<std::vector<Outcomes>> Explore(std::span<const sock_filter> program, uint32_t arch,
                                              std::span<const uint32_t> numbers);

}  // namespace sekisho::seccomp
