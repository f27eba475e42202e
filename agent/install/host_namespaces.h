// From a privileged container onto the node.
#pragma once

#include "absl/status/status.h"

namespace sekisho::install {

// Joins the mount, network, IPC and UTS namespaces of process 1, which has to be the node's
// (hostPID): from then on paths, systemd's and the runtime's sockets are the node's. Needs
// CAP_SYS_ADMIN, CAP_SYS_CHROOT and CAP_SYS_PTRACE, and no other thread. Does nothing in namespaces
// that are those of process 1 already.
absl::Status EnterHostNamespaces();

}  // namespace sekisho::install
