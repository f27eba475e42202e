#include "harden/process.h"

#include <grp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "base/str_cat.h"

namespace sekisho::harden {

absl::Status GainNoPrivileges() {
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
             ? absl::OkStatus()
             : absl::ErrnoToStatus(errno, "PR_SET_NO_NEW_PRIVS");
}

absl::Status HideMemory() {
  return ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 ? absl::OkStatus()
                                                   : absl::ErrnoToStatus(errno, "PR_SET_DUMPABLE");
}

bool MemoryIsHidden() {
  return ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
}

absl::Status JoinGroup(const std::string& group) {
  const struct group* entry = ::getgrnam(group.c_str());
  if (entry == nullptr) {
    return absl::NotFoundError(base::StrCat("this node has no group \"", group, "\""));
  }
  const gid_t wanted = entry->gr_gid;
  const int count = ::getgroups(0, nullptr);
  std::vector<gid_t> groups(static_cast<size_t>(std::max(count, 0)));
  if (count < 0 || ::getgroups(count, groups.data()) < 0) {
    return absl::ErrnoToStatus(errno, "getgroups");
  }
  if (wanted == ::getegid() || std::find(groups.begin(), groups.end(), wanted) != groups.end()) {
    return absl::OkStatus();
  }
  groups.push_back(wanted);
  return ::setgroups(groups.size(), groups.data()) == 0 ? absl::OkStatus()
                                                        : absl::ErrnoToStatus(errno, "setgroups");
}

}  // namespace sekisho::harden
