#include "install/unix_peers.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <set>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/str_cat.h"
#include "base/unique_fd.h"

namespace sekisho::install {
namespace {

namespace fs = std::filesystem;
using base::StrCat;
using base::UniqueFd;

constexpr size_t kAnswerBytes = size_t{64} << 10;

absl::Status Request(int fd) {
  struct {
    nlmsghdr header;
    unix_diag_req request;
  } message{};
  message.header.nlmsg_len = sizeof(message);
  message.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  message.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  message.request.sdiag_family = AF_UNIX;
  message.request.udiag_states = UINT32_MAX;
  message.request.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER;
  if (::send(fd, &message, sizeof(message), 0) != static_cast<ssize_t>(sizeof(message))) {
    return absl::ErrnoToStatus(errno, "cannot ask the kernel for its unix sockets");
  }
  return absl::OkStatus();
}

bool IsNameOf(std::string_view name, const std::string& socket_path) {
  while (!name.empty() && name.back() == '\0') {
    name.remove_suffix(1);
  }
  constexpr std::string_view kVar = "/var";
  return name == socket_path || (name.starts_with(kVar) && name.substr(kVar.size()) == socket_path);
}

// The inode of the other end when `message` is about a server's end with that name.
uint32_t PeerIn(const nlmsghdr& message, const std::string& socket_path) {
  const auto* socket = static_cast<const unix_diag_msg*>(NLMSG_DATA(&message));
  int left = static_cast<int>(message.nlmsg_len - NLMSG_LENGTH(sizeof(*socket)));
  bool named = false;
  uint32_t peer = 0;
  for (const auto* attribute = reinterpret_cast<const rtattr*>(socket + 1); RTA_OK(attribute, left);
       attribute = RTA_NEXT(attribute, left)) {
    const void* data = RTA_DATA(attribute);
    const size_t size = RTA_PAYLOAD(attribute);
    if (attribute->rta_type == UNIX_DIAG_NAME) {
      named = IsNameOf({static_cast<const char*>(data), size}, socket_path);
    } else if (attribute->rta_type == UNIX_DIAG_PEER && size == sizeof(peer)) {
      std::memcpy(&peer, data, sizeof(peer));
    }
  }
  return named ? peer : 0;
}

// The inodes of the clients' ends of the socket's connections.
absl::StatusOr<std::set<uint32_t>> PeersOf(const std::string& socket_path) {
  const UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!fd.valid()) {
    return absl::ErrnoToStatus(errno, "cannot open a sock_diag socket");
  }
  if (absl::Status status = Request(fd.get()); !status.ok()) {
    return status;
  }
  std::set<uint32_t> peers;
  std::vector<char> answer(kAnswerBytes);
  for (;;) {
    const ssize_t got = ::recv(fd.get(), answer.data(), answer.size(), 0);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      return absl::ErrnoToStatus(errno, "cannot read the kernel's list of unix sockets");
    }
    auto left = static_cast<size_t>(got);
    for (const auto* message = reinterpret_cast<const nlmsghdr*>(answer.data());
         NLMSG_OK(message, left); message = NLMSG_NEXT(message, left)) {
      if (message->nlmsg_type == NLMSG_DONE) {
        return peers;
      }
      if (message->nlmsg_type == NLMSG_ERROR) {
        return absl::InternalError("the kernel does not list its unix sockets (unix_diag)");
      }
      if (const uint32_t peer = PeerIn(*message, socket_path); peer != 0) {
        peers.insert(peer);
      }
    }
  }
}

}  // namespace

absl::StatusOr<int> ConnectionsTo(pid_t pid, const std::string& socket_path) {
  const absl::StatusOr<std::set<uint32_t>> peers = PeersOf(socket_path);
  if (!peers.ok()) {
    return peers.status();
  }
  std::set<std::string> links;
  for (const uint32_t peer : *peers) {
    links.insert(StrCat("socket:[", peer, "]"));
  }
  int connections = 0;
  std::error_code error;
  const std::string folder = StrCat("/proc/", pid, "/fd");
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    std::error_code gone;  // a descriptor may be closed while we look
    connections += links.contains(fs::read_symlink(entry.path(), gone).string()) ? 1 : 0;
  }
  if (error) {
    return absl::NotFoundError(StrCat(folder, ": ", error.message()));
  }
  return connections;
}

}  // namespace sekisho::install
