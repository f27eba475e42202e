// Tells of files below a directory, now and whenever they change.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/unique_fd.h"

namespace sekisho::seccomp {

struct WatcherOptions {
  std::string root;
  size_t directories_max = 1024;
  size_t files_max = 4096;
  int depth_max = 16;
};

// A thread over inotify(7). What it tells is a hint and nothing that safety hangs on: it misses
// what lies beyond its bounds, and does not notice when a directory above the root, or a symbolic
// link to it, starts to mean something else.
class Watcher {
 public:
  // `changed` is called with the file's path below the root, in the watcher's thread: for each file
  // that is there, and for each that was written, moved to, or got another owner or mode. Often
  // more than once: whenever directories come or go, or events were lost, for all.
  //
  // A root that is not there yet is waited for. Only a system without inotify is an error.
  static absl::StatusOr<std::unique_ptr<Watcher>> Start(
      WatcherOptions options, std::function<void(const std::string&)> changed);
  // Waits for a call of `changed` that is going on.
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  uint64_t files() const { return files_count_.load(std::memory_order_relaxed); }
  uint64_t overflows() const { return overflows_.load(std::memory_order_relaxed); }

 private:
  Watcher(WatcherOptions options, std::function<void(const std::string&)> changed,
          base::UniqueFd stop);

  void Run();
  // Waits for events; false when it is time to end.
  bool WaitForEvents();
  // Handles what there is; whether everything must be looked at again.
  bool HandleEvents();
  bool HandleEvent(int watch, uint32_t mask, std::string_view name);
  // Begins anew: watches every directory, and tells of every file.
  absl::Status Rescan();
  bool Watch(const std::string& path, const std::string& relative);
  void WatchNearestParent();
  void Walk(const std::string& relative, int depth);
  void Tell(const std::string& relative);
  void Forget(const std::string& relative);
  bool stopping() const { return stopping_.load(std::memory_order_relaxed); }

  const WatcherOptions options_;
  const std::function<void(const std::string&)> changed_;
  const base::UniqueFd stop_;  // an eventfd
  std::atomic<bool> stopping_ = false;
  std::atomic<uint64_t> files_count_ = 0;
  std::atomic<uint64_t> overflows_ = 0;
  // Of the thread alone.
  base::UniqueFd inotify_;
  std::map<int, std::string> directories_;  // by watch: the path below the root, "" for itself
  bool waiting_for_root_ = false;
  std::set<std::string> files_;
  std::thread thread_;
};

}  // namespace sekisho::seccomp
