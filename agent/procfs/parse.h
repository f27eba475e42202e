// The texts of proc(5), each taken apart on its own. What the kernel never writes is an error that
// names the line, not a guess.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "procfs/process.h"

namespace sekisho::procfs {

// Of /proc/PID/stat.
struct Stat {
  std::string name;
  char state = '?';
  pid_t parent = 0;
  uint64_t start_time = 0;

  // Nothing of it runs any more: its parent has not waited for it yet.
  bool ended() const { return state == 'Z' || state == 'X' || state == 'x'; }
};
absl::StatusOr<Stat> ParseStat(std::string_view text);

// /proc/PID/status: fills in seccomp, the capabilities, no_new_privs and the ids.
absl::Status ParseStatus(std::string_view text, Process& process);

// The paths of /proc/PID/cgroup, of version 1 ("4:memory:/a") and version 2 ("0::/a").
absl::StatusOr<std::vector<std::string>> ParseCgroups(std::string_view text);

// Whether the mount at "/" is read-only, by the options of the mount and not those of the file
// system: a container's root is a writable file system that is mounted read-only.
absl::StatusOr<bool> IsRootReadOnly(std::string_view mountinfo);

// The inode of a link of /proc/PID/ns, "net:[4026531840]".
absl::StatusOr<uint64_t> ParseNamespace(std::string_view name, std::string_view link);

}  // namespace sekisho::procfs
