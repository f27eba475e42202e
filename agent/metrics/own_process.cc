#include "metrics/own_process.h"

#include <dirent.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <memory>
#include <sstream>
#include <string>

#include "absl/status/statusor.h"
#include "base/file.h"

namespace sekisho::metrics {
namespace {

std::optional<uint64_t> ResidentBytes() {
  const absl::StatusOr<std::string> text = base::ReadFile("/proc/self/statm", 4096);
  if (!text.ok()) {
    return std::nullopt;
  }
  std::istringstream numbers(*text);
  uint64_t size = 0;
  uint64_t resident = 0;
  if (!(numbers >> size >> resident)) {
    return std::nullopt;
  }
  return resident * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

// Of all threads' heaps, and of what is too large for one.
uint64_t HeapInUseBytes() {
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

std::optional<uint64_t> OpenFds() {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc/self/fd"), ::closedir);
  if (folder == nullptr) {
    return std::nullopt;
  }
  uint64_t count = 0;
  while (const dirent* entry = ::readdir(folder.get())) {
    count += entry->d_name[0] != '.' ? 1 : 0;
  }
  return count - 1;  // without the one that is being read
}

std::optional<uint64_t> MaxFds() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? std::optional<uint64_t>(limit.rlim_cur)
                                                 : std::nullopt;
}

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

std::optional<double> CpuSeconds() {
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) != 0) {
    return std::nullopt;
  }
  return Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
}

}  // namespace

OwnProcess ReadOwnProcess() {
  return {.resident_bytes = ResidentBytes(),
          .heap_in_use_bytes = HeapInUseBytes(),
          .open_fds = OpenFds(),
          .max_fds = MaxFds(),
          .cpu_seconds = CpuSeconds()};
}

}  // namespace sekisho::metrics
