#include "seccomp/watcher.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "base/str_cat.h"

namespace sekisho::seccomp {
namespace {

using base::StrCat;
using base::UniqueFd;

constexpr uint32_t kOfDirectory = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE |
                                  IN_DELETE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;
// Of the parent that the root, or the way to it, will appear in.
constexpr uint32_t kOfParent = IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF;
// Something about directories: begin anew.
constexpr uint32_t kStructure = IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT;
constexpr uint32_t kGone = IN_DELETE | IN_MOVED_FROM;
constexpr uint32_t kChanged = IN_CLOSE_WRITE | IN_MOVED_TO | IN_ATTRIB;

std::string Below(const std::string& directory, std::string_view name) {
  return directory.empty() ? std::string(name) : StrCat(directory, "/", name);
}

absl::StatusOr<UniqueFd> NewInotify() {
  UniqueFd fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!fd.valid()) {
    return absl::ErrnoToStatus(errno, "cannot watch directories");
  }
  return fd;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Watcher>> Watcher::Start(
    WatcherOptions options, std::function<void(const std::string&)> changed) {
  UniqueFd stop(::eventfd(0, EFD_CLOEXEC));
  if (!stop.valid()) {
    return absl::ErrnoToStatus(errno, "cannot make an eventfd");
  }
  std::unique_ptr<Watcher> watcher(
      new Watcher(std::move(options), std::move(changed), std::move(stop)));
  SEKISHO_ASSIGN_OR_RETURN(watcher->inotify_, NewInotify());
  watcher->thread_ = std::thread([raw = watcher.get()] { raw->Run(); });
  return watcher;
}

Watcher::Watcher(WatcherOptions options, std::function<void(const std::string&)> changed,
                 UniqueFd stop)
    : options_(std::move(options)), changed_(std::move(changed)), stop_(std::move(stop)) {}

Watcher::~Watcher() {
  stopping_ = true;
  (void)::eventfd_write(stop_.get(), 1);
  if (thread_.joinable()) {
    thread_.join();
  }
}

void Watcher::Run() {
  bool anew = true;
  for (;;) {
    if (anew) {
      // Should a new inotify be refused (the user has too many), the old one tells less, and the
      // next event tries again.
      anew = !Rescan().ok();
    }
    if (!WaitForEvents()) {
      return;
    }
    anew = HandleEvents() || anew;
  }
}

bool Watcher::WaitForEvents() {
  std::array<pollfd, 2> fds = {{{.fd = stop_.get(), .events = POLLIN, .revents = 0},
                                {.fd = inotify_.get(), .events = POLLIN, .revents = 0}}};
  while (::poll(fds.data(), fds.size(), -1) < 0) {
    if (errno != EINTR) {
      return false;
    }
  }
  return fds[0].revents == 0;
}

bool Watcher::HandleEvents() {
  // Room for many events; one with the longest name has 272 bytes.
  alignas(inotify_event) std::array<char, 16 << 10> buffer;
  bool anew = false;
  for (;;) {
    const ssize_t got = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (got <= 0) {
      return anew;  // EAGAIN: that was all
    }
    size_t at = 0;
    while (at < static_cast<size_t>(got)) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* name = buffer.data() + at + sizeof event;
      at += sizeof event + event.len;
      // After the first that makes it begin anew, the rest says nothing more.
      anew = anew ||
             HandleEvent(event.wd, event.mask, std::string_view(name, ::strnlen(name, event.len)));
    }
  }
}

bool Watcher::HandleEvent(int watch, uint32_t mask, std::string_view name) {
  if ((mask & IN_Q_OVERFLOW) != 0) {
    ++overflows_;
    return true;
  }
  if ((mask & IN_IGNORED) != 0) {
    return false;  // the end of a watch that we removed, or that kStructure was said of
  }
  if (waiting_for_root_ || (mask & kStructure) != 0) {
    return true;
  }
  const auto directory = directories_.find(watch);
  if (directory == directories_.end()) {
    return false;
  }
  if ((mask & IN_ISDIR) != 0) {
    // Come, gone, renamed, or under another owner.
    return true;
  }
  if ((mask & kGone) != 0) {
    Forget(Below(directory->second, name));
  } else if ((mask & kChanged) != 0 && !name.empty()) {
    Tell(Below(directory->second, name));
  }
  return false;
}

absl::Status Watcher::Rescan() {
  // Every watch at once is dropped with the descriptor, and with it what they still had to say:
  // the walk below finds it.
  SEKISHO_ASSIGN_OR_RETURN(inotify_, NewInotify());
  directories_.clear();
  files_.clear();
  waiting_for_root_ = !Watch(options_.root, "");
  if (waiting_for_root_) {
    WatchNearestParent();
    // It may have appeared in between.
    if (Watch(options_.root, "")) {
      waiting_for_root_ = false;
    }
  }
  if (!waiting_for_root_) {
    Walk("", 0);
  }
  files_count_ = files_.size();
  return absl::OkStatus();
}

bool Watcher::Watch(const std::string& path, const std::string& relative) {
  // Below the root no symbolic link is followed: Look would not either.
  const uint32_t follow = relative.empty() ? 0 : IN_DONT_FOLLOW;
  const int watch =
      ::inotify_add_watch(inotify_.get(), path.c_str(), kOfDirectory | IN_ONLYDIR | follow);
  if (watch < 0) {
    return false;
  }
  directories_.insert_or_assign(watch, relative);
  return true;
}

void Watcher::WatchNearestParent() {
  // From the top, each before the next is tried: what appears after it was tried is told of.
  const std::filesystem::path parent = std::filesystem::path(options_.root).parent_path();
  std::filesystem::path path;
  int above = -1;
  for (const std::filesystem::path& name : parent) {
    path /= name;
    const int watch = ::inotify_add_watch(inotify_.get(), path.c_str(), kOfParent | IN_ONLYDIR);
    if (watch < 0) {
      return;
    }
    if (above >= 0) {
      (void)::inotify_rm_watch(inotify_.get(), above);
    }
    above = watch;
  }
}

void Watcher::Walk(const std::string& relative, int depth) {
  const std::string path = relative.empty() ? options_.root : StrCat(options_.root, "/", relative);
  std::vector<std::string> directories;
  std::error_code error;
  std::filesystem::directory_iterator entry(path, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    std::error_code gone;
    const std::filesystem::file_type type = entry->symlink_status(gone).type();
    std::string below = Below(relative, entry->path().filename().string());
    if (type == std::filesystem::file_type::regular) {
      Tell(below);
    } else if (type == std::filesystem::file_type::directory) {
      directories.push_back(std::move(below));
    }
    if (stopping()) {
      return;
    }
  }
  for (const std::string& directory : directories) {
    // Watched before it is listed, so that nothing comes to it unseen.
    if (depth < options_.depth_max && directories_.size() < options_.directories_max &&
        Watch(StrCat(options_.root, "/", directory), directory)) {
      Walk(directory, depth + 1);
    }
  }
}

void Watcher::Tell(const std::string& relative) {
  if (stopping() || (files_.size() >= options_.files_max && !files_.contains(relative))) {
    return;
  }
  files_.insert(relative);
  files_count_ = files_.size();
  changed_(relative);
}

void Watcher::Forget(const std::string& relative) {
  files_.erase(relative);
  files_count_ = files_.size();
}

}  // namespace sekisho::seccomp
