#include "seccomp/groups.h"

#include <algorithm>
#include <array>
#include <string>

#include "seccomp/syscalls.h"

namespace sekisho::seccomp {
namespace {

// Chosen for what an operator wants to deny or to read about as one thing. A member must be one by
// name, on whatever architecture: @network therefore has socketcall, by which 32-bit programs reach
// all the others. Names that only some kernels or libraries know do not disturb: refusing them
// costs nothing.
constexpr auto kAccounting = std::to_array<std::string_view>({"acct"});
constexpr auto kBpf = std::to_array<std::string_view>({"bpf"});
constexpr auto kChown = std::to_array<std::string_view>(
    {"chown", "chown32", "fchown", "fchown32", "fchownat", "lchown", "lchown32"});
constexpr auto kClock =
    std::to_array<std::string_view>({"adjtimex", "clock_adjtime", "clock_adjtime64",
                                     "clock_settime", "clock_settime64", "settimeofday", "stime"});
constexpr auto kCpuModes = std::to_array<std::string_view>(
    {"modify_ldt", "subpage_prot", "switch_endian", "vm86", "vm86old"});
constexpr auto kFanotify = std::to_array<std::string_view>({"fanotify_init", "fanotify_mark"});
constexpr auto kFileHandle =
    std::to_array<std::string_view>({"name_to_handle_at", "open_by_handle_at"});
constexpr auto kFileWatch = std::to_array<std::string_view>(
    {"inotify_add_watch", "inotify_init", "inotify_init1", "inotify_rm_watch"});
constexpr auto kHostName = std::to_array<std::string_view>({"setdomainname", "sethostname"});
constexpr auto kIoUring =
    std::to_array<std::string_view>({"io_uring_enter", "io_uring_register", "io_uring_setup"});
constexpr auto kIpc = std::to_array<std::string_view>({"ipc",
                                                       "mq_getsetattr",
                                                       "mq_notify",
                                                       "mq_open",
                                                       "mq_timedreceive",
                                                       "mq_timedreceive_time64",
                                                       "mq_timedsend",
                                                       "mq_timedsend_time64",
                                                       "mq_unlink",
                                                       "msgctl",
                                                       "msgget",
                                                       "msgrcv",
                                                       "msgsnd",
                                                       "semctl",
                                                       "semget",
                                                       "semop",
                                                       "semtimedop",
                                                       "semtimedop_time64",
                                                       "shmat",
                                                       "shmctl",
                                                       "shmdt",
                                                       "shmget"});
constexpr auto kKernelLog = std::to_array<std::string_view>({"syslog"});
constexpr auto kKexec = std::to_array<std::string_view>({"kexec_file_load", "kexec_load"});
constexpr auto kKeyring = std::to_array<std::string_view>({"add_key", "keyctl", "request_key"});
constexpr auto kModule =
    std::to_array<std::string_view>({"create_module", "delete_module", "finit_module",
                                     "get_kernel_syms", "init_module", "query_module"});
constexpr auto kMount = std::to_array<std::string_view>(
    {"fsconfig", "fsmount", "fsopen", "fspick", "mount", "mount_setattr", "move_mount", "open_tree",
     "pivot_root", "umount", "umount2"});
constexpr auto kNamespace = std::to_array<std::string_view>({"clone3", "setns", "unshare"});
constexpr auto kNetwork = std::to_array<std::string_view>(
    {"accept",     "accept4", "bind",       "connect",   "getpeername", "getsockname",
     "getsockopt", "listen",  "recv",       "recvfrom",  "recvmmsg",    "recvmmsg_time64",
     "recvmsg",    "send",    "sendmmsg",   "sendmsg",   "sendto",      "setsockopt",
     "shutdown",   "socket",  "socketcall", "socketpair"});
constexpr auto kNuma =
    std::to_array<std::string_view>({"get_mempolicy", "mbind", "migrate_pages", "move_pages",
                                     "set_mempolicy", "set_mempolicy_home_node"});
constexpr auto kObsolete = std::to_array<std::string_view>({"_sysctl",
                                                            "afs_syscall",
                                                            "bdflush",
                                                            "break",
                                                            "create_module",
                                                            "ftime",
                                                            "get_kernel_syms",
                                                            "getpmsg",
                                                            "gtty",
                                                            "idle",
                                                            "lock",
                                                            "lookup_dcookie",
                                                            "mpx",
                                                            "nfsservctl",
                                                            "prof",
                                                            "profil",
                                                            "putpmsg",
                                                            "query_module",
                                                            "security",
                                                            "sgetmask",
                                                            "ssetmask",
                                                            "stty",
                                                            "sysfs",
                                                            "tuxcall",
                                                            "ulimit",
                                                            "uselib",
                                                            "ustat",
                                                            "vserver"});
constexpr auto kPerf = std::to_array<std::string_view>({"perf_event_open"});
constexpr auto kPtrace = std::to_array<std::string_view>(
    {"kcmp", "pidfd_getfd", "process_madvise", "process_vm_readv", "process_vm_writev", "ptrace"});
constexpr auto kQuota = std::to_array<std::string_view>({"quotactl", "quotactl_fd"});
constexpr auto kRawIo = std::to_array<std::string_view>(
    {"ioperm", "iopl", "pciconfig_iobase", "pciconfig_read", "pciconfig_write",
     "s390_pci_mmio_read", "s390_pci_mmio_write"});
constexpr auto kReboot = std::to_array<std::string_view>({"reboot"});
constexpr auto kSetId = std::to_array<std::string_view>(
    {"capset", "setfsgid", "setfsgid32", "setfsuid", "setfsuid32", "setgid", "setgid32",
     "setgroups", "setgroups32", "setregid", "setregid32", "setresgid", "setresgid32", "setresuid",
     "setresuid32", "setreuid", "setreuid32", "setuid", "setuid32"});
constexpr auto kSwap = std::to_array<std::string_view>({"swapoff", "swapon"});
constexpr auto kTerminal = std::to_array<std::string_view>({"vhangup"});
constexpr auto kUserfaultfd = std::to_array<std::string_view>({"userfaultfd"});

constexpr auto kGroups = std::to_array<Group>({
    {"@accounting", "writing a record of every process of the node to a file", kAccounting},
    {"@bpf", "programs that run inside the kernel", kBpf},
    {"@chown", "giving files to another user or group", kChown},
    {"@clock", "setting or steering the clock that the whole node shares", kClock},
    {"@cpu-modes", "old processor modes and segments, seldom used and seldom tested", kCpuModes},
    {"@fanotify", "watching, and deciding about, every access to a file system", kFanotify},
    {"@file-handle", "opening files by number, past the paths and mounts of a container",
     kFileHandle},
    {"@file-watch", "being told of changes to files; harmless, but limited in number per user",
     kFileWatch},
    {"@host-name", "the names of a UTS namespace, which may be the node's", kHostName},
    {"@io-uring", "a second way to most calls, which seccomp does not see", kIoUring},
    {"@ipc", "System V and POSIX queues, semaphores and shared memory", kIpc},
    {"@kernel-log", "reading and clearing the kernel's messages, addresses among them", kKernelLog},
    {"@kexec", "starting another kernel in place of the node's", kKexec},
    {"@keyring", "the kernel's keys, which no namespace separates", kKeyring},
    {"@module", "loading code into the kernel", kModule},
    {"@mount", "attaching, moving and changing file systems, by the old and the new calls", kMount},
    // clone is not in it: it also makes every thread and process, and a filter can test its flags.
    // The flags of clone3 lie in memory, where no filter can look, so it is all or nothing.
    {"@namespace",
     "new namespaces and those of others; of clone, which also makes threads, deny CLONE_NEW*",
     kNamespace},
    {"@network", "sockets of every family, local ones too", kNetwork},
    {"@numa", "placing memory on the node's processors, of other processes too", kNuma},
    {"@obsolete", "calls that no current program makes, most of them gone from the kernel",
     kObsolete},
    {"@perf", "the performance counters and tracepoints of the kernel", kPerf},
    {"@ptrace", "reading, writing and steering other processes", kPtrace},
    {"@quota", "the disk quotas of the node's file systems", kQuota},
    {"@raw-io", "the ports and configuration space of devices", kRawIo},
    {"@reboot", "restarting or stopping the machine", kReboot},
    {"@set-id", "becoming another user or group, and taking capabilities", kSetId},
    {"@swap", "the node's swap space", kSwap},
    {"@terminal", "hanging up the terminal of others", kTerminal},
    {"@userfaultfd", "answering page faults in user space, which holds the kernel up at will",
     kUserfaultfd},
});

}  // namespace

std::span<const Group> Groups() {
  return kGroups;
}

const Group* GroupNamed(std::string_view name) {
  const auto* const found = std::ranges::lower_bound(kGroups, name, {}, &Group::name);
  return found != kGroups.end() && found->name == name ? found : nullptr;
}

std::optional<std::vector<std::string>> Expand(std::string_view entry) {
  if (const Group* group = GroupNamed(entry); group != nullptr) {
    return std::vector<std::string>(group->members.begin(), group->members.end());
  }
  if (IsKnownSyscall(entry)) {
    return std::vector<std::string>{std::string(entry)};
  }
  return std::nullopt;
}

}  // namespace sekisho::seccomp
