// A machine within the machine, for tests that run real containers.
#pragma once

#include <functional>
#include <string>

namespace sekisho::testing {

// Runs `body` in a process with its own pid, mount, network, IPC and UTS namespaces, and returns
// what it returned. When the process ends, whatever the reason, the kernel ends every process in it
// (container shims included) and drops every mount and network namespace. Inside, /run is an empty
// tmpfs, TMPDIR lies in it, /proc shows only the processes in there, and the loopback device is up.
//
// The cgroups below CgroupRoot() are all that is visible outside; they are removed afterwards,
// also when this process is killed.
//
// Where namespaces cannot be made, `body` runs in a plain child process and IsolationProblem() says
// why.
int RunIsolated(const std::function<int()>& body);

// Inside `body`: runs another one in a child, and waits for every process that has lost its parent
// until that one returns; its code. They come to the first process of their namespace, as which
// `body` runs: a shim of each container, thousands in half an hour of pods that come and go.
int RunAndReap(const std::function<int()>& body);

// Inside `body`: why there are no namespaces; "" when there are.
const std::string& IsolationProblem();

// Inside `body`: the cgroup parent to use for pods, e.g. "/sekisho-test-1234".
std::string CgroupRoot();

}  // namespace sekisho::testing
