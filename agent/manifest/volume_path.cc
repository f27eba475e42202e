#include "manifest/volume_path.h"

#include <algorithm>
#include <array>

#include "base/str_cat.h"

namespace sekisho::manifest {
namespace {

using base::StrCat;

enum class Form {
  kOwn,      // volumes/<plugin>/<volume>
  kCsi,      // volumes/kubernetes.io~csi/<name>/mount
  kRemoved,  // no kubelet has a plugin for it any more
};

struct Plugin {
  std::string_view type;
  std::string_view directory;
  Form form = Form::kOwn;
  bool read_only = false;
};

// kCsi: `directory` is what the name of the translated volume begins with.
constexpr auto kPlugins = std::to_array<Plugin>({
    {"emptyDir", "kubernetes.io~empty-dir"},
    {"configMap", "kubernetes.io~configmap", Form::kOwn, true},
    {"secret", "kubernetes.io~secret", Form::kOwn, true},
    {"downwardAPI", "kubernetes.io~downward-api", Form::kOwn, true},
    {"projected", "kubernetes.io~projected", Form::kOwn, true},
    {"nfs", "kubernetes.io~nfs"},
    {"iscsi", "kubernetes.io~iscsi"},
    {"fc", "kubernetes.io~fc"},
    {"gcePersistentDisk", "pd.csi.storage.gke.io-", Form::kCsi},
    {"awsElasticBlockStore", "ebs.csi.aws.com-", Form::kCsi},
    {"azureDisk", "disk.csi.azure.com-", Form::kCsi},
    {"azureFile", "file.csi.azure.com-", Form::kCsi},
    {"cinder", "cinder.csi.openstack.org-", Form::kCsi},
    {"vsphereVolume", "csi.vsphere.vmware.com-", Form::kCsi},
    {"portworxVolume", "pxd.portworx.com-", Form::kCsi},
    {"gitRepo", "kubernetes.io~git-repo", Form::kRemoved},
    {"glusterfs", "kubernetes.io~glusterfs", Form::kRemoved},
    {"rbd", "kubernetes.io~rbd", Form::kRemoved},
    {"cephfs", "kubernetes.io~cephfs", Form::kRemoved},
    {"flocker", "kubernetes.io~flocker", Form::kRemoved},
    {"quobyte", "kubernetes.io~quobyte", Form::kRemoved},
    {"scaleIO", "kubernetes.io~scaleio", Form::kRemoved},
    {"storageos", "kubernetes.io~storageos", Form::kRemoved},
    {"photonPersistentDisk", "kubernetes.io~photon-pd", Form::kRemoved},
});

const Plugin* FindPlugin(std::string_view type) {
  const auto found = std::find_if(kPlugins.begin(), kPlugins.end(),
                                  [&](const Plugin& each) { return each.type == type; });
  return found == kPlugins.end() ? nullptr : &*found;
}

// A name as one element of a path.
std::string Escape(std::string name) {
  std::replace(name.begin(), name.end(), '/', '~');
  return name;
}

}  // namespace

std::optional<std::string> ClaimName(const Identity& identity, const Volume& volume) {
  if (volume.type == "persistentVolumeClaim") {
    return volume.claim_name;
  }
  if (volume.type == "ephemeral") {
    return StrCat(identity.name, "-", volume.name);
  }
  return std::nullopt;
}

std::string VolumePath(const Identity& identity, const Volume& volume) {
  if (volume.type == "hostPath") {
    return volume.path;
  }
  const std::string volumes = StrCat(identity.directory, "/volumes/");
  const auto csi = [&](const std::string& name) {
    return StrCat(volumes, "kubernetes.io~csi/", Escape(name), "/mount");
  };
  if (volume.type == "csi") {
    return csi(volume.name);
  }
  if (const std::optional<std::string> claim = ClaimName(identity, volume)) {
    return csi(*claim);
  }
  if (volume.type == "flexVolume") {
    return StrCat(volumes, Escape(volume.driver), "/", volume.name);
  }
  const Plugin* plugin = FindPlugin(volume.type);
  if (plugin == nullptr) {
    return StrCat(volumes, "kubernetes.io~", Escape(volume.type), "/", volume.name);
  }
  return plugin->form == Form::kCsi ? csi(StrCat(plugin->directory, volume.id))
                                    : StrCat(volumes, plugin->directory, "/", volume.name);
}

bool IsReadOnly(const Volume& volume) {
  const Plugin* plugin = FindPlugin(volume.type);
  return volume.read_only || volume.type == "image" || (plugin != nullptr && plugin->read_only);
}

bool IsRemoved(std::string_view type) {
  const Plugin* plugin = FindPlugin(type);
  return plugin != nullptr && plugin->form == Form::kRemoved;
}

}  // namespace sekisho::manifest
