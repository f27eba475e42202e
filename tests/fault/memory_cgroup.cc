#include "fault/memory_cgroup.h"

#include <exception>
#include <filesystem>

#include "support/isolation.h"
#include "support/text_file.h"

namespace sekisho::testing {
namespace {

namespace fs = std::filesystem;

}  // namespace

MemoryCgroup::MemoryCgroup(uint64_t bytes_max) {
  try {
    const std::string root = "/sys/fs/cgroup";
    if (fs::exists(root + "/memory")) {
      // Linux, Documentation/admin-guide/cgroup-v1/memory.rst
      folder_ = root + "/memory" + CgroupRoot() + "/agent";
      files_ = {.max = "/memory.limit_in_bytes", .peak = "/memory.max_usage_in_bytes"};
      fs::create_directories(folder_);
    } else {
      // Linux, Documentation/admin-guide/cgroup-v2.rst; memory.peak is there since 5.19. Whoever is
      // above has to hand the controller down.
      folder_ = root + CgroupRoot() + "/agent";
      files_ = {.max = "/memory.max", .peak = "/memory.peak"};
      fs::create_directories(folder_);
      WriteText(root + CgroupRoot() + "/cgroup.subtree_control", "+memory");
    }
    WriteText(folder_ + files_.max, std::to_string(bytes_max));
  } catch (const std::exception& error) {
    problem_ = std::string("no cgroup that limits memory: ") + error.what();
  }
}

void MemoryCgroup::Take(pid_t pid) const {
  WriteText(folder_ + "/cgroup.procs", std::to_string(pid));
}

uint64_t MemoryCgroup::Peak() const {
  return std::stoull(ReadText(folder_ + files_.peak));
}

}  // namespace sekisho::testing
