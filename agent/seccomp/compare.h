// Is one profile at least as strict as another?
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "seccomp/verdicts.h"

namespace sekisho::seccomp {

// A class of calls that one profile may execute and the other refuses.
struct Excess {
  Arch arch;
  std::string syscall;                // "" for calls that this build knows no name of
  WordTests when;                     // empty: every call
  std::array<uint64_t, 6> example{};  // arguments of one such call
  Action allowed_by = Action::kAllow;
  Action refused_by = Action::kErrno;  // of the example; of others it may be another refusal
};

// Everything that `a` may execute (MayExecute) and `b` never does, sorted by architecture (native
// first) and name. Empty: `a` is at least as strict as `b`. RESOURCE_EXHAUSTED as Verdicts has it.
//
// Exact: both filters' paths are intersected, and each class has an example that the interpreter
// confirms. So the relation is reflexive and transitive. On an architecture that the filter of `b`
// does not have, `b` refuses everything. Architectures that this machine's kernel runs no programs
// of, such as aarch64 on an x86_64 node, do not count: a profile may be for nodes of both kinds.
//
// (Beside this function, the type Compare of profile.h must be written `enum Compare`.)
absl::StatusOr<std::vector<Excess>> Compare(const Verdicts& a, const Verdicts& b);

// "mount"; "[x86] mount" when it is not native. Well-known arguments in words, others as they are:
// "clone with CLONE_NEWUSER", "socket with AF_ALG or AF_VSOCK", "prctl (arg0 == 4)".
std::string ToText(const Excess& excess);

// Those of each call that are of the first architecture that it has any on: for a person, to whom
// the other architectures of a filter mostly say the same again.
std::vector<Excess> OncePerCall(const std::vector<Excess>& excess);

// The names alone, each once; a conditional one as "clone (some arguments)", one that only another
// architecture has as "[x86] chown32".
std::vector<std::string> Summary(const std::vector<Excess>& excess);

}  // namespace sekisho::seccomp
