// How this very process is held: what it does about that itself, and what the kernel says of it.
#pragma once

#include <map>
#include <string>

namespace sekisho::app {

// For what is true of the agent wherever it is started from; the packaged unit and the DaemonSet
// hold it much tighter. From here on neither this process nor one that it could start gains
// privileges by executing a file (no_new_privs), nothing is dumped when it crashes, and other
// processes may not look into its memory (PR_SET_DUMPABLE, prctl(2)) unless they have
// CAP_SYS_PTRACE, which debuggers and perf(1) need then. What the kernel refuses is said in the
// log, and is no reason not to enforce.
void ProtectSelf();

// By name: no_new_privs, seccomp_filter, capabilities_dropped, core_dumps_off, memory_not_dumpable.
std::map<std::string, bool> SelfProtection();

}  // namespace sekisho::app
