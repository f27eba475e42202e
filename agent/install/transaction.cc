#include "install/transaction.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/file.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "base/str_cat.h"

namespace sekisho::install {
namespace {

namespace fs = std::filesystem;
using base::StrCat;

constexpr size_t kFileBytesMax = size_t{512} << 20;
constexpr mode_t kPermissionBits = 07777;

// The folders above `path` that are not there, outermost first.
std::vector<std::string> MissingFolders(const std::string& path, const std::string& root) {
  std::vector<std::string> missing;
  for (fs::path folder = fs::path(path).parent_path(); folder.has_relative_path();
       folder = folder.parent_path()) {
    std::error_code ignored;
    if (fs::exists(StrCat(root, folder.string()), ignored)) {
      break;
    }
    missing.push_back(folder.string());
  }
  std::reverse(missing.begin(), missing.end());
  return missing;
}

// What has to be kept of a file before it is changed.
absl::StatusOr<SavedFile> Keep(const NodeChange& planned, const StateStore& store,
                               const std::string& root) {
  const FileChange& change = planned.change;
  SavedFile file{.path = change.path,
                 .of = planned.of,
                 .before = std::nullopt,
                 .after = std::nullopt,
                 .mode = change.mode,
                 .user = 0,
                 .group = 0};
  if (change.after.has_value()) {
    file.after = base::Sha256Hex(*change.after);
  }
  if (change.before.has_value()) {
    struct stat info {};
    const std::string path = StrCat(root, change.path);
    if (::stat(path.c_str(), &info) != 0) {
      return absl::ErrnoToStatus(errno, base::AbslView(path));
    }
    file.mode = info.st_mode & kPermissionBits;
    file.user = info.st_uid;
    file.group = info.st_gid;
    SEKISHO_ASSIGN_OR_RETURN(file.before, store.Put(*change.before));
  }
  return file;
}

absl::Status Remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return absl::ErrnoToStatus(errno, base::AbslView(StrCat(path, ": cannot be removed")));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::optional<std::string>> ReadIfThere(const std::string& path) {
  absl::StatusOr<std::string> bytes = base::ReadFile(path, kFileBytesMax);
  if (bytes.ok()) {
    return std::optional(*std::move(bytes));
  }
  if (absl::IsNotFound(bytes.status())) {
    return std::optional<std::string>();
  }
  return bytes.status();
}

absl::Status Transaction::Begin(bool agent_was_running, bool agent_was_enabled) {
  state_.run = SavedRun{.files = {},
                        .folders = {},
                        .agent_was_running = agent_was_running,
                        .agent_was_enabled = agent_was_enabled};
  return store_.Save(state_);
}

absl::Status Transaction::Announce(const std::vector<NodeChange>& changes) {
  SavedRun& run = *state_.run;
  for (const NodeChange& planned : changes) {
    SEKISHO_ASSIGN_OR_RETURN(SavedFile file, Keep(planned, store_, root_));
    for (std::string& folder : MissingFolders(planned.change.path, root_)) {
      if (std::find(run.folders.begin(), run.folders.end(), folder) == run.folders.end()) {
        run.folders.push_back(std::move(folder));
      }
    }
    run.files.push_back(std::move(file));
  }
  return store_.Save(state_);
}

absl::Status Transaction::Make(const FileChange& change) const {
  const std::string path = StrCat(root_, change.path);
  SEKISHO_ASSIGN_OR_RETURN(const std::optional<std::string> now, ReadIfThere(path));
  if (now != change.before) {
    return absl::AbortedError(StrCat(change.path, ": was changed by somebody else meanwhile"));
  }
  if (!change.after.has_value()) {
    return Remove(path);
  }
  const auto saved = std::find_if(state_.run->files.rbegin(), state_.run->files.rend(),
                                  [&](const SavedFile& file) { return file.path == change.path; });
  if (saved == state_.run->files.rend()) {
    return absl::InternalError(StrCat(change.path, ": was not announced"));
  }
  std::error_code error;
  fs::create_directories(fs::path(path).parent_path(), error);
  if (error) {
    return absl::FailedPreconditionError(
        StrCat(path, ": its folder cannot be made: ", error.message()));
  }
  return base::WriteFileAtomically(path, *change.after, saved->mode,
                                   base::FileOwner{saved->user, saved->group});
}

absl::Status Transaction::PutBack(SavedFile::Of of) const {
  absl::Status first;
  if (!state_.run.has_value()) {
    return first;
  }
  const std::vector<SavedFile>& files = state_.run->files;
  std::for_each(files.rbegin(), files.rend(), [&](const SavedFile& file) {
    if (file.of == of) {
      first.Update(RestoreFile(store_, file, root_));
    }
  });
  RemoveEmptyFolders(state_.run->folders, root_);
  return first;
}

absl::Status Transaction::Forget() {
  state_.run.reset();
  return state_.kubelet_unit.empty() ? store_.Clear() : store_.Save(state_);
}

absl::Status Transaction::Commit(const std::string& kubelet_unit,
                                 const std::string& runtime_endpoint,
                                 const std::string& agent_endpoint) {
  SavedState done = Committed(state_);
  done.kubelet_unit = kubelet_unit;
  done.runtime_endpoint = runtime_endpoint;
  done.agent_endpoint = agent_endpoint;
  SEKISHO_RETURN_IF_ERROR(store_.Save(done));
  state_ = std::move(done);
  return absl::OkStatus();
}

absl::Status RestoreFile(const StateStore& store, const SavedFile& file, const std::string& root) {
  const std::string path = StrCat(root, file.path);
  if (!file.before.has_value()) {
    return Remove(path);
  }
  SEKISHO_ASSIGN_OR_RETURN(const std::string bytes, store.Get(*file.before));
  const absl::StatusOr<std::optional<std::string>> now = ReadIfThere(path);
  if (now.ok() && *now == bytes) {
    return absl::OkStatus();
  }
  return base::WriteFileAtomically(path, bytes, file.mode, base::FileOwner{file.user, file.group});
}

bool IsAsWritten(const SavedFile& file, const std::string& root) {
  const absl::StatusOr<std::optional<std::string>> now = ReadIfThere(StrCat(root, file.path));
  if (!now.ok()) {
    return false;
  }
  return now->has_value() ? file.after == base::Sha256Hex(**now) : !file.after.has_value();
}

void RemoveEmptyFolders(const std::vector<std::string>& folders, const std::string& root) {
  std::for_each(folders.rbegin(), folders.rend(), [&](const std::string& folder) {
    // rmdir(2) refuses a folder that somebody else uses meanwhile.
    (void)::rmdir(StrCat(root, folder).c_str());
  });
}

}  // namespace sekisho::install
