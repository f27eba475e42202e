#include "manifest/volumes.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/str_cat.h"
#include "manifest/environment.h"
#include "manifest/volume_path.h"

namespace sekisho::manifest {
namespace {

namespace cri = runtime::v1;
using base::StrCat;

constexpr std::string_view kEtcHosts = "/etc/hosts";

// Mount paths may be given relative to the root directory.
std::string Absolute(const std::string& path) {
  return path.starts_with('/') ? path : StrCat("/", path);
}

cri::MountPropagation Propagation(const std::string& name) {
  if (name == "HostToContainer") {
    return cri::PROPAGATION_HOST_TO_CONTAINER;
  }
  return name == "Bidirectional" ? cri::PROPAGATION_BIDIRECTIONAL : cri::PROPAGATION_PRIVATE;
}

bool HasBackstep(std::string_view path) {
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    if (path.substr(begin, end - begin) == "..") {
      return true;
    }
    begin = end + 1;
  }
  return false;
}

std::string SubPath(const VolumeMount& mount, const std::map<std::string, std::string>& variables,
                    std::vector<std::string>& remarks) {
  std::string path = mount.sub_path;
  if (!mount.sub_path_expr.empty()) {
    std::vector<std::string> missing;
    path = Expand(mount.sub_path_expr, variables, &missing);
    for (const std::string& name : missing) {
      remarks.push_back(StrCat("subPathExpr of volume ", mount.name, " needs the variable ", name,
                               ", which the container does not have"));
    }
  }
  if (path.starts_with('/')) {
    remarks.push_back(StrCat("the subPath of volume ", mount.name, " is absolute: ", path));
  }
  if (HasBackstep(path)) {
    remarks.push_back(StrCat("the subPath of volume ", mount.name, " has a \"..\": ", path));
  }
  return path;
}

void ProjectImage(const PodManifest& pod, const Volume& volume, const std::string& sub_path,
                  cri::Mount& out) {
  cri::ImageSpec& image = *out.mutable_image();
  image.set_image(volume.image);
  image.set_user_specified_image(volume.image);
  image.mutable_annotations()->insert(pod.annotations.begin(), pod.annotations.end());
  out.set_image_sub_path(sub_path);
}

void ProjectRecursiveReadOnly(const VolumeMount& mount, cri::Mount& out,
                              std::vector<std::string>& remarks) {
  if (mount.recursive_read_only.empty() || mount.recursive_read_only == "Disabled") {
    return;
  }
  if (!mount.read_only || out.propagation() != cri::PROPAGATION_PRIVATE) {
    remarks.push_back(StrCat("recursiveReadOnly of volume ", mount.name,
                             " needs readOnly, and no mountPropagation"));
    return;
  }
  out.set_recursive_read_only(true);
}

// All but the host path.
void ProjectMount(const PodManifest& pod, const Volume& volume, const VolumeMount& mount,
                  const std::string& sub_path, cri::Mount& out, std::vector<std::string>& remarks) {
  if (IsRemoved(volume.type)) {
    remarks.push_back(StrCat("volume ", volume.name, " is a ", volume.type,
                             ", for which kubelets no longer have a plugin"));
  }
  if (volume.type == "image") {
    ProjectImage(pod, volume, sub_path, out);
  }
  out.set_container_path(Absolute(mount.mount_path));
  out.set_readonly(mount.read_only || IsReadOnly(volume));
  out.set_propagation(Propagation(mount.mount_propagation));
  ProjectRecursiveReadOnly(mount, out, remarks);
}

}  // namespace

std::string TerminationMessagePath(const Container& container) {
  return container.termination_message_path.empty() ? "/dev/termination-log"
                                                    : container.termination_message_path;
}

void ProjectMounts(const PodManifest& pod, const Identity& identity, const Container& container,
                   const std::map<std::string, std::string>& variables,
                   const cri::UserNamespace* userns, cri::ContainerConfig& out,
                   std::vector<std::string>& remarks) {
  bool own_hosts = false;
  for (size_t i = 0; i < container.volume_mounts.size(); ++i) {
    const VolumeMount& mount = container.volume_mounts[i];
    own_hosts = own_hosts || mount.mount_path == kEtcHosts;
    const Volume* volume = pod.spec.FindVolume(mount.name);
    if (volume == nullptr) {
      remarks.push_back(StrCat("mounts a volume that the pod does not have: ", mount.name));
      continue;
    }
    const std::string sub_path = SubPath(mount, variables, remarks);
    cri::Mount& to = *out.add_mounts();
    ProjectMount(pod, *volume, mount, sub_path, to, remarks);
    if (volume->type != "image") {
      // Whatever the volume is: with a subPath, a directory of the node looks like one of the
      // pod's.
      to.set_host_path(sub_path.empty()
                           ? VolumePath(identity, *volume)
                           : StrCat(identity.directory, "/volume-subpaths/",
                                    ClaimName(identity, *volume).value_or(volume->name), "/",
                                    container.name, "/", i));
    }
  }
  if (!own_hosts) {
    cri::Mount& hosts = *out.add_mounts();
    hosts.set_container_path(std::string(kEtcHosts));
    hosts.set_host_path(StrCat(identity.directory, "/etc-hosts"));
  }
  cri::Mount& log = *out.add_mounts();
  log.set_container_path(Absolute(TerminationMessagePath(container)));
  log.set_host_path(StrCat(identity.directory, "/containers/", container.name, "/",
                           MadeUpHex(StrCat(identity.uid, "/", container.name), 8)));
  if (userns != nullptr) {
    for (cri::Mount& mount : *out.mutable_mounts()) {
      *mount.mutable_uidmappings() = userns->uids();
      *mount.mutable_gidmappings() = userns->gids();
    }
  }
}

void ProjectDevices(const PodSpec& spec, const Identity& identity, const Container& container,
                    cri::ContainerConfig& out, std::vector<std::string>& remarks) {
  for (const VolumeDevice& device : container.volume_devices) {
    const Volume* volume = spec.FindVolume(device.name);
    const auto claim = volume == nullptr ? std::nullopt : ClaimName(identity, *volume);
    if (!claim.has_value()) {
      remarks.push_back(StrCat("uses a block volume that is no claim of the pod: ", device.name));
      continue;
    }
    cri::Device& to = *out.add_devices();
    to.set_container_path(device.device_path);
    to.set_host_path(StrCat(identity.directory, "/volumeDevices/kubernetes.io~csi/", *claim));
    to.set_permissions(volume->read_only ? "r" : "mrw");
  }
}

std::vector<NodeVolume> VolumesOnNode(const PodManifest& pod, const Options& options) {
  const Identity identity = IdentityOf(pod, options);
  const std::string volumes = base::StrCat(identity.directory, "/volumes/");
  std::vector<NodeVolume> found;
  for (const Volume& volume : pod.spec.volumes) {
    NodeVolume& one = found.emplace_back();
    one.name = ClaimName(identity, volume).value_or(volume.name);
    const std::string path = VolumePath(identity, volume);
    if (volume.type == "hostPath") {
      one.host_path = path;
    } else if (path.starts_with(volumes)) {
      // <plugin>/<name>, and for CSI /mount behind it
      const std::string below = path.substr(volumes.size());
      const size_t slash = below.find('/');
      one.plugin = below.substr(0, slash);
      if (slash != std::string::npos) {
        one.name = below.substr(slash + 1, below.find('/', slash + 1) - slash - 1);
      }
    }
    one.csi_driver = volume.type == "csi" ? volume.driver : "";
  }
  return found;
}

}  // namespace sekisho::manifest
