// Opening what lies below a directory without being led astray: no symlink is followed, and where
// that is asked for, no mount point is stepped over. The latter also keeps a hanging file system (a
// dead NFS or FUSE server) from being touched at all.
#pragma once

#include <string>

#include "base/unique_fd.h"

namespace sekisho::mounts {

struct Opened {
  base::UniqueFd fd = {};  // O_PATH
  // errno when there is no descriptor. ELOOP: a symlink on the way or at the end. EXDEV: a mount
  // point on the way or at the end, where `Crossing` forbids it.
  int error = 0;
  // The kernel has made sure that there is no mount point on the way, nor at the end.
  bool on_one_mount = false;
};

enum class Crossing { kAllowed, kForbidden };

// `path` is relative to `directory`, clean and not empty. On a kernel without openat2(2), before
// Linux 5.6, mount points are stepped over in any case.
Opened OpenBelow(int directory, const std::string& path, Crossing crossing);

// What OpenBelow does on such a kernel; here for the tests.
Opened OpenBelowByComponents(int directory, const std::string& path);

}  // namespace sekisho::mounts
