#include "fault/process_memory.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

namespace sekisho::testing {
namespace {

namespace fs = std::filesystem;

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

// Those of a process that ends meanwhile are none.
std::vector<fs::path> EntriesOf(const std::string& folder) {
  std::error_code ignored;
  std::vector<fs::path> entries;
  for (auto it = fs::directory_iterator(folder, ignored);
       !ignored && it != fs::directory_iterator(); it.increment(ignored)) {
    entries.push_back(it->path());
  }
  return entries;
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

std::vector<std::string> OpenDescriptors(pid_t pid) {
  std::vector<std::string> descriptors;
  for (const fs::path& entry : EntriesOf(Folder(pid) + "/fd")) {
    std::error_code closed;
    descriptors.push_back(entry.filename().string() + " " +
                          fs::read_symlink(entry, closed).string());
  }
  return descriptors;
}

size_t Threads(pid_t pid) {
  return EntriesOf(Folder(pid) + "/task").size();
}

}  // namespace sekisho::testing
