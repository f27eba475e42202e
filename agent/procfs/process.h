// What the kernel says of a running process: proc(5), and nothing else.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "caps/cap_set.h"

namespace sekisho::procfs {

// "Seccomp" of /proc/PID/status: the numbers of seccomp(2)'s modes.
enum class SeccompMode { kOff = 0, kStrict = 1, kFilter = 2 };
std::string_view SeccompModeName(SeccompMode mode);  // "off", "strict", "filter"

struct Ids {
  int64_t real = -1;
  int64_t effective = -1;
  int64_t saved = -1;
  int64_t filesystem = -1;

  friend bool operator==(const Ids&, const Ids&) = default;
};

// One process at one instant. Ids are those of the reader's user namespace. Seccomp, capabilities
// and the like belong to threads: these are the first one's, or, where that has ended and the
// process goes on without it, those of another one.
struct Process {
  pid_t pid = 0;
  pid_t parent = 0;
  uint64_t start_time = 0;  // clock ticks since boot: with the pid it names one process for ever
  std::string name = {};    // comm: at most 15 bytes
  SeccompMode seccomp = SeccompMode::kOff;
  std::optional<int> seccomp_filters = {};  // how many are attached; absent before Linux 5.9
  caps::CapSet inheritable = {};
  caps::CapSet permitted = {};
  caps::CapSet effective = {};
  caps::CapSet bounding = {};
  caps::CapSet ambient = {};
  bool no_new_privs = false;
  Ids uid = {};
  Ids gid = {};
  std::vector<int64_t> groups = {};  // supplementary
  // The paths of /proc/PID/cgroup, each once, in the file's order.
  std::vector<std::string> cgroups = {};
  // AppArmor's ("cri-containerd.apparmor.d (enforce)") or SELinux' label; empty: none, or no LSM.
  std::string lsm_label = {};

  // What may need CAP_SYS_PTRACE over the process; see `unseen`.
  // "cgroup", "ipc", "mnt", "net", "pid", "user", "uts" -> the namespace's inode number.
  std::map<std::string, uint64_t> namespaces = {};
  std::optional<bool> root_read_only = {};  // the mount at "/" as the process sees it
  // What could not be read, each with why: "ns/net: Permission denied". Empty: all of it is here.
  std::vector<std::string> unseen = {};

  friend bool operator==(const Process&, const Process&) = default;
};

// `proc` is where procfs is mounted: "/proc". NOT_FOUND: there is no such process, it is a zombie,
// or it ended, or its pid was given to another one, while it was read.
absl::StatusOr<Process> ReadProcess(const std::string& proc, pid_t pid);

// Every process there is, by pid, with what is cheap: pid, parent, start_time and name alone.
std::vector<Process> ListProcesses(const std::string& proc);

// The words of /proc/PID/cmdline; empty when it cannot be read.
std::vector<std::string> CommandLine(const std::string& proc, pid_t pid);

}  // namespace sekisho::procfs
