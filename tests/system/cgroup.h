// A cgroup tree of one's own, in which a service manager of one's own can work.
#pragma once

#include <string>

namespace sekisho::testing {

// Only inside RunIsolated(). /sys/fs/cgroup becomes cgroup2, whatever this machine has there, with
// the cgroup of the test (CgroupRoot()) as its root. "" or what went wrong.
std::string EnterOwnCgroup();

// Removes what is left below it when the processes there have ended, for the next who works in it.
void LeaveOwnCgroupEmpty();

}  // namespace sekisho::testing
