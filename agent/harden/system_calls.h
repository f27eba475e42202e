// The agent's own system call filter (seccomp(2)): an allow-list.
#pragma once

#include <span>
#include <string_view>

#include "absl/status/status.h"

namespace sekisho::harden {

struct SystemCalls {
  std::string_view names;  // separated by spaces; one that this architecture lacks is left out
  std::string_view why;
};

// What is allowed, whatever its arguments are.
std::span<const SystemCalls> AllowedSystemCalls();
// What ends the process at once (SIGSYS): the agent never does it, and who makes it do so has taken
// it over. The service manager starts another one.
std::span<const SystemCalls> DeadlySystemCalls();

// From here on, for this thread and those that it starts: the calls above; clone(2) without a new
// namespace; sockets of AF_UNIX, AF_INET and AF_INET6; memory that is not writable and executable
// at once, and nothing made executable later; signals to this process alone; a few operations of
// prctl(2). Whatever else there is, or will be in a later kernel, does not exist (ENOSYS), which is
// what C libraries know how to live without. Calls of another architecture end the process.
//
// Takes no_new_privs (GainNoPrivileges). Cannot be taken back. With a sanitizer in the build
// nothing is loaded and UNIMPLEMENTED returned: its runtime makes calls of its own.
absl::Status FilterSystemCalls();

}  // namespace sekisho::harden
