#include "fault/process_memory.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

namespace sekisho::testing {
namespace {

std::string Folder(pid_t pid) {
  return "/proc/" + std::to_string(pid);
}

uint64_t KiBOf(pid_t pid, const std::string& key) {
  std::ifstream file(Folder(pid) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(key + ":")) {
      return std::stoull(line.substr(key.size() + 1));
    }
  }
  return 0;
}

size_t EntriesOf(const std::string& folder) {
  std::error_code ignored;
  size_t count = 0;
  for (auto it = std::filesystem::directory_iterator(folder, ignored);
       !ignored && it != std::filesystem::directory_iterator(); it.increment(ignored)) {
    ++count;
  }
  return count;
}

}  // namespace

uint64_t RssKiB(pid_t pid) {
  return KiBOf(pid, "VmRSS");
}

uint64_t PeakRssKiB(pid_t pid) {
  return KiBOf(pid, "VmHWM");
}

void ForgetPeak(pid_t pid) {
  std::ofstream(Folder(pid) + "/clear_refs") << "5";
}

size_t OpenDescriptors(pid_t pid) {
  return EntriesOf(Folder(pid) + "/fd");
}

size_t Threads(pid_t pid) {
  return EntriesOf(Folder(pid) + "/task");
}

}  // namespace sekisho::testing
