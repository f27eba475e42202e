// Profile -> the filter that the runtime would load.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "seccomp/bpf.h"
#include "seccomp/profile.h"

namespace sekisho::seccomp {

struct Filter {
  Program program;
  std::vector<Arch> architectures;  // the native one included, and first
};

// Compiles with libseccomp, in the order and with the quirks of runc 1.1: names that libseccomp
// does not know are left out, and so are rules whose action is the default one; a rule that tests
// one argument twice becomes one rule a test (any of them is enough); an errno has 16 bits and is
// EPERM where the profile has none, which goes for SCMP_ACT_TRACE too, and any other action's is
// dropped; without `architectures`, the native one, and with them, the native one too. Not
// included: the few instructions that runc puts before it, which answer ENOSYS for calls newer than
// every one that the profile names; they only refuse.
//
// Each architecture is compiled by itself, and the parts are joined by instructions of our own:
// libseccomp takes time by the square of the program's length (18 ms for 400 rules on three
// architectures, 4 ms in parts).
//
// FAILED_PRECONDITION: a profile of Docker's format; resolve it first. INVALID_ARGUMENT: libseccomp
// or runc refuses it (two rules that contradict each other, an architecture of another byte order,
// …), or the kernel would, for its length; the message names the rule and its line.
// RESOURCE_EXHAUSTED: libseccomp does not come to an end of it (generate.h), nor would the runtime.
absl::StatusOr<Filter> Compile(const Profile& profile);

// The same in one piece, as the runtime has libseccomp make it. It says the same of every call,
// which the tests check; use Compile.
absl::StatusOr<Filter> CompileInOnePiece(const Profile& profile);

}  // namespace sekisho::seccomp
