// What holds of this process from its first line on, whoever starts it.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace sekisho::harden {

// Neither this process nor one that it could start gains privileges by executing a file
// (PR_SET_NO_NEW_PRIVS, prctl(2)). Also what lets a process without CAP_SYS_ADMIN load a system
// call filter and a Landlock domain.
absl::Status GainNoPrivileges();

// Other processes may not look into the memory (PR_SET_DUMPABLE, prctl(2)) unless they have
// CAP_SYS_PTRACE, which debuggers and perf(1) need then.
absl::Status HideMemory();
bool MemoryIsHidden();

// Makes `group` a supplementary group of this process, so that its sockets can be given to that
// group without CAP_CHOWN: an owner may give a file to a group that he is in (chown(2)). Takes
// CAP_SETGID, and must come before that is dropped. NOT_FOUND: there is no such group.
absl::Status JoinGroup(const std::string& group);

}  // namespace sekisho::harden
