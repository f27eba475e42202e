// Which container was created with which pin, on disk, so that a restart of the agent keeps it.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sekisho::seccomp {

// One symbolic link a container: <directory>/<container id> -> ../<pin's file name>. Making one is
// a single step, so that a crash leaves no half of it. It is not synced: what a power cut takes
// away are the uses of containers that it took away too. Thread-safe.
class Uses {
 public:
  using Clock = std::chrono::steady_clock;

  // Makes the directory where it is missing, and reads it. What is no use is left alone and
  // counted.
  static absl::StatusOr<Uses> Open(std::string directory, size_t uses_max);
  Uses(Uses&& other) noexcept;
  Uses& operator=(Uses&&) = delete;
  ~Uses() = default;

  // INVALID_ARGUMENT: no container's id. RESOURCE_EXHAUSTED: `uses_max` containers already.
  absl::Status Add(std::string_view container_id, const std::string& pin);
  // Of a container that has none, too.
  void Remove(std::string_view container_id);
  // Removes the uses of all others, except those that are younger than `grace`: their containers
  // may be newer than the list.
  void KeepOnly(const std::set<std::string, std::less<>>& container_ids, Clock::duration grace);

  // File names of the pins that are in use.
  std::set<std::string, std::less<>> Pins() const;
  size_t count() const;
  size_t foreign() const { return foreign_; }

 private:
  struct Use {
    std::string pin;
    Clock::time_point since;
  };

  Uses(std::string directory, size_t uses_max)
      : directory_(std::move(directory)), uses_max_(uses_max) {}
  void Read();

  std::string directory_;
  size_t uses_max_;
  size_t foreign_ = 0;
  mutable std::mutex mu_;
  std::map<std::string, Use, std::less<>> uses_;
};

// "<64 hex digits>.json".
bool IsPinName(std::string_view name);
// Makes `path` and what is missing above it, with mode 0700, or judges it when it is there: it must
// be a directory (no symbolic link) of root or of the effective user that nobody else may write to;
// what others may read of it is taken away.
absl::Status MakePrivateDirectory(const std::string& path);

}  // namespace sekisho::seccomp
