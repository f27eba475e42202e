// What the kernel says of a process.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace sekisho::testing {

// proc(5), /proc/<pid>/status. Only what the tests compare.
struct ProcStatus {
  int seccomp = -1;  // 0 off, 1 strict, 2 filter
  int no_new_privs = -1;
  int64_t uid = -1;  // effective
  uint64_t cap_inheritable = 0;
  uint64_t cap_permitted = 0;
  uint64_t cap_effective = 0;
  uint64_t cap_bounding = 0;
  uint64_t cap_ambient = 0;
};

// Nothing when there is no such process, or a line is missing.
std::optional<ProcStatus> ReadProcStatus(pid_t pid);

// Whether its program is in its own root directory: that of a runtime which is still on its way
// into a container is not.
bool RunsAProgramOfItsOwn(pid_t pid);

// The target of /proc/<pid>/ns/<name>, e.g. "pid:[4026531836]"; "" when it cannot be read.
std::string NamespaceOf(pid_t pid, const std::string& name);

}  // namespace sekisho::testing
