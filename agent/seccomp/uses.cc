#include "seccomp/uses.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/status_macros.h"
#include "base/str_cat.h"
#include "base/unique_fd.h"

namespace sekisho::seccomp {
namespace {

using base::AbslView;
using base::StrCat;

constexpr std::string_view kSuffix = ".json";
constexpr std::string_view kUp = "../";
constexpr size_t kDigestDigits = 64;
constexpr size_t kIdMax = 128;
// No container's id has a dot in it.
constexpr std::string_view kTemporary = ".new";

// containerd's and CRI-O's are 64 hex digits. Nothing that means anything in a path.
bool IsContainerId(std::string_view id) {
  return !id.empty() && id.size() <= kIdMax && std::all_of(id.begin(), id.end(), [](char letter) {
    return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
           (letter >= 'A' && letter <= 'Z');
  });
}

absl::Status ErrnoStatus(int error, const std::string& path, std::string_view what) {
  return absl::ErrnoToStatus(error, AbslView(StrCat(path, ": ", what)));
}

}  // namespace

bool IsPinName(std::string_view name) {
  if (name.size() != kDigestDigits + kSuffix.size() || !name.ends_with(kSuffix)) {
    return false;
  }
  name.remove_suffix(kSuffix.size());
  return name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

absl::Status MakePrivateDirectory(const std::string& path) {
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (!parent.empty() && !std::filesystem::exists(parent, error) && parent != path) {
    SEKISHO_RETURN_IF_ERROR(MakePrivateDirectory(parent.string()));
  }
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return ErrnoStatus(errno, path, "cannot make the directory");
  }
  const base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat info {};
  if (!fd.valid() || ::fstat(fd.get(), &info) != 0) {
    return ErrnoStatus(errno, path, "cannot open it as a directory");
  }
  if (info.st_uid != 0 && info.st_uid != ::geteuid()) {
    return absl::FailedPreconditionError(StrCat(path, ": belongs to user ", info.st_uid));
  }
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return absl::FailedPreconditionError(StrCat(path, ": is writable by group or others"));
  }
  if ((info.st_mode & 077) != 0 && ::fchmod(fd.get(), 0700) != 0) {
    return ErrnoStatus(errno, path, "cannot set the mode");
  }
  return absl::OkStatus();
}

absl::StatusOr<Uses> Uses::Open(std::string directory, size_t uses_max) {
  SEKISHO_RETURN_IF_ERROR(MakePrivateDirectory(directory));
  Uses uses(std::move(directory), uses_max);
  uses.Read();
  return uses;
}

Uses::Uses(Uses&& other) noexcept
    : directory_(std::move(other.directory_)),
      uses_max_(other.uses_max_),
      foreign_(other.foreign_),
      uses_(std::move(other.uses_)) {}

void Uses::Read() {
  std::error_code error;
  const std::string temporary(kTemporary);
  std::filesystem::remove(StrCat(directory_, "/", temporary), error);  // of a crash
  std::filesystem::directory_iterator entry(directory_, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    std::error_code not_a_link;
    const std::string target = std::filesystem::read_symlink(entry->path(), not_a_link).string();
    std::string name = entry->path().filename().string();
    if (not_a_link || !IsContainerId(name) || !target.starts_with(kUp) ||
        !IsPinName(target.substr(kUp.size()))) {
      ++foreign_;
      continue;
    }
    uses_.insert_or_assign(std::move(name),
                           Use{.pin = target.substr(kUp.size()), .since = Clock::now()});
  }
}

absl::Status Uses::Add(std::string_view container_id, const std::string& pin) {
  if (!IsContainerId(container_id)) {
    return absl::InvalidArgumentError("no container's id");
  }
  const std::lock_guard lock(mu_);
  const auto known = uses_.find(container_id);
  if (known == uses_.end() && uses_.size() >= uses_max_) {
    return absl::ResourceExhaustedError(
        StrCat("there are ", uses_.size(), " containers with pinned profiles already"));
  }
  if (known != uses_.end() && known->second.pin == pin) {
    return absl::OkStatus();
  }
  // Made beside it and renamed, since symlink(2) replaces nothing.
  const std::string temporary = StrCat(directory_, "/", kTemporary);
  const std::string link = StrCat(directory_, "/", container_id);
  (void)::unlink(temporary.c_str());
  if (::symlink(StrCat(kUp, pin).c_str(), temporary.c_str()) != 0 ||
      ::rename(temporary.c_str(), link.c_str()) != 0) {
    return ErrnoStatus(errno, link, "cannot make the link");
  }
  uses_.insert_or_assign(std::string(container_id), Use{.pin = pin, .since = Clock::now()});
  return absl::OkStatus();
}

void Uses::Remove(std::string_view container_id) {
  const std::lock_guard lock(mu_);
  const auto known = uses_.find(container_id);
  if (known == uses_.end()) {
    return;
  }
  // A link that stays is read again at the next start, and removed by the first KeepOnly after it.
  (void)::unlink(StrCat(directory_, "/", container_id).c_str());
  uses_.erase(known);
}

void Uses::KeepOnly(const std::set<std::string, std::less<>>& container_ids,
                    Clock::duration grace) {
  const std::lock_guard lock(mu_);
  const Clock::time_point now = Clock::now();
  for (auto use = uses_.begin(); use != uses_.end();) {
    if (container_ids.contains(use->first) || now - use->second.since < grace) {
      ++use;
      continue;
    }
    (void)::unlink(StrCat(directory_, "/", use->first).c_str());
    use = uses_.erase(use);
  }
}

std::set<std::string, std::less<>> Uses::Pins() const {
  const std::lock_guard lock(mu_);
  std::set<std::string, std::less<>> pins;
  for (const auto& [id, use] : uses_) {
    pins.insert(use.pin);
  }
  return pins;
}

size_t Uses::count() const {
  const std::lock_guard lock(mu_);
  return uses_.size();
}

}  // namespace sekisho::seccomp
