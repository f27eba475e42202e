#include "install/run_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/str_cat.h"

namespace sekisho::install {

absl::StatusOr<base::UniqueFd> TakeRunLock(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  const std::string path = base::StrCat(directory, "/lock");
  base::UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd.valid()) {
    return absl::ErrnoToStatus(errno, base::AbslView(path));
  }
  while (::flock(fd.get(), LOCK_EX) != 0) {
    if (errno != EINTR) {
      return absl::ErrnoToStatus(errno, base::AbslView(path));
    }
  }
  return fd;
}

}  // namespace sekisho::install
