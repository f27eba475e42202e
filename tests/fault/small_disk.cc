#include "fault/small_disk.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "base/unique_fd.h"

namespace sekisho::testing {
namespace {

constexpr char kBallast[] = "/ballast";
constexpr int kInodes = 64;

}  // namespace

std::string PrivateMountsProblem() {
  static const std::string problem = []() -> std::string {
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
      return std::string("no mounts of our own: ") + std::strerror(errno);
    }
    return "";
  }();
  return problem;
}

SmallDisk::SmallDisk(std::string directory, size_t kib)
    : directory_(std::move(directory)), kib_(kib) {
  std::filesystem::create_directories(directory_);
  const std::string options =
      "mode=0700,size=" + std::to_string(kib_) + "k,nr_inodes=" + std::to_string(kInodes);
  if (::mount("tmpfs", directory_.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, options.c_str()) != 0) {
    throw std::runtime_error("cannot mount a tmpfs at " + directory_ + ": " + std::strerror(errno));
  }
}

SmallDisk::~SmallDisk() {
  (void)::umount2(directory_.c_str(), MNT_DETACH);
}

void SmallDisk::Fill() const {
  for (int i = 0;; ++i) {
    const std::string file = directory_ + kBallast + std::to_string(i);
    const base::UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    if (!fd.valid()) {
      return;
    }
    static const std::array<char, 4096> kPage{};
    while (::write(fd.get(), kPage.data(), kPage.size()) > 0) {
    }
  }
}

void SmallDisk::Free() const {
  for (int i = 0; ::unlink((directory_ + kBallast + std::to_string(i)).c_str()) == 0; ++i) {
  }
}

bool SmallDisk::Remount(Mode mode) const {
  const unsigned long read_only = mode == Mode::kReadOnly ? MS_RDONLY : 0;
  return ::mount(nullptr, directory_.c_str(), nullptr,
                 MS_REMOUNT | MS_NOSUID | MS_NODEV | read_only, nullptr) == 0;
}

}  // namespace sekisho::testing
