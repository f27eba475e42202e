// Opening a file of which the node's safety hangs, so that nobody but root can have chosen it.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/unique_fd.h"

namespace sekisho::seccomp {

// Which file it is and when it last changed. The ctime is in it because nobody can set it: a file
// that was rewritten with its old length and its old mtime has another one.
struct Identity {
  uint64_t device = 0;
  uint64_t inode = 0;
  int64_t size = 0;
  int64_t mtime_ns = 0;
  int64_t ctime_ns = 0;
  uid_t owner = 0;
  mode_t mode = 0;

  friend bool operator==(const Identity&, const Identity&) = default;
};
Identity IdentityFrom(const struct stat& info);

// A file that was reached and found trustworthy, but not read.
struct Located {
  base::UniqueFd directory;  // that it is in
  std::string name;          // in `directory`
  Identity identity;
};

// Reaches `relative` ("web/api.json") below `root`, a directory. It is walked one name at a time
// with openat2(2), which follows no symbolic link and no "..", and each directory is judged by the
// descriptor that the next step starts from, `root` first: so what was judged is what was walked,
// however names move meanwhile. Nothing of it is remembered: every call judges every directory.
//
// Trustworthy: a regular file; it and every directory on the way belong to root or to the effective
// user (as config/trusted_file.h has it: so that an ordinary user may check files of its own; the
// daemon runs as root), and neither group nor others may write to them (who may write to a
// directory may replace what is in it; access lists show in the group's bits).
//
// Not looked at:
// * the directories above `root`, and whether one of them is a symbolic link: who can change them
//   is root, or has the node already;
// * mount points on the way. Only root can mount in the node's namespace, and a profile directory
//   that is a mount of its own is a usual set-up;
// * further hard links. Another name for the file gives nobody the right to write to it;
// * processes that have opened the file for writing while that was still allowed.
//
// NOT_FOUND: there is no such file. PERMISSION_DENIED: it cannot be trusted. Any other code: it
// could not be found out. Messages are words that follow the file's path.
absl::StatusOr<Located> Locate(const std::string& root, std::string_view relative);

struct TrustedBytes {
  std::string bytes;
  Identity identity;
  // Whether any later change will show in the identity. Not so for a file that changed within the
  // last tick of the kernel's clock: it may change again and keep its times.
  bool settled = false;
};

// Reads what Locate found, or what has taken its name since, by the same rules. The times are
// compared before and after, and when they differ it is read again, a few times: half a file that
// is just being written is not taken for a whole one. (Who writes in place may of course stop half
// way; rename(2) is the way to replace a profile.) RESOURCE_EXHAUSTED: more than `max_bytes`.
// ABORTED: it kept changing.
absl::StatusOr<TrustedBytes> ReadTrusted(const Located& located, size_t max_bytes);

// `path` without `root` and the slash: "/a/seccomp/x.json" -> "x.json". PERMISSION_DENIED, in words
// that follow the path, when it does not lie below `root` by its spelling.
absl::StatusOr<std::string_view> RelativeTo(std::string_view root, std::string_view path);

}  // namespace sekisho::seccomp
