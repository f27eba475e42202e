#include "install/file_view.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <deque>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "base/str_cat.h"
#include "install/refusal.h"

namespace sekisho::install {
namespace {

using base::StrCat;

constexpr size_t kMaxBytes = 1 << 20;
constexpr int kMostLinks = 40;  // as the kernel
constexpr int kDeepestFolder = 32;

std::deque<std::string> Components(std::string_view path) {
  std::deque<std::string> parts;
  while (!path.empty()) {
    const size_t slash = std::min(path.find('/'), path.size());
    if (slash > 0 && path.substr(0, slash) != ".") {
      parts.emplace_back(path.substr(0, slash));
    }
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return parts;
}

// Where a symbolic link points; nothing for what is none, or is not there.
std::optional<std::string> LinkTarget(const std::string& path) {
  std::string target(PATH_MAX, '\0');
  const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
  if (length <= 0) {
    return std::nullopt;
  }
  target.resize(static_cast<size_t>(length));
  return target;
}

absl::Status ListConfFiles(const std::string& root, const std::string& folder, int depth,
                           std::vector<std::string>* found) {
  if (depth > kDeepestFolder) {
    return RefuseAt(folder, 0, "folders nested too deep");
  }
  std::error_code error;
  std::vector<std::pair<std::string, bool>> entries;  // name; is a folder
  std::filesystem::directory_iterator each(root + folder, error);
  for (; !error && each != std::filesystem::directory_iterator(); each.increment(error)) {
    entries.emplace_back(
        each->path().filename().string(),
        each->symlink_status(error).type() == std::filesystem::file_type::directory);
  }
  if (error) {
    return RefuseAt(folder, 0, StrCat("cannot list the folder: ", error.message()));
  }
  std::sort(entries.begin(), entries.end());
  for (const auto& [name, is_folder] : entries) {
    const std::string path = StrCat(folder, "/", name);
    if (is_folder) {
      SEKISHO_RETURN_IF_ERROR(ListConfFiles(root, path, depth + 1, found));
    } else if (name.ends_with(".conf")) {
      found->push_back(path);
    }
  }
  return absl::OkStatus();
}

}  // namespace

FileView::FileView(std::string root) : root_(std::move(root)) {
  while (root_.ends_with('/')) {
    root_.pop_back();
  }
}

FileView FileView::With(const std::vector<FileChange>& changes) const {
  FileView view = *this;
  for (const FileChange& change : changes) {
    view.changed_.insert_or_assign(change.path, change.after);
  }
  return view;
}

absl::StatusOr<std::string> FileView::Resolve(const std::string& path) const {
  if (!path.starts_with('/')) {
    return RefuseAt(path, 0, "not an absolute path");
  }
  std::deque<std::string> todo = Components(path);
  std::string done;
  int links = 0;
  while (!todo.empty()) {
    const std::string part = std::move(todo.front());
    todo.pop_front();
    if (part == "..") {
      done.resize(done.empty() ? 0 : done.rfind('/'));
      continue;
    }
    const std::string next = StrCat(done, "/", part);
    const std::optional<std::string> target = LinkTarget(root_ + next);
    if (!target.has_value()) {
      done = next;
      continue;
    }
    if (++links > kMostLinks) {
      return RefuseAt(path, 0, "too many symbolic links");
    }
    if (target->starts_with('/')) {
      done.clear();
    }
    std::deque<std::string> parts = Components(*target);
    todo.insert(todo.begin(), parts.begin(), parts.end());
  }
  return done.empty() ? "/" : done;
}

absl::StatusOr<std::string> FileView::Read(const std::string& path) const {
  SEKISHO_ASSIGN_OR_RETURN(const std::string resolved, Resolve(path));
  const auto changed = changed_.find(resolved);
  if (changed == changed_.end()) {
    return base::ReadFile(root_ + resolved, kMaxBytes);
  }
  if (!changed->second.has_value()) {
    return absl::NotFoundError(StrCat(path, ": no such file"));
  }
  return *changed->second;
}

absl::StatusOr<std::vector<std::string>> FileView::ConfFiles(const std::string& folder) const {
  struct stat info {};
  if (::lstat((root_ + folder).c_str(), &info) != 0) {
    return RefuseAt(folder, 0, "cannot open the folder of --config-dir");
  }
  if (!S_ISDIR(info.st_mode)) {
    // The kubelet does not go through such a link: it would read nothing there.
    return RefuseAt(folder, 0, "--config-dir is no folder itself (a symbolic link?)");
  }
  std::vector<std::string> found;
  SEKISHO_RETURN_IF_ERROR(ListConfFiles(root_, folder, 0, &found));
  return found;
}

bool FileView::IsScript(const std::string& path) const {
  const absl::StatusOr<std::string> resolved = Resolve(path);
  if (!resolved.ok()) {
    return false;
  }
  std::error_code error;
  if (!std::filesystem::is_regular_file(root_ + *resolved, error)) {
    return false;
  }
  std::ifstream file(root_ + *resolved, std::ios::binary);
  return file.get() == '#' && file.get() == '!';
}

}  // namespace sekisho::install
