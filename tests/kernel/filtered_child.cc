#include "kernel/filtered_child.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <iterator>

#if defined(__x86_64__)
// The way back from a signal handler, which the C library keeps to itself. Other architectures'
// kernels have their own.
extern "C" void sekisho_test_restore();
asm(".text\n"
    ".type sekisho_test_restore, @function\n"
    "sekisho_test_restore:\n"
    "mov $15, %eax\n"  // rt_sigreturn
    "syscall\n"
    ".size sekisho_test_restore, . - sekisho_test_restore\n");
#endif

namespace sekisho::testing {
namespace {

constexpr size_t kProgramsMax = 512;

// Sanitizers make system calls of their own now and then, which no filter of a test is made for. So
// what runs under a filter is left alone by them, and calls no function but syscall(2).
#define SEKISHO_BARE __attribute__((no_sanitize("address", "thread", "undefined"), noinline))

// What parent and child share. Arrays of C: what is called through std::array is not left alone.
struct Shared {
  // NOLINTBEGIN(modernize-avoid-c-arrays)
  sock_filter program[BPF_MAXINSNS];
  ChildCall calls[kChildCallsMax];
  ChildAnswer answers[kChildCallsMax];
  int install_errnos[kProgramsMax];
  // NOLINTEND(modernize-avoid-c-arrays)
  size_t program_size;
  size_t calls_size;
  int install_errno;
  size_t current;
};

// The child's alone: the signal handler has no other way to it.
Shared* g_shared = nullptr;

SEKISHO_BARE void OnTrap(int /*signal*/, siginfo_t* info, void* /*context*/) {
  ChildAnswer& answer = g_shared->answers[g_shared->current];
  answer.kind = ChildAnswer::Kind::kTrapped;
  answer.trap_call = info->si_syscall;
  answer.trap_arch = info->si_arch;
}

SEKISHO_BARE int64_t RawCall(const ChildCall& call) {
  const uint64_t* const a = call.arguments;
#if defined(__x86_64__)
  if (call.entry == Entry::kInt80) {
    auto result = static_cast<int64_t>(call.number);
    register uint64_t sixth asm("r8") = a[5];
    // The sixth argument goes in rbp, which the compiler may need: it is kept on the stack, below
    // what a leaf function keeps there.
    asm volatile(
        "lea -128(%%rsp), %%rsp\n\t"
        "push %%rbp\n\t"
        "mov %%r8d, %%ebp\n\t"
        "int $0x80\n\t"
        "pop %%rbp\n\t"
        "lea 128(%%rsp), %%rsp"
        : "+a"(result), "+r"(sixth)
        : "b"(a[0]), "c"(a[1]), "d"(a[2]), "S"(a[3]), "D"(a[4])
        : "memory", "cc", "r9", "r10", "r11");
    return static_cast<int32_t>(result);
  }
#endif
  const int64_t result = ::syscall(static_cast<long>(static_cast<int32_t>(call.number)), a[0], a[1],
                                   a[2], a[3], a[4], a[5]);
  return result == -1 ? -errno : result;
}

// 0 or an errno.
SEKISHO_BARE int Install(const sock_fprog* program) {
  return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, program) == 0 ? 0 : errno;
}

[[noreturn]] SEKISHO_BARE void End() {
  for (;;) {
    (void)::syscall(SYS_exit_group, 0);
  }
}

[[noreturn]] SEKISHO_BARE void MakeCalls(Shared* shared) {
  const sock_fprog program{.len = static_cast<unsigned short>(shared->program_size),
                           .filter = shared->program};
  shared->install_errno = program.len == 0 ? 0 : Install(&program);
  for (size_t i = 0; shared->install_errno == 0 && i < shared->calls_size; ++i) {
    shared->current = i;
    const int64_t value = RawCall(shared->calls[i]);
    ChildAnswer* const answer = &shared->answers[i];
    if (answer->kind == ChildAnswer::Kind::kNotMade) {
      answer->kind = ChildAnswer::Kind::kReturned;
      answer->value = value;
    }
  }
  End();
}

// What rt_sigaction(2) takes.
struct KernelSigaction {
  void (*handler)(int, siginfo_t*, void*);
  unsigned long flags;
  void (*restorer)();
  unsigned long mask;
};

// Raw calls: a sanitizer's own versions of these may start threads or put a handler of its own
// before ours.
SEKISHO_BARE void Prepare() {
  KernelSigaction on_trap{.handler = OnTrap, .flags = SA_SIGINFO, .restorer = nullptr, .mask = 0};
#if defined(__x86_64__)
  on_trap.flags |= 0x04000000;  // SA_RESTORER, which only the kernel's headers have
  on_trap.restorer = sekisho_test_restore;
#endif
  (void)::syscall(SYS_rt_sigaction, SIGSYS, &on_trap, nullptr, sizeof(on_trap.mask));
  const rlimit no_core{.rlim_cur = 0, .rlim_max = 0};
  (void)::syscall(SYS_setrlimit, RLIMIT_CORE, &no_core);
  (void)::syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  (void)::syscall(SYS_close_range, 0U, ~0U, 0U);
}

[[noreturn]] SEKISHO_BARE void InstallAll(Shared* shared, const sock_fprog* programs,
                                          size_t count) {
  for (size_t i = 0; i < count; ++i) {
    shared->install_errnos[i] = Install(&programs[i]);
  }
  End();
}

class SharedMemory {
 public:
  SharedMemory()
      : shared_(static_cast<Shared*>(::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE,
                                            MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {}
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  ~SharedMemory() { (void)::munmap(shared_, sizeof(Shared)); }

  Shared* get() const { return shared_; }

 private:
  Shared* shared_;
};

// A process like fork(2)'s, of which nobody else hears: ThreadSanitizer would start a thread in it,
// which would outlive a SECCOMP_RET_KILL_THREAD.
SEKISHO_BARE pid_t BareFork() {
#if defined(__s390x__)
  return static_cast<pid_t>(::syscall(SYS_clone, 0, SIGCHLD, 0, 0, 0));
#else
  return static_cast<pid_t>(::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
#endif
}

// Forks, and waits for the child, which does `work` and ends.
template <typename Work>
int InChild(Shared* shared, const Work& work) {
  g_shared = shared;
  const pid_t child = BareFork();
  if (child == 0) {
    Prepare();
    work();
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

ChildReport RunUnder(const seccomp::Program& program, const std::vector<ChildCall>& calls) {
  const SharedMemory memory;
  Shared* const shared = memory.get();
  shared->program_size = std::min(program.size(), std::size(shared->program));
  std::copy_n(program.begin(), shared->program_size, shared->program);
  shared->calls_size = std::min(calls.size(), std::size(shared->calls));
  std::copy_n(calls.begin(), shared->calls_size, shared->calls);
  const int status = InChild(shared, [shared] { MakeCalls(shared); });
  ChildReport report;
  if (shared->install_errno != 0) {
    report.fault = std::strerror(shared->install_errno);
  }
  report.answers.assign(shared->answers, shared->answers + shared->calls_size);
  report.killed_by = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  return report;
}

std::vector<int> TryToInstall(const std::vector<seccomp::Program>& programs) {
  const SharedMemory memory;
  Shared* const shared = memory.get();
  const size_t count = std::min(programs.size(), std::size(shared->install_errnos));
  // The programs are the caller's memory, of which the child has a copy; the kernel only reads it.
  std::vector<sock_fprog> described;
  for (const seccomp::Program& program : programs) {
    described.push_back({.len = static_cast<unsigned short>(program.size()),
                         .filter = const_cast<sock_filter*>(program.data())});
  }
  InChild(shared, [shared, count, first = described.data()] { InstallAll(shared, first, count); });
  return {shared->install_errnos, shared->install_errnos + count};
}

}  // namespace sekisho::testing
