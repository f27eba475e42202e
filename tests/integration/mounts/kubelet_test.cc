// Every mount that a kubelet makes for a pod must pass for what it is.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "integration/mounts/kubelet_dir.h"

namespace sekisho::testing {
namespace {

namespace fs = std::filesystem;
using policy::MountFacts;
using policy::MountOrigin;

using KubeletTest = KubeletDirTest;

TEST_F(KubeletTest, ManagedFiles) {
  MakeFile(Pod("etc-hosts"), "127.0.0.1 localhost\n");
  MakeFile(Pod("containers/web/0a1b2c3d"));
  EXPECT_EQ(Resolve(Pod("etc-hosts"), "/etc/hosts").origin, MountOrigin::kManaged);
  EXPECT_EQ(Resolve(Pod("containers/web/0a1b2c3d"), "/dev/termination-log").origin,
            MountOrigin::kManaged);
}

TEST_F(KubeletTest, VolumesInDirectoriesOfTheKubelet) {
  for (const char* plugin :
       {"kubernetes.io~empty-dir", "kubernetes.io~configmap", "kubernetes.io~git-repo"}) {
    ExpectVolume(MakeVolume(plugin, "v"), plugin, "v");
  }
}

TEST_F(KubeletTest, VolumesInMemory) {
  for (const char* plugin : {"kubernetes.io~empty-dir", "kubernetes.io~secret",
                             "kubernetes.io~downward-api", "kubernetes.io~projected"}) {
    ExpectVolume(MakeTmpfsVolume(plugin, "v"), plugin, "v");
  }
}

TEST_F(KubeletTest, HugePages) {
  const std::string volume = MakeVolume("kubernetes.io~empty-dir", "huge");
  if (::mount("hugetlbfs", volume.c_str(), "hugetlbfs", 0, nullptr) != 0) {
    GTEST_SKIP() << "no hugetlbfs here: " << std::strerror(errno);
  }
  ExpectVolume(volume, "kubernetes.io~empty-dir", "huge");
}

// The plugin mounts what it likes: a file system of its own (a tmpfs stands for a disk or a server
// here) or a bind mount of something that it keeps elsewhere on the node.
TEST_F(KubeletTest, VolumesThatPluginsMount) {
  MakeDirectory("/run/node/disks/ssd1");
  for (const char* plugin : {"kubernetes.io~csi", "kubernetes.io~local-volume", "kubernetes.io~nfs",
                             "kubernetes.io~iscsi", "kubernetes.io~fc", "vendor.example~driver"}) {
    ExpectVolume(MakeTmpfsVolume(plugin, "disk"), plugin, "disk");
    const std::string bound = MakeVolume(plugin, "bound");
    Bind("/run/node/disks/ssd1", bound);
    ExpectVolume(bound, plugin, "bound");
  }
}

TEST_F(KubeletTest, CsiDriverAndLifecycle) {
  const struct {
    std::string volume;
    std::string json;
    std::string driver;
    bool is_inline;
  } kCases[] = {
      {"scratch", R"({"driverName":"inline.example","volumeLifecycleMode":"Ephemeral"})",
       "inline.example", true},
      {"pvc-1", R"({"driverName":"disk.example","volumeLifecycleMode":"Persistent"})",
       "disk.example", false},
      {"broken", "{", "", false},
  };
  for (const auto& row : kCases) {
    SCOPED_TRACE(row.volume);
    const std::string path = MakeTmpfsVolume("kubernetes.io~csi", row.volume);
    MakeFile(Pod("volumes/kubernetes.io~csi/" + row.volume + "/vol_data.json"), row.json);
    MakeFile(path + "/vol_data.json", R"({"driverName":"forged"})");
    MakeDirectory(path + "/sub");
    for (const std::string& host_path : {path, MakeSubPath(path + "/sub", row.volume)}) {
      ExpectVolume(host_path, "kubernetes.io~csi", row.volume);
      EXPECT_EQ(Resolve(host_path).csi_driver, row.driver);
      EXPECT_EQ(Resolve(host_path).csi_inline, row.is_inline);
    }
  }
}

TEST_F(KubeletTest, SubPathsOfEveryVolume) {
  MakeDirectory("/run/node/disks/ssd1/sub");
  const std::string local = MakeVolume("kubernetes.io~local-volume", "local");
  Bind("/run/node/disks/ssd1", local);
  const struct {
    std::string path;
    std::string plugin;
    std::string volume;
  } kCases[] = {
      {MakeVolume("kubernetes.io~empty-dir", "disk"), "kubernetes.io~empty-dir", "disk"},
      {MakeTmpfsVolume("kubernetes.io~empty-dir", "memory"), "kubernetes.io~empty-dir", "memory"},
      {MakeVolume("kubernetes.io~configmap", "conf"), "kubernetes.io~configmap", "conf"},
      {MakeTmpfsVolume("kubernetes.io~csi", "pvc-1"), "kubernetes.io~csi", "pvc-1"},
      {MakeTmpfsVolume("vendor.example~driver", "flex"), "vendor.example~driver", "flex"},
      {local, "kubernetes.io~local-volume", "local"},
  };
  for (const auto& row : kCases) {
    MakeDirectory(row.path + "/sub/deeper");
    MakeFile(row.path + "/file");
    ExpectVolume(MakeSubPath(row.path + "/sub", row.volume, 0), row.plugin, row.volume);
    ExpectVolume(MakeSubPath(row.path + "/sub/deeper", row.volume, 1), row.plugin, row.volume);
    ExpectVolume(MakeSubPath(row.path + "/file", row.volume, 2), row.plugin, row.volume);
    ExpectVolume(MakeSubPath(row.path, row.volume, 3), row.plugin, row.volume);
  }
}

// Secrets and the like are written into a directory with a date for a name, which "..data" points
// at.
TEST_F(KubeletTest, SubPathThroughAnAtomicWritersLink) {
  const std::string secret = MakeTmpfsVolume("kubernetes.io~secret", "keys");
  MakeFile(secret + "/..2026_08_01_12_00_00.123456789/tls.key", "key");
  fs::create_symlink("..2026_08_01_12_00_00.123456789", secret + "/..data");
  fs::create_symlink("..data/tls.key", secret + "/tls.key");
  ExpectVolume(MakeSubPath(secret + "/tls.key", "keys"), "kubernetes.io~secret", "keys");
}

TEST_F(KubeletTest, BlockVolume) {
  const std::string published = std::string(kRoot) + "/plugins/kubernetes.io/csi/publish/pv";
  MakeDirectory(fs::path(published).parent_path());
  // Nothing opens it: any number will do.
  if (::mknod(published.c_str(), S_IFBLK | 0600, makedev(7, 0)) != 0) {
    GTEST_SKIP() << "cannot make a block device: " << std::strerror(errno);
  }
  MakeDirectory(Pod("volumeDevices/kubernetes.io~csi"));
  fs::create_symlink(published, Pod("volumeDevices/kubernetes.io~csi/pv"));
  ASSERT_EQ(::mknod(Pod("volumeDevices/kubernetes.io~csi/node").c_str(), S_IFBLK, makedev(7, 0)),
            0);
  for (const std::string volume : {"pv", "node"}) {
    const policy::DeviceFacts device =
        ResolveDevice(Pod("volumeDevices/kubernetes.io~csi/" + volume));
    EXPECT_EQ(device.origin, MountOrigin::kVolume);
    EXPECT_EQ(device.plugin, "kubernetes.io~csi");
    EXPECT_EQ(device.volume, volume);
    EXPECT_EQ(device.remark, "");
  }
}

TEST_F(KubeletTest, ImageVolume) {
  std::vector<MountFacts> facts(1);
  facts[0].image = "registry.example/data:1";
  facts[0].readonly = true;
  mounts::Resolver(options_).Resolve(asker_, facts);
  EXPECT_EQ(facts[0].origin, MountOrigin::kImage);
}

// The letters that the mount table escapes. A kubelet's own names have none of them, a
// --root-dir may.
TEST_F(KubeletTest, NamesThatTheMountTableEscapes) {
  const std::string odd = "/run/node/a b\tc\nd\\040e";
  MakeDirectory(odd);
  Bind(kRoot, odd);
  options_.kubelet_root = odd;
  const std::string volumes = odd + "/pods/" + kUid + "/volumes/kubernetes.io~empty-dir/";
  MakeDirectory(volumes + "v w/sub dir");
  ExpectVolume(volumes + "v w", "kubernetes.io~empty-dir", "v w");
  const std::string target = odd + "/pods/" + kUid + "/volume-subpaths/v w/web/0";
  Bind(volumes + "v w/sub dir", target);
  ExpectVolume(target, "kubernetes.io~empty-dir", "v w");
  MountTmpfs(volumes + "v w");
  ExpectHostPath(target, "a subPath, but not of a volume \"v w\" of the pod",
                 Pod("volumes/kubernetes.io~empty-dir/v w/sub dir"));
}

// --root-dir may lead through symlinks. The request has the kubelet's spelling, the mount table the
// real one.
TEST_F(KubeletTest, RootBehindSymlinks) {
  MakeDirectory("/run/node/links");
  fs::create_symlink("..", "/run/node/links/up");
  fs::create_symlink("links/up/kubelet", "/run/node/alias");
  options_.kubelet_root = "/run/node/alias";
  const std::string pod = std::string("/run/node/alias/pods/") + kUid;
  MakeDirectory(MakeTmpfsVolume("kubernetes.io~secret", "keys") + "/sub");
  MakeSubPath(Pod("volumes/kubernetes.io~secret/keys/sub"), "keys", 0);
  MakeSubPath("/etc", "keys", 1);
  ExpectVolume(pod + "/volumes/kubernetes.io~secret/keys", "kubernetes.io~secret", "keys");
  ExpectVolume(pod + "/volume-subpaths/keys/web/0", "kubernetes.io~secret", "keys");
  ExpectHostPath(pod + "/volume-subpaths/keys/web/1",
                 "a subPath, but not of a volume \"keys\" of the pod", "/etc");
}

// <root> and <root>/pods may be disks of their own.
TEST_F(KubeletTest, RootAndPodsOnFileSystemsOfTheirOwn) {
  for (const std::string& directory : {std::string(kRoot), std::string(kRoot) + "/pods"}) {
    MountTmpfs(directory);
    MakeFile(Pod("etc-hosts"));
    const std::string volume = MakeVolume("kubernetes.io~empty-dir", "v");
    MakeDirectory(volume + "/sub");
    EXPECT_EQ(Resolve(Pod("etc-hosts"), "/etc/hosts").origin, MountOrigin::kManaged);
    ExpectVolume(volume, "kubernetes.io~empty-dir", "v");
    ExpectVolume(MakeSubPath(volume + "/sub", "v"), "kubernetes.io~empty-dir", "v");
    MakeDirectory(std::string(kRoot) + "/pods");
  }
}

// The root mounted a second time, as a bind mount of a part of a disk.
TEST_F(KubeletTest, RootIsABindMount) {
  MakeDirectory("/run/node/second");
  Bind(kRoot, "/run/node/second");
  options_.kubelet_root = "/run/node/second";
  const std::string pod = std::string("/run/node/second/pods/") + kUid;
  MakeDirectory(pod + "/volumes/kubernetes.io~empty-dir/v/sub");
  Bind(pod + "/volumes/kubernetes.io~empty-dir/v/sub", pod + "/volume-subpaths/v/web/0");
  ExpectVolume(pod + "/volumes/kubernetes.io~empty-dir/v", "kubernetes.io~empty-dir", "v");
  ExpectVolume(pod + "/volume-subpaths/v/web/0", "kubernetes.io~empty-dir", "v");
}

// A root directory of "/": seen from within a chroot, which is also how an agent in a container
// with the node's files sees them.
TEST_F(KubeletTest, RootIsTheRootDirectory) {
  MakeDirectory("/run/node/proc");
  Bind("/proc", "/run/node/proc");
  const std::string pod = std::string("/pods/") + kUid;
  const std::string volume = pod + "/volumes/kubernetes.io~empty-dir/v";
  MakeDirectory(kNode + volume + "/sub");
  Bind(kNode + volume + "/sub", kNode + pod + "/volume-subpaths/v/web/0");
  options_.kubelet_root = "/";
  InChild([] { return ::chroot(kNode) == 0 && ::chdir("/") == 0; },
          [&] {
            ExpectVolume(volume, "kubernetes.io~empty-dir", "v");
            ExpectVolume(pod + "/volume-subpaths/v/web/0", "kubernetes.io~empty-dir", "v");
          });
}

}  // namespace
}  // namespace sekisho::testing
