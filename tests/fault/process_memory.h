// What the kernel says of the memory and the descriptors of a process.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sekisho::testing {

// proc(5), /proc/<pid>/status; 0 when there is no such process.
uint64_t RssKiB(pid_t pid);
// The most since the process began, or since ForgetPeak().
uint64_t PeakRssKiB(pid_t pid);
// Makes today's size the peak (proc(5), clear_refs).
void ForgetPeak(pid_t pid);

// Each with what it is, as "12 socket:[3456]", in some order (proc(5), /proc/<pid>/fd).
std::vector<std::string> OpenDescriptors(pid_t pid);
size_t Threads(pid_t pid);

}  // namespace sekisho::testing
