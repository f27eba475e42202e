// Whole small files: read within a bound, written so that a crash leaves the old or the new one.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sekisho::base {

// A file's bytes with who may change them. All of it is of the same open file, so that a rename
// between looking and reading cannot mix two files.
struct OwnedFile {
  std::string bytes;
  uid_t owner = 0;
  gid_t group = 0;
  mode_t mode = 0;  // permission bits only (07777)
};

// Reads a regular file of at most `max_bytes`. Symbolic links are followed (a mounted ConfigMap is
// one); a directory, device, socket or FIFO is refused without waiting for it. Errors carry the
// errno's code, or FAILED_PRECONDITION (no regular file), or RESOURCE_EXHAUSTED (too long); every
// message begins with the path and ": ".
absl::StatusOr<OwnedFile> ReadOwnedFile(const std::string& path, size_t max_bytes);
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes);

// Puts `bytes` at `path` with permission bits `mode` (the umask does not apply): a temporary file
// in the same directory, fsync, rename, fsync of the directory. A reader sees the old bytes or the
// new ones, also after a power cut. On error the temporary file is gone and `path` is as it was,
// except when only the last fsync failed: then the new bytes are visible but perhaps not durable.
// The file belongs to `owner`; this process's own user and group without one. Extended attributes
// of a file that was there are not carried over.
struct FileOwner {
  uid_t user = 0;
  gid_t group = 0;
  friend bool operator==(const FileOwner&, const FileOwner&) = default;
};
absl::Status WriteFileAtomically(const std::string& path, std::string_view bytes, mode_t mode,
                                 const std::optional<FileOwner>& owner = std::nullopt);

}  // namespace sekisho::base
