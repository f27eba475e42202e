// Which unix sockets a process is connected to, as the kernel tells it.
#pragma once

#include <sys/types.h>

#include <string>

#include "absl/status/statusor.h"

namespace sekisho::install {

// How many connections the process has to the listening socket that was bound to `socket_path`
// (also by its spelling with /var/run). From sock_diag(7) and /proc/<pid>/fd: this process must be
// root and in the network namespace of the other's sockets. A connection counts once
// the server has accepted it.
absl::StatusOr<int> ConnectionsTo(pid_t pid, const std::string& socket_path);

}  // namespace sekisho::install
