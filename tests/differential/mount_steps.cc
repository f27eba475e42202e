#include <array>
#include <string>

#include "differential/request_steps.h"
#include "support/request_builders.h"

namespace sekisho::differential {
namespace {

namespace v1 = runtime::v1;

v1::Mount& AddMount(Request& request, const std::string& host_path, const char* container_path) {
  v1::Mount& mount = *request.container.add_mounts();
  mount.set_container_path(container_path);
  mount.set_host_path(host_path);
  return mount;
}

void MountVolume(Random& random, Request& request) {
  static constexpr auto kPlugins = std::to_array<const char*>({"kubernetes.io~empty-dir",
                                                               "kubernetes.io~configmap",
                                                               "kubernetes.io~secret",
                                                               "kubernetes.io~downward-api",
                                                               "kubernetes.io~projected",
                                                               "kubernetes.io~local-volume",
                                                               "kubernetes.io~csi",
                                                               "kubernetes.io~csi",
                                                               "kubernetes.io~nfs",
                                                               "kubernetes.io~iscsi",
                                                               "kubernetes.io~fc",
                                                               "kubernetes.io~git-repo",
                                                               "kubernetes.io~portworx-volume",
                                                               "kubernetes.io~host-path",
                                                               "kubernetes.io~new-plugin",
                                                               "vendor~driver",
                                                               "empty-dir",
                                                               "~driver",
                                                               "vendor~",
                                                               "vendor~a~b",
                                                               "Kubernetes.io~secret"});
  const std::string plugin = random.OneOf(kPlugins);
  std::string path = PodDirectory() + "volumes/" + plugin + "/data";
  if (random.Chance(plugin == "kubernetes.io~csi" ? 80 : 10)) {
    path += "/mount";
  }
  AddMount(request, path, "/data");
}

void MountSubPath(Random& random, Request& request) {
  static constexpr auto kNames =
      std::to_array<const char*>({"sub-data", "sub-secret", "sub-nfs", "sub-host"});
  static constexpr auto kRests = std::to_array<const char*>(
      {"/web/0", "/web/0", "/web/12", "/web/x", "/other/0", "/web", "/web/0/x", "/web/-1"});
  AddMount(request,
           PodDirectory() + "volume-subpaths/" + random.OneOf(kNames) + random.OneOf(kRests),
           "/data");
}

// Files that a kubelet keeps for each container, and what only looks so.
void MountKubeletFile(Random& random, Request& request) {
  static constexpr auto kFiles = std::to_array<const char*>(
      {"etc-hosts", "etc-hosts/x", "containers/web/0123abcd", "containers/web/0123ABCD",
       "containers/web/0123abc", "containers/web/0123abcde", "containers/web/0123abcg",
       "containers/other/0123abcd", "containers/web", "containers/web/0123abcd/x", "plugins/x/y"});
  static constexpr auto kTargets =
      std::to_array<const char*>({"/etc/hosts", "/dev/termination-log", "/etc/passwd"});
  AddMount(request, PodDirectory() + random.OneOf(kFiles), random.OneOf(kTargets));
}

void MountPathOfNode(Random& random, Request& request) {
  static constexpr auto kPaths = std::to_array<const char*>(
      {"/", "/etc", "etc", "config.json", "/var/lib", "/var/lib/kubelet", "/var/lib/kubelet/pods",
       "/var/lib/kubelet/pods/", "/data/kubelet/pods/x/volumes/kubernetes.io~secret/x",
       "/var/lib/kubelet2/pods/x", "/run/containerd/containerd.sock", "",
       "/var/lib/kubelet/pods/1a2b3c4d-0000-1111-2222-333344445555/volumes/kubernetes.io~secret/"
       "x"});
  AddMount(request, random.OneOf(kPaths), "/host");
}

// A kubelet's path, in another spelling or in another pod's directory.
void MountDisguised(Random& random, Request& request) {
  const std::string volume = "volumes/kubernetes.io~empty-dir/data";
  std::string directory = PodDirectory();
  directory.pop_back();
  const std::string paths[] = {directory,
                               directory + "/",
                               directory + "//" + volume,
                               directory + "/./" + volume,
                               directory + "/" + volume + "/",
                               directory + "/" + volume + "/.",
                               directory + "/" + volume + "/../../..",
                               directory + "/volumes/kubernetes.io~empty-dir/..",
                               directory + "/volumes/../kubernetes.io~empty-dir",
                               directory + "-evil/" + volume,
                               "/" + directory + "/" + volume,
                               directory.substr(1) + "/" + volume,
                               directory + "/volumes",
                               directory + "/volumes/kubernetes.io~empty-dir",
                               directory + "/Volumes/kubernetes.io~empty-dir/data",
                               directory + "/" + volume + std::string("\0x", 2),
                               "/var/lib/../lib/kubelet/pods/" + volume};
  AddMount(request, random.OneOf(paths), "/data");
}

void MountImage(Random& random, Request& request) {
  v1::Mount& mount = AddMount(request, random.Chance(80) ? "" : "/etc", "/image");
  mount.set_readonly(random.Chance(80));
  mount.mutable_image()->set_image(random.Chance(90) ? "sha256:abc" : "");
}

void UnmountAll(Random& /*random*/, Request& request) {
  request.container.clear_mounts();
}

void ChangeTerminationMessagePath(Random& random, Request& request) {
  static constexpr const char* kKey = "io.kubernetes.container.terminationMessagePath";
  if (random.Chance(50)) {
    request.container.mutable_annotations()->erase(kKey);
    return;
  }
  (*request.container.mutable_annotations())[kKey] = "/tmp/message";
}

// 3 is no propagation of the protocol.
void ChangeMount(Random& random, Request& request) {
  if (request.container.mounts().empty()) {
    return;
  }
  v1::Mount& mount = *request.container.mutable_mounts(
      static_cast<int>(random.Below(static_cast<uint32_t>(request.container.mounts_size()))));
  switch (random.Below(5)) {
    case 0:
      mount.set_propagation(static_cast<v1::MountPropagation>(random.Below(4)));
      break;
    case 1:
      mount.set_selinux_relabel(true);
      break;
    case 2:
      mount.add_mount_options(random.OneOf(std::to_array<const char*>(
          {"noexec", "nodev", "nosuid", "exec", "suid", "rshared", "", "NOEXEC", "noexec,suid"})));
      break;
    case 3:
      mount.GetReflection()->MutableUnknownFields(&mount)->AddVarint(5000, 1);
      break;
    default:
      mount.set_recursive_read_only(true);
      break;
  }
}

// As a kubelet does it in a pod with a user namespace, or not quite.
void MapMounts(Random& random, Request& request) {
  const v1::UserNamespace users =
      request.pod.linux().security_context().namespace_options().userns_options();
  for (v1::Mount& mount : *request.container.mutable_mounts()) {
    *mount.mutable_uidmappings() = users.uids();
    *mount.mutable_gidmappings() = users.gids();
    if (random.Chance(10)) {
      mount.clear_gidmappings();
    }
    if (random.Chance(10)) {
      mount.add_uidmappings()->set_length(1);
    }
  }
}

constexpr auto kMountChanges = std::to_array<Change>({
    {"volume", MountVolume},
    {"volume once more", MountVolume},
    {"volume with a subPath", MountSubPath},
    {"file of the kubelet", MountKubeletFile},
    {"path of the node", MountPathOfNode},
    {"path in disguise", MountDisguised},
    {"image", MountImage},
    {"no mounts", UnmountAll},
    {"settings of a mount", ChangeMount},
    {"mappings of mounts", MapMounts},
    {"terminationMessagePath", ChangeTerminationMessagePath},
});

}  // namespace

std::span<const Change> MountChanges() {
  return kMountChanges;
}

std::string PodDirectory() {
  const testing::PodOptions pod;
  return pod.kubelet_root + "/pods/" + pod.uid + "/";
}

}  // namespace sekisho::differential
