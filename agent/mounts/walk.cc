#include "mounts/walk.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <utility>

namespace sekisho::mounts {
namespace {

Opened Failed(int error) {
  return {.error = error};
}

}  // namespace

Opened OpenBelow(int directory, const std::string& path, Crossing crossing) {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_BENEATH |
                (crossing == Crossing::kForbidden ? RESOLVE_NO_XDEV : 0U);
  const long fd = ::syscall(SYS_openat2, directory, path.c_str(), &how, sizeof(how));
  if (fd < 0) {
    return errno == ENOSYS ? OpenBelowByComponents(directory, path) : Failed(errno);
  }
  return {.fd = base::UniqueFd(static_cast<int>(fd)),
          .on_one_mount = crossing == Crossing::kForbidden};
}

Opened OpenBelowByComponents(int directory, const std::string& path) {
  Opened at;
  for (std::string_view rest = path; !rest.empty();) {
    const size_t slash = rest.find('/');
    const std::string name(rest.substr(0, slash));
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
    const int from = at.fd.valid() ? at.fd.get() : directory;
    // With O_PATH and O_NOFOLLOW, a symlink is opened itself: nothing has been followed yet.
    base::UniqueFd next(::openat(from, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    struct stat info {};
    if (!next.valid() || ::fstat(next.get(), &info) != 0) {
      return Failed(errno);
    }
    if (S_ISLNK(info.st_mode)) {
      return Failed(ELOOP);
    }
    at.fd = std::move(next);
  }
  return at;
}

}  // namespace sekisho::mounts
