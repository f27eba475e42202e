#include "mounts/resolver.h"

#include <optional>
#include <utility>

#include "mounts/layout.h"
#include "mounts/node_view.h"

namespace sekisho::mounts {
namespace {

using policy::DeviceFacts;
using policy::MountFacts;
using policy::MountOrigin;

// What is found out about a mount, and nothing else of it.
void Forget(MountFacts& mount) {
  mount.origin = MountOrigin::kHostPath;
  mount.plugin.clear();
  mount.volume.clear();
  mount.csi_driver.clear();
  mount.csi_inline = false;
  mount.source.clear();
  mount.remark.clear();
}

void Forget(DeviceFacts& device) {
  device.origin = MountOrigin::kHostPath;
  device.plugin.clear();
  device.volume.clear();
  device.remark.clear();
}

void SetDoubt(Doubt doubt, MountFacts& mount) {
  mount.remark = std::move(doubt.remark);
  if (doubt.source != mount.host_path) {
    mount.source = std::move(doubt.source);
  }
}

const KnownVolume* Known(const Resolver::Options& options, const std::string& volume) {
  const auto known = options.known_volumes.find(volume);
  return known == options.known_volumes.end() ? nullptr : &known->second;
}

void SetCsi(const KnownVolume& known, MountFacts& mount) {
  // That of a claim is its PersistentVolume's business; no rule is about it.
  mount.csi_inline = !known.csi_driver.empty();
  mount.csi_driver = mount.csi_inline ? known.csi_driver : "of a PersistentVolume";
}

void ResolveVolume(const Resolver::Options& options, const Place& place, NodeView* node,
                   MountFacts& mount) {
  if (node != nullptr) {
    if (std::optional<Doubt> doubt = node->DoubtVolume(place.plugin, place.below)) {
      SetDoubt(std::move(*doubt), mount);
      return;
    }
    if (place.plugin == kCsiPlugin) {
      CsiData csi = node->CsiDataOf(place.below);
      mount.csi_driver = std::move(csi.driver);
      mount.csi_inline = csi.is_inline;
    }
  } else if (const KnownVolume* known = Known(options, place.volume);
             known != nullptr && place.plugin == kCsiPlugin) {
    SetCsi(*known, mount);
  }
  mount.origin = MountOrigin::kVolume;
  mount.plugin = place.plugin;
  mount.volume = place.volume;
}

// As far as the path alone, and what is known from elsewhere, tell.
void AssumeSubPath(const Resolver::Options& options, const Place& place, MountFacts& mount) {
  const KnownVolume* known = Known(options, place.volume);
  if (known != nullptr && !known->host_path.empty()) {
    mount.source = known->host_path;
    return;  // a path of the node
  }
  mount.origin = MountOrigin::kVolume;
  mount.volume = place.volume;
  if (known != nullptr) {
    mount.plugin = known->plugin;
    if (known->plugin == kCsiPlugin) {
      SetCsi(*known, mount);
    }
  } else {
    mount.remark = "a subPath: of which kind of volume, or of a hostPath, was not looked up";
  }
}

void ResolveSubPath(const Resolver::Options& options, const Place& place, NodeView* node,
                    MountFacts& mount) {
  if (node == nullptr) {
    AssumeSubPath(options, place, mount);
    return;
  }
  Doubt doubt;
  std::optional<Volume> found = node->FindSubPath(place.volume, place.below, doubt);
  if (!found.has_value()) {
    SetDoubt(std::move(doubt), mount);
    return;
  }
  mount.origin = MountOrigin::kVolume;
  mount.plugin = std::move(found->plugin);
  mount.volume = place.volume;
  mount.csi_driver = std::move(found->csi.driver);
  mount.csi_inline = found->csi.is_inline;
}

void ResolveManagedFile(const Place& place, NodeView* node, MountFacts& mount) {
  if (node != nullptr) {
    if (std::optional<Doubt> doubt = node->DoubtManagedFile(place.below)) {
      SetDoubt(std::move(*doubt), mount);
      return;
    }
  }
  mount.origin = MountOrigin::kManaged;
}

void ResolveMount(const Resolver::Options& options, const Asker& asker, NodeView* node,
                  MountFacts& mount) {
  Forget(mount);
  if (!mount.image.empty()) {
    if (mount.host_path.empty()) {
      mount.origin = MountOrigin::kImage;
    } else {
      mount.remark = "image and host_path are both set";  // a runtime may take either
    }
    return;
  }
  const Place place =
      PlaceOfMount(options.kubelet_root, asker, mount.host_path, mount.container_path);
  switch (place.shape) {
    case Shape::kManagedFile:
      return ResolveManagedFile(place, node, mount);
    case Shape::kVolume:
      return ResolveVolume(options, place, node, mount);
    case Shape::kSubPath:
      return ResolveSubPath(options, place, node, mount);
    case Shape::kNone:
    case Shape::kDevice:
      mount.remark = place.remark;
  }
}

void ResolveDevice(const Resolver::Options& options, const Asker& asker, NodeView* node,
                   DeviceFacts& device) {
  Forget(device);
  const Place place = PlaceOfDevice(options.kubelet_root, asker, device.host_path);
  if (place.shape != Shape::kDevice) {
    device.remark = place.remark;
    return;
  }
  if (node != nullptr) {
    if (std::optional<Doubt> doubt = node->DoubtDevice(place.below)) {
      device.remark = std::move(doubt->remark);
      return;
    }
  }
  device.origin = MountOrigin::kVolume;
  device.plugin = place.plugin;
  device.volume = place.volume;
}

}  // namespace

Resolver::Resolver(Options options) : options_(std::move(options)) {}

void Resolver::Resolve(const Asker& asker, std::vector<MountFacts>& mounts) const {
  NodeView node(options_, asker.pod_uid);
  for (MountFacts& mount : mounts) {
    ResolveMount(options_, asker, options_.look_at_node ? &node : nullptr, mount);
  }
}

void Resolver::Resolve(const Asker& asker, std::vector<DeviceFacts>& devices) const {
  NodeView node(options_, asker.pod_uid);
  for (DeviceFacts& device : devices) {
    ResolveDevice(options_, asker, options_.look_at_node ? &node : nullptr, device);
  }
}

}  // namespace sekisho::mounts
