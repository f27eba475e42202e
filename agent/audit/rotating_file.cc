#include "audit/rotating_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/status_macros.h"
#include "base/str_cat.h"

namespace sekisho::audit {
namespace {

absl::Status ErrnoStatus(std::string_view doing, const std::string& path, int error) {
  return absl::UnavailableError(base::StrCat(doing, " ", path, ": ", std::strerror(error)));
}

}  // namespace

absl::Status RotatingFile::Open() {
  // 0600: the log names every workload of the node.
  fd_.Reset(::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd_.valid()) {
    return ErrnoStatus("cannot open", path_, errno);
  }
  struct stat status {};
  if (::fstat(fd_.get(), &status) != 0) {
    return ErrnoStatus("cannot stat", path_, errno);
  }
  bytes_ = static_cast<uint64_t>(status.st_size);
  char last = '\n';
  if (S_ISREG(status.st_mode) && bytes_ > 0 &&
      ::pread(fd_.get(), &last, 1, static_cast<off_t>(bytes_ - 1)) == 1 && last != '\n') {
    // A process died in the middle of a line. The next one must not become part of it.
    if (::write(fd_.get(), "\n", 1) == 1) {
      ++bytes_;
    }
  }
  return absl::OkStatus();
}

void RotatingFile::Rotate() {
  fd_.Reset();
  // The oldest is overwritten by the rename onto it. A rename that fails costs history, not the
  // line.
  for (int i = files_max_; i > 1; --i) {
    (void)std::rename(base::StrCat(path_, ".", i - 1).c_str(), base::StrCat(path_, ".", i).c_str());
  }
  if (files_max_ > 0) {
    (void)std::rename(path_.c_str(), base::StrCat(path_, ".1").c_str());
  } else {
    (void)::unlink(path_.c_str());
  }
}

absl::Status RotatingFile::Append(std::string_view line) {
  if (!fd_.valid()) {
    SEKISHO_RETURN_IF_ERROR(Open());
  }
  if (bytes_ > 0 && bytes_ + line.size() + 1 > bytes_max_) {
    Rotate();
    SEKISHO_RETURN_IF_ERROR(Open());
  }
  const std::string bytes = base::StrCat(line, '\n');
  const ssize_t written = ::write(fd_.get(), bytes.data(), bytes.size());
  if (written == static_cast<ssize_t>(bytes.size())) {
    bytes_ += bytes.size();
    return absl::OkStatus();
  }
  const int error = written < 0 ? errno : ENOSPC;
  if (written > 0 && ::ftruncate(fd_.get(), static_cast<off_t>(bytes_)) != 0) {
    bytes_ += static_cast<uint64_t>(written);
  }
  fd_.Reset();
  return ErrnoStatus("cannot write to", path_, error);
}

}  // namespace sekisho::audit
