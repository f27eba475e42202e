// How this very process is held: what it does about that itself, and what the kernel says of it.
#pragma once

#include <map>
#include <string>

#include "config/snapshot.h"

namespace sekisho::app {

// These three hold for the thread that calls them and for those that it starts later: they come
// before there are others. What the kernel refuses is said in the log, and is no reason not to
// enforce. The packaged unit and the DaemonSet hold the agent tighter still.

// Before anything is read: no new privileges, no core dumps, hidden memory, lower limits.
void ProtectProcess();

// Capabilities and system calls. The last moment for what takes more: the socket's group is joined.
void NarrowProcess(const config::AgentConfig& config);

// Landlock. Not for the thread that looks at containers' processes: see harden/landlock.h.
void NarrowFiles(const config::AgentConfig& config);

// By name: no_new_privs, seccomp_filter, capabilities_dropped, core_dumps_off, memory_not_dumpable,
// and, where the kernel has it, landlock.
std::map<std::string, bool> SelfProtection();

}  // namespace sekisho::app
