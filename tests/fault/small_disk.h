// A file system that is full, or read-only, when a test wants it to be.
#pragma once

#include <string>

namespace sekisho::testing {

// Why this process cannot have mounts of its own; "" when it can. Before threads are started: they
// and what they start see what the thread that made them does.
std::string PrivateMountsProblem();

// A tmpfs of its own at a directory that is made where it is missing. Nobody outside of this
// process and its children sees it, and it ends with them at the latest.
class SmallDisk {
 public:
  enum class Mode { kWritable, kReadOnly };

  // Throws std::runtime_error when it cannot be mounted.
  SmallDisk(std::string directory, size_t kib);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  // Not a byte and not an inode is left, until Free().
  void Fill() const;
  void Free() const;
  // False where somebody has a file of it open for writing.
  bool Remount(Mode mode) const;

 private:
  const std::string directory_;
  const size_t kib_;
};

}  // namespace sekisho::testing
