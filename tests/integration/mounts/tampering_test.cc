// The right path with the wrong thing on the node: bind mounts, leftovers of a crash, mount tables
// that say nothing.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <filesystem>
#include <string>

#include "integration/mounts/kubelet_dir.h"
#include "support/text_file.h"

namespace sekisho::testing {
namespace {

namespace fs = std::filesystem;
using policy::MountFacts;
using policy::MountOrigin;

using TamperingTest = KubeletDirTest;

TEST_F(TamperingTest, BindMountWhereTheKubeletMakesADirectory) {
  MakeDirectory("/run/node/elsewhere/sub");
  for (const char* plugin :
       {"kubernetes.io~empty-dir", "kubernetes.io~configmap", "kubernetes.io~secret",
        "kubernetes.io~downward-api", "kubernetes.io~projected", "kubernetes.io~git-repo"}) {
    const std::string volume = MakeVolume(plugin, "v");
    Bind("/run/node/elsewhere", volume);
    ExpectHostPath(volume, "something is mounted at " + volume, "/run/node/elsewhere");
    ASSERT_EQ(::umount2(volume.c_str(), MNT_DETACH), 0);
    // All of a file system that is no tmpfs.
    Bind("/proc", volume);
    ExpectHostPath(volume, "something is mounted at " + volume, "/proc");
    ASSERT_EQ(::umount2(volume.c_str(), MNT_DETACH), 0);
    ExpectVolume(volume, plugin, "v");
  }
}

TEST_F(TamperingTest, BindMountDoesNotLaunderASubPath) {
  MakeDirectory("/run/node/elsewhere/sub");
  const std::string volume = MakeVolume("kubernetes.io~empty-dir", "v");
  Bind("/run/node/elsewhere", volume);
  ExpectHostPath(MakeSubPath(volume + "/sub", "v"), "something is mounted at " + volume,
                 "/run/node/elsewhere/sub");
}

TEST_F(TamperingTest, MountPointsOnTheWay) {
  MakeDirectory("/run/node/elsewhere");
  const std::string volume = "volumes/kubernetes.io~empty-dir/v";
  const std::string csi = "volumes/kubernetes.io~csi/pv/mount";
  for (const std::string& over :
       {Pod("volumes/kubernetes.io~empty-dir"), Pod("volumes"), Pod("volumes/..")}) {
    SCOPED_TRACE(over);
    MakeDirectory(Pod(volume));
    const std::string mount_point = fs::path(over).lexically_normal();
    MountTmpfs(mount_point);
    MakeDirectory(Pod(volume));  // so that the path is there
    ExpectHostPath(Pod(volume), "a mount point on the way to " + Pod(volume));
    ASSERT_EQ(::umount2(mount_point.c_str(), MNT_DETACH), 0);
    ExpectVolume(Pod(volume), "kubernetes.io~empty-dir", "v");
  }
  MakeDirectory(Pod(csi));
  MountTmpfs(Pod("volumes/kubernetes.io~csi/pv"));
  MakeDirectory(Pod(csi));
  ExpectHostPath(Pod(csi), "a mount point on the way to " + Pod(csi));
}

TEST_F(TamperingTest, MountPointOnTheWayToASubPath) {
  const std::string volume = MakeVolume("kubernetes.io~empty-dir", "v");
  MountTmpfs(MakeVolume("kubernetes.io~empty-dir", "other"));
  MakeDirectory(Pod("volume-subpaths/v"));
  MountTmpfs(Pod("volume-subpaths/v"));
  const std::string target = MakeSubPath(volume, "v");
  ExpectHostPath(target, "a mount point on the way to " + target);
}

// What openat2(2) has opened without stepping over a mount point needs no table.
TEST_F(TamperingTest, WithoutItsTableTheKernelStillVouchesForWhatIsNoMount) {
  const std::string volume = MakeVolume("kubernetes.io~empty-dir", "v");
  MakeFile(Pod("etc-hosts"));
  ASSERT_EQ(options_.mount_tables.front(), mounts::kOwnMountTable);
  MountTmpfs("/proc");  // nobody reads a mount table from here on
  ExpectVolume(volume, "kubernetes.io~empty-dir", "v");
  EXPECT_EQ(Resolve(Pod("etc-hosts"), "/etc/hosts").origin, MountOrigin::kManaged);
  MountTmpfs(volume);
  ExpectHostPath(volume, "no mount table can be read");
  ASSERT_EQ(::umount2("/proc", MNT_DETACH), 0);
  ExpectVolume(volume, "kubernetes.io~empty-dir", "v");
}

// The table may be that of another mount namespace. What either of the two knows counts.
TEST_F(TamperingTest, MountsThatOnlyTheTableKnows) {
  const std::string volume = MakeVolume("kubernetes.io~empty-dir", "v");
  MakeFile(Pod("etc-hosts"));
  const std::string disk = "1 0 8:1 / / rw - ext4 x rw\n";
  options_.mount_tables = {"/run/node/table"};
  MakeFile("/run/node/table", disk);
  ExpectVolume(volume, "kubernetes.io~empty-dir", "v");
  EXPECT_EQ(Resolve(Pod("etc-hosts"), "/etc/hosts").origin, MountOrigin::kManaged);

  MakeFile("/run/node/table", disk + "2 1 8:2 / " + Pod("volumes") + " rw - ext4 x rw\n");
  ExpectHostPath(volume, "a mount point on the way to " + volume);
  MakeFile("/run/node/table", disk + "2 1 8:1 /srv " + Pod("etc-hosts") + " rw - ext4 x rw\n");
  const MountFacts hosts = Resolve(Pod("etc-hosts"), "/etc/hosts");
  EXPECT_EQ(hosts.origin, MountOrigin::kHostPath);
  EXPECT_EQ(hosts.source, "/srv");
}

TEST_F(TamperingTest, MountsThatTheTableDoesNotKnow) {
  const std::string volume = MakeVolume("kubernetes.io~empty-dir", "v");
  MakeFile(Pod("etc-hosts"));
  MakeFile("/run/node/table", ReadText("/proc/self/mountinfo"));
  options_.mount_tables = {"/run/node/table"};
  MountTmpfs(volume);
  ExpectHostPath(volume, "something is mounted at " + volume);
  Bind(Pod("volumes"), Pod("volumes"));
  ExpectHostPath(volume, "a mount point on the way to " + volume);
  Bind("/etc/passwd", Pod("etc-hosts"));
  const MountFacts hosts = Resolve(Pod("etc-hosts"), "/etc/hosts");
  EXPECT_EQ(hosts.origin, MountOrigin::kHostPath);
  EXPECT_EQ(hosts.remark, "something is mounted at " + Pod("etc-hosts"));
  EXPECT_EQ(hosts.source, "");
}

// A root with ".." in it, as a cgroup file system shows them to another cgroup namespace, begins
// like the volume's and leads elsewhere.
TEST_F(TamperingTest, RootThatLeadsUpwards) {
  const std::string volume = MakeVolume("kubernetes.io~empty-dir", "v");
  const std::string target = Pod("volume-subpaths/v/web/0");
  MakeDirectory(target);
  options_.mount_tables = {"/run/node/table"};
  const auto table = [&](const std::string& root) {
    MakeFile("/run/node/table",
             "1 0 8:1 / / rw - ext4 x rw\n2 1 8:1 " + root + " " + target + " rw - ext4 x rw\n");
  };
  table(volume + "/sub");
  ExpectVolume(target, "kubernetes.io~empty-dir", "v");
  table(volume + "/../../../../other");
  EXPECT_EQ(Resolve(target).origin, MountOrigin::kHostPath);
}

// The other subPath shows the same thing, but is not where it comes from.
TEST_F(TamperingTest, SourceThatIsNoLongerMountedElsewhere) {
  MakeDirectory("/run/node/usb");
  MountTmpfs("/run/node/usb");
  MakeDirectory("/run/node/usb/sub");
  MakeSubPath("/run/node/usb", "usb", 0);
  const std::string target = MakeSubPath("/run/node/usb/sub", "usb", 1);
  const std::string remark = "a subPath, but not of a volume \"usb\" of the pod";
  ExpectHostPath(target, remark, "/run/node/usb/sub");
  ASSERT_EQ(::umount2("/run/node/usb", MNT_DETACH), 0);
  struct stat info {};
  ASSERT_EQ(::stat(target.c_str(), &info), 0);
  ExpectHostPath(
      target, remark,
      std::to_string(major(info.st_dev)) + ":" + std::to_string(minor(info.st_dev)) + ":/sub");
}

TEST_F(TamperingTest, ManagedFilesThatAreNone) {
  const struct {
    std::string below;
    std::string container_path;
  } kCases[] = {{"etc-hosts", "/etc/hosts"}, {"containers/web/0a1b2c3d", "/dev/termination-log"}};
  for (const auto& row : kCases) {
    const std::string path = Pod(row.below);
    SCOPED_TRACE(path);
    const auto expect = [&](const std::string& remark, const std::string& source = "") {
      const MountFacts mount = Resolve(path, row.container_path);
      EXPECT_EQ(mount.origin, MountOrigin::kHostPath);
      EXPECT_EQ(mount.remark, remark);
      EXPECT_EQ(mount.source, source);
    };
    MakeDirectory(fs::path(path).parent_path());
    expect("cannot open " + path + ": No such file or directory");
    MakeDirectory(path);
    expect("no regular file at " + path);
    fs::remove(path);
    fs::create_symlink("/etc/shadow", path);
    expect("a symlink at " + path);
    fs::remove(path);
    Bind("/etc/passwd", path);
    expect("something is mounted at " + path, "/etc/passwd");
    ASSERT_EQ(::umount2(path.c_str(), MNT_DETACH), 0);
    EXPECT_EQ(Resolve(path, row.container_path).origin, MountOrigin::kManaged);
  }
}

TEST_F(TamperingTest, VolumeThatIsNotThere) {
  const std::string missing = Pod("volumes/kubernetes.io~empty-dir/v");
  ExpectHostPath(missing, "cannot open " + Pod("volumes/kubernetes.io~empty-dir") +
                              ": No such file or directory");
  MakeVolume("kubernetes.io~empty-dir", "other");
  ExpectHostPath(missing, "cannot open " + missing + ": No such file or directory");
}

TEST_F(TamperingTest, SubPathThatIsNotMounted) {
  const std::string volume = MakeVolume("kubernetes.io~empty-dir", "v");
  const std::string target = Pod("volume-subpaths/v/web/0");
  ExpectHostPath(target,
                 "cannot open " + Pod("volume-subpaths/v/web") + ": No such file or directory");
  MakeDirectory(target);
  ExpectHostPath(target, "a subPath, but nothing is mounted there");
  fs::remove(target);
  fs::create_symlink(volume, target);
  ExpectHostPath(target, "a symlink at " + target);
}

TEST_F(TamperingTest, SubPathWhoseSourceWasRemoved) {
  const std::string volume = MakeVolume("kubernetes.io~empty-dir", "v");
  MakeDirectory(volume + "/sub");
  MakeFile(volume + "/file");
  const std::string directory = MakeSubPath(volume + "/sub", "v", 0);
  const std::string file = MakeSubPath(volume + "/file", "v", 1);
  ExpectVolume(directory, "kubernetes.io~empty-dir", "v");
  ExpectVolume(file, "kubernetes.io~empty-dir", "v");
  fs::remove(volume + "/sub");
  fs::remove(volume + "/file");
  ExpectHostPath(directory, "a subPath whose source has been removed", volume + "/sub");
  ExpectHostPath(file, "a subPath whose source has been removed", volume + "/file");
}

TEST_F(TamperingTest, SubPathWhoseSourceWasReplaced) {
  const std::string volume = MakeVolume("kubernetes.io~empty-dir", "v");
  MakeDirectory(volume + "/sub");
  const std::string target = MakeSubPath(volume + "/sub", "v");
  fs::rename(volume + "/sub", "/run/node/moved");
  ExpectHostPath(target, "a subPath, but not of a volume \"v\" of the pod", "/run/node/moved");
}

TEST_F(TamperingTest, OfMountsOnTopOfEachOtherTheLastCounts) {
  const std::string volume = MakeVolume("kubernetes.io~empty-dir", "v");
  MakeDirectory(volume + "/sub");
  const std::string target = MakeSubPath("/etc", "v");
  ExpectHostPath(target, "a subPath, but not of a volume \"v\" of the pod", "/etc");
  MakeSubPath(volume + "/sub", "v");
  ExpectVolume(target, "kubernetes.io~empty-dir", "v");
  MakeSubPath("/etc", "v");
  ExpectHostPath(target, "a subPath, but not of a volume \"v\" of the pod", "/etc");

  // The same for what a volume is.
  Bind("/etc", volume);
  ExpectHostPath(volume, "something is mounted at " + volume, "/etc");
  MountTmpfs(volume);
  ExpectVolume(volume, "kubernetes.io~empty-dir", "v");
  MakeDirectory(volume + "/sub");
  ExpectVolume(MakeSubPath(volume + "/sub", "v", 1), "kubernetes.io~empty-dir", "v");
}

TEST_F(TamperingTest, SubPathOfAnotherContainer) {
  const std::string volume = MakeVolume("kubernetes.io~empty-dir", "v");
  const std::string target = MakeSubPath(volume, "v");
  asker_.container = "sidecar";
  ExpectHostPath(target, "a subPath of another container");
}

TEST_F(TamperingTest, NoDirectoryOfHostPathVolumes) {
  const std::string forged = MakeVolume("kubernetes.io~host-path", "v");
  ExpectHostPath(forged, "a kubelet makes no directory for host-path");
  ExpectHostPath(MakeSubPath(forged, "v"), "a subPath, but not of a volume \"v\" of the pod",
                 forged);
}

TEST_F(TamperingTest, NoMountTable) {
  MakeFile(Pod("etc-hosts"));
  const std::string volume = MakeVolume("kubernetes.io~empty-dir", "v");
  const std::string target = MakeSubPath(volume, "v");
  MakeFile("/run/node/malformed", "1 0 8:1 / / rw ext4 x rw\n");
  options_.mount_tables = {"/run/node/missing", "/run/node/malformed"};
  for (const std::string& path : {volume, target}) {
    ExpectHostPath(path, "no mount table can be read");
  }
  EXPECT_EQ(Resolve(Pod("etc-hosts"), "/etc/hosts").origin, MountOrigin::kHostPath);
  ExpectHostPath("/etc", "");
  options_.mount_tables.emplace_back("/proc/self/mountinfo");
  ExpectVolume(target, "kubernetes.io~empty-dir", "v");
}

TEST_F(TamperingTest, Devices) {
  const std::string plugin = Pod("volumeDevices/kubernetes.io~csi");
  MakeDirectory(plugin + "/directory");
  MakeFile(plugin + "/file");
  fs::create_symlink("/etc", plugin + "/to-directory");
  fs::create_symlink("/dev/null", plugin + "/to-character-device");
  fs::create_symlink("/run/node/missing", plugin + "/dangling");
  fs::create_symlink("loop", plugin + "/loop");
  fs::create_symlink(".", Pod("volumeDevices/kubernetes.io~fc"));
  const auto expect = [&](const std::string& below, const std::string& remark) {
    const std::string path = Pod("volumeDevices/" + below);
    SCOPED_TRACE(path);
    const policy::DeviceFacts device = ResolveDevice(path);
    EXPECT_EQ(device.origin, MountOrigin::kHostPath);
    EXPECT_EQ(device.remark, remark + path);
    EXPECT_EQ(device.volume, "");
  };
  expect("kubernetes.io~csi/directory", "neither a symlink nor a block device at ");
  expect("kubernetes.io~csi/file", "neither a symlink nor a block device at ");
  for (const char* leaf : {"to-directory", "to-character-device", "dangling", "loop"}) {
    expect(std::string("kubernetes.io~csi/") + leaf, "no block device behind ");
  }
  expect("kubernetes.io~fc/dangling", "a symlink on the way to ");
  EXPECT_EQ(ResolveDevice(plugin + "/missing").remark,
            "cannot open " + plugin + "/missing: No such file or directory");
}

}  // namespace
}  // namespace sekisho::testing
