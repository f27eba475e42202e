// What the path alone tells. What is really on the node is the integration tests' part.
#include "mounts/resolver.h"

#include <gtest/gtest.h>

#include <string>

#include "support/temp_dir.h"

namespace sekisho::mounts {
namespace {

using policy::DeviceFacts;
using policy::MountFacts;
using policy::MountOrigin;

constexpr char kUid[] = "11111111-2222-3333-4444-555555555555";
const std::string kPod = std::string("/var/lib/kubelet/pods/") + kUid;

Asker Web() {
  return {.pod_uid = kUid, .container = "web", .termination_message_path = "/dev/termination-log"};
}

Resolver ByShape(const std::string& kubelet_root = "/var/lib/kubelet") {
  return Resolver({.kubelet_root = kubelet_root, .mount_tables = {}, .look_at_node = false});
}

MountFacts Resolve(const Resolver& resolver, const Asker& asker, const std::string& host_path,
                   const std::string& container_path = "/data") {
  std::vector<MountFacts> mounts(1);
  mounts[0].host_path = host_path;
  mounts[0].container_path = container_path;
  resolver.Resolve(asker, mounts);
  return mounts[0];
}

TEST(ShapeTest, KnowsEveryFileThatAKubeletMounts) {
  const struct {
    std::string host_path;
    std::string container_path;
  } kCases[] = {
      {kPod + "/etc-hosts", "/etc/hosts"},
      {kPod + "/containers/web/0a1b2c3d", "/dev/termination-log"},
  };
  for (const auto& row : kCases) {
    const MountFacts mount = Resolve(ByShape(), Web(), row.host_path, row.container_path);
    EXPECT_EQ(mount.origin, MountOrigin::kManaged) << row.host_path;
    EXPECT_EQ(mount.remark, "");
  }
}

TEST(ShapeTest, TakesTheTerminationMessagePathAsTheKubeletDoes) {
  const struct {
    std::string annotation;
    std::string container_path;
    bool managed;
  } kCases[] = {
      {"/dev/termination-log", "/dev/termination-log", true},
      {"tmp/log", "/tmp/log", true},
      {"/tmp//./log", "/tmp/log", true},
      {"/tmp/log", "/tmp/log2", false},
      {"/tmp/log", "/tmp/./log", false},
      {"", "/", false},
      {"", "/dev/termination-log", false},
  };
  for (const auto& row : kCases) {
    SCOPED_TRACE(row.annotation);
    Asker asker = Web();
    asker.termination_message_path = row.annotation;
    const MountFacts mount =
        Resolve(ByShape(), asker, kPod + "/containers/web/0a1b2c3d", row.container_path);
    EXPECT_EQ(mount.origin, row.managed ? MountOrigin::kManaged : MountOrigin::kHostPath);
    EXPECT_EQ(mount.remark.empty(), row.managed);
  }
}

TEST(ShapeTest, KnowsEveryVolume) {
  const struct {
    std::string below;
    std::string plugin;
    std::string volume;
  } kCases[] = {
      {"volumes/kubernetes.io~empty-dir/cache", "kubernetes.io~empty-dir", "cache"},
      {"volumes/kubernetes.io~configmap/conf", "kubernetes.io~configmap", "conf"},
      {"volumes/kubernetes.io~secret/keys", "kubernetes.io~secret", "keys"},
      {"volumes/kubernetes.io~downward-api/info", "kubernetes.io~downward-api", "info"},
      {"volumes/kubernetes.io~projected/kube-api-access-x7k2p", "kubernetes.io~projected",
       "kube-api-access-x7k2p"},
      {"volumes/kubernetes.io~git-repo/src", "kubernetes.io~git-repo", "src"},
      {"volumes/kubernetes.io~csi/pvc-1/mount", "kubernetes.io~csi", "pvc-1"},
      {"volumes/kubernetes.io~csi/acct#share#vol#ns/mount", "kubernetes.io~csi",
       "acct#share#vol#ns"},
      {"volumes/kubernetes.io~csi/mount/mount", "kubernetes.io~csi", "mount"},
      {"volumes/kubernetes.io~local-volume/pv", "kubernetes.io~local-volume", "pv"},
      {"volumes/kubernetes.io~nfs/share", "kubernetes.io~nfs", "share"},
      {"volumes/kubernetes.io~iscsi/lun", "kubernetes.io~iscsi", "lun"},
      {"volumes/kubernetes.io~fc/lun", "kubernetes.io~fc", "lun"},
      {"volumes/vendor.example~driver/flex", "vendor.example~driver", "flex"},
  };
  for (const auto& row : kCases) {
    SCOPED_TRACE(row.below);
    const MountFacts mount = Resolve(ByShape(), Web(), kPod + "/" + row.below);
    EXPECT_EQ(mount.origin, MountOrigin::kVolume);
    EXPECT_EQ(mount.plugin, row.plugin);
    EXPECT_EQ(mount.volume, row.volume);
    EXPECT_EQ(mount.remark, "");
    EXPECT_EQ(mount.source, "");
  }
}

TEST(ShapeTest, TakesASubPathForAVolumeOfUnknownKindAndSaysSo) {
  for (const char* index : {"0", "7", "10", "123456789"}) {
    const MountFacts mount = Resolve(ByShape(), Web(), kPod + "/volume-subpaths/conf/web/" + index);
    EXPECT_EQ(mount.origin, MountOrigin::kVolume) << index;
    EXPECT_EQ(mount.plugin, "");
    EXPECT_EQ(mount.volume, "conf");
    EXPECT_EQ(mount.remark,
              "a subPath: of which kind of volume, or of a hostPath, was not looked up");
  }
}

// Paths of the node, however much they look like the kubelet's. `remark` is "" where the path
// itself says what it is.
TEST(ShapeTest, TakesEverythingElseForAPathOfTheNode) {
  const struct {
    std::string host_path;
    std::string_view remark;
  } kCases[] = {
      {"/etc", ""},
      {"/run/containerd/containerd.sock", ""},
      // Ancestors of the pod's directory.
      {"/", ""},
      {"/var", ""},
      {"/var/lib", ""},
      {"/var/lib/kubelet", ""},
      {"/var/lib/kubelet/pods", "the directory of all pods"},
      {kPod, "the pod's directory as a whole"},
      // Neighbours of it.
      {"/var/lib/kubelet/pod-resources", ""},
      {"/var/lib/kubelet/device-plugins", ""},
      {"/var/lib/kubelet/plugins_registry", ""},
      {"/var/lib/kubelet/podsX/" + std::string(kUid) + "/etc-hosts", ""},
      {"/var/lib/kubelet2/pods/" + std::string(kUid) + "/volumes/kubernetes.io~empty-dir/v", ""},
      {"/data/kubelet/pods/" + std::string(kUid) + "/volumes/kubernetes.io~empty-dir/v", ""},
      {kPod + "-evil/volumes/kubernetes.io~empty-dir/v", "the directory of another pod"},
      {"/var/lib/kubelet/pods/other/volumes/kubernetes.io~secret/x",
       "the directory of another pod"},
      {"/var/lib/kubelet/pods/volumes/kubernetes.io~secret/x", "the directory of another pod"},
      // Other spellings of what would be the pod's own.
      {"", "host_path is empty"},
      {"etc", "host_path is relative"},
      {"rootfs", "host_path is relative"},
      {kPod.substr(1) + "/etc-hosts", "host_path is relative"},
      {"/" + kPod + "/volumes/kubernetes.io~empty-dir/v", "host_path has a double slash in it"},
      {"/var/lib//kubelet/./pods/x", "host_path has a double slash in it"},
      {kPod + "/volumes//kubernetes.io~empty-dir/v", "host_path has a double slash in it"},
      {kPod + "/./volumes/kubernetes.io~empty-dir/v", "host_path has a \".\" in it"},
      {kPod + "/volumes/kubernetes.io~empty-dir/v/", "host_path ends in a slash"},
      {kPod + "/volumes/kubernetes.io~empty-dir/v/.", "host_path has a \".\" in it"},
      {kPod + "/volumes/kubernetes.io~empty-dir/..", "host_path has a \"..\" in it"},
      {kPod + "/../other/volumes/kubernetes.io~secret/x", "host_path has a \"..\" in it"},
      {kPod + "/volumes/kubernetes.io~empty-dir/v" + std::string(1, '\0'),
       "host_path has a NUL byte in it"},
      // Managed files in the wrong place.
      {kPod + "/etc-hosts", "the pod's etc-hosts, but not mounted at /etc/hosts"},
      {kPod + "/etc-hosts/x", "no path that a kubelet mounts"},
      {kPod + "/containers", "no path that a kubelet mounts"},
      {kPod + "/containers/web", "no path that a kubelet mounts"},
      {kPod + "/containers/other/0a1b2c3d", "a file of another container"},
      {kPod + "/containers/web/0A1B2C3D", "not the name of a termination message file"},
      {kPod + "/containers/web/0a1b2c3", "not the name of a termination message file"},
      {kPod + "/containers/web/0a1b2c3d4", "not the name of a termination message file"},
      {kPod + "/containers/web/0a1b2c3g", "not the name of a termination message file"},
      {kPod + "/containers/web/0a1b2c3d",
       "a termination message file, but not mounted at terminationMessagePath"},
      {kPod + "/containers/web/0a1b2c3d/x", "no path that a kubelet mounts"},
      // Not a volume's directory.
      {kPod + "/plugins/kubernetes.io~empty-dir/v", "no path that a kubelet mounts"},
      {kPod + "/volumesX/kubernetes.io~empty-dir/v", "no path that a kubelet mounts"},
      {kPod + "/volumes", "no path that a kubelet mounts"},
      {kPod + "/volumes/kubernetes.io~empty-dir", "no path that a kubelet mounts"},
      {kPod + "/volumes/kubernetes.io~empty-dir/v/deeper",
       "not the directory at which the plugin mounts its volume"},
      {kPod + "/volumes/kubernetes.io~csi/v",
       "not the directory at which the plugin mounts its volume"},
      {kPod + "/volumes/kubernetes.io~csi/v/vol_data.json",
       "not the directory at which the plugin mounts its volume"},
      {kPod + "/volumes/kubernetes.io~csi/v/mount/deeper",
       "not the directory at which the plugin mounts its volume"},
      {kPod + "/volumes/kubernetes.io~host-path/v", "a kubelet makes no directory for host-path"},
      {kPod + "/volumes/emptydir/v", "not the directory of a volume plugin"},
      {kPod + "/volumes/a~b~c/v", "not the directory of a volume plugin"},
      {kPod + "/volumes/~driver/v", "not the directory of a volume plugin"},
      {kPod + "/volumes/vendor~/v", "not the directory of a volume plugin"},
      {kPod + "/volumes/~/v", "not the directory of a volume plugin"},
      // Not this container's subPath, or none at all.
      {kPod + "/volume-subpaths", "no path that a kubelet mounts"},
      {kPod + "/volume-subpaths/v/web", "no path that a kubelet mounts"},
      {kPod + "/volume-subpaths/v/other/0", "a subPath of another container"},
      {kPod + "/volume-subpaths/v/web/0/etc", "no path that a kubelet mounts"},
      {kPod + "/volume-subpaths/v/web/x", "not the index of a volumeMount"},
      {kPod + "/volume-subpaths/v/web/-1", "not the index of a volumeMount"},
      {kPod + "/volume-subpaths/v/web/+1", "not the index of a volumeMount"},
      {kPod + "/volume-subpaths/v/web/01", "not the index of a volumeMount"},
      {kPod + "/volume-subpaths/v/web/0x1", "not the index of a volumeMount"},
      {kPod + "/volume-subpaths/v/web/1234567890", "not the index of a volumeMount"},
      // Block volumes are devices, not mounts.
      {kPod + "/volumeDevices/kubernetes.io~csi/pv", "no path that a kubelet mounts"},
  };
  for (const auto& row : kCases) {
    SCOPED_TRACE(row.host_path);
    const MountFacts mount = Resolve(ByShape(), Web(), row.host_path);
    EXPECT_EQ(mount.origin, MountOrigin::kHostPath);
    EXPECT_EQ(mount.remark, row.remark);
    EXPECT_EQ(mount.plugin, "");
    EXPECT_EQ(mount.volume, "");
    EXPECT_EQ(mount.source, "");
  }
}

TEST(ShapeTest, TakesNoOddNameForAPodsUid) {
  for (const std::string& uid :
       {std::string(), std::string("."), std::string(".."), std::string("a/b"), std::string("/"),
        std::string("a/"), std::string("a\0", 2)}) {
    SCOPED_TRACE(uid);
    Asker asker = Web();
    asker.pod_uid = uid;
    for (const std::string& below :
         {uid, std::string("a"), std::string("a/b"), std::string(kUid)}) {
      const MountFacts mount =
          Resolve(ByShape(), asker, "/var/lib/kubelet/pods/" + below + "/etc-hosts", "/etc/hosts");
      EXPECT_EQ(mount.origin, MountOrigin::kHostPath) << below;
      EXPECT_NE(mount.remark, "") << below;
    }
  }
}

TEST(ShapeTest, TakesNoOddNameForAContainers) {
  for (const std::string name : {"", ".", "..", "web/.."}) {
    Asker asker = Web();
    asker.container = name;
    for (const std::string& below :
         {"/containers/" + name + "/0a1b2c3d", "/volume-subpaths/v/" + name + "/0"}) {
      const MountFacts mount = Resolve(ByShape(), asker, kPod + below, "/dev/termination-log");
      EXPECT_EQ(mount.origin, MountOrigin::kHostPath) << below;
    }
  }
}

TEST(ShapeTest, CountsOnlyTheConfiguredRoot) {
  const std::string below = std::string("/pods/") + kUid + "/volumes/kubernetes.io~empty-dir/v";
  const struct {
    std::string root;
    std::string host_path;
    MountOrigin origin;
  } kCases[] = {
      {"/", below, MountOrigin::kVolume},
      {"/", "/var/lib/kubelet" + below, MountOrigin::kHostPath},
      {"/k", "/k" + below, MountOrigin::kVolume},
      {"/k", "/K" + below, MountOrigin::kHostPath},
      {"/k", below, MountOrigin::kHostPath},
      // A configuration that is not to be guessed at.
      {"", below, MountOrigin::kHostPath},
      {"k", "/k" + below, MountOrigin::kHostPath},
      {"/k/", "/k" + below, MountOrigin::kHostPath},
      {"/k/../k", "/k" + below, MountOrigin::kHostPath},
  };
  for (const auto& row : kCases) {
    SCOPED_TRACE(row.root + " " + row.host_path);
    EXPECT_EQ(Resolve(ByShape(row.root), Web(), row.host_path).origin, row.origin);
  }
}

TEST(ShapeTest, TellsImageVolumesFromWhatIsBoth) {
  std::vector<MountFacts> mounts(2);
  mounts[0].image = "registry.example/data:1";
  mounts[1].image = "registry.example/data:1";
  mounts[1].host_path = kPod + "/volumes/kubernetes.io~empty-dir/v";
  ByShape().Resolve(Web(), mounts);
  EXPECT_EQ(mounts[0].origin, MountOrigin::kImage);
  EXPECT_EQ(mounts[0].remark, "");
  EXPECT_EQ(mounts[1].origin, MountOrigin::kHostPath);
  EXPECT_EQ(mounts[1].remark, "image and host_path are both set");
}

TEST(ShapeTest, LeavesTheRequestsHalfAndReplacesTheOther) {
  MountFacts asked;
  asked.host_path = "/srv";
  asked.container_path = "/data";
  asked.readonly = true;
  asked.propagation = policy::MountPropagation::kBidirectional;
  std::vector<MountFacts> mounts = {asked};
  // As if an earlier look had said otherwise.
  mounts[0].origin = MountOrigin::kVolume;
  mounts[0].plugin = mounts[0].volume = mounts[0].csi_driver = mounts[0].source = "old";
  mounts[0].csi_inline = true;
  mounts[0].remark = "old";
  ByShape().Resolve(Web(), mounts);
  asked.origin = MountOrigin::kHostPath;
  EXPECT_EQ(mounts[0], asked);
}

TEST(ShapeTest, KnowsBlockVolumes) {
  const struct {
    std::string host_path;
    std::string plugin;  // empty: a device of the node
    std::string_view remark;
  } kCases[] = {
      {kPod + "/volumeDevices/kubernetes.io~csi/pv", "kubernetes.io~csi", ""},
      {kPod + "/volumeDevices/kubernetes.io~local-volume/pv", "kubernetes.io~local-volume", ""},
      {kPod + "/volumeDevices/kubernetes.io~fc/pv", "kubernetes.io~fc", ""},
      {"/dev/fuse", "", ""},
      {"/dev", "", ""},
      {"", "", "host_path is empty"},
      {"dev/fuse", "", "host_path is relative"},
      {kPod + "/volumeDevices", "", "not a block volume of the pod"},
      {kPod + "/volumeDevices/kubernetes.io~csi", "", "not a block volume of the pod"},
      {kPod + "/volumeDevices/kubernetes.io~csi/pv/x", "", "not a block volume of the pod"},
      {kPod + "/volumeDevices/kubernetes.io~host-path/pv", "", "not a block volume of the pod"},
      {kPod + "/volumeDevices/csi/pv", "", "not a block volume of the pod"},
      {kPod + "/volumes/kubernetes.io~empty-dir/v", "", "not a block volume of the pod"},
      {kPod + "/volumeDevices//kubernetes.io~csi/pv", "", "host_path has a double slash in it"},
      {"/var/lib/kubelet/pods/other/volumeDevices/kubernetes.io~csi/pv", "",
       "the directory of another pod"},
  };
  for (const auto& row : kCases) {
    SCOPED_TRACE(row.host_path);
    std::vector<DeviceFacts> devices(1);
    devices[0].host_path = row.host_path;
    devices[0].permissions = "mrw";
    ByShape().Resolve(Web(), devices);
    EXPECT_EQ(devices[0].origin,
              row.plugin.empty() ? MountOrigin::kHostPath : MountOrigin::kVolume);
    EXPECT_EQ(devices[0].plugin, row.plugin);
    EXPECT_EQ(devices[0].volume, row.plugin.empty() ? "" : "pv");
    EXPECT_EQ(devices[0].remark, row.remark);
    EXPECT_EQ(devices[0].permissions, "mrw");
  }
}

// Looking at the node, where there is nothing to see.
TEST(ResolverTest, DoubtsWhatItCannotLookAt) {
  const testing::TempDir dir;
  const std::string root = dir.File("kubelet");
  const std::string pod = root + "/pods/" + kUid;
  const Resolver resolver({.kubelet_root = root});
  for (const char* below : {"/volumes/kubernetes.io~empty-dir/v",
                            "/volumes/kubernetes.io~csi/v/mount", "/volume-subpaths/v/web/0"}) {
    const MountFacts mount = Resolve(resolver, Web(), pod + below);
    EXPECT_EQ(mount.origin, MountOrigin::kHostPath) << below;
    EXPECT_EQ(mount.remark, "cannot open " + root + ": No such file or directory");
    EXPECT_EQ(mount.volume, "");
  }
  EXPECT_EQ(Resolve(resolver, Web(), pod + "/etc-hosts", "/etc/hosts").origin,
            MountOrigin::kHostPath);
}

TEST(ResolverTest, LooksAtNothingForAPathOfTheNode) {
  const Resolver resolver({.kubelet_root = "/nowhere", .mount_tables = {"/nowhere/mountinfo"}});
  const MountFacts mount = Resolve(resolver, Web(), "/etc");
  EXPECT_EQ(mount.origin, MountOrigin::kHostPath);
  EXPECT_EQ(mount.remark, "");
}

}  // namespace
}  // namespace sekisho::mounts
