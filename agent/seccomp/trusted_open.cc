#include "seccomp/trusted_open.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "base/status_macros.h"
#include "base/str_cat.h"

namespace sekisho::seccomp {
namespace {

using base::AbslView;
using base::StrCat;
using base::UniqueFd;

constexpr int kReadAttempts = 4;

absl::Status Untrusted(const std::string& why) {
  return absl::PermissionDeniedError(AbslView(why));
}

int64_t Nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

// The clock that file systems stamp inodes with.
int64_t InodeClock() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return Nanoseconds(now);
}

// Why others than root could change it; words that follow its name.
std::optional<std::string> JudgeOwner(const struct stat& info) {
  if (info.st_uid != 0 && info.st_uid != ::geteuid()) {
    return StrCat("belongs to user ", info.st_uid, ", who could change it");
  }
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return "is writable by group or others";
  }
  return std::nullopt;
}

// One name in one directory. The C library of Debian 12 has no wrapper.
UniqueFd OpenAt2(int directory, const std::string& name, uint64_t flags) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return UniqueFd(
      static_cast<int>(::syscall(SYS_openat2, directory, name.c_str(), &how, sizeof how)));
}

// What errno says of a name on the way; `subject` is empty for the last one.
absl::Status OpenFault(int error, const std::string& subject) {
  const std::string what = subject.empty() ? "" : StrCat("lies in \"", subject, "\", which ");
  switch (error) {
    case ENOENT:
    case ENAMETOOLONG:
      return absl::NotFoundError("does not exist");
    case ENOTDIR:
      return absl::NotFoundError(AbslView(StrCat(what, "is no directory")));
    case ELOOP:
      return Untrusted(StrCat(what, "is a symbolic link"));
    case EXDEV:
      return Untrusted(StrCat(what, "leads out of the directory"));
    case ENOSYS:
    case EPERM:
      return Untrusted(
          "cannot be opened safely: openat2(2) is refused; it needs Linux 5.6, and a "
          "seccomp filter of this process that allows it");
    default:
      return absl::ErrnoToStatus(error, "cannot be opened");
  }
}

absl::StatusOr<struct stat> Stat(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) {
    return absl::ErrnoToStatus(errno, "cannot be looked at");
  }
  return info;
}

absl::Status JudgeDirectory(int fd, const std::string& subject) {
  SEKISHO_ASSIGN_OR_RETURN(const struct stat info, Stat(fd));
  if (std::optional<std::string> fault = JudgeOwner(info)) {
    return Untrusted(StrCat("lies in \"", subject, "\", which ", *fault));
  }
  return absl::OkStatus();
}

absl::StatusOr<Identity> JudgeFile(int fd) {
  SEKISHO_ASSIGN_OR_RETURN(const struct stat info, Stat(fd));
  if (!S_ISREG(info.st_mode)) {
    return Untrusted("is not a regular file");
  }
  if (std::optional<std::string> fault = JudgeOwner(info)) {
    return Untrusted(*fault);
  }
  return IdentityFrom(info);
}

absl::StatusOr<UniqueFd> OpenRoot(const std::string& root) {
  UniqueFd fd(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) {
    return OpenFault(errno, root);
  }
  SEKISHO_RETURN_IF_ERROR(JudgeDirectory(fd.get(), root));
  return fd;
}

// A name that only ever means an entry of the directory it is looked up in.
bool IsPlainName(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('\0') == std::string_view::npos;
}

absl::StatusOr<std::string> ReadAtMost(int fd, size_t max_bytes) {
  std::string bytes;
  constexpr size_t kChunk = 64 << 10;
  while (bytes.size() <= max_bytes) {
    const size_t have = bytes.size();
    bytes.resize(std::min(have + kChunk, max_bytes + 1));
    const ssize_t got = ::pread(fd, bytes.data() + have, bytes.size() - have,
                                static_cast<off_t>(have));  // from its start on every attempt
    const int error = errno;
    bytes.resize(have + (got > 0 ? static_cast<size_t>(got) : 0));
    if (got == 0) {
      return bytes;
    }
    if (got < 0 && error != EINTR) {
      return absl::ErrnoToStatus(error, "cannot be read");
    }
  }
  return absl::ResourceExhaustedError(
      AbslView(StrCat("is longer than the ", max_bytes, " bytes that a profile may have")));
}

}  // namespace

Identity IdentityFrom(const struct stat& info) {
  return {.device = info.st_dev,
          .inode = info.st_ino,
          .size = info.st_size,
          .mtime_ns = Nanoseconds(info.st_mtim),
          .ctime_ns = Nanoseconds(info.st_ctim),
          .owner = info.st_uid,
          .mode = info.st_mode};
}

absl::StatusOr<Located> Locate(const std::string& root, std::string_view relative) {
  SEKISHO_ASSIGN_OR_RETURN(UniqueFd directory, OpenRoot(root));
  std::string walked = root;
  for (;;) {
    const size_t slash = relative.find('/');
    const std::string name(relative.substr(0, slash));
    if (!IsPlainName(name)) {
      return Untrusted(name == ".." ? "leads out of the directory" : "is not a clean path");
    }
    if (slash == std::string_view::npos) {
      // O_PATH: not even a device is disturbed by being looked at.
      const UniqueFd file = OpenAt2(directory.get(), name, O_PATH);
      if (!file.valid()) {
        return OpenFault(errno, {});
      }
      SEKISHO_ASSIGN_OR_RETURN(const Identity identity, JudgeFile(file.get()));
      return Located{.directory = std::move(directory), .name = name, .identity = identity};
    }
    walked = StrCat(walked, "/", name);
    UniqueFd next = OpenAt2(directory.get(), name, O_PATH | O_DIRECTORY);
    if (!next.valid()) {
      return OpenFault(errno, walked);
    }
    SEKISHO_RETURN_IF_ERROR(JudgeDirectory(next.get(), walked));
    directory = std::move(next);
    relative.remove_prefix(slash + 1);
  }
}

absl::StatusOr<TrustedBytes> ReadTrusted(const Located& located, size_t max_bytes) {
  // O_NONBLOCK: should the name be a FIFO's by now, nobody waits for its writer.
  const UniqueFd fd =
      OpenAt2(located.directory.get(), located.name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!fd.valid()) {
    return OpenFault(errno, {});
  }
  for (int attempt = 0; attempt < kReadAttempts; ++attempt) {
    const int64_t started = InodeClock();
    SEKISHO_ASSIGN_OR_RETURN(const Identity before, JudgeFile(fd.get()));
    SEKISHO_ASSIGN_OR_RETURN(std::string bytes, ReadAtMost(fd.get(), max_bytes));
    SEKISHO_ASSIGN_OR_RETURN(const Identity after, JudgeFile(fd.get()));
    if (before == after && bytes.size() == static_cast<size_t>(after.size)) {
      return TrustedBytes{
          .bytes = std::move(bytes), .identity = after, .settled = after.ctime_ns < started};
    }
  }
  return absl::AbortedError("kept changing while it was read");
}

absl::StatusOr<std::string_view> RelativeTo(std::string_view root, std::string_view path) {
  if (!path.starts_with(root) || path.size() <= root.size() + 1 || path[root.size()] != '/') {
    return Untrusted(StrCat("does not lie below ", root));
  }
  return path.substr(root.size() + 1);
}

}  // namespace sekisho::seccomp
