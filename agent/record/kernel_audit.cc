#include "record/kernel_audit.h"

#include <linux/audit.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include "base/file.h"
#include "base/status_macros.h"
#include "base/str_cat.h"

namespace sekisho::record {
namespace {

using base::StrCat;

// MAX_AUDIT_MESSAGE_LENGTH is 8970, with its header.
constexpr size_t kMessageMax = 16384;
constexpr const char* kActionsLogged = "/proc/sys/kernel/seccomp/actions_logged";

absl::StatusOr<base::UniqueFd> NetlinkSocket() {
  base::UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_AUDIT));
  if (!fd.valid()) {
    return absl::ErrnoToStatus(errno, "no audit socket");
  }
  return fd;
}

absl::Status AskForStatus(int fd) {
  nlmsghdr request{};
  request.nlmsg_len = NLMSG_LENGTH(0);
  request.nlmsg_type = AUDIT_GET;
  request.nlmsg_flags = NLM_F_REQUEST;
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  if (::sendto(fd, &request, sizeof(request), 0, reinterpret_cast<const sockaddr*>(&kernel),
               sizeof(kernel)) != static_cast<ssize_t>(sizeof(request))) {
    return absl::ErrnoToStatus(errno, "the audit status cannot be asked for");
  }
  return absl::OkStatus();
}

// A message of the kernel's own; nothing for one of another process, or too short for its type.
struct Message {
  nlmsghdr header{};
  std::string_view payload;
};
std::optional<Message> MessageIn(std::string_view bytes, const sockaddr_nl& from) {
  if (from.nl_pid != 0 || bytes.size() < sizeof(nlmsghdr)) {
    return std::nullopt;
  }
  Message message;
  std::memcpy(&message.header, bytes.data(), sizeof(nlmsghdr));
  // Not by nlmsg_len, which some kernels wrote without the header's own size for audit records; a
  // datagram holds one message.
  message.payload = bytes.substr(sizeof(nlmsghdr));
  return message;
}

std::optional<AuditStatus> StatusIn(std::string_view payload) {
  // Older kernels have a shorter structure; all that is needed is in its first 32 bytes.
  if (payload.size() < offsetof(audit_status, backlog)) {
    return std::nullopt;
  }
  audit_status status{};
  std::memcpy(&status, payload.data(), std::min(payload.size(), sizeof(status)));
  return AuditStatus{
      .backlog_limit = status.backlog_limit, .rate_limit = status.rate_limit, .lost = status.lost};
}

}  // namespace

absl::StatusOr<AuditStatus> GetAuditStatus() {
  SEKISHO_ASSIGN_OR_RETURN(const base::UniqueFd fd, NetlinkSocket());
  SEKISHO_RETURN_IF_ERROR(AskForStatus(fd.get()));
  std::array<char, kMessageMax> buffer{};
  for (;;) {
    pollfd waiting{.fd = fd.get(), .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, 5000) <= 0) {
      return absl::UnavailableError("the kernel does not answer AUDIT_GET");
    }
    sockaddr_nl from{};
    socklen_t size = sizeof(from);
    const ssize_t got = ::recvfrom(fd.get(), buffer.data(), buffer.size(), 0,
                                   reinterpret_cast<sockaddr*>(&from), &size);
    const std::optional<Message> message =
        got < 0 ? std::nullopt : MessageIn({buffer.data(), static_cast<size_t>(got)}, from);
    if (!message.has_value()) {
      continue;
    }
    if (message->header.nlmsg_type == NLMSG_ERROR && message->payload.size() >= sizeof(int)) {
      int error = 0;
      std::memcpy(&error, message->payload.data(), sizeof(error));
      if (error != 0) {
        return absl::ErrnoToStatus(-error, "the kernel refuses to tell the audit status");
      }
    } else if (message->header.nlmsg_type == AUDIT_GET) {
      const std::optional<AuditStatus> status = StatusIn(message->payload);
      return status.has_value()
                 ? absl::StatusOr<AuditStatus>(*status)
                 : absl::InternalError("the kernel's audit status is shorter than known");
    }
  }
}

absl::Status LogActionIsLogged() {
  SEKISHO_ASSIGN_OR_RETURN(const std::string text, base::ReadFile(kActionsLogged, 4096));
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (word == "log") {
      return absl::OkStatus();
    }
  }
  return absl::FailedPreconditionError(
      StrCat(kActionsLogged, ": has no \"log\", so that the kernel records nothing; add it"));
}

KernelAudit::KernelAudit(base::UniqueFd fd) : fd_(std::move(fd)), buffer_(kMessageMax) {}

absl::StatusOr<KernelAudit> KernelAudit::Open(int receive_buffer) {
  SEKISHO_ASSIGN_OR_RETURN(base::UniqueFd fd, NetlinkSocket());
  // FORCE goes beyond net.core.rmem_max. Without the right to it, what is allowed has to do; a loss
  // is noticed in any case.
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof(int)) != 0) {
    (void)::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(int));
  }
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = 1U << (AUDIT_NLGRP_READLOG - 1);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return absl::ErrnoToStatus(
        errno, "the kernel's audit records cannot be listened to (it takes CAP_AUDIT_READ)");
  }
  return KernelAudit(std::move(fd));
}

absl::StatusOr<KernelAudit::Received> KernelAudit::Next(std::chrono::milliseconds timeout,
                                                        int stop_fd) {
  std::array<pollfd, 2> waiting{{{.fd = fd_.get(), .events = POLLIN, .revents = 0},
                                 {.fd = stop_fd, .events = POLLIN, .revents = 0}}};
  const int ready = ::poll(waiting.data(), waiting.size(), static_cast<int>(timeout.count()));
  if (ready < 0 && errno != EINTR) {
    return absl::ErrnoToStatus(errno, "poll");
  }
  if (ready <= 0) {
    return Received{};
  }
  if (waiting[1].revents != 0) {
    return Received{.event = Event::kStop};
  }
  sockaddr_nl from{};
  socklen_t size = sizeof(from);
  const ssize_t got = ::recvfrom(fd_.get(), buffer_.data(), buffer_.size(), 0,
                                 reinterpret_cast<sockaddr*>(&from), &size);
  if (got < 0) {
    if (errno == ENOBUFS) {
      return Received{.event = Event::kOverrun};
    }
    return errno == EAGAIN || errno == EINTR
               ? absl::StatusOr<Received>(Received{})
               : absl::ErrnoToStatus(errno, "the kernel's audit records cannot be read");
  }
  std::optional<Message> message = MessageIn({buffer_.data(), static_cast<size_t>(got)}, from);
  if (!message.has_value()) {
    return Received{};
  }
  while (message->payload.ends_with('\0')) {
    message->payload.remove_suffix(1);
  }
  return Received{
      .event = Event::kRecord, .type = message->header.nlmsg_type, .text = message->payload};
}

}  // namespace sekisho::record
