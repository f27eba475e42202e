#include "seccomp/contained.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "base/str_cat.h"

namespace sekisho::seccomp {
namespace {

// The signals of ITIMER_VIRTUAL and, for what waits instead of working, ITIMER_REAL.
constexpr std::array<int, 2> kTimeIsUp = {SIGVTALRM, SIGALRM};

// How much longer than the processor's time the work may take where others need the processor too.
constexpr int kPatience = 20;

// What the process has of the memory that RLIMIT_DATA limits: the sixth number of /proc/self/statm,
// in pages. 0 where that cannot be read.
size_t DataNow() {
  const int fd = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return 0;
  }
  std::array<char, 256> text{};
  const ssize_t size = ::read(fd, text.data(), text.size() - 1);
  (void)::close(fd);
  const char* at = text.data();
  for (int field = 0; size > 0 && field < 5; ++field) {
    at = std::strchr(at, ' ');
    if (at == nullptr) {
      return 0;
    }
    ++at;
  }
  return std::strtoul(at, nullptr, 10) * static_cast<size_t>(::sysconf(_SC_PAGESIZE));
}

template <typename Timer>
void StartTimer(Timer which, std::chrono::milliseconds time) {
  itimerval timer{};
  timer.it_value.tv_sec = time.count() / 1000;
  timer.it_value.tv_usec = (time.count() % 1000) * 1000;
  (void)::setitimer(which, &timer, nullptr);
}

// In the copy. A limit that cannot be set is left out: the other one still ends most things.
void Limit(const Limits& limits) {
  // The other threads' descriptors: while they are open here, no peer sees them closed.
  (void)::syscall(SYS_close_range, 3U, ~0U, 0U);
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : kTimeIsUp) {
    (void)std::signal(signal, SIG_DFL);
    sigaddset(&signals, signal);
  }
  (void)::sigprocmask(SIG_UNBLOCK, &signals, nullptr);
  StartTimer(ITIMER_VIRTUAL, limits.time);
  StartTimer(ITIMER_REAL, limits.time * kPatience);
  if (const size_t data = DataNow(); data > 0) {
    const rlimit limit{.rlim_cur = data + limits.memory, .rlim_max = data + limits.memory};
    (void)::setrlimit(RLIMIT_DATA, &limit);
  }
  const rlimit no_core{};
  (void)::setrlimit(RLIMIT_CORE, &no_core);
}

}  // namespace

absl::Status RunContained(const std::function<void()>& work, const Limits& limits) {
  const pid_t child = ::fork();
  if (child < 0) {
    return absl::InternalError(base::StrCat("fork: ", std::strerror(errno)));
  }
  if (child == 0) {
    Limit(limits);
    work();
    ::_exit(0);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) {
      return absl::InternalError(base::StrCat("waitpid: ", std::strerror(errno)));
    }
  }
  if (WIFSIGNALED(status) &&
      std::find(kTimeIsUp.begin(), kTimeIsUp.end(), WTERMSIG(status)) != kTimeIsUp.end()) {
    return absl::ResourceExhaustedError(
        base::StrCat("was not done in ", limits.time.count(), " ms"));
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return absl::InternalError(WIFSIGNALED(status)
                                   ? base::StrCat("died of signal ", WTERMSIG(status))
                                   : base::StrCat("ended with status ", WEXITSTATUS(status)));
  }
  return absl::OkStatus();
}

SharedArea::SharedArea(size_t bytes)
    : bytes_(bytes),
      memory_(::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {
  if (memory_ == MAP_FAILED) {
    memory_ = nullptr;
  }
}

SharedArea::~SharedArea() {
  if (memory_ != nullptr) {
    (void)::munmap(memory_, bytes_);
  }
}

}  // namespace sekisho::seccomp
