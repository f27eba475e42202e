#include "mounts/node_view.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include "base/str_cat.h"
#include "mounts/paths.h"

namespace sekisho::mounts {
namespace {

// The plugins that keep their files in a directory of the kubelet's own, or in a tmpfs or hugetlbfs
// that the kubelet mounts there. The others mount what they like.
constexpr std::array<std::string_view, 6> kEmptyDirPlugins = {
    "kubernetes.io~empty-dir",    "kubernetes.io~configmap", "kubernetes.io~secret",
    "kubernetes.io~downward-api", "kubernetes.io~projected", "kubernetes.io~git-repo"};

std::string DirectoryOf(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

std::string LeafOf(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

struct CloseDir {
  void operator()(DIR* directory) const { (void)::closedir(directory); }
};
struct Free {
  void operator()(char* text) const { std::free(text); }
};

Doubt CannotOpen(const std::string& path, int error) {
  return {.remark = base::StrCat("cannot open ", path, ": ", std::strerror(error))};
}

}  // namespace

std::string NodeView::Spelt(std::string_view path) const {
  return Join(Join(options_.kubelet_root, "pods"), path);
}

std::string NodeView::Mounted(std::string_view path) const {
  return Join(mounted_pods_, path);
}

std::string NodeView::SourceOf(const Mount& mount) const {
  // The pod's other subPaths may show the same thing; they are not where it comes from.
  return table_->SourceOf(mount, Mounted(base::StrCat(pod_uid_, "/volume-subpaths")));
}

std::optional<Doubt> NodeView::Prepare() {
  if (!prepared_) {
    prepared_ = true;
    unprepared_ = TryPrepare();
  }
  return unprepared_;
}

std::optional<Doubt> NodeView::TryPrepare() {
  const std::string& root = options_.kubelet_root;
  const base::UniqueFd root_fd(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root_fd.valid()) {
    return CannotOpen(root, errno);
  }
  Opened pods = OpenBelow(root_fd.get(), "pods", Crossing::kAllowed);
  if (!pods.fd.valid()) {
    return CannotOpen(Spelt(""), pods.error);
  }
  pods_ = std::move(pods.fd);
  return std::nullopt;
}

std::optional<Doubt> NodeView::ReadTable() {
  if (!table_tried_) {
    table_tried_ = true;
    if (!TryReadTable()) {
      table_.reset();
    }
  }
  return table_.has_value() ? std::nullopt
                            : std::optional(Doubt{.remark = "no mount table can be read"});
}

bool NodeView::TryReadTable() {
  // The root itself may be a symlink; the mount table knows it by its real name.
  const std::unique_ptr<char, Free> real(::realpath(options_.kubelet_root.c_str(), nullptr));
  if (real == nullptr) {
    return false;
  }
  mounted_pods_ = Join(real.get(), "pods");
  table_ = MountTable::ReadFirst(options_.mount_tables);
  return table_.has_value();
}

bool NodeView::IsCertain(const Opened& opened) const {
  return opened.fd.valid() && opened.on_one_mount && !options_.mount_tables.empty() &&
         options_.mount_tables.front() == kOwnMountTable;
}

std::optional<Doubt> NodeView::OpenParent(const std::string& path, base::UniqueFd& parent) {
  if (std::optional<Doubt> doubt = Prepare(); doubt.has_value()) {
    return doubt;
  }
  const std::string directory = DirectoryOf(path);
  Opened opened = OpenBelow(pods_.get(), directory, Crossing::kForbidden);
  if (opened.fd.valid()) {
    const bool certain = IsCertain(opened);
    parent = std::move(opened.fd);
    if (certain) {
      return std::nullopt;
    }
    std::optional<Doubt> doubt = ReadTable();
    return doubt.has_value() ? std::move(doubt) : DoubtWay(path);
  }
  if (opened.error == ELOOP) {
    return Doubt{.remark = base::StrCat("a symlink on the way to ", Spelt(path))};
  }
  if (opened.error == EXDEV) {
    return Doubt{.remark = base::StrCat("a mount point on the way to ", Spelt(path))};
  }
  return CannotOpen(Spelt(directory), opened.error);
}

std::optional<Doubt> NodeView::DoubtWay(const std::string& path) const {
  if (table_->Between(Mounted(pod_uid_), Mounted(path)) != nullptr) {
    return Doubt{.remark = base::StrCat("a mount point on the way to ", Spelt(path))};
  }
  return std::nullopt;
}

std::optional<Doubt> NodeView::OpenLeaf(const std::string& path, base::UniqueFd& leaf) {
  if (std::optional<Doubt> doubt = Prepare(); doubt.has_value()) {
    return doubt;
  }
  if (Opened at_once = OpenBelow(pods_.get(), path, Crossing::kForbidden); IsCertain(at_once)) {
    leaf = std::move(at_once.fd);
    return std::nullopt;
  }
  // Something is in the way, or there. Which, and where, is seen from the directory.
  base::UniqueFd parent;
  if (std::optional<Doubt> doubt = OpenParent(path, parent); doubt.has_value()) {
    return doubt;
  }
  if (std::optional<Doubt> doubt = ReadTable(); doubt.has_value()) {
    return doubt;
  }
  Opened opened = OpenBelow(parent.get(), LeafOf(path), Crossing::kForbidden);
  if (opened.error == ELOOP) {
    return Doubt{.remark = base::StrCat("a symlink at ", Spelt(path))};
  }
  if (opened.error != 0 && opened.error != EXDEV) {
    return CannotOpen(Spelt(path), opened.error);
  }
  leaf = std::move(opened.fd);
  return std::nullopt;
}

const Mount* NodeView::MountAt(const std::string& path) const {
  return table_.has_value() ? table_->At(Mounted(path)) : nullptr;
}

Doubt NodeView::SomethingMounted(const std::string& path, const Mount* mount) const {
  return {.remark = base::StrCat("something is mounted at ", Spelt(path)),
          .source = mount == nullptr ? "" : SourceOf(*mount)};
}

std::optional<Doubt> NodeView::DoubtManagedFile(const std::string& path) {
  base::UniqueFd file;
  if (std::optional<Doubt> doubt = OpenLeaf(path, file); doubt.has_value()) {
    return doubt;
  }
  const Mount* mount = MountAt(path);
  if (mount != nullptr || !file.valid()) {
    return SomethingMounted(path, mount);
  }
  struct stat info {};
  if (::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return Doubt{.remark = base::StrCat("no regular file at ", Spelt(path))};
  }
  return std::nullopt;
}

std::optional<Doubt> NodeView::DoubtVolume(std::string_view plugin, const std::string& path) {
  base::UniqueFd directory;
  if (std::optional<Doubt> doubt = OpenLeaf(path, directory); doubt.has_value()) {
    return doubt;
  }
  if (std::ranges::find(kEmptyDirPlugins, plugin) == kEmptyDirPlugins.end()) {
    return std::nullopt;
  }
  const Mount* mount = MountAt(path);
  // A bind mount of the whole of another tmpfs passes for the kubelet's own: the table shows no
  // difference that would last. Only root on the node can make one; no manifest can ask for it.
  if (mount == nullptr
          ? directory.valid()
          : mount->root == "/" && (mount->fs_type == "tmpfs" || mount->fs_type == "hugetlbfs")) {
    return std::nullopt;
  }
  return SomethingMounted(path, mount);
}

std::optional<Doubt> NodeView::DoubtDevice(const std::string& path) {
  base::UniqueFd parent;
  if (std::optional<Doubt> doubt = OpenParent(path, parent); doubt.has_value()) {
    return doubt;
  }
  const std::string leaf = LeafOf(path);
  const base::UniqueFd fd(::openat(parent.get(), leaf.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat info {};
  if (!fd.valid() || ::fstat(fd.get(), &info) != 0) {
    return CannotOpen(Spelt(path), errno);
  }
  if (!S_ISLNK(info.st_mode) && !S_ISBLK(info.st_mode)) {
    return Doubt{.remark = base::StrCat("neither a symlink nor a block device at ", Spelt(path))};
  }
  if (::fstatat(parent.get(), leaf.c_str(), &info, 0) != 0 || !S_ISBLK(info.st_mode)) {
    return Doubt{.remark = base::StrCat("no block device behind ", Spelt(path))};
  }
  return std::nullopt;
}

std::optional<Volume> NodeView::FindSubPath(std::string_view volume, const std::string& path,
                                            Doubt& doubt) {
  base::UniqueFd target;
  if (std::optional<Doubt> found = OpenLeaf(path, target); found.has_value()) {
    doubt = std::move(*found);
    return std::nullopt;
  }
  const Mount* mount = MountAt(path);
  if (mount == nullptr) {
    doubt = {.remark = "a subPath, but nothing is mounted there"};
    return std::nullopt;
  }
  doubt = {.remark = base::StrCat("a subPath, but not of a volume \"", volume, "\" of the pod"),
           .source = SourceOf(*mount)};
  if (mount->deleted) {
    doubt.remark = "a subPath whose source has been removed";
    return std::nullopt;
  }
  for (const std::string& plugin : PluginDirectories()) {
    const std::string candidate =
        base::StrCat(pod_uid_, "/volumes/", VolumeDirectory(plugin, volume));
    if (!IsOf(*mount, candidate)) {
      continue;
    }
    if (std::optional<Doubt> of_volume = DoubtVolume(plugin, candidate); of_volume.has_value()) {
      doubt.remark = std::move(of_volume->remark);
      continue;
    }
    doubt = {};
    return Volume{.plugin = plugin, .csi = plugin == kCsiPlugin ? CsiDataOf(candidate) : CsiData{}};
  }
  return std::nullopt;
}

bool NodeView::IsOf(const Mount& mount, const std::string& path) const {
  const std::string volume = Mounted(path);
  const Mount* holding = table_->Holding(volume);
  if (holding == nullptr || holding->deleted || holding->device != mount.device ||
      !WhyNotClean(mount.root).empty()) {
    return false;
  }
  return IsAtOrBelow(mount.root, Join(holding->root, RelativeTo(volume, holding->mount_point)));
}

std::vector<std::string> NodeView::PluginDirectories() {
  std::vector<std::string> names;
  const Opened volumes =
      OpenBelow(pods_.get(), base::StrCat(pod_uid_, "/volumes"), Crossing::kForbidden);
  if (!volumes.fd.valid()) {
    return names;
  }
  base::UniqueFd listing(::openat(volumes.fd.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::unique_ptr<DIR, CloseDir> directory(::fdopendir(listing.get()));
  if (directory == nullptr) {
    return names;
  }
  (void)listing.Release();  // the stream's now
  while (const dirent* entry = ::readdir(directory.get())) {
    if (IsPluginDirectory(entry->d_name)) {
      names.emplace_back(entry->d_name);
    }
  }
  std::ranges::sort(names);
  return names;
}

CsiData NodeView::CsiDataOf(const std::string& path) {
  const Opened directory = OpenBelow(pods_.get(), DirectoryOf(path), Crossing::kForbidden);
  return directory.fd.valid() ? ReadCsiData(directory.fd.get()) : CsiData{};
}

}  // namespace sekisho::mounts
