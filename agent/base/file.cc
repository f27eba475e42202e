#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>

#include "base/status_macros.h"
#include "base/str_cat.h"
#include "base/unique_fd.h"

namespace sekisho::base {
namespace {

constexpr size_t kReadChunk = 64 << 10;

absl::Status ErrnoStatus(const std::string& path, std::string_view what) {
  const int error = errno;
  return absl::ErrnoToStatus(error, AbslView(StrCat(path, ": ", what)));
}

absl::StatusOr<UniqueFd> OpenRegularFile(const std::string& path, struct stat* info) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer. It means nothing for a regular file.
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid()) {
    return ErrnoStatus(path, "cannot open");
  }
  if (::fstat(fd.get(), info) != 0) {
    return ErrnoStatus(path, "cannot stat");
  }
  if (!S_ISREG(info->st_mode)) {
    return absl::FailedPreconditionError(StrCat(path, ": not a regular file"));
  }
  return fd;
}

absl::Status WriteAll(int fd, const std::string& path, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) {
        continue;
      }
      return ErrnoStatus(path, "cannot write");
    }
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

// Fills and syncs the temporary file; the caller removes it when this fails.
absl::Status FillFile(int fd, const std::string& path, std::string_view bytes, mode_t mode) {
  SEKISHO_RETURN_IF_ERROR(WriteAll(fd, path, bytes));
  // After the bytes, so that a wide mode never shows half a file.
  if (::fchmod(fd, mode) != 0) {
    return ErrnoStatus(path, "cannot set the mode");
  }
  if (::fsync(fd) != 0) {
    return ErrnoStatus(path, "cannot sync");
  }
  return absl::OkStatus();
}

absl::Status SyncDirectory(const std::string& directory) {
  UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY));
  if (!fd.valid()) {
    return ErrnoStatus(directory, "cannot open");
  }
  if (::fsync(fd.get()) != 0) {
    return ErrnoStatus(directory, "cannot sync");
  }
  return absl::OkStatus();
}

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) {
    return ".";
  }
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

absl::StatusOr<OwnedFile> ReadOwnedFile(const std::string& path, size_t max_bytes) {
  struct stat info {};
  SEKISHO_ASSIGN_OR_RETURN(const UniqueFd fd, OpenRegularFile(path, &info));
  OwnedFile file{
      .bytes = {}, .owner = info.st_uid, .group = info.st_gid, .mode = info.st_mode & 07777};
  // The size of stat is not trusted: files of /proc say 0, and a file may grow while it is read.
  // One byte more than allowed is asked for, to tell "exactly full" from "too long".
  std::array<char, kReadChunk> chunk;  // not initialised: most files are far shorter
  while (file.bytes.size() <= max_bytes) {
    const size_t room = max_bytes - file.bytes.size();
    const ssize_t got = ::read(fd.get(), chunk.data(), room < kReadChunk ? room + 1 : kReadChunk);
    if (got == 0) {
      return file;
    }
    if (got > 0) {
      file.bytes.append(chunk.data(), static_cast<size_t>(got));
    } else if (errno != EINTR) {
      return ErrnoStatus(path, "cannot read");
    }
  }
  return absl::ResourceExhaustedError(
      StrCat(path, ": longer than the ", max_bytes, " bytes allowed"));
}

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes) {
  SEKISHO_ASSIGN_OR_RETURN(OwnedFile file, ReadOwnedFile(path, max_bytes));
  return std::move(file.bytes);
}

absl::Status WriteFileAtomically(const std::string& path, std::string_view bytes, mode_t mode,
                                 const std::optional<FileOwner>& owner) {
  std::string temporary = StrCat(path, ".XXXXXX");
  UniqueFd fd(::mkostemp(temporary.data(), O_CLOEXEC));  // made with mode 0600
  if (!fd.valid()) {
    return ErrnoStatus(path, "cannot make a temporary file beside it");
  }
  absl::Status status;
  // Before the mode, since a change of owner takes set-id bits away.
  if (owner.has_value() && ::fchown(fd.get(), owner->user, owner->group) != 0) {
    status = ErrnoStatus(temporary, "cannot set the owner");
  }
  status.Update(FillFile(fd.get(), temporary, bytes, mode));
  fd.Reset();
  if (status.ok() && ::rename(temporary.c_str(), path.c_str()) != 0) {
    status = ErrnoStatus(path, "cannot rename the new file to it");
  }
  if (!status.ok()) {
    (void)::unlink(temporary.c_str());  // best effort: the first error is the one to tell
    return status;
  }
  return SyncDirectory(DirectoryOf(path));
}

}  // namespace sekisho::base
