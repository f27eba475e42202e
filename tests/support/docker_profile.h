// A profile in Docker's format, with everything that this format adds to that of the OCI: archMap,
// single names, comments, and conditions on capabilities, architectures and kernels.
//
// Of what moby's default permits, the part that busybox and what runc does on the way to it need.
// Without CAP_SYS_ADMIN there is no mount, umount2, unshare, setns or bpf, and clone makes no
// namespaces. Read without its conditions, all of these are permitted.
#pragma once

namespace sekisho::testing {

inline constexpr char kDockerProfile[] = R"json({
  "defaultAction": "SCMP_ACT_ERRNO",
  "defaultErrnoRet": 1,
  "archMap": [
    {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]},
    {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_ARM"]},
    {"architecture": "SCMP_ARCH_S390X", "subArchitectures": ["SCMP_ARCH_S390"]},
    {"architecture": "SCMP_ARCH_RISCV64", "subArchitectures": null},
    {"architecture": "SCMP_ARCH_LOONGARCH64", "subArchitectures": null}
  ],
  "syscalls": [
    {
      "comment": "files: by name",
      "names": [
        "access", "chdir", "chmod", "chown", "chown32", "creat", "faccessat", "faccessat2", "fchdir",
        "fchmod", "fchmodat", "fchown", "fchown32", "fchownat", "fstatat64", "futimesat", "getcwd",
        "lchown", "lchown32", "link", "linkat", "lstat", "lstat64", "mkdir", "mkdirat", "mknod",
        "mknodat", "name_to_handle_at", "newfstatat", "open", "openat", "openat2", "readlink",
        "readlinkat", "rename", "renameat", "renameat2", "rmdir", "stat", "stat64", "statfs",
        "statfs64", "statx", "symlink", "symlinkat", "truncate", "truncate64", "umask", "unlink",
        "unlinkat", "utime", "utimensat", "utimensat_time64", "utimes"
      ],
      "action": "SCMP_ACT_ALLOW"
    },
    {
      "comment": "files: by descriptor",
      "names": [
        "_llseek", "close", "close_range", "copy_file_range", "dup", "dup2", "dup3", "fadvise64",
        "fadvise64_64", "fallocate", "fcntl", "fcntl64", "fdatasync", "flock", "fstat", "fstat64",
        "fstatfs", "fstatfs64", "fsync", "ftruncate", "ftruncate64", "getdents", "getdents64",
        "ioctl", "lseek", "pipe", "pipe2", "pread64", "preadv", "preadv2", "pwrite64", "pwritev",
        "pwritev2", "read", "readahead", "readv", "sendfile", "sendfile64", "splice", "sync",
        "sync_file_range", "syncfs", "tee", "vmsplice", "write", "writev"
      ],
      "action": "SCMP_ACT_ALLOW"
    },
    {
      "comment": "files: extended attributes",
      "names": [
        "fgetxattr", "flistxattr", "fremovexattr", "fsetxattr", "getxattr", "lgetxattr", "listxattr",
        "llistxattr", "lremovexattr", "lsetxattr", "removexattr", "setxattr"
      ],
      "action": "SCMP_ACT_ALLOW"
    },
    {
      "comment": "waiting",
      "names": [
        "_newselect", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_ctl_old", "epoll_pwait",
        "epoll_pwait2", "epoll_wait", "epoll_wait_old", "eventfd", "eventfd2", "inotify_add_watch",
        "inotify_init", "inotify_init1", "inotify_rm_watch", "poll", "ppoll", "ppoll_time64",
        "pselect6", "pselect6_time64", "select", "signalfd", "signalfd4", "timerfd_create",
        "timerfd_gettime", "timerfd_gettime64", "timerfd_settime", "timerfd_settime64"
      ],
      "action": "SCMP_ACT_ALLOW"
    },
    {
      "comment": "memory",
      "names": [
        "brk", "madvise", "membarrier", "memfd_create", "mincore", "mlock", "mlock2", "mlockall",
        "mmap", "mmap2", "mprotect", "mremap", "msync", "munlock", "munlockall", "munmap",
        "pkey_alloc", "pkey_free", "pkey_mprotect", "remap_file_pages"
      ],
      "action": "SCMP_ACT_ALLOW"
    },
    {
      "comment": "processes and threads",
      "names": [
        "capget", "capset", "execve", "execveat", "exit", "exit_group", "fork", "futex",
        "futex_time64", "get_robust_list", "get_thread_area", "getcpu", "getpgid", "getpgrp",
        "getpid", "getppid", "getpriority", "getrlimit", "getrusage", "getsid", "gettid",
        "ioprio_get", "ioprio_set", "pidfd_open", "pidfd_send_signal", "prctl", "prlimit64", "rseq",
        "seccomp", "set_robust_list", "set_thread_area", "set_tid_address", "setpgid", "setpriority",
        "setrlimit", "setsid", "sysinfo", "times", "ugetrlimit", "uname", "vfork", "wait4", "waitid",
        "waitpid"
      ],
      "action": "SCMP_ACT_ALLOW"
    },
    {
      "comment": "users and groups",
      "names": [
        "getegid", "getegid32", "geteuid", "geteuid32", "getgid", "getgid32", "getgroups",
        "getgroups32", "getresgid", "getresgid32", "getresuid", "getresuid32", "getuid", "getuid32",
        "setfsgid", "setfsgid32", "setfsuid", "setfsuid32", "setgid", "setgid32", "setgroups",
        "setgroups32", "setregid", "setregid32", "setresgid", "setresgid32", "setresuid",
        "setresuid32", "setreuid", "setreuid32", "setuid", "setuid32"
      ],
      "action": "SCMP_ACT_ALLOW"
    },
    {
      "comment": "scheduling",
      "names": [
        "sched_get_priority_max", "sched_get_priority_min", "sched_getaffinity", "sched_getattr",
        "sched_getparam", "sched_getscheduler", "sched_rr_get_interval",
        "sched_rr_get_interval_time64", "sched_setaffinity", "sched_setattr", "sched_setparam",
        "sched_setscheduler", "sched_yield"
      ],
      "action": "SCMP_ACT_ALLOW"
    },
    {
      "comment": "signals",
      "names": [
        "kill", "pause", "restart_syscall", "rt_sigaction", "rt_sigpending", "rt_sigprocmask",
        "rt_sigqueueinfo", "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait",
        "rt_sigtimedwait_time64", "rt_tgsigqueueinfo", "sigaltstack", "sigprocmask", "sigreturn",
        "tgkill", "tkill"
      ],
      "action": "SCMP_ACT_ALLOW"
    },
    {
      "comment": "time",
      "names": [
        "alarm", "clock_getres", "clock_getres_time64", "clock_gettime", "clock_gettime64",
        "clock_nanosleep", "clock_nanosleep_time64", "getitimer", "gettimeofday", "nanosleep",
        "setitimer", "time", "timer_create", "timer_delete", "timer_getoverrun", "timer_gettime",
        "timer_gettime64", "timer_settime", "timer_settime64"
      ],
      "action": "SCMP_ACT_ALLOW"
    },
    {
      "comment": "sockets, once they are there",
      "names": [
        "accept", "accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt", "listen",
        "recv", "recvfrom", "recvmmsg", "recvmmsg_time64", "recvmsg", "send", "sendmmsg", "sendmsg",
        "sendto", "setsockopt", "shutdown", "socketcall", "socketpair"
      ],
      "action": "SCMP_ACT_ALLOW",
      "args": []
    },
    {
      "comment": "System V and POSIX queues, semaphores and shared memory",
      "names": [
        "ipc", "mq_getsetattr", "mq_notify", "mq_open", "mq_timedreceive", "mq_timedreceive_time64",
        "mq_timedsend", "mq_timedsend_time64", "mq_unlink", "msgctl", "msgget", "msgrcv", "msgsnd",
        "semctl", "semget", "semop", "semtimedop", "semtimedop_time64", "shmat", "shmctl", "shmdt",
        "shmget"
      ],
      "action": "SCMP_ACT_ALLOW"
    },
    {
      "comment": "an old way to name one call",
      "name": "getrandom",
      "action": "SCMP_ACT_ALLOW",
      "args": null
    },
    {
      "comment": "every family but AF_VSOCK, which leads to the hypervisor",
      "names": ["socket"],
      "action": "SCMP_ACT_ALLOW",
      "args": [{"index": 0, "value": 40, "op": "SCMP_CMP_NE"}]
    },
    {
      "comment": "asking for the current personality",
      "names": ["personality"],
      "action": "SCMP_ACT_ALLOW",
      "args": [{"index": 0, "value": 4294967295, "valueTwo": 0, "op": "SCMP_CMP_EQ"}]
    },
    {
      "names": ["personality"],
      "action": "SCMP_ACT_ALLOW",
      "args": [{"index": 0, "value": 0, "valueTwo": 0, "op": "SCMP_CMP_EQ"}]
    },
    {
      "comment": "before 4.8 a tracer could get round the filter",
      "names": ["process_vm_readv", "process_vm_writev", "ptrace"],
      "action": "SCMP_ACT_ALLOW",
      "includes": {"minKernel": "4.8"}
    },
    {
      "names": ["arch_prctl", "modify_ldt"],
      "action": "SCMP_ACT_ALLOW",
      "includes": {"arches": ["amd64", "x32"]}
    },
    {
      "names": ["arm_fadvise64_64", "arm_sync_file_range", "cacheflush", "set_tls"],
      "action": "SCMP_ACT_ALLOW",
      "includes": {"arches": ["arm", "arm64"]}
    },
    {
      "comment": "without new namespaces: none of the CLONE_NEW… bits",
      "names": ["clone"],
      "action": "SCMP_ACT_ALLOW",
      "args": [{"index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}],
      "excludes": {"caps": ["CAP_SYS_ADMIN"], "arches": ["s390", "s390x"]}
    },
    {
      "comment": "the same where the flags are the second argument",
      "names": ["clone"],
      "action": "SCMP_ACT_ALLOW",
      "args": [{"index": 1, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}],
      "includes": {"arches": ["s390", "s390x"]},
      "excludes": {"caps": ["CAP_SYS_ADMIN"]}
    },
    {
      "comment": "its flags are in memory, where no filter sees them: callers fall back to clone",
      "names": ["clone3"],
      "action": "SCMP_ACT_ERRNO",
      "errnoRet": 38,
      "excludes": {"caps": ["CAP_SYS_ADMIN"]}
    },
    {
      "names": [
        "bpf", "clone", "clone3", "fsconfig", "fsmount", "fsopen", "fspick", "mount",
        "mount_setattr", "move_mount", "open_tree", "quotactl", "setdomainname", "sethostname",
        "setns", "umount", "umount2", "unshare"
      ],
      "action": "SCMP_ACT_ALLOW",
      "includes": {"caps": ["CAP_SYS_ADMIN"]}
    },
    {
      "comment": "two capabilities: both are needed",
      "names": ["perf_event_open"],
      "action": "SCMP_ACT_ALLOW",
      "includes": {"caps": ["CAP_PERFMON", "CAP_SYS_PTRACE"], "minKernel": "5.8"}
    },
    {
      "names": ["chroot"],
      "action": "SCMP_ACT_ALLOW",
      "includes": {"caps": ["CAP_SYS_CHROOT"]}
    },
    {
      "names": ["delete_module", "finit_module", "init_module"],
      "action": "SCMP_ACT_ALLOW",
      "includes": {"caps": ["CAP_SYS_MODULE"]}
    },
    {
      "names": ["kcmp", "pidfd_getfd", "process_madvise"],
      "action": "SCMP_ACT_ALLOW",
      "includes": {"caps": ["CAP_SYS_PTRACE"]},
      "excludes": {}
    },
    {
      "comment": "only where the kernel is too old for openat2 to keep it in its place",
      "names": ["open_by_handle_at"],
      "action": "SCMP_ACT_ALLOW",
      "includes": {"caps": ["CAP_DAC_READ_SEARCH"]},
      "excludes": {"minKernel": "5.6"}
    }
  ]
}
)json";

}  // namespace sekisho::testing
