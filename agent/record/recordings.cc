#include "record/recordings.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <memory>
#include <utility>

#include "base/str_cat.h"
#include "base/unique_fd.h"
#include "policy/glob.h"
#include "record/lease.h"
#include "record/lease_text.h"

namespace sekisho::record {
namespace {

using base::StrCat;

constexpr size_t kLeasesMax = 64;  // a person starts each one
constexpr size_t kLeaseBytesMax = 4096;
constexpr std::string_view kSuffix = ".json";

std::chrono::sys_seconds WallClock() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

bool SameTime(const timespec& a, const timespec& b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool Unchanged(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_mode == b.st_mode &&
         a.st_uid == b.st_uid && SameTime(a.st_mtim, b.st_mtim) && SameTime(a.st_ctim, b.st_ctim);
}

// File times advance by the kernel's tick, so that a change in the same tick as the one before it
// shows in no time. Only a directory that rested for a while has told all.
bool Rested(const struct stat& directory) {
  timespec now{};
  (void)::clock_gettime(CLOCK_REALTIME, &now);
  const time_t last = std::max(directory.st_mtim.tv_sec, directory.st_ctim.tv_sec);
  return now.tv_sec > last + 1;
}

std::vector<std::string> List(const std::string& directory) {
  std::vector<std::string> ids;
  const std::unique_ptr<DIR, int (*)(DIR*)> opened(::opendir(directory.c_str()), &::closedir);
  if (opened == nullptr) {
    return ids;
  }
  while (const dirent* entry = ::readdir(opened.get())) {
    const std::string_view name = entry->d_name;
    if (name.size() > kSuffix.size() && name.ends_with(kSuffix) && ids.size() < kLeasesMax) {
      ids.emplace_back(name.substr(0, name.size() - kSuffix.size()));
    }
  }
  std::ranges::sort(ids);
  return ids;
}

// The text of a lease file of ours; nothing when it is odd in any way.
std::optional<std::string> ReadLease(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !IsOurFile(info)) {
    return std::nullopt;
  }
  std::array<char, kLeaseBytesMax> buffer{};
  const ssize_t got = ::read(fd, buffer.data(), buffer.size());
  if (got <= 0 || got == static_cast<ssize_t>(buffer.size())) {
    return std::nullopt;
  }
  return std::string(buffer.data(), static_cast<size_t>(got));
}

// Our own attempt goes with the descriptor.
bool SomebodyHolds(int fd) {
  return ::flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

}  // namespace

Recordings::Recordings(const std::string& state, Clock now)
    : directory_(RecordingsDirectory(state)), now_(now ? std::move(now) : Clock(WallClock)) {}

std::vector<std::string> Recordings::Ids() const {
  struct stat info {};
  if (::lstat(directory_.c_str(), &info) != 0 || !IsOurDirectory(info)) {
    return {};
  }
  const std::scoped_lock lock(mutex_);
  if (!settled_ || !Unchanged(info, seen_)) {
    // The times from before the listing: what comes in between is listed again next time.
    seen_ = info;
    settled_ = Rested(info);
    ids_ = List(directory_);
  }
  return ids_;
}

bool Recordings::Any() const {
  return !Ids().empty();
}

std::optional<Recording> Recordings::Held(const std::string& id) const {
  const std::string path = LeaseFile(directory_, id);
  const base::UniqueFd fd(
      ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd.valid()) {
    return std::nullopt;
  }
  const std::optional<std::string> text = ReadLease(fd.get());
  if (!text.has_value()) {
    return std::nullopt;
  }
  absl::StatusOr<Recording> recording = FromLeaseText(*text, id);
  if (!recording.ok()) {
    return std::nullopt;
  }
  const std::chrono::sys_seconds now = now_();
  if (recording->until <= now || !SomebodyHolds(fd.get())) {
    (void)::unlink(path.c_str());
    (void)::unlink(ContainersFile(directory_, id).c_str());
    return std::nullopt;
  }
  if (recording->until > now + kLongestRecording) {
    return std::nullopt;
  }
  return std::move(recording).value();
}

std::vector<Recording> Recordings::AllMatching(std::string_view pod_namespace, std::string_view pod,
                                               std::string_view container) const {
  std::vector<Recording> matching;
  for (const std::string& id : Ids()) {
    std::optional<Recording> recording = Held(id);
    if (recording.has_value() && recording->namespace_ == pod_namespace &&
        recording->container == container && policy::GlobMatches(recording->pod, pod)) {
      matching.push_back(*std::move(recording));
    }
  }
  return matching;
}

std::optional<Recording> Recordings::Matching(std::string_view pod_namespace, std::string_view pod,
                                              std::string_view container) const {
  std::vector<Recording> matching = AllMatching(pod_namespace, pod, container);
  if (matching.empty()) {
    return std::nullopt;
  }
  return std::move(matching.front());
}

absl::Status Recordings::Created(const RecordedContainer& container) const {
  const std::string line = ToLine(container);
  absl::Status status;
  for (const Recording& recording :
       AllMatching(container.namespace_, container.pod, container.name)) {
    const std::string path = ContainersFile(directory_, recording.id);
    // Not O_CREAT: the recorder made it, and without a recorder nobody reads it.
    const base::UniqueFd fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC));
    struct stat info {};
    if (!fd.valid() || ::fstat(fd.get(), &info) != 0 || !IsOurFile(info) ||
        ::write(fd.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
      status.Update(absl::UnavailableError(
          StrCat("recording ", recording.id, " could not be told of container ", container.id)));
    }
  }
  return status;
}

}  // namespace sekisho::record
