// The files of a node, some of them as they would be after a change.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "install/file_change.h"

namespace sekisho::install {

// Paths are the node's: absolute, and taken below `root`, symbolic links included, as chroot(2)
// would have it.
class FileView {
 public:
  explicit FileView(std::string root);

  // The same files with these changes made.
  FileView With(const std::vector<FileChange>& changes) const;

  // The path without any symbolic link. What does not exist has none.
  absl::StatusOr<std::string> Resolve(const std::string& path) const;
  // The bytes of a file of text. NOT_FOUND when there is none.
  absl::StatusOr<std::string> Read(const std::string& path) const;
  // Every *.conf below a folder, in the order in which the kubelet merges --config-dir: names
  // sorted by bytes, a folder's files in its place.
  absl::StatusOr<std::vector<std::string>> ConfFiles(const std::string& folder) const;
  // Whether a file that can be read begins with "#!".
  bool IsScript(const std::string& path) const;

 private:
  std::string root_;
  std::map<std::string, std::optional<std::string>> changed_;  // by resolved path
};

}  // namespace sekisho::install
