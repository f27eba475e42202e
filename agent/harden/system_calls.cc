#include "harden/system_calls.h"

#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "base/str_cat.h"

namespace sekisho::harden {
namespace {

// Both the old names and those that took their place: which of them a library calls depends on its
// version and on the architecture.
constexpr std::array<SystemCalls, 12> kAllowed = {{
    {"brk madvise mincore mremap munmap membarrier", "malloc and threads' stacks"},
    {"futex futex_waitv get_robust_list set_robust_list set_tid_address rseq sched_yield "
     "sched_getaffinity sched_getparam sched_getscheduler getcpu gettid exit exit_group",
     "threads"},
    {"fork wait4 waitid close_range setitimer memfd_create",
     "a foreign seccomp profile is compiled in a copy of the process, within limits"},
    {"read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek close dup "
     "dup2 dup3 fcntl ioctl flock ftruncate fallocate fsync fdatasync fadvise64 sendfile "
     "copy_file_range pipe pipe2",
     "files: the audit log, state, configuration"},
    {"open openat openat2 stat lstat fstat newfstatat statx statfs fstatfs access faccessat "
     "faccessat2 readlink readlinkat getdents getdents64 getcwd name_to_handle_at",
     "looking at files, mounts and processes"},
    {"mkdir mkdirat unlink unlinkat rmdir rename renameat renameat2 link linkat symlink symlinkat "
     "chmod fchmod fchmodat chown fchown fchownat lchown utimensat umask",
     "replacing a file as a whole; the sockets' files"},
    {"inotify_init1 inotify_add_watch inotify_rm_watch", "profiles that change"},
    {"epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 poll ppoll select "
     "pselect6 eventfd eventfd2 timerfd_create timerfd_settime timerfd_gettime signalfd signalfd4",
     "waiting"},
    {"socketpair bind listen accept accept4 connect getsockname getpeername getsockopt setsockopt "
     "sendto recvfrom sendmsg recvmsg sendmmsg recvmmsg shutdown",
     "the sockets of the kubelet, the runtime, the admin, the metrics and the API server"},
    {"clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times getrusage",
     "time"},
    {"rt_sigaction rt_sigprocmask rt_sigreturn rt_sigtimedwait rt_sigpending "
     "sigaltstack restart_syscall",
     "signals that are received"},
    {"getpid getppid getpgrp getpgid getsid getuid geteuid getgid getegid getresuid getresgid "
     "getgroups capget getrlimit setrlimit prlimit64 uname sysinfo getrandom arch_prctl "
     // Each of these four can only take away more.
     "landlock_create_ruleset landlock_add_rule landlock_restrict_self seccomp",
     "who and where we are"},
}};

constexpr std::array<SystemCalls, 6> kDeadly = {{
    {"execve execveat", "the agent is one program and starts no other"},
    {"ptrace process_vm_readv process_vm_writev pidfd_getfd kcmp",
     "other processes' memory and descriptors, which CAP_SYS_PTRACE would open"},
    {"mount umount2 pivot_root chroot move_mount open_tree fsopen fsconfig fsmount fspick "
     "mount_setattr unshare setns",
     "other views of the node"},
    {"init_module finit_module delete_module kexec_load kexec_file_load bpf perf_event_open "
     "userfaultfd iopl ioperm",
     "the kernel itself"},
    {"reboot swapon swapoff settimeofday clock_settime clock_adjtime adjtimex sethostname "
     "setdomainname syslog acct quotactl",
     "the node's state"},
    {"setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid setgroups capset",
     "other identities"},
}};

constexpr std::array<int, 3> kFamilies = {AF_UNIX, AF_INET, AF_INET6};

// Names of threads, and questions.
constexpr std::array<int, 7> kProcessControls = {
    PR_SET_NAME,         PR_GET_NAME,    PR_GET_DUMPABLE, PR_CAPBSET_READ,
    PR_GET_NO_NEW_PRIVS, PR_GET_SECCOMP, PR_SET_VMA};

constexpr uint64_t kNewNamespaces = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                                    CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP;

struct Release {
  void operator()(void* filter) const { ::seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, Release>;

// Collects the first error of many rules.
class Rules {
 public:
  explicit Rules(scmp_filter_ctx filter) : filter_(filter) {}

  void Add(uint32_t action, std::string_view name,
           const std::vector<scmp_arg_cmp>& arguments = {}) {
    const int number = ::seccomp_syscall_resolve_name(std::string(name).c_str());
    if (number == __NR_SCMP_ERROR) {
      return;  // libseccomp does not know it; what the filter does not name has ENOSYS
    }
    Note(::seccomp_rule_add_array(filter_, action, number,
                                  static_cast<unsigned int>(arguments.size()), arguments.data()),
         name);
  }

  void AddAll(uint32_t action, std::span<const SystemCalls> rows) {
    for (const SystemCalls& row : rows) {
      for (const auto name : absl::StrSplit(base::AbslView(row.names), ' ', absl::SkipEmpty())) {
        Add(action, {name.data(), name.size()});
      }
    }
  }

  void Note(int result, std::string_view what) {
    if (result < 0 && status_.ok()) {
      status_ = absl::ErrnoToStatus(-result, base::AbslView(what));
    }
  }

  const absl::Status& status() const { return status_; }

 private:
  scmp_filter_ctx filter_;
  absl::Status status_;
};

void AddClone(Rules& rules) {
  // The flags are the first argument on the architectures that this is built for.
  rules.Add(SCMP_ACT_ALLOW, "clone", {SCMP_A0_64(SCMP_CMP_MASKED_EQ, kNewNamespaces, 0)});
  // clone3 has them in memory, where a filter cannot look: it does not exist (the default), and C
  // libraries then call clone.
}

void AddMemory(Rules& rules) {
  constexpr uint64_t kBoth = PROT_WRITE | PROT_EXEC;
  // Libraries are still mapped: glibc loads those of name services when it is first asked.
  rules.Add(SCMP_ACT_ERRNO(EPERM), "mmap", {SCMP_A2_64(SCMP_CMP_MASKED_EQ, kBoth, kBoth)});
  for (const uint64_t allowed : {uint64_t{0}, uint64_t{PROT_WRITE}, uint64_t{PROT_EXEC}}) {
    rules.Add(SCMP_ACT_ALLOW, "mmap", {SCMP_A2_64(SCMP_CMP_MASKED_EQ, kBoth, allowed)});
  }
  rules.Add(SCMP_ACT_ALLOW, "mprotect", {SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)});
  rules.Add(SCMP_ACT_ERRNO(EPERM), "mprotect",
            {SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC)});
}

void AddSockets(Rules& rules) {
  for (const int family : kFamilies) {
    rules.Add(SCMP_ACT_ALLOW, "socket", {SCMP_A0_64(SCMP_CMP_EQ, static_cast<uint64_t>(family))});
  }
  // glibc asks AF_NETLINK whether there are addresses of IPv4 and IPv6, and takes both for given
  // when it gets no answer: the errno of a family that is not there, as RestrictAddressFamilies=.
  rules.Add(SCMP_ACT_ERRNO(EAFNOSUPPORT), "socket",
            {SCMP_A0_64(SCMP_CMP_GT, static_cast<uint64_t>(AF_INET6))});
  for (uint64_t family = 0; family <= AF_INET6; ++family) {
    if (std::find(kFamilies.begin(), kFamilies.end(), static_cast<int>(family)) ==
        kFamilies.end()) {
      rules.Add(SCMP_ACT_ERRNO(EAFNOSUPPORT), "socket", {SCMP_A0_64(SCMP_CMP_EQ, family)});
    }
  }
}

// To ourselves: abort(3), and what libraries send their own threads. A forked copy has another
// process id, and can signal nobody; its abort(3) then ends by a crash.
void AddSignals(Rules& rules) {
  const auto self = static_cast<uint64_t>(::getpid());
  for (const char* name : {"kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"}) {
    rules.Add(SCMP_ACT_ALLOW, name, {SCMP_A0_64(SCMP_CMP_EQ, self)});
    rules.Add(SCMP_ACT_ERRNO(EPERM), name, {SCMP_A0_64(SCMP_CMP_NE, self)});
  }
}

void AddProcessControls(Rules& rules) {
  for (const int operation : kProcessControls) {
    rules.Add(SCMP_ACT_ALLOW, "prctl", {SCMP_A0_64(SCMP_CMP_EQ, static_cast<uint64_t>(operation))});
  }
}

}  // namespace

std::span<const SystemCalls> AllowedSystemCalls() {
  return kAllowed;
}
std::span<const SystemCalls> DeadlySystemCalls() {
  return kDeadly;
}

absl::Status FilterSystemCalls() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return absl::UnimplementedError("a build with a sanitizer loads no filter");
#else
  const Filter filter(::seccomp_init(SCMP_ACT_ERRNO(ENOSYS)));
  if (filter == nullptr) {
    return absl::InternalError("libseccomp makes no filter");
  }
  Rules rules(filter.get());
  rules.Note(::seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS),
             "bad architecture");
  // A search tree: some ten comparisons a call in place of two hundred.
  rules.Note(::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2), "optimisation");
  rules.AddAll(SCMP_ACT_ALLOW, kAllowed);
  rules.AddAll(SCMP_ACT_KILL_PROCESS, kDeadly);
  AddClone(rules);
  AddMemory(rules);
  AddSockets(rules);
  AddSignals(rules);
  AddProcessControls(rules);
  if (!rules.status().ok()) {
    return rules.status();
  }
  const int result = ::seccomp_load(filter.get());
  return result == 0 ? absl::OkStatus() : absl::ErrnoToStatus(-result, "seccomp_load");
#endif
}

}  // namespace sekisho::harden
