#include "seccomp/runtime_default.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace sekisho::seccomp {
namespace {

// Measured: containers without seccomp settings of their own were created under containerd 1.6.20,
// 1.7.24 and 2.1.9 with the default capabilities, with each further one alone, with all, and
// without any; this table is what the OCI specs that they wrote have in common and where they
// differ. tests/e2e/runtime_default_test.cc does it again with the containerd that is installed.

// What every version allows every container.
constexpr std::string_view kAlways =
    "_llseek _newselect accept accept4 access adjtimex alarm bind brk capget capset chdir "
    "chmod chown chown32 clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 "
    "clock_gettime clock_gettime64 clock_nanosleep clock_nanosleep_time64 close close_range "
    "connect copy_file_range creat dup dup2 dup3 epoll_create epoll_create1 epoll_ctl "
    "epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 execve "
    "execveat exit exit_group faccessat faccessat2 fadvise64 fadvise64_64 fallocate "
    "fanotify_mark fchdir fchmod fchmodat fchown fchown32 fchownat fcntl fcntl64 fdatasync "
    "fgetxattr flistxattr flock fork fremovexattr fsetxattr fstat fstat64 fstatat64 fstatfs "
    "fstatfs64 fsync ftruncate ftruncate64 futex futex_time64 futex_waitv futimesat "
    "get_robust_list get_thread_area getcpu getcwd getdents getdents64 getegid getegid32 "
    "geteuid geteuid32 getgid getgid32 getgroups getgroups32 getitimer getpeername getpgid "
    "getpgrp getpid getppid getpriority getrandom getresgid getresgid32 getresuid getresuid32 "
    "getrlimit getrusage getsid getsockname getsockopt gettid gettimeofday getuid getuid32 "
    "getxattr inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel "
    "io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit ioctl "
    "ioprio_get ioprio_set ipc kill landlock_add_rule landlock_create_ruleset "
    "landlock_restrict_self lchown lchown32 lgetxattr link linkat listen listxattr llistxattr "
    "lremovexattr lseek lsetxattr lstat lstat64 madvise membarrier memfd_create memfd_secret "
    "mincore mkdir mkdirat mknod mknodat mlock mlock2 mlockall mmap mmap2 mprotect "
    "mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend "
    "mq_timedsend_time64 mq_unlink mremap msgctl msgget msgrcv msgsnd msync munlock "
    "munlockall munmap nanosleep newfstatat open openat openat2 pause pidfd_open "
    "pidfd_send_signal pipe pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll ppoll_time64 "
    "prctl pread64 preadv preadv2 prlimit64 process_mrelease pselect6 pselect6_time64 "
    "pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv recv recvfrom "
    "recvmmsg recvmmsg_time64 recvmsg remap_file_pages removexattr rename renameat renameat2 "
    "restart_syscall rmdir rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo "
    "rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo "
    "sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr "
    "sched_getparam sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 "
    "sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield seccomp "
    "select semctl semget semop semtimedop semtimedop_time64 send sendfile sendfile64 "
    "sendmmsg sendmsg sendto set_robust_list set_thread_area set_tid_address setfsgid "
    "setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 setitimer setpgid "
    "setpriority setregid setregid32 setresgid setresgid32 setresuid setresuid32 setreuid "
    "setreuid32 setrlimit setsid setsockopt setuid setuid32 setxattr shmat shmctl shmdt "
    "shmget shutdown sigaltstack signalfd signalfd4 sigprocmask sigreturn socketcall "
    "socketpair splice stat stat64 statfs statfs64 statx symlink symlinkat sync "
    "sync_file_range syncfs sysinfo tee tgkill time timer_create timer_delete "
    "timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 "
    "timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64 times "
    "tkill truncate truncate64 ugetrlimit umask uname unlink unlinkat utime utimensat "
    "utimensat_time64 utimes vfork vmsplice wait4 waitid waitpid write writev ";

using Versions = unsigned;  // a set of ContainerdVersion
constexpr Versions Only(ContainerdVersion version) {
  return 1U << static_cast<unsigned>(version);
}
constexpr Versions k16 = Only(ContainerdVersion::k1_6);
constexpr Versions k17 = Only(ContainerdVersion::k1_7);
constexpr Versions k17Alg = Only(ContainerdVersion::k1_7_32);
constexpr Versions k20 = Only(ContainerdVersion::k2_0);
constexpr Versions k22Alg = Only(ContainerdVersion::k2_2_4);
constexpr Versions kAll = k16 | k17 | k17Alg | k20 | k22Alg;
constexpr Versions kSince17 = kAll & ~k16;

// linux/socket.h, not all of whose families <sys/socket.h> shows.
constexpr uint64_t kAfAlg = 38;
constexpr uint64_t kAfVsock = 40;
// CLONE_NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET. Not CLONE_NEWTIME, which
// clone has no room for.
constexpr uint64_t kNewNamespaces = 0x7e020000;
constexpr uint32_t kEnosys = 38;  // on every architecture but mips and parisc

constexpr uint64_t kPersonalityQuery = 0xffffffff;
constexpr uint64_t kPersonalityLinux32 = 0x8;
constexpr uint64_t kPersonalityUname26 = 0x20000;

// One difference: what is allowed, by which versions, and under which condition.
struct Line {
  Versions versions = kAll;
  std::string_view names;
  std::optional<ArgumentTest> test = std::nullopt;
  std::string_view with_capability = {};
  std::string_view without_capability = {};
  std::string_view with_arches = {};     // one of these
  std::string_view without_arches = {};  // none of these
  std::optional<KernelVersion> since_kernel = std::nullopt;
  std::optional<uint32_t> refused_with = std::nullopt;  // refuses instead, with this errno
};

constexpr ArgumentTest Is(uint32_t index, uint64_t value, Compare compare) {
  return {.index = index, .value = value, .value_two = 0, .compare = compare};
}

constexpr auto kLines = std::to_array<Line>({
    {.names = kAlways},

    // Execution domains: Linux as it is; with the machine of a 32-bit one in uname; each with the
    // version number 2.6; and the question which it is.
    {.names = "personality", .test = Is(0, 0, Compare::kEq)},
    {.names = "personality", .test = Is(0, kPersonalityLinux32, Compare::kEq)},
    {.names = "personality", .test = Is(0, kPersonalityUname26, Compare::kEq)},
    {.names = "personality",
     .test = Is(0, kPersonalityUname26 | kPersonalityLinux32, Compare::kEq)},
    {.names = "personality", .test = Is(0, kPersonalityQuery, Compare::kEq)},

    // Sockets. 1.7 shut the door to hypervisors; the spring releases of 2026 the one to the
    // kernel's crypto (CVE-2026-31431). As libseccomp takes one test of an argument a rule,
    // "neither 38 nor 40" is three rules. 32-bit programs still reach both by socketcall.
    {.versions = k16, .names = "socket"},
    {.versions = k17 | k20, .names = "socket", .test = Is(0, kAfVsock, Compare::kNe)},
    {.versions = k17Alg | k22Alg, .names = "socket", .test = Is(0, kAfAlg, Compare::kLt)},
    {.versions = k17Alg | k22Alg, .names = "socket", .test = Is(0, kAfAlg + 1, Compare::kEq)},
    {.versions = k17Alg | k22Alg, .names = "socket", .test = Is(0, kAfVsock, Compare::kGt)},

    // Calls of newer kernels, up to 6.7.
    {.versions = kSince17,
     .names = "cachestat fchmodat2 futex_requeue futex_wait futex_wake map_shadow_stack"},
    // Without open_by_handle_at a handle is a number and nothing more.
    {.versions = kSince17, .names = "name_to_handle_at"},
    // 2.0 took io_uring away again.
    {.versions = k16 | k17 | k17Alg, .names = "io_uring_enter io_uring_register io_uring_setup"},

    // Before 4.8 a tracer could change a call after the filter had let it pass.
    {.names = "ptrace", .since_kernel = KernelVersion{4, 8}},
    {.versions = kSince17,
     .names = "process_vm_readv process_vm_writev",
     .since_kernel = KernelVersion{4, 8}},

    // What only some architectures have.
    {.names = "arch_prctl modify_ldt", .with_arches = "amd64"},
    {.names = "modify_ldt", .with_arches = "x86"},
    {.names = "arm_fadvise64_64 arm_sync_file_range sync_file_range2 breakpoint cacheflush set_tls",
     .with_arches = "arm arm64"},
    {.names = "sync_file_range2 swapcontext", .with_arches = "ppc64le"},
    {.names = "riscv_flush_icache", .with_arches = "riscv64"},
    {.names = "s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr",
     .with_arches = "s390 s390x"},

    // What comes with a capability.
    {.names = "bpf", .with_capability = "BPF"},
    {.names = "open_by_handle_at", .with_capability = "DAC_READ_SEARCH"},
    {.names = "perf_event_open", .with_capability = "PERFMON"},
    {.names = "syslog", .with_capability = "SYSLOG"},
    {.names = "bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie mount "
              "mount_setattr move_mount name_to_handle_at open_tree perf_event_open quotactl "
              "quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare",
     .with_capability = "SYS_ADMIN"},
    {.names = "reboot", .with_capability = "SYS_BOOT"},
    {.names = "chroot", .with_capability = "SYS_CHROOT"},
    {.names = "delete_module finit_module init_module", .with_capability = "SYS_MODULE"},
    {.names = "get_mempolicy mbind set_mempolicy", .with_capability = "SYS_NICE"},
    {.versions = kSince17, .names = "set_mempolicy_home_node", .with_capability = "SYS_NICE"},
    {.names = "acct", .with_capability = "SYS_PACCT"},
    {.names = "kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace",
     .with_capability = "SYS_PTRACE"},
    {.names = "ioperm iopl", .with_capability = "SYS_RAWIO"},
    {.names = "clock_settime clock_settime64 settimeofday stime", .with_capability = "SYS_TIME"},
    {.names = "vhangup", .with_capability = "SYS_TTY_CONFIG"},

    // Threads and processes, but no namespaces. The flags are the second argument on s390. clone3
    // has its flags in memory, so it is said not to exist, and C libraries then use clone.
    {.names = "clone",
     .test = Is(0, kNewNamespaces, Compare::kMaskedEq),
     .without_capability = "SYS_ADMIN",
     .without_arches = "s390 s390x"},
    {.names = "clone",
     .test = Is(1, kNewNamespaces, Compare::kMaskedEq),
     .without_capability = "SYS_ADMIN",
     .with_arches = "s390 s390x"},
    {.names = "clone3", .without_capability = "SYS_ADMIN", .refused_with = kEnosys},
});

std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    if (end > 0) {
      words.emplace_back(text.substr(0, end));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

Rule RuleFrom(const Line& line) {
  Rule rule;
  rule.names = Words(line.names);
  rule.names_where.resize(rule.names.size());
  rule.action = line.refused_with.has_value() ? Action::kErrno : Action::kAllow;
  rule.errno_ret = line.refused_with;
  if (line.test.has_value()) {
    rule.args.push_back(*line.test);
  }
  rule.includes.capabilities = Words(line.with_capability);
  rule.includes.arches = Words(line.with_arches);
  rule.includes.min_kernel = line.since_kernel;
  rule.excludes.capabilities = Words(line.without_capability);
  rule.excludes.arches = Words(line.without_arches);
  return rule;
}

// The architectures that a machine's programs may be of. Elsewhere, the native one alone.
std::vector<ArchMapEntry> ArchMap() {
  std::vector<ArchMapEntry> map;
  for (const auto& [architecture, others] :
       {std::pair<std::string_view, std::string_view>{"SCMP_ARCH_X86_64",
                                                      "SCMP_ARCH_X86 SCMP_ARCH_X32"},
        {"SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"},
        {"SCMP_ARCH_S390X", "SCMP_ARCH_S390"},
        {"SCMP_ARCH_MIPS64", "SCMP_ARCH_MIPS SCMP_ARCH_MIPS64N32"}}) {
    ArchMapEntry entry{.architecture = *ArchNamed(architecture), .sub_architectures = {}};
    for (const std::string& other : Words(others)) {
      entry.sub_architectures.push_back(*ArchNamed(other));
    }
    map.push_back(std::move(entry));
  }
  return map;
}

Profile ProfileOf(ContainerdVersion version) {
  Profile profile;
  profile.format = Format::kDocker;
  profile.default_action = Action::kErrno;
  profile.arch_map = ArchMap();
  for (const Line& line : kLines) {
    if ((line.versions & Only(version)) != 0) {
      profile.rules.push_back(RuleFrom(line));
    }
  }
  return profile;
}

// Takes a number and, where one follows, the dot after it.
std::optional<int> TakeNumber(std::string_view& text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  if (text.starts_with('.')) {
    text.remove_prefix(1);
  }
  return number;
}

}  // namespace

std::optional<ContainerdVersion> ContainerdVersionFrom(std::string_view version) {
  if (version.starts_with('v')) {
    version.remove_prefix(1);
  }
  const std::optional<int> major = TakeNumber(version);
  const std::optional<int> minor = TakeNumber(version);
  if (!major.has_value() || !minor.has_value()) {
    return std::nullopt;
  }
  const auto at_least = [number = std::tuple(*major, *minor, TakeNumber(version).value_or(0))](
                            int a, int b, int c) { return number >= std::tuple(a, b, c); };
  if (at_least(2, 3, 1) || (at_least(2, 2, 4) && !at_least(2, 3, 0))) {
    return ContainerdVersion::k2_2_4;
  }
  if (at_least(2, 0, 0)) {
    return ContainerdVersion::k2_0;
  }
  if (at_least(1, 7, 0)) {
    return at_least(1, 7, 32) ? ContainerdVersion::k1_7_32 : ContainerdVersion::k1_7;
  }
  return at_least(1, 6, 0) ? std::optional(ContainerdVersion::k1_6) : std::nullopt;
}

const Profile& RuntimeDefault(ContainerdVersion version) {
  static const auto* const kProfiles = new std::array<Profile, 5>{
      ProfileOf(ContainerdVersion::k1_6), ProfileOf(ContainerdVersion::k1_7),
      ProfileOf(ContainerdVersion::k1_7_32), ProfileOf(ContainerdVersion::k2_0),
      ProfileOf(ContainerdVersion::k2_2_4)};
  return kProfiles->at(static_cast<size_t>(version));
}

const Profile& RuntimeDefaultFloor(ContainerdVersion version) {
  // Rules that permit add up; the one that refuses (clone3, with ENOSYS) is the same in all of
  // them.
  static const auto* const kFloors = [] {
    auto* floors = new std::array<Profile, 5>;
    const std::vector<Rule>& newest = RuntimeDefault().rules;
    for (size_t i = 0; i < floors->size(); ++i) {
      Profile& floor = floors->at(i);
      floor = RuntimeDefault(static_cast<ContainerdVersion>(i));
      floor.rules.insert(floor.rules.end(), newest.begin(), newest.end());
    }
    return floors;
  }();
  return kFloors->at(static_cast<size_t>(version));
}

const Profile& RuntimeDefault() {
  return RuntimeDefault(ContainerdVersion::k2_2_4);
}

}  // namespace sekisho::seccomp
