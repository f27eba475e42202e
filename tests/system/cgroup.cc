#include "system/cgroup.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <filesystem>
#include <system_error>
#include <vector>

#include "support/isolation.h"
#include "support/text_file.h"

namespace sekisho::testing {
namespace {

constexpr char kCgroups[] = "/sys/fs/cgroup";

std::string Problem(const std::string& what) {
  return what + ": " + std::strerror(errno);
}

// What a cgroup2 file system shows as its root is decided when it is mounted.
bool MountAnew() {
  (void)::umount2(kCgroups, MNT_DETACH);
  return ::mount("cgroup2", kCgroups, "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0;
}

}  // namespace

std::string EnterOwnCgroup() {
  if (!MountAnew()) {
    return Problem("no cgroup2");
  }
  const std::string own = kCgroups + CgroupRoot();
  if (::mkdir(own.c_str(), 0755) != 0 && errno != EEXIST) {
    return Problem(own);
  }
  try {
    WriteText(own + "/cgroup.procs", "0");
  } catch (const std::exception& error) {
    return error.what();
  }
  if (::unshare(CLONE_NEWCGROUP) != 0) {
    return Problem("no cgroup namespace");
  }
  return MountAnew() ? "" : Problem("no cgroup2 of our own");
}

void LeaveOwnCgroupEmpty() {
  std::error_code ignored;
  std::vector<std::filesystem::path> folders;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kCgroups, ignored)) {
    if (entry.is_directory(ignored)) {
      folders.push_back(entry.path());
    }
  }
  for (auto folder = folders.rbegin(); folder != folders.rend(); ++folder) {
    (void)::rmdir(folder->c_str());
  }
}

}  // namespace sekisho::testing
