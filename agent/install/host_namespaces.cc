#include "install/host_namespaces.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "base/unique_fd.h"

namespace sekisho::install {

absl::Status EnterHostNamespaces() {
  const base::UniqueFd init(static_cast<int>(::syscall(SYS_pidfd_open, 1, 0)));
  if (!init.valid()) {
    return absl::ErrnoToStatus(errno, "cannot open process 1");
  }
  // All at once or none (setns(2) with a pidfd, Linux 5.8). The program's own pid and cgroup
  // namespaces stay: it sees the node's processes by hostPID, and remains in its pod's cgroup.
  if (::setns(init.get(), CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) != 0) {
    return absl::ErrnoToStatus(
        errno,
        "cannot join the node's namespaces; the container has to be privileged, with hostPID");
  }
  return absl::OkStatus();
}

}  // namespace sekisho::install
