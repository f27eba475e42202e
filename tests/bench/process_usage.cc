#include "bench/process_usage.h"

#include <ctime>
#include <sstream>

#include "base/str_cat.h"
#include "support/text_file.h"

namespace sekisho::bench {

int64_t CpuTimeNs(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) {
    return 0;
  }
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

Memory MemoryOf(pid_t pid) {
  Memory memory;
  std::istringstream lines(testing::ReadText(base::StrCat("/proc/", pid, "/status")));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name;
    int64_t kib = 0;
    words >> name >> kib;
    if (name == "VmRSS:") {
      memory.rss = kib;
    } else if (name == "RssAnon:") {
      memory.anon = kib;
    } else if (name == "RssFile:") {
      memory.file = kib;
    }
  }
  return memory;
}

}  // namespace sekisho::bench
