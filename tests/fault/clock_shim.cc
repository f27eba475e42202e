// Preloaded into the agent (ld.so(8), LD_PRELOAD): its wall clock is the machine's and the seconds
// that the file SEKISHO_CLOCK_OFFSET begins with (an int64_t), read anew each time. The clocks that
// do not jump, and the times of files, stay the machine's.
//
// Waits until a wall-clock time end as the kernel would end them when the clock jumps: early, or
// after as long as it takes. The kernel does that for its own clock alone, so they are cut into
// short ones here.
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

constexpr long kSliceNs = 20'000'000;
constexpr long kNsPerSecond = 1'000'000'000;

// The kernel, past our own syscall().
long Raw(long number, long a, long b, long c, long d, long e, long f) {
  long result = 0;
#if defined(__x86_64__)
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
#elif defined(__aarch64__)
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  register long x3 asm("x3") = d;
  register long x4 asm("x4") = e;
  register long x5 asm("x5") = f;
  asm volatile("svc 0"
               : "+r"(x0)
               : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
               : "memory");
  result = x0;
#else
#error "no system call for this architecture"
#endif
  if (result < 0 && result > -4096) {
    errno = static_cast<int>(-result);
    return -1;
  }
  return result;
}

long Pointer(const void* pointer) {
  return reinterpret_cast<long>(pointer);
}

int64_t Offset() {
  static const volatile int64_t* const mapped = []() -> const volatile int64_t* {
    const char* path = std::getenv("SEKISHO_CLOCK_OFFSET");
    const int fd = path == nullptr ? -1 : ::open(path, O_RDONLY | O_CLOEXEC);
    void* page =
        fd < 0 ? MAP_FAILED : ::mmap(nullptr, sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0);
    if (fd >= 0) {
      (void)::close(fd);
    }
    return page == MAP_FAILED ? nullptr : static_cast<const volatile int64_t*>(page);
  }
  ();
  return mapped == nullptr ? 0 : *mapped;
}

timespec Shown() {
  timespec now{};
  (void)Raw(SYS_clock_gettime, CLOCK_REALTIME, Pointer(&now), 0, 0, 0, 0);
  now.tv_sec += Offset();
  return now;
}

bool HasCome(const timespec& time) {
  const timespec now = Shown();
  return now.tv_sec > time.tv_sec || (now.tv_sec == time.tv_sec && now.tv_nsec >= time.tv_nsec);
}

// FUTEX_WAIT_BITSET until a time of the wall clock.
long WaitUntil(long word, long operation, long value, const timespec& until, long mask) {
  for (;;) {
    timespec slice{};
    (void)Raw(SYS_clock_gettime, CLOCK_MONOTONIC, Pointer(&slice), 0, 0, 0, 0);
    slice.tv_nsec += kSliceNs;
    slice.tv_sec += slice.tv_nsec / kNsPerSecond;
    slice.tv_nsec %= kNsPerSecond;
    const long result = Raw(SYS_futex, word, operation & ~long{FUTEX_CLOCK_REALTIME}, value,
                            Pointer(&slice), 0, mask);
    if (result == 0 || errno != ETIMEDOUT || HasCome(until)) {
      return result;
    }
  }
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  if (clock == CLOCK_REALTIME) {
    *time = Shown();
    return 0;
  }
  return static_cast<int>(Raw(SYS_clock_gettime, clock, Pointer(time), 0, 0, 0, 0));
}

int gettimeofday(timeval* time, void* /*zone*/) noexcept {
  const timespec now = Shown();
  *time = {.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
  return 0;
}

time_t time(time_t* time) noexcept {
  const time_t now = Shown().tv_sec;
  if (time != nullptr) {
    *time = now;
  }
  return now;
}

// Abseil waits by this, and gRPC by Abseil.
long syscall(long number, ...) noexcept {
  va_list list;
  va_start(list, number);
  const long a = va_arg(list, long);
  const long b = va_arg(list, long);
  const long c = va_arg(list, long);
  const long d = va_arg(list, long);
  const long e = va_arg(list, long);
  const long f = va_arg(list, long);
  va_end(list);
  const bool until_wall_time = number == SYS_futex && (b & FUTEX_CLOCK_REALTIME) != 0 &&
                               (b & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET && d != 0;
  return until_wall_time ? WaitUntil(a, b, c, *reinterpret_cast<const timespec*>(d), f)
                         : Raw(number, a, b, c, d, e, f);
}

}  // extern "C"
