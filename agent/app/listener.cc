#include "app/listener.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/status_macros.h"
#include "base/str_cat.h"

namespace sekisho::app {
namespace {

constexpr int kBacklog = 1024;

absl::Status ErrnoStatus(std::string_view doing, std::string_view path) {
  return absl::FailedPreconditionError(base::StrCat(doing, " ", path, ": ", std::strerror(errno)));
}

absl::StatusOr<sockaddr_un> AddressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path)) {
    return absl::InvalidArgumentError(base::StrCat("the socket path ", path, " must have 1 to ",
                                                   sizeof(address.sun_path) - 1, " bytes"));
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

absl::StatusOr<base::UniqueFd> Lock(const std::string& path) {
  base::UniqueFd lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock.valid()) {
    return ErrnoStatus("cannot open the lock file", path);
  }
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return absl::FailedPreconditionError(
        base::StrCat(path, " is locked: another sekisho serves this socket"));
  }
  return lock;
}

// Removes a socket file that nobody listens on.
absl::Status ClearDeadSocket(const std::string& path, const sockaddr_un& address) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    return errno == ENOENT ? absl::OkStatus() : ErrnoStatus("cannot stat", path);
  }
  if (!S_ISSOCK(status.st_mode)) {
    return absl::FailedPreconditionError(
        base::StrCat(path, " is there and is no socket; remove it, or listen elsewhere"));
  }
  const base::UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!probe.valid()) {
    return ErrnoStatus("cannot make a socket to probe", path);
  }
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
    return absl::FailedPreconditionError(
        base::StrCat("something answers on ", path, " already; it is not taken over"));
  }
  if (errno != ECONNREFUSED) {
    return ErrnoStatus("cannot tell whether anything answers on", path);
  }
  return ::unlink(path.c_str()) == 0 ? absl::OkStatus()
                                     : ErrnoStatus("cannot remove the dead socket", path);
}

// Nothing for no name.
absl::StatusOr<std::optional<gid_t>> GroupId(const std::string& group) {
  if (group.empty()) {
    return std::optional<gid_t>();
  }
  const struct group* entry = ::getgrnam(group.c_str());
  if (entry == nullptr) {
    return absl::InvalidArgumentError(
        base::StrCat("listen.group: this node has no group \"", group, "\""));
  }
  return std::optional(entry->gr_gid);
}

absl::Status GiveToGroup(const std::string& path, std::optional<gid_t> group) {
  if (!group.has_value()) {
    return absl::OkStatus();
  }
  if (::chown(path.c_str(), static_cast<uid_t>(-1), *group) != 0 ||
      ::chmod(path.c_str(), 0660) != 0) {
    return ErrnoStatus("cannot give the group access to", path);
  }
  return absl::OkStatus();
}

// Whether the file of a socket that we did not make lets in whom the configuration names, and
// nobody else. Connecting takes write permission (unix(7)).
absl::Status CheckAccess(const std::string& path, const std::string& group,
                         std::optional<gid_t> id) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    return ErrnoStatus("cannot stat the socket that systemd passed,", path);
  }
  if ((status.st_mode & S_IWOTH) != 0) {
    return absl::FailedPreconditionError(
        base::StrCat(path, ": every user may connect; set SocketMode=0600 in the socket unit"));
  }
  const bool group_may_connect = (status.st_mode & S_IWGRP) != 0;
  if (!id.has_value()) {
    return !group_may_connect || status.st_gid == 0
               ? absl::OkStatus()
               : absl::FailedPreconditionError(
                     base::StrCat(path,
                                  ": a group may connect, and listen.group names none; set "
                                  "SocketMode=0600 in the socket unit, or listen.group"));
  }
  return group_may_connect && status.st_gid == *id
             ? absl::OkStatus()
             : absl::FailedPreconditionError(
                   base::StrCat(path, ": listen.group is \"", group, "\"; set SocketGroup=", group,
                                " and SocketMode=0660 in the socket unit"));
}

}  // namespace

absl::StatusOr<Listener> Listener::Bind(const std::string& path, const std::string& group) {
  SEKISHO_ASSIGN_OR_RETURN(const sockaddr_un address, AddressOf(path));
  Listener listener;
  SEKISHO_ASSIGN_OR_RETURN(listener.group_, GroupId(group));
  SEKISHO_ASSIGN_OR_RETURN(listener.lock_, Lock(path + ".lock"));
  SEKISHO_RETURN_IF_ERROR(ClearDeadSocket(path, address));
  base::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) {
    return ErrnoStatus("cannot make a socket for", path);
  }
  // The mode of a socket file comes from the descriptor's mode before bind(2), so there is no
  // moment at which it is wider; unlike a umask this changes nothing for other threads.
  if (::fchmod(fd.get(), 0600) != 0 ||
      ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return ErrnoStatus("cannot bind", path);
  }
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    return ErrnoStatus("cannot stat", path);
  }
  listener.path_ = path;
  listener.device_ = status.st_dev;
  listener.inode_ = status.st_ino;
  SEKISHO_RETURN_IF_ERROR(GiveToGroup(path, listener.group_));
  if (::listen(fd.get(), kBacklog) != 0) {
    return ErrnoStatus("cannot listen on", path);
  }
  listener.fd_ = std::move(fd);
  return listener;
}

absl::StatusOr<Listener> Listener::FromSystemd(const std::string& path, const std::string& group) {
  const int count = ::sd_listen_fds(/*unset_environment=*/1);
  if (count == 0) {
    return Listener();
  }
  if (count != 1 || ::sd_is_socket_unix(SD_LISTEN_FDS_START, SOCK_STREAM, /*listening=*/1,
                                        /*path=*/nullptr, /*length=*/0) <= 0) {
    return absl::FailedPreconditionError(
        "systemd must pass exactly one listening unix stream socket");
  }
  if (::sd_is_socket_unix(SD_LISTEN_FDS_START, SOCK_STREAM, /*listening=*/1, path.c_str(),
                          /*length=*/0) <= 0) {
    return absl::FailedPreconditionError(
        base::StrCat("the socket that systemd passed is not listen.socket, ", path,
                     "; make ListenStream= of the socket unit the same path"));
  }
  Listener listener;
  SEKISHO_ASSIGN_OR_RETURN(listener.group_, GroupId(group));
  SEKISHO_RETURN_IF_ERROR(CheckAccess(path, group, listener.group_));
  listener.fd_.Reset(SD_LISTEN_FDS_START);
  // A non-blocking accept, whatever the socket unit says.
  const int flags = ::fcntl(listener.fd(), F_GETFL);
  if (flags < 0 || ::fcntl(listener.fd(), F_SETFL, flags | O_NONBLOCK) != 0) {
    return ErrnoStatus("cannot make the socket non-blocking:", "the one that systemd passed");
  }
  return listener;
}

absl::StatusOr<Listener> Listener::Open(const std::string& path, const std::string& group) {
  absl::StatusOr<Listener> passed = FromSystemd(path, group);
  return !passed.ok() || passed->valid() ? std::move(passed) : Bind(path, group);
}

Listener::~Listener() {
  if (path_.empty()) {
    return;
  }
  // Somebody may have put another socket there since; that one is not ours to remove.
  struct stat status {};
  if (::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_) {
    (void)::unlink(path_.c_str());
  }
}

}  // namespace sekisho::app
