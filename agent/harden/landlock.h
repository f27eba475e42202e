// Landlock (landlock(7)): where this process may write, execute and connect, whoever it runs as.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace sekisho::harden {

struct LandlockOptions {
  // Folders in which files may be made, written, renamed and removed. One that does not exist yet
  // stands for the nearest one above it that does. What counts is the folder that is there now: one
  // that is removed and made again is not meant any more.
  std::vector<std::string> writable_folders;
  std::vector<std::string> writable_files;  // such as /dev/null; left out where missing
  bool tcp_connect = true;                  // to whatever port
  std::optional<uint16_t> tcp_listen = {};  // no other port can be listened on
};

// The version of Landlock that this kernel has; 0: none, or turned off.
int LandlockVersion();

// From here on, for this thread and those that it starts: writing only in the folders named,
// executing nothing, and TCP as said (from version 4 on). Reading files is not limited: what the
// agent reads is named by a configuration, a kubeconfig, policies and pods, and may come into being
// long after the start. Takes no_new_privs (GainNoPrivileges). Cannot be taken back.
//
// A thread that is held by it may not look at processes that are not (PTRACE_MODE_READ), which is
// what verification does: that thread has to be started before.
//
// The version that holds; UNIMPLEMENTED: this kernel has none.
absl::StatusOr<int> RestrictWithLandlock(const LandlockOptions& options);

}  // namespace sekisho::harden
