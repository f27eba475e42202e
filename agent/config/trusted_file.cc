#include "config/trusted_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/status/statusor.h"
#include "base/file.h"
#include "base/str_cat.h"

namespace sekisho::config {
namespace {

using base::StrCat;

constexpr size_t kLongestFile = 1 << 20;

// Root may write everything anyhow. The effective user is accepted so that check-config and the
// tests work for an ordinary user on files of their own; the daemon runs as root.
std::optional<FileFault> JudgeOwner(const std::string& path, uid_t owner, mode_t mode) {
  if (owner != 0 && owner != ::geteuid()) {
    return FileFault{StrCat("belongs to user ", owner, ", who could change it"),
                     StrCat("chown root ", path)};
  }
  if ((mode & (S_IWGRP | S_IWOTH)) != 0) {
    return FileFault{"is writable by group or others", StrCat("chmod go-w ", path)};
  }
  return std::nullopt;
}

std::string ErrnoText(int error) {
  return std::generic_category().message(error);
}

bool HasSuffix(const std::string& name, std::string_view suffix) {
  return name.size() > suffix.size() && name.ends_with(suffix);
}

}  // namespace

std::optional<std::string> ReadTrustedFile(const std::string& path,
                                           std::vector<Diagnostic>* errors) {
  absl::StatusOr<base::OwnedFile> file = base::ReadOwnedFile(path, kLongestFile);
  if (!file.ok()) {
    std::string_view message = base::StdView(file.status().message());
    if (const std::string prefix = StrCat(path, ": "); message.starts_with(prefix)) {
      message.remove_prefix(prefix.size());  // the diagnostic names the file itself
    }
    errors->push_back(AboutFile(path, std::string(message)));
    return std::nullopt;
  }
  if (std::optional<FileFault> fault = JudgeOwner(path, file->owner, file->mode)) {
    errors->push_back(AboutFile(path, std::move(fault->message), std::move(fault->fix)));
    return std::nullopt;
  }
  return std::move(file->bytes);
}

std::vector<std::string> ListTrustedDirectory(const std::string& path,
                                              std::vector<Diagnostic>* errors,
                                              std::vector<Diagnostic>* warnings) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    if (errno != ENOENT) {
      errors->push_back(AboutFile(path, StrCat("cannot stat: ", ErrnoText(errno))));
    }
    return {};
  }
  if (!S_ISDIR(info.st_mode)) {
    errors->push_back(AboutFile(path, "is not a directory"));
    return {};
  }
  if (std::optional<FileFault> fault = JudgeOwner(path, info.st_uid, info.st_mode)) {
    errors->push_back(AboutFile(path, std::move(fault->message), std::move(fault->fix)));
    return {};
  }
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry(path, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    std::string name = entry->path().filename().string();
    if (name.starts_with('.')) {
      continue;
    }
    if (HasSuffix(name, ".yaml")) {
      names.push_back(std::move(name));
    } else if (HasSuffix(name, ".yml")) {
      const std::string file = StrCat(path, "/", name);
      warnings->push_back(AboutFile(file, "is not read", "rename it to end in .yaml"));
    }
  }
  if (error) {
    errors->push_back(AboutFile(path, StrCat("cannot list: ", error.message())));
    return {};
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::optional<FileFault> JudgeProfileFile(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    return errno == ENOENT ? FileFault{"does not exist", "install the profile first"}
                           : FileFault{StrCat("cannot be read: ", ErrnoText(errno)), {}};
  }
  if (S_ISLNK(info.st_mode)) {
    return FileFault{"is a symbolic link", "put the profile itself there"};
  }
  if (!S_ISREG(info.st_mode)) {
    return FileFault{"is not a regular file", {}};
  }
  return JudgeOwner(path, info.st_uid, info.st_mode);
}

}  // namespace sekisho::config
