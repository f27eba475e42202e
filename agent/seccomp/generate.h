// Rules -> BPF, with libseccomp.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "seccomp/bpf.h"
#include "seccomp/profile.h"

namespace sekisho::seccomp {

// The action of a rule with its errno or message, as libseccomp and the kernel have it: EPERM where
// nothing is said, 16 bits, and none for the actions that take none.
uint32_t ActionValue(Action action, std::optional<uint32_t> errno_ret);

// One rule for libseccomp: seccomp_rule_add_array(3).
struct Addition {
  uint32_t action = 0;
  int number = 0;  // the native architecture's, or libseccomp's own below zero
  std::vector<ArgumentTest> tests = {};  // of each argument at most one
  std::string place = {};                // for messages
};

struct Order {
  std::vector<Arch> architectures;  // these and no other
  uint32_t default_action = 0;
  std::vector<Addition> additions;
};

// The filter that libseccomp 2.5 makes of it.
//
// Of some rules it makes none: where rules of one call test several arguments, its time can grow
// without bound, and three rules can be enough for it to run in a circle. Orders that can have that
// (NeedsContainment) are generated in a copy of the process with limits. (The runtime has no such
// limits; but it has one container, and not a node.)
//
// INVALID_ARGUMENT: libseccomp refuses it; RESOURCE_EXHAUSTED: it did not come to an end.
absl::StatusOr<Program> Generate(const Order& order);

// Whether the additions are of other kinds than these two, of which libseccomp is known to make a
// filter in time that hardly grows: rules of one call that test one argument each, and rules that
// test the same arguments, for equality.
bool NeedsContainment(const std::vector<Addition>& additions);

}  // namespace sekisho::seccomp
