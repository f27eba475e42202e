// The system calls that libseccomp knows.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "seccomp/profile.h"

namespace sekisho::seccomp {

struct Syscall {
  std::string name;
  int number = 0;  // as seccomp_data.nr has it: x32's have bit 30 set
};

// Those that `arch` has a number for, sorted by name. Valid for the whole program.
std::span<const Syscall> SyscallsOf(const Arch& arch);

// A call that an architecture has as one kind of another call: 32-bit x86 has accept only as
// socketcall(5, …). Its first argument is the kind.
struct MultiplexedSyscall {
  std::string name;
  std::string through;  // "socketcall" or "ipc"
  uint32_t kind = 0;
};

// Those of `arch`, also when they have a number of their own. Valid for the whole program.
std::span<const MultiplexedSyscall> MultiplexedSyscallsOf(const Arch& arch);

// The architecture as seccomp_data.arch has it (AUDIT_ARCH_…): x32's is that of x86-64.
uint32_t KernelToken(const Arch& arch);

// Whether libseccomp knows the name on any architecture. The runtimes drop every name that theirs
// does not know, without a word.
bool IsKnownSyscall(std::string_view name);

// The newest kernel whose calls the installed libseccomp has, for messages: "6.7".
std::string_view NewestKernelKnown();

}  // namespace sekisho::seccomp
