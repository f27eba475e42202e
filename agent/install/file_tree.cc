#include "install/file_tree.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "base/file.h"
#include "base/status_macros.h"
#include "base/str_cat.h"

namespace sekisho::install {
namespace {

namespace fs = std::filesystem;
using base::StrCat;

constexpr size_t kFileBytesMax = size_t{256} << 20;
// A link to a folder above itself would otherwise go on for ever.
constexpr int kDepthMax = 32;

bool IsPlainAbsolute(const fs::path& path) {
  return path.is_absolute() &&
         std::none_of(path.begin(), path.end(), [](const fs::path& part) { return part == ".."; });
}

absl::Status ReadFolder(const fs::path& source, const fs::path& destination, int depth,
                        std::vector<BroughtFile>& files);

absl::Status ReadEntry(const fs::path& source, const fs::path& destination, int depth,
                       std::vector<BroughtFile>& files) {
  std::error_code error;
  const fs::file_status status = fs::status(source, error);
  if (error) {
    return absl::FailedPreconditionError(
        StrCat(source.string(), ": cannot be looked at: ", error.message()));
  }
  if (fs::is_directory(status)) {
    return ReadFolder(source, destination, depth + 1, files);
  }
  if (!fs::is_regular_file(status)) {
    return absl::FailedPreconditionError(
        StrCat(source.string(), ": is neither a file nor a folder"));
  }
  SEKISHO_ASSIGN_OR_RETURN(base::OwnedFile file,
                           base::ReadOwnedFile(source.string(), kFileBytesMax));
  files.push_back({.path = destination.string(),
                   .bytes = std::move(file.bytes),
                   .mode = (file.mode & S_IXUSR) != 0 ? mode_t{0755} : mode_t{0644}});
  return absl::OkStatus();
}

absl::Status ReadFolder(const fs::path& source, const fs::path& destination, int depth,
                        std::vector<BroughtFile>& files) {
  if (depth > kDepthMax) {
    return absl::FailedPreconditionError(
        StrCat(source.string(), ": folders lie more than ", kDepthMax, " deep"));
  }
  std::error_code error;
  fs::directory_iterator entries(source, error);
  if (error) {
    return absl::FailedPreconditionError(
        StrCat(source.string(), ": cannot be read: ", error.message()));
  }
  for (const fs::directory_entry& entry : entries) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("..")) {
      SEKISHO_RETURN_IF_ERROR(ReadEntry(entry.path(), destination / name, depth, files));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<FileTree> ParseFileTree(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    return absl::InvalidArgumentError(
        StrCat("--files ", text, ": write it as SRC:DEST, both absolute"));
  }
  FileTree tree{.source = std::string(text.substr(0, colon)),
                .destination = std::string(text.substr(colon + 1))};
  if (!IsPlainAbsolute(tree.source) || !IsPlainAbsolute(tree.destination)) {
    return absl::InvalidArgumentError(
        StrCat("--files ", text, ": both paths must be absolute and without \"..\""));
  }
  return tree;
}

absl::StatusOr<std::vector<BroughtFile>> ReadFileTrees(const std::vector<FileTree>& trees) {
  std::vector<BroughtFile> files;
  for (const FileTree& tree : trees) {
    SEKISHO_RETURN_IF_ERROR(
        ReadEntry(tree.source, fs::path(tree.destination).lexically_normal(), 0, files));
  }
  std::sort(files.begin(), files.end(),
            [](const BroughtFile& a, const BroughtFile& b) { return a.path < b.path; });
  const auto twice = std::adjacent_find(
      files.begin(), files.end(),
      [](const BroughtFile& a, const BroughtFile& b) { return a.path == b.path; });
  if (twice != files.end()) {
    return absl::InvalidArgumentError(StrCat("--files: two files are meant for ", twice->path));
  }
  return files;
}

}  // namespace sekisho::install
