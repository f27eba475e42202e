#include "e2e/victim/calls.h"

#include <asm/ioctls.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <cstdint>
#include <vector>

// What other architectures do not have, and what is newer than the headers.
#ifndef SYS_modify_ldt
#define SYS_modify_ldt (-1)
#define SYS_uselib (-1)
#define SYS_ustat (-1)
#define SYS_sysfs (-1)
#define SYS_iopl (-1)
#define SYS_open (-1)
#endif
#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif

namespace sekisho::victim {
namespace {

constexpr unsigned long kNone = ~0UL;  // no descriptor, no process, no command
constexpr unsigned long kHere = static_cast<unsigned long>(AT_FDCWD);
constexpr unsigned long kWide = 1UL << 32;  // above what the kernel looks at where it takes an int

// The call's own check of a path or a buffer that is not there is as far as it gets.
const char kNoFile[] = "/nonexistent/file";
unsigned long NoFile() {
  return reinterpret_cast<uintptr_t>(kNoFile);
}
unsigned long Path(const char* path) {
  return reinterpret_cast<uintptr_t>(path);
}
unsigned char room[4096];
unsigned long Room() {
  return reinterpret_cast<uintptr_t>(room);
}

void AddRefused(std::vector<Call>& calls) {
  const std::vector<Call> more = {
      {"io_uring_setup", SYS_io_uring_setup, {1, 0}},
      {"io_uring_enter", SYS_io_uring_enter, {kNone, 0, 0, 0}},
      {"io_uring_register", SYS_io_uring_register, {kNone, 0, 0, 0}},
      {"userfaultfd", SYS_userfaultfd, {O_CLOEXEC}},
      {"keyctl", SYS_keyctl, {kNone}},
      {"add_key", SYS_add_key, {0, 0, 0, 0, 0}},
      {"request_key", SYS_request_key, {0, 0, 0, 0}},
      {"bpf", SYS_bpf, {0, 0, 0}},
      {"perf_event_open", SYS_perf_event_open, {0, 0, kNone, kNone, 0}},
      {"open_by_handle_at", SYS_open_by_handle_at, {kNone, 0, 0}},
      {"name_to_handle_at", SYS_name_to_handle_at, {kHere, NoFile(), Room(), Room(), 0}},
      {"pidfd_getfd", SYS_pidfd_getfd, {kNone, 0, 0}},
      {"process_vm_readv", SYS_process_vm_readv, {INT_MAX, Room(), 1, Room(), 1, 0}},
      {"process_vm_writev", SYS_process_vm_writev, {INT_MAX, Room(), 1, Room(), 1, 0}},
      {"process_madvise", SYS_process_madvise, {kNone, 0, 0, 0, 0}},
      {"kcmp", SYS_kcmp, {INT_MAX, INT_MAX, 0, 0, 0}},
      {"ptrace", SYS_ptrace, {PTRACE_CONT, INT_MAX, 0, 0}},
      {"fanotify_init", SYS_fanotify_init, {0, kNone}},
      {"fanotify_mark", SYS_fanotify_mark, {kNone, 1, 1, kHere, NoFile()}},
      {"vmsplice", SYS_vmsplice, {kNone, Room(), 1, 0}},
      {"remap_file_pages", SYS_remap_file_pages, {0, 0, 0, 0, 0}},
      {"memfd_secret", SYS_memfd_secret, {kNone}},
      {"modify_ldt", SYS_modify_ldt, {0, 0, 0}},
      {"get_mempolicy", SYS_get_mempolicy, {0, 0, 0, 0, 0}},
      {"set_mempolicy", SYS_set_mempolicy, {0, 0, 0}},
      {"mbind", SYS_mbind, {0, 0, 0, 0, 0, 0}},
      {"migrate_pages", SYS_migrate_pages, {INT_MAX, 1, 0, 0}},
      {"move_pages", SYS_move_pages, {INT_MAX, 0, 0, 0, 0, 0}},
  };
  calls.insert(calls.end(), more.begin(), more.end());
}

// Of the node, not of the container.
void AddRefusedOfTheNode(std::vector<Call>& calls) {
  const std::vector<Call> more = {
      {"mount", SYS_mount, {0, NoFile(), 0, 0, 0}},
      {"umount2", SYS_umount2, {NoFile(), 0}},
      {"pivot_root", SYS_pivot_root, {NoFile(), NoFile()}},
      {"open_tree", SYS_open_tree, {kHere, NoFile(), 0}},
      {"move_mount", SYS_move_mount, {kHere, NoFile(), kHere, NoFile(), 0}},
      {"fsopen", SYS_fsopen, {0, 0}},
      {"fsconfig", SYS_fsconfig, {kNone, 0, 0, 0, 0}},
      {"fsmount", SYS_fsmount, {kNone, 0, 0}},
      {"fspick", SYS_fspick, {kHere, NoFile(), 0}},
      {"mount_setattr", SYS_mount_setattr, {kHere, NoFile(), 0, Room(), 0}},
      {"unshare", SYS_unshare, {0}},
      {"setns", SYS_setns, {kNone, 0}},
      {"init_module", SYS_init_module, {0, 0, 0}},
      {"finit_module", SYS_finit_module, {kNone, 0, 0}},
      {"delete_module", SYS_delete_module, {0, 0}},
      {"kexec_load", SYS_kexec_load, {0, 0, 0, 0xff}},
      {"kexec_file_load", SYS_kexec_file_load, {kNone, kNone, 0, 0, 0xff00}},
      {"reboot", SYS_reboot, {0, 0, 0, 0}},
      {"swapon", SYS_swapon, {NoFile(), 0}},
      {"swapoff", SYS_swapoff, {NoFile()}},
      {"acct", SYS_acct, {NoFile()}},
      {"quotactl", SYS_quotactl, {kNone, 0, 0, 0}},
      {"settimeofday", SYS_settimeofday, {0, 1}},
      {"clock_settime", SYS_clock_settime, {kNone, 0}},
      {"sethostname", SYS_sethostname, {0, kNone}},
      {"setdomainname", SYS_setdomainname, {0, kNone}},
      {"syslog", SYS_syslog, {10, 0, 0}},  // SYSLOG_ACTION_SIZE_BUFFER
      {"uselib", SYS_uselib, {NoFile()}},
      {"ustat", SYS_ustat, {0, Room()}},
      {"sysfs", SYS_sysfs, {3}},
      {"iopl", SYS_iopl, {0}},
  };
  calls.insert(calls.end(), more.begin(), more.end());
}

// Some arguments of these are refused by some profiles.
void AddConditional(std::vector<Call>& calls) {
  const unsigned long fifo = S_IFIFO | 0600;
  const unsigned long device = S_IFCHR | 0600;
  // CLONE_FS with a user namespace is an error of its own, so that no process is made.
  const unsigned long new_user = CLONE_NEWUSER | CLONE_FS | SIGCHLD;
  const std::vector<Call> more = {
      {"clone(CLONE_NEWUSER)", SYS_clone, {new_user, 0, 0, 0, 0}},
      {"clone(CLONE_THREAD)", SYS_clone, {CLONE_THREAD, 0, 0, 0, 0}},  // EINVAL: without CLONE_VM
      {"clone3", SYS_clone3, {0, 0}},
      {"mknodat(S_IFCHR)", SYS_mknodat, {kHere, Path("/tmp/device"), device, 0x103}},
      {"mknodat(S_IFIFO)", SYS_mknodat, {kHere, Path("/tmp/fifo"), fifo, 0}},
      {"personality(query)", SYS_personality, {0xffffffff}},
      {"personality(UNAME26)", SYS_personality, {0x20000}},
      {"personality(ADDR_NO_RANDOMIZE)", SYS_personality, {0x40000}},
      {"socket(AF_UNIX)", SYS_socket, {AF_UNIX, SOCK_STREAM, 0}},
      {"socket(AF_INET)", SYS_socket, {AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0}},
      {"socket(AF_INET,SOCK_DGRAM)", SYS_socket, {AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0}},
      {"socket(AF_INET6)", SYS_socket, {AF_INET6, SOCK_STREAM, 0}},
      {"socket(AF_INET,SOCK_RAW)", SYS_socket, {AF_INET, SOCK_RAW, 1}},
      {"socket(AF_PACKET)", SYS_socket, {AF_PACKET, SOCK_RAW, 0}},
      {"socket(AF_VSOCK)", SYS_socket, {AF_VSOCK, SOCK_STREAM, 0}},
      {"socket(AF_VSOCK,wide)", SYS_socket, {kWide | AF_VSOCK, SOCK_STREAM, 0}},
      {"socket(AF_ALG)", SYS_socket, {AF_ALG, SOCK_SEQPACKET, 0}},
      {"socket(NETLINK_ROUTE)", SYS_socket, {AF_NETLINK, SOCK_RAW, NETLINK_ROUTE}},
      {"socket(NETLINK_AUDIT)", SYS_socket, {AF_NETLINK, SOCK_RAW, NETLINK_AUDIT}},
      {"socket(NETLINK_NETFILTER)", SYS_socket, {AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER}},
      {"socketpair(AF_UNIX)", SYS_socketpair, {AF_UNIX, SOCK_STREAM, 0, Room()}},
      {"socketpair(AF_INET)", SYS_socketpair, {AF_INET, SOCK_STREAM, 0, Room()}},
      {"ioctl(TCGETS)", SYS_ioctl, {kNone, TCGETS, Room()}},
      {"ioctl(TIOCGWINSZ)", SYS_ioctl, {kNone, TIOCGWINSZ, Room()}},
      {"ioctl(FIONREAD)", SYS_ioctl, {kNone, FIONREAD, Room()}},
      {"ioctl(TIOCGPTN)", SYS_ioctl, {kNone, TIOCGPTN, Room()}},
      {"ioctl(TIOCSTI)", SYS_ioctl, {kNone, TIOCSTI, Room()}},
      {"ioctl(TIOCSTI,wide)", SYS_ioctl, {kNone, kWide | TIOCSTI, Room()}},
      {"ioctl(TIOCLINUX)", SYS_ioctl, {kNone, 0x541C, Room()}},
      {"ioctl(TIOCSETD)", SYS_ioctl, {kNone, TIOCSETD, Room()}},
  };
  calls.insert(calls.end(), more.begin(), more.end());
}

void AddAllowed(std::vector<Call>& calls) {
  const std::vector<Call> more = {
      {"getpid", SYS_getpid},
      {"open", SYS_open, {Path("/"), O_RDONLY}},
      {"openat2", SYS_openat2, {kHere, NoFile(), Room(), 24}},
      {"statx", SYS_statx, {kHere, Path("/"), 0, 0, Room()}},
      {"getrandom", SYS_getrandom, {Room(), 16, 0}},
      {"memfd_create", SYS_memfd_create, {Path("scratch"), 0}},
      {"pidfd_open", SYS_pidfd_open, {INT_MAX, 0}},
      {"pidfd_send_signal", SYS_pidfd_send_signal, {kNone, 0, 0, 0}},
      {"setxattr", SYS_setxattr, {NoFile(), Path("user.name"), Room(), 1, 0}},
      {"epoll_create1", SYS_epoll_create1, {0}},
      {"eventfd2", SYS_eventfd2, {0, 0}},
      {"inotify_init1", SYS_inotify_init1, {0}},
      {"timerfd_create", SYS_timerfd_create, {0, 0}},
      {"signalfd4", SYS_signalfd4, {kNone, Room(), 8, 0}},
      {"futex_waitv", SYS_futex_waitv, {0, 0, 0, 0, 0}},
      {"sched_getaffinity", SYS_sched_getaffinity, {0, 128, Room()}},
      {"mlockall", SYS_mlockall, {0}},
      {"capget", SYS_capget, {0, 0}},
      {"setgroups", SYS_setgroups, {kNone, 0}},
      {"landlock_create_ruleset", SYS_landlock_create_ruleset, {0, 0, 0}},
      {"seccomp", SYS_seccomp, {kNone, 0, 0}},
      {"recvmsg", SYS_recvmsg, {kNone, 0, 0}},
      {"io_setup", SYS_io_setup, {0, Room()}},
      {"mq_open", SYS_mq_open, {Path("none"), O_RDWR, 0, 0}},
      {"shmget", SYS_shmget, {0, 0, 0}},
      {"adjtimex", SYS_adjtimex, {Room()}},
      {"chroot", SYS_chroot, {NoFile()}},
      {"process_mrelease", SYS_process_mrelease, {kNone, 0}},
      {"cachestat", SYS_cachestat, {kNone, 0, 0, 0}},
  };
  calls.insert(calls.end(), more.begin(), more.end());
}

// The other two ways into an x86-64 kernel; getpid, by its number there.
void AddOtherEntries(std::vector<Call>& calls) {
#ifdef __x86_64__
  calls.push_back({"int80:getpid", 20, {}, Call::Entry::kInt80});
  calls.push_back({"x32:getpid", SYS_getpid, {}, Call::Entry::kX32});
#else
  (void)calls;
#endif
}

}  // namespace

std::span<const Call> Calls() {
  static const std::vector<Call> calls = [] {
    std::vector<Call> all;
    AddRefused(all);
    AddRefusedOfTheNode(all);
    AddConditional(all);
    AddAllowed(all);
    AddOtherEntries(all);
    return all;
  }();
  return calls;
}

}  // namespace sekisho::victim
