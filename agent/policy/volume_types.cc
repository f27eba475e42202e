#include "policy/volume_types.h"

#include <algorithm>
#include <array>

#include "policy/checks.h"
#include "policy/glob.h"

namespace sekisho::policy {
namespace {

struct PluginRow {
  std::string_view plugin;  // directory below the pod's volumes/
  std::string_view type;    // as Kubernetes reports it
  bool also_persistent;     // whether a PersistentVolume of this type looks the same
};

// Sorted by plugin. Those of most inline types are gone from the kubelet, or were replaced by CSI
// drivers that look like a claim's.
constexpr auto kPlugins = std::to_array<PluginRow>({
    {"kubernetes.io~aws-ebs", "awsElasticBlockStore", true},
    {"kubernetes.io~azure-disk", "azureDisk", true},
    {"kubernetes.io~azure-file", "azureFile", true},
    {"kubernetes.io~cephfs", "cephfs", true},
    {"kubernetes.io~cinder", "cinder", true},
    {"kubernetes.io~configmap", "configMap", false},
    {"kubernetes.io~downward-api", "downwardAPI", false},
    {"kubernetes.io~empty-dir", "emptyDir", false},
    {"kubernetes.io~fc", "fc", true},
    {"kubernetes.io~flocker", "flocker", true},
    {"kubernetes.io~gce-pd", "gcePersistentDisk", true},
    {"kubernetes.io~git-repo", "gitRepo", false},
    {"kubernetes.io~glusterfs", "glusterfs", true},
    {"kubernetes.io~iscsi", "iscsi", true},
    {"kubernetes.io~local-volume", kClaimType, true},
    {"kubernetes.io~nfs", "nfs", true},
    {"kubernetes.io~photon-pd", "photonPersistentDisk", true},
    {"kubernetes.io~portworx-volume", "portworxVolume", true},
    {"kubernetes.io~projected", "projected", false},
    {"kubernetes.io~quobyte", "quobyte", true},
    {"kubernetes.io~rbd", "rbd", true},
    {"kubernetes.io~scaleio", "scaleIO", true},
    {"kubernetes.io~secret", "secret", false},
    {"kubernetes.io~storageos", "storageos", true},
    {"kubernetes.io~vsphere-volume", "vsphereVolume", true},
});
static_assert(std::ranges::is_sorted(kPlugins, {}, &PluginRow::plugin));

constexpr auto kTypes = std::to_array<std::string_view>({"awsElasticBlockStore",
                                                         "azureDisk",
                                                         "azureFile",
                                                         "cephfs",
                                                         "cinder",
                                                         "configMap",
                                                         "csi",
                                                         "downwardAPI",
                                                         "emptyDir",
                                                         "ephemeral",
                                                         "fc",
                                                         "flexVolume",
                                                         "flocker",
                                                         "gcePersistentDisk",
                                                         "gitRepo",
                                                         "glusterfs",
                                                         "hostPath",
                                                         "image",
                                                         "iscsi",
                                                         "nfs",
                                                         "persistentVolumeClaim",
                                                         "photonPersistentDisk",
                                                         "portworxVolume",
                                                         "projected",
                                                         "quobyte",
                                                         "rbd",
                                                         "scaleIO",
                                                         "secret",
                                                         "storageos",
                                                         "vsphereVolume"});
static_assert(std::ranges::is_sorted(kTypes));

constexpr std::string_view kOwnPlugins = "kubernetes.io~";
constexpr std::string_view kCsiPlugin = "kubernetes.io~csi";
constexpr std::string_view kUnknownType = "unknown";

std::string_view TypeOfVolume(const Trust& trust, const MountFacts& mount) {
  if (mount.plugin == kCsiPlugin) {
    return mount.csi_inline ? kCsiType : kClaimType;
  }
  const bool vouched = std::ranges::any_of(
      trust.persistent_volumes,
      [&mount](const std::string& pattern) { return GlobMatches(pattern, mount.volume); });
  if (!mount.plugin.empty() && !mount.plugin.starts_with(kOwnPlugins)) {
    return vouched ? kClaimType : kFlexVolumeType;
  }
  const auto* const row =
      std::ranges::lower_bound(kPlugins, std::string_view(mount.plugin), {}, &PluginRow::plugin);
  if (row == kPlugins.end() || row->plugin != mount.plugin) {
    return kUnknownType;
  }
  return row->also_persistent && vouched ? kClaimType : row->type;
}

}  // namespace

std::string_view VolumeTypeOf(const Trust& trust, const MountFacts& mount) {
  switch (mount.origin) {
    case MountOrigin::kManaged:
      return "";
    case MountOrigin::kImage:
      return "image";
    case MountOrigin::kVolume:
      return TypeOfVolume(trust, mount);
    case MountOrigin::kHostPath:
    case MountOrigin::kUnresolved:
      return IsTrusted(trust, mount) ? "" : kHostPathType;
  }
  return kUnknownType;
}

std::span<const std::string_view> VolumeTypes() {
  return kTypes;
}

std::string FlexDriver(std::string_view plugin) {
  if (plugin.empty() || plugin.starts_with(kOwnPlugins)) {
    return "";
  }
  std::string driver(plugin);
  std::ranges::replace(driver, '~', '/');
  return driver;
}

bool IsUnreadCsi(const MountFacts& mount) {
  return mount.origin == MountOrigin::kVolume && mount.plugin == kCsiPlugin &&
         mount.csi_driver.empty();
}

}  // namespace sekisho::policy
