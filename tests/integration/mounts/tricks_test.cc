// The known ways to make a hostPath volume look like a volume of the pod, with real mounts.
//
// Not here: a pod whose own uid stands in its hostPath (the API server gives the uid out after the
// manifest is written, and who writes static manifests owns the node), and container_path tricks
// (the resolver does not judge where a mount goes, except for the managed files: see the unit
// tests).
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <filesystem>

#include "base/unique_fd.h"
#include "integration/mounts/kubelet_dir.h"

namespace sekisho::testing {
namespace {

namespace fs = std::filesystem;
using policy::MountOrigin;

using TricksTest = KubeletDirTest;

std::string NotOf(const std::string& volume) {
  return "a subPath, but not of a volume \"" + volume + "\" of the pod";
}

TEST_F(TricksTest, HostPathWithSubPath) {
  MakeFile("/run/node/etc/shadow");
  ExpectHostPath(MakeSubPath("/etc", "host", 0), NotOf("host"), "/etc");
  ExpectHostPath(MakeSubPath("/", "host", 1), NotOf("host"), "/");
  ExpectHostPath(MakeSubPath("/run/node/etc", "host", 2), NotOf("host"), "/run/node/etc");
  ExpectHostPath(MakeSubPath("/run/node/etc/shadow", "host", 3), NotOf("host"),
                 "/run/node/etc/shadow");
}

// The hostPath volume has the name of the PersistentVolume that another volume of the pod is bound
// to: then volumes/kubernetes.io~csi/<name> exists.
TEST_F(TricksTest, HostPathNamedLikeAPersistentVolume) {
  MakeDirectory("/run/node/globalmount/sub");
  MakeDirectory("/run/node/globalmount-of-another");
  const std::string volume = MakeVolume("kubernetes.io~csi", "pv");
  Bind("/run/node/globalmount", volume);
  ExpectVolume(MakeSubPath(volume + "/sub", "pv", 0), "kubernetes.io~csi", "pv");
  ExpectHostPath(MakeSubPath("/etc", "pv", 1), NotOf("pv"), "/etc");
  // The same file system as the volume's, but outside it, above it, or with a longer name.
  ExpectHostPath(MakeSubPath("/run/node", "pv", 2), NotOf("pv"), "/run/node");
  ExpectHostPath(MakeSubPath("/run/node/globalmount-of-another", "pv", 3), NotOf("pv"),
                 "/run/node/globalmount-of-another");
  // By another way into the very same directory, it is the pod's own data.
  ExpectVolume(MakeSubPath("/run/node/globalmount/sub", "pv", 4), "kubernetes.io~csi", "pv");
}

// The same with a volume that is a file system of its own: its root is "/", as of the node's disk.
TEST_F(TricksTest, HostPathNamedLikeAPersistentVolumeWithItsOwnFileSystem) {
  const std::string volume = MakeTmpfsVolume("kubernetes.io~csi", "pv");
  ExpectVolume(MakeSubPath(volume, "pv", 0), "kubernetes.io~csi", "pv");
  ExpectHostPath(MakeSubPath("/etc", "pv", 1), NotOf("pv"), "/etc");
  ExpectHostPath(MakeSubPath(kNode, "pv", 2), NotOf("pv"), kNode);
}

// The directory that the volume shows was removed, and there is another one of that name now.
TEST_F(TricksTest, HostPathInThePlaceOfARemovedVolume) {
  MakeDirectory("/run/node/globalmount");
  const std::string volume = MakeVolume("kubernetes.io~csi", "pv");
  Bind("/run/node/globalmount", volume);
  fs::remove("/run/node/globalmount");
  MakeDirectory("/run/node/globalmount");
  ExpectHostPath(MakeSubPath("/run/node/globalmount", "pv"), NotOf("pv"), "/run/node/globalmount");
}

TEST_F(TricksTest, VolumeOfAnotherPod) {
  const std::string secret = std::string(kRoot) + "/pods/other/volumes/kubernetes.io~secret/token";
  MakeDirectory(secret);
  MountTmpfs(secret);
  MakeFile(secret + "/token");
  ExpectHostPath(secret, "the directory of another pod");
  ExpectHostPath(MakeSubPath(secret, "token", 0), NotOf("token"), secret);
  ExpectHostPath(MakeSubPath(secret + "/token", "token", 1), NotOf("token"), secret + "/token");
}

TEST_F(TricksTest, DirectoriesAboveThePods) {
  MakeVolume("kubernetes.io~empty-dir", "v");
  ExpectHostPath(std::string(kRoot) + "/pods/" + kUid, "the pod's directory as a whole");
  ExpectHostPath(std::string(kRoot) + "/pods", "the directory of all pods");
  for (const char* path : {kRoot, kNode, "/run", "/"}) {
    ExpectHostPath(path, "");
  }
}

TEST_F(TricksTest, SymlinkInTheEmptyDirOfAnotherPod) {
  const std::string cache =
      std::string(kRoot) + "/pods/other/volumes/kubernetes.io~empty-dir/cache";
  MakeDirectory(cache);
  fs::create_symlink("/", cache + "/link");
  ExpectHostPath(cache + "/link", "the directory of another pod");
  // In the pod's own it is not what a kubelet mounts, either; and followed by subPath, it is "/".
  const std::string own = MakeVolume("kubernetes.io~empty-dir", "cache");
  fs::create_symlink("/", own + "/link");
  ExpectHostPath(own + "/link", "not the directory at which the plugin mounts its volume");
  ExpectHostPath(MakeSubPath(own + "/link", "cache"), NotOf("cache"), "/");
}

TEST_F(TricksTest, NamesThatBeginTheSame) {
  for (const std::string& pod :
       {std::string(kRoot) + "/pods/" + kUid + "-evil", std::string(kRoot) + "/podsX/" + kUid,
        std::string(kRoot) + "2/pods/" + kUid}) {
    MakeDirectory(pod + "/volumes/kubernetes.io~empty-dir/v");
    EXPECT_EQ(Resolve(pod + "/volumes/kubernetes.io~empty-dir/v").origin, MountOrigin::kHostPath);
  }
  // The same with a volume's name, by subPath.
  MakeVolume("kubernetes.io~empty-dir", "v");
  const std::string longer = MakeVolume("kubernetes.io~empty-dir", "v2");
  ExpectHostPath(MakeSubPath(longer, "v"), NotOf("v"), longer);
}

TEST_F(TricksTest, SpellingsOfTheSamePath) {
  const std::string volume = MakeVolume("kubernetes.io~empty-dir", "v");
  ExpectVolume(volume, "kubernetes.io~empty-dir", "v");
  ExpectHostPath("/" + volume, "host_path has a double slash in it");
  ExpectHostPath(volume + "/", "host_path ends in a slash");
  ExpectHostPath(volume + "/.", "host_path has a \".\" in it");
  ExpectHostPath(volume + "/../v", "host_path has a \"..\" in it");
  ExpectHostPath(Pod("volumes//kubernetes.io~empty-dir/v"), "host_path has a double slash in it");
  ExpectHostPath(Pod("./volumes/kubernetes.io~empty-dir/v"), "host_path has a \".\" in it");
}

TEST_F(TricksTest, RelativePath) {
  fs::current_path("/");
  const std::string volume = MakeVolume("kubernetes.io~empty-dir", "v");
  ExpectHostPath(volume.substr(1), "host_path is relative");  // exists, from here
  ExpectHostPath("etc", "host_path is relative");
}

TEST_F(TricksTest, OtherSpellingOfTheRoot) {
  fs::create_symlink(kRoot, "/run/node/alias");
  const std::string below = std::string("/pods/") + kUid + "/volumes/kubernetes.io~empty-dir/v";
  MakeVolume("kubernetes.io~empty-dir", "v");
  ExpectHostPath("/run/node/alias" + below, "");
  options_.kubelet_root = "/run/node/alias";
  ExpectVolume("/run/node/alias" + below, "kubernetes.io~empty-dir", "v");
  ExpectHostPath(kRoot + below, "");
}

// hostPath <root>/pods with subPathExpr $(POD_UID)/volumes/…: the pod's own secret without its
// readOnly.
TEST_F(TricksTest, HostPathIntoThePodsOwnDirectory) {
  const std::string secret = MakeTmpfsVolume("kubernetes.io~secret", "keys");
  MakeFile(secret + "/tls.key");
  ExpectHostPath(MakeSubPath(secret, "pods", 0), NotOf("pods"), secret);
  ExpectHostPath(MakeSubPath(secret + "/tls.key", "pods", 1), NotOf("pods"), secret + "/tls.key");
  ExpectHostPath(MakeSubPath(Pod("volumes"), "pods", 2), NotOf("pods"), Pod("volumes"));
}

TEST_F(TricksTest, SymlinkWhereTheVolumeShouldBe) {
  MakeDirectory(Pod("volumes/vendor.example~driver"));
  const std::string volume = Pod("volumes/vendor.example~driver/v");
  fs::create_symlink("/etc", volume);
  ExpectHostPath(volume, "a symlink at " + volume);
  // Nor does it launder a subPath.
  ExpectHostPath(MakeSubPath(volume, "v"), NotOf("v"), "/etc");
  // On the way, for a plugin that mounts deeper.
  MakeDirectory(Pod("volumes/kubernetes.io~csi"));
  MakeDirectory("/run/node/elsewhere/mount");
  fs::create_symlink("/run/node/elsewhere", Pod("volumes/kubernetes.io~csi/pv"));
  const std::string csi = Pod("volumes/kubernetes.io~csi/pv/mount");
  ExpectHostPath(csi, "a symlink on the way to " + csi);
  // Even one that leads to where the path would have led.
  fs::create_symlink(".", Pod("volumes/kubernetes.io~secret"));
  MakeDirectory(Pod("volumes/keys"));
  const std::string secret = Pod("volumes/kubernetes.io~secret/keys");
  ExpectHostPath(secret, "a symlink on the way to " + secret);
}

TEST_F(TricksTest, SocketsAndTheNodesOwnDirectories) {
  const std::string socket = "/run/node/containerd.sock";
  const base::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, socket.c_str(), sizeof(address.sun_path) - 1);
  ASSERT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  ExpectHostPath(socket, "");
  ExpectHostPath(MakeSubPath(socket, "run"), NotOf("run"), socket);
  for (const char* below : {"/pod-resources", "/plugins_registry", "/device-plugins", "/plugins"}) {
    MakeDirectory(kRoot + std::string(below));
    ExpectHostPath(kRoot + std::string(below), "");
  }
  ExpectHostPath("/sys/fs/cgroup", "");
}

// A privileged container with mountPropagation: Bidirectional mounts the node's files into its
// emptyDir; what it mounts appears on the node, where another container's subPath finds it.
TEST_F(TricksTest, MountThatWasPropagatedIntoAVolume) {
  const std::string cache = MakeVolume("kubernetes.io~empty-dir", "cache");
  MakeDirectory(cache + "/etc");
  ExpectVolume(MakeSubPath(cache + "/etc", "cache", 0), "kubernetes.io~empty-dir", "cache");
  Bind("/etc", cache + "/etc");
  ExpectVolume(cache, "kubernetes.io~empty-dir", "cache");
  ExpectHostPath(MakeSubPath(cache + "/etc", "cache", 1), NotOf("cache"), "/etc");
}

}  // namespace
}  // namespace sekisho::testing
