// A mount table as proc(5) describes /proc/<pid>/mountinfo: what is mounted where, and of what.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sekisho::mounts {

struct Mount {
  std::string device = {};  // "major:minor", which names the file system
  // What of the file system is mounted: a path in it, "/" for all of it. For the kernel's own kinds
  // it is no path ("net:[4026531840]"), and for NFSv4 it is always "/".
  std::string root = {};
  bool deleted = false;  // `root` is no longer in the file system
  std::string mount_point = {};
  std::string fs_type = {};

  friend bool operator==(const Mount&, const Mount&) = default;
};

class MountTable {
 public:
  // Nothing when a line is not understood or the text is cut off: a table that is only partly known
  // would say "not mounted" where something is.
  static std::optional<MountTable> Parse(std::string_view mountinfo);

  // The first of these files that can be read and parsed.
  static std::optional<MountTable> ReadFirst(std::span<const std::string> files);

  const std::vector<Mount>& mounts() const { return mounts_; }

  // The mount exactly at `path`, of several the last one: it covers those before it.
  const Mount* At(std::string_view path) const;

  // The mount that `path` lies on.
  const Mount* Holding(std::string_view path) const;

  // A mount point at `top` or below it, on the way to `path` but not at it.
  const Mount* Between(std::string_view top, std::string_view path) const;

  // Where else on this node the mounted thing is to be found: the path by the mount that shows most
  // of the file system, or "major:minor:root". Mounts below `ignored` do not count, nor does one at
  // the same place.
  std::string SourceOf(const Mount& mount, std::string_view ignored) const;

 private:
  explicit MountTable(std::vector<Mount> mounts) : mounts_(std::move(mounts)) {}

  std::vector<Mount> mounts_;
};

}  // namespace sekisho::mounts
