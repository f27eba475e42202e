#include <string_view>
#include <vector>

#include "seccomp/lint.h"

namespace sekisho::seccomp {

// How it was measured: runc 1.1.5 (Debian 12, x86_64, kernel 6.18) ran a container whose program is
// one instruction that no processor has, `ud2`. A container that gets so far ends by SIGILL, which
// needs no system call of its own; every other end is runc's. The profile allowed everything but
// one call, refused with EPERM, in turn for each of the 368 calls that libseccomp knows on x86_64,
// with no_new_privs and without, as root and as uid 1000, three times each. A call is needed that
// broke all of the runs.
//
// Not covered: what another version of runc, or crun, makes. What breaks by chance (futex and
// rt_sigreturn, of the Go runtime) or only when the answer is death instead of EPERM (epoll_ctl and
// getpid always; faccessat2, fchown and fcntl when no_new_privs is off).
const std::vector<std::string_view>& NeededToStart() {
  static const auto* const kCalls = new std::vector<std::string_view>{
      "close", "execve", "fstatfs", "getdents64", "openat", "write"};
  return *kCalls;
}

// Without no_new_privs the filter must be loaded while the process still has CAP_SYS_ADMIN, so
// before runc changes the user, the capabilities and the working directory.
const std::vector<std::string_view>& NeededWithNewPrivileges() {
  static const auto* const kCalls = new std::vector<std::string_view>{
      "capget",  "capset", "chdir",      "close",     "execve",     "fstat",
      "fstatfs", "getcwd", "getdents64", "getppid",   "newfstatat", "openat",
      "prctl",   "read",   "setgid",     "setgroups", "setuid",     "write"};
  return *kCalls;
}

}  // namespace sekisho::seccomp
