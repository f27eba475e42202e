// The unix socket that the kubelet connects to.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "base/unique_fd.h"

namespace sekisho::app {

// A listening socket, ours or one that systemd handed over. Destroying it closes the socket, and
// removes its file if we made it and it is still ours.
class Listener {
 public:
  // Binds and listens on `path`. A socket file that nobody listens on any more is replaced; one
  // that answers is never taken over, and neither is anything that is no socket. A lock file beside
  // it
  // ("path.lock") keeps two agents that start at once apart. The file's mode is 0600 from its first
  // moment; with a `group` it becomes 0660 of that group before anybody can be refused or served.
  static absl::StatusOr<Listener> Bind(const std::string& path, const std::string& group);

  // The socket that systemd passed (sd_listen_fds(3)), or nothing when it passed none. It must be
  // one listening unix stream socket on `path`, and give access to nobody but root and `group`: a
  // socket unit and a configuration that disagree are an error.
  static absl::StatusOr<Listener> FromSystemd(const std::string& path, const std::string& group);

  // The one that systemd passed; a new one where it passed none.
  static absl::StatusOr<Listener> Open(const std::string& path, const std::string& group);

  Listener() = default;
  Listener(Listener&& other) noexcept
      : fd_(std::move(other.fd_)),
        lock_(std::move(other.lock_)),
        path_(std::exchange(other.path_, {})),
        group_(other.group_),
        device_(other.device_),
        inode_(other.inode_) {}
  Listener& operator=(Listener&& other) noexcept = delete;
  ~Listener();

  bool valid() const { return fd_.valid(); }
  int fd() const { return fd_.get(); }
  // Whose processes may connect besides root's.
  std::optional<gid_t> group() const { return group_; }

 private:
  base::UniqueFd fd_;
  base::UniqueFd lock_;
  std::string path_;  // empty for an adopted socket
  std::optional<gid_t> group_;
  dev_t device_ = 0;  // of the file that we made
  ino_t inode_ = 0;
};

}  // namespace sekisho::app
