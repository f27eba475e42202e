// What the kernel says that a process has used.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace sekisho::bench {

// User and system time of all threads, the ended ones included, in nanoseconds: the process' CPU
// clock, which counts no ticks as /proc/PID/stat does. 0 when there is no such process.
int64_t CpuTimeNs(pid_t pid);

// /proc/PID/status, in KiB.
struct Memory {
  int64_t rss = 0;   // VmRSS
  int64_t anon = 0;  // RssAnon: what it allocated
  int64_t file = 0;  // RssFile: its program and libraries, which other processes may share
};

Memory MemoryOf(pid_t pid);

}  // namespace sekisho::bench
