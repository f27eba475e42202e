#include "record/lease.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/status_macros.h"
#include "base/str_cat.h"
#include "record/lease_text.h"

namespace sekisho::record {
namespace {

using base::StrCat;

constexpr size_t kContainersBytesMax = size_t{4} << 20;

absl::Status ErrnoStatus(const std::string& path, std::string_view what) {
  const int error = errno;
  return absl::ErrnoToStatus(error, base::AbslView(StrCat(path, ": ", what)));
}

absl::StatusOr<std::string> RandomId() {
  std::array<uint8_t, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return absl::ErrnoToStatus(errno, "getrandom");
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string id;
  for (const uint8_t byte : bytes) {
    id += kDigits[byte >> 4];
    id += kDigits[byte & 15];
  }
  return id;
}

// The directories above it belong to the administrator; this one is ours alone.
absl::Status MakeDirectory(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(directory).parent_path(), error);
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return ErrnoStatus(directory, "cannot make it");
  }
  struct stat info {};
  if (::lstat(directory.c_str(), &info) != 0) {
    return ErrnoStatus(directory, "cannot stat it");
  }
  if (!IsOurDirectory(info)) {
    return absl::FailedPreconditionError(
        StrCat(directory, ": must be a directory of this user with mode 0700"));
  }
  return absl::OkStatus();
}

absl::StatusOr<base::UniqueFd> MakeFile(const std::string& path, std::string_view text) {
  base::UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd.valid()) {
    return ErrnoStatus(path, "cannot make it");
  }
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0 || ::fchmod(fd.get(), 0600) != 0 ||
      ::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    absl::Status status = ErrnoStatus(path, "cannot write it");
    (void)::unlink(path.c_str());
    return status;
  }
  return fd;
}

}  // namespace

std::string RecordingsDirectory(const std::string& state) {
  return StrCat(state, "/recordings");
}

absl::StatusOr<Lease> Lease::Take(const std::string& state, Recording recording) {
  Lease lease;
  lease.directory_ = RecordingsDirectory(state);
  SEKISHO_RETURN_IF_ERROR(MakeDirectory(lease.directory_));
  SEKISHO_ASSIGN_OR_RETURN(recording.id, RandomId());
  lease.recording_ = std::move(recording);  // from here on the destructor cleans up
  const std::string& id = lease.recording_.id;
  SEKISHO_RETURN_IF_ERROR(MakeFile(ContainersFile(lease.directory_, id), "").status());
  // Under another name until it is whole and locked: the daemon removes what nobody holds.
  const std::string unready = StrCat(lease.directory_, "/", id, ".unready");
  SEKISHO_ASSIGN_OR_RETURN(lease.lock_, MakeFile(unready, ToLeaseText(lease.recording_)));
  if (::rename(unready.c_str(), LeaseFile(lease.directory_, id).c_str()) != 0) {
    absl::Status status = ErrnoStatus(unready, "cannot rename it");
    (void)::unlink(unready.c_str());
    return status;
  }
  return lease;
}

Lease::Lease(Lease&& other) noexcept
    : recording_(std::move(other.recording_)),
      directory_(std::exchange(other.directory_, {})),
      lock_(std::move(other.lock_)) {}

Lease::~Lease() {
  if (!directory_.empty() && !recording_.id.empty()) {
    (void)::unlink(LeaseFile(directory_, recording_.id).c_str());
    (void)::unlink(ContainersFile(directory_, recording_.id).c_str());
  }
}

absl::StatusOr<std::vector<RecordedContainer>> Lease::Containers() const {
  SEKISHO_ASSIGN_OR_RETURN(
      const std::string text,
      base::ReadFile(ContainersFile(directory_, recording_.id), kContainersBytesMax));
  std::vector<RecordedContainer> containers;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    SEKISHO_ASSIGN_OR_RETURN(RecordedContainer container, FromLine(line));
    // The daemon may tell of one twice: a kubelet repeats a create whose answer it missed.
    if (std::ranges::none_of(containers, [&](const auto& known) { return known == container; })) {
      containers.push_back(std::move(container));
    }
  }
  return containers;
}

}  // namespace sekisho::record
