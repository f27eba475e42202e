// What is to be said of a profile, without comparing it with another.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "seccomp/profile.h"
#include "seccomp/verdicts.h"

namespace sekisho::seccomp {

enum class Severity { kError, kWarning, kNote };
std::string_view SeverityName(Severity severity);  // "error", "warning", "note"

// One remark, at a place of the file where there is one.
struct Remark {
  std::string_view id;  // stable: "unconfined-in-disguise", "dead-rule", "unknown-syscall", …
  Severity severity = Severity::kNote;
  yaml::Location where = {};
  std::string message;
  std::string fix = {};
};

// A profile of the OCI format with the filter that it becomes.
struct Judged {
  Profile profile;
  Filter filter;
  Verdicts verdicts;
  std::vector<Remark> remarks;  // errors first, then by place
  // The default may execute, and at least one of WaysOut() may be executed, in some case and on
  // some architecture of the filter: unconfined by another name. So a profile that lists what it
  // refuses passes only when it refuses all of them everywhere: what is closed on x86_64 alone is
  // open to any program that makes the call as a 32-bit one.
  bool unconfined_in_disguise = false;
  // Of NeededToStart(), those that are refused: the container would not start.
  std::vector<std::string> refused_but_needed;
};

// Compiles and follows it. An error: see Compile and Verdicts::Of.
absl::StatusOr<Judged> Judge(Profile profile);

// The rules that change nothing: without one of them the filter decides every call as with it.
// Exact, by compiling the profile again without the rule, so slow (some milliseconds for each rule
// that is not plainly alive). Judge itself remarks only what is plainly dead: rules whose action is
// the default one, or whose names are all unknown; they are not repeated here.
std::vector<Remark> DeadRules(const Judged& judged);

// What is to be said of Docker's format itself: that containerd does not know it, and what it would
// allow by that, to a container with the default capabilities. Empty for a profile of the OCI
// format.
std::vector<Remark> DockerRemarks(const Profile& profile);

// The calls that led out of containers, or into the kernel, most often, and that the default
// profile of no runtime leaves to a container without capabilities. Sorted.
const std::vector<std::string_view>& WaysOut();

// The system calls that runc and the kernel make between loading the filter and the container's own
// first instruction, whatever the container. Sorted. Measured with runc 1.1; see needed.cc.
const std::vector<std::string_view>& NeededToStart();
// The same for a container without no_new_privs (allowPrivilegeEscalation is not false): more.
const std::vector<std::string_view>& NeededWithNewPrivileges();

}  // namespace sekisho::seccomp
