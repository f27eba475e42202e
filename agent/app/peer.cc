#include "app/peer.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/str_cat.h"
#include "log/log.h"

namespace sekisho::app {
namespace {

// The kernel says how many there are when they do not fit (ERANGE).
std::vector<gid_t> GroupsOf(int connection) {
  std::vector<gid_t> groups(32);
  for (int tries = 0; tries < 2; ++tries) {
    auto bytes = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    const int result = ::getsockopt(connection, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &bytes);
    groups.resize(bytes / sizeof(gid_t));
    if (result == 0) {
      return groups;
    }
    if (errno != ERANGE) {
      break;
    }
  }
  return {};
}

}  // namespace

std::string WhyNotServed(int connection, std::optional<gid_t> group) {
  ucred peer{};
  socklen_t bytes = sizeof(peer);
  if (::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) != 0) {
    return base::StrCat("somebody of whom the kernel says nothing (", std::strerror(errno), ")");
  }
  if (peer.uid == 0 || peer.uid == ::geteuid()) {
    return "";
  }
  if (group.has_value()) {
    const std::vector<gid_t> groups = GroupsOf(connection);
    if (peer.gid == *group || std::ranges::find(groups, *group) != groups.end()) {
      return "";
    }
  }
  return base::StrCat("user ", peer.uid, ", group ", peer.gid);
}

bool PeerGate::Admits(int connection) {
  const std::string who = WhyNotServed(connection, group_);
  if (who.empty()) {
    return true;
  }
  if (said_.size() >= kSaidMax) {
    said_.clear();
  }
  if (said_.insert(who).second) {
    log::Warn(base::StrCat(socket_, ": a connection of ", who, " was closed; ",
                           group_.has_value() ? base::StrCat("only root and group ", *group_)
                                              : std::string("only root"),
                           " may connect"));
  }
  return false;
}

}  // namespace sekisho::app
