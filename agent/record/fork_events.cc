#include "record/fork_events.h"

#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "base/status_macros.h"

namespace sekisho::record {
namespace {

constexpr int kReceiveBuffer = 8 << 20;
constexpr size_t kMessageMax = 4096;
constexpr uint32_t kForkEvent = 1;  // PROC_EVENT_FORK, whose scope changed with Linux 6.6

// nlmsghdr, cn_msg, and an operation of the connector's.
absl::Status Say(int fd, proc_cn_mcast_op operation) {
  constexpr size_t kPayload = sizeof(cn_msg) + sizeof(proc_cn_mcast_op);
  std::array<char, NLMSG_SPACE(kPayload)> request{};
  nlmsghdr header{};
  header.nlmsg_len = NLMSG_LENGTH(kPayload);
  header.nlmsg_type = NLMSG_DONE;
  cn_msg message{};
  message.id.idx = CN_IDX_PROC;
  message.id.val = CN_VAL_PROC;
  message.len = sizeof(proc_cn_mcast_op);
  std::memcpy(request.data(), &header, sizeof(header));
  std::memcpy(request.data() + NLMSG_HDRLEN, &message, sizeof(message));
  std::memcpy(request.data() + NLMSG_HDRLEN + sizeof(message), &operation, sizeof(operation));
  return ::send(fd, request.data(), header.nlmsg_len, 0) == static_cast<ssize_t>(header.nlmsg_len)
             ? absl::OkStatus()
             : absl::ErrnoToStatus(errno, "forks cannot be subscribed to");
}

std::optional<std::pair<pid_t, pid_t>> ForkIn(std::string_view bytes) {
  constexpr size_t kEventAt = NLMSG_HDRLEN + sizeof(cn_msg);
  // Kernels differ in the length of the whole event; a fork's part is the same in all.
  constexpr size_t kForkEnd =
      offsetof(proc_event, event_data) + sizeof(proc_event::event_data.fork);
  if (bytes.size() < kEventAt + kForkEnd) {
    return std::nullopt;
  }
  proc_event event{};
  std::memcpy(&event, bytes.data() + kEventAt, std::min(sizeof(event), bytes.size() - kEventAt));
  const auto& fork = event.event_data.fork;
  if (static_cast<uint32_t>(event.what) != kForkEvent || fork.child_pid != fork.child_tgid) {
    return std::nullopt;
  }
  return std::pair(fork.parent_tgid, fork.child_tgid);
}

}  // namespace

ForkEvents::ForkEvents(base::UniqueFd fd) : fd_(std::move(fd)), buffer_(kMessageMax) {}

absl::StatusOr<ForkEvents> ForkEvents::Listen() {
  base::UniqueFd fd(
      ::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR));
  if (!fd.valid()) {
    return absl::ErrnoToStatus(errno, "no connector socket");
  }
  (void)::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBuffer, sizeof(int));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = CN_IDX_PROC;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return absl::ErrnoToStatus(errno, "forks cannot be listened to (it takes CAP_NET_ADMIN)");
  }
  SEKISHO_RETURN_IF_ERROR(Say(fd.get(), PROC_CN_MCAST_LISTEN));
  return ForkEvents(std::move(fd));
}

ForkEvents::~ForkEvents() {
  if (fd_.valid()) {
    (void)Say(fd_.get(), PROC_CN_MCAST_IGNORE);  // older kernels count listeners and do not notice
  }
}

void ForkEvents::Drain(const std::function<void(pid_t, pid_t)>& forked) {
  for (;;) {
    sockaddr_nl from{};
    socklen_t size = sizeof(from);
    const ssize_t got = ::recvfrom(fd_.get(), buffer_.data(), buffer_.size(), 0,
                                   reinterpret_cast<sockaddr*>(&from), &size);
    if (got < 0 && (errno == ENOBUFS || errno == EINTR)) {
      continue;  // some were lost: their children stay unknown when they end too early
    }
    if (got <= 0) {
      return;
    }
    if (from.nl_pid != 0) {
      continue;  // not the kernel's
    }
    if (const auto fork = ForkIn({buffer_.data(), static_cast<size_t>(got)})) {
      forked(fork->first, fork->second);
    }
  }
}

}  // namespace sekisho::record
