// What is really on the node where a request says a pod's files are.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/unique_fd.h"
#include "mounts/csi_data.h"
#include "mounts/layout.h"
#include "mounts/mount_table.h"
#include "mounts/walk.h"

namespace sekisho::mounts {

// Why a place is not what its shape says.
struct Doubt {
  std::string remark = {};
  std::string source = {};  // what is there instead, where that was found out
};

// A volume that holds what a subPath is mounted from.
struct Volume {
  std::string plugin = {};
  CsiData csi = {};
};

// One request's look at one pod's directory. The mount table is read at most once, and only when
// something needs it: where the agent's own table is the one that counts, the kernel itself says of
// what is no mount point, nor behind one, that it is not. Every path is relative to <root>/pods, as
// Place::below is.
class NodeView {
 public:
  NodeView(const Resolver::Options& options, std::string pod_uid)
      : options_(options), pod_uid_(std::move(pod_uid)) {}

  // Nothing when it is what it seems.
  std::optional<Doubt> DoubtManagedFile(const std::string& path);
  std::optional<Doubt> DoubtVolume(std::string_view plugin, const std::string& path);
  std::optional<Doubt> DoubtDevice(const std::string& path);

  // The volume called `volume` that the mount at `path` comes from, or nothing and why.
  std::optional<Volume> FindSubPath(std::string_view volume, const std::string& path, Doubt& doubt);

  // Of the CSI volume at `path`; empty when it cannot be read.
  CsiData CsiDataOf(const std::string& path);

 private:
  // Opens <root>/pods, and reads the mount table. Without, nothing is certain.
  std::optional<Doubt> Prepare();
  std::optional<Doubt> TryPrepare();
  std::optional<Doubt> ReadTable();
  bool TryReadTable();
  // Whether the mount table could say nothing that the kernel has not said of `opened`.
  bool IsCertain(const Opened& opened) const;
  // Opens the directory of the last element; there is no symlink on the way and no mount point.
  std::optional<Doubt> OpenParent(const std::string& path, base::UniqueFd& parent);
  // The same in the mount table, which may be that of another mount namespace.
  std::optional<Doubt> DoubtWay(const std::string& path) const;
  // Opens what is at the path itself, which is no symlink. No descriptor for a mount point: it is
  // not touched, since what is mounted there may not answer. After it, MountAt() knows of the path.
  std::optional<Doubt> OpenLeaf(const std::string& path, base::UniqueFd& leaf);
  const Mount* MountAt(const std::string& path) const;
  // `mount` is null for one that this process sees and the table does not know.
  Doubt SomethingMounted(const std::string& path, const Mount* mount) const;
  // Whether the mount shows something of the volume at `path`. Of NFSv4 the table tells only which
  // file system it is: there, another directory of the same export passes.
  bool IsOf(const Mount& mount, const std::string& path) const;
  std::vector<std::string> PluginDirectories();

  std::string Spelt(std::string_view path) const;    // as the kubelet spells it
  std::string Mounted(std::string_view path) const;  // as the mount table does
  std::string SourceOf(const Mount& mount) const;

  const Resolver::Options& options_;
  std::string pod_uid_;
  bool prepared_ = false;
  std::optional<Doubt> unprepared_;
  base::UniqueFd pods_;
  bool table_tried_ = false;
  std::string mounted_pods_;  // <root>/pods without symlinks; known when the table is
  std::optional<MountTable> table_;
};

}  // namespace sekisho::mounts
