// Files that an installation brings along: the trees of `--files SRC:DEST`.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace sekisho::install {

struct BroughtFile {
  std::string path;  // on the node
  std::string bytes;
  mode_t mode = 0644;  // 0755 when the source may be executed by its owner, otherwise 0644

  friend bool operator==(const BroughtFile&, const BroughtFile&) = default;
};

struct FileTree {
  std::string source;
  std::string destination;  // absolute
};

// "SRC:DEST"; both absolute, without "..".
absl::StatusOr<FileTree> ParseFileTree(std::string_view text);

// Every regular file of the trees, by destination. Symbolic links are followed, also the one that
// the source itself may be (a mounted ConfigMap is a folder of links); names that begin with ".."
// are left out, since such a mount keeps its generations there. A file that cannot be read, and two
// files for one place, are errors: half of a tree is never brought.
absl::StatusOr<std::vector<BroughtFile>> ReadFileTrees(const std::vector<FileTree>& trees);

}  // namespace sekisho::install
