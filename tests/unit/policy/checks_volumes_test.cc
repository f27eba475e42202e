// What a container mounts: paths of the node, and volumes of types that restricted forbids.
#include <gtest/gtest.h>

#include "unit/policy/check_case.h"

namespace sekisho::policy {
namespace {

// A mount of a path of the node, as the resolver of mounts leaves it.
MountFacts HostPath(std::string path, std::string source = "") {
  return {.container_path = "/mnt",
          .host_path = std::move(path),
          .origin = MountOrigin::kHostPath,
          .source = std::move(source)};
}

MountFacts Volume(std::string plugin, std::string name) {
  return {.container_path = "/mnt",
          .host_path = "/var/lib/kubelet/pods/5f1c/volumes/" + plugin + "/" + name,
          .origin = MountOrigin::kVolume,
          .plugin = std::move(plugin),
          .volume = std::move(name)};
}

// --- both levels forbid
// -----------------------------------------------------------------------------

constexpr CheckCase kHostPathRows[] = {
    {"nothing mounted", [](Request&) {}},
    {"a path of the node", [](Request& r) { r.container.mounts = {HostPath("/etc")}; },
     "hostPathVolumes", R"(hostPath volumes (container "container1" mounts host path "/etc"))"},
    {"read-only is a hostPath all the same",
     [](Request& r) {
       r.container.mounts = {HostPath("/etc")};
       r.container.mounts[0].readonly = true;
     },
     "hostPathVolumes"},
    {"what nobody looked at counts as a path of the node, wherever it seems to be",
     [](Request& r) {
       r.container.mounts = {Volume("kubernetes.io~empty-dir", "cache")};
       r.container.mounts[0].origin = MountOrigin::kUnresolved;
     },
     "hostPathVolumes",
     R"(hostPath volumes (container "container1" mounts host path "/var/lib/kubelet/pods/5f1c/volumes/kubernetes.io~empty-dir/cache"))"},
    {"below the pod's own directory, and something else behind it",
     [](Request& r) {
       r.container.mounts = {
           HostPath("/var/lib/kubelet/pods/5f1c/volume-subpaths/v/container1/0", "/etc")};
       r.container.mounts[0].remark = "not below the volume";
     },
     "hostPathVolumes",
     R"(hostPath volumes (container "container1" mounts host path "/var/lib/kubelet/pods/5f1c/volume-subpaths/v/container1/0" which is "/etc" [not below the volume]))"},
    {"several, in the order of the mounts, each with its own words",
     [](Request& r) {
       r.container.mounts = {HostPath("/b"), Volume("kubernetes.io~secret", "s"), HostPath("/a")};
     },
     "hostPathVolumes",
     R"(hostPath volumes (container "container1" mounts host path "/b", container "container1" mounts host path "/a"))"},
    {"the kubelet's own files, an image and a volume of each kind that there is",
     [](Request& r) {
       r.container.mounts = {{.container_path = "/etc/hosts",
                              .host_path = "/var/lib/kubelet/pods/5f1c/etc-hosts",
                              .origin = MountOrigin::kManaged},
                             {.container_path = "/data",
                              .readonly = true,
                              .image = "quay.io/data:1",
                              .origin = MountOrigin::kImage},
                             Volume("kubernetes.io~projected", "kube-api-access-x"),
                             Volume("kubernetes.io~nfs", "n"),
                             Volume("example~flex", "f")};
     }},
};

// --- the operator's word for a path
// -----------------------------------------------------------------

void TrustPaths(Request& r) {
  r.spec.trust.host_paths = {{.prefix = "/var/lib/device-plugin"},
                             {.prefix = "/srv/pv", .read_only = true}};
}

constexpr CheckCase kTrustRows[] = {
    {"the directory itself",
     [](Request& r) { r.container.mounts = {HostPath("/var/lib/device-plugin")}; }},
    {"below it", [](Request& r) { r.container.mounts = {HostPath("/var/lib/device-plugin/a/b")}; }},
    {"also where nobody looked",
     [](Request& r) {
       r.container.mounts = {HostPath("/var/lib/device-plugin/a")};
       r.container.mounts[0].origin = MountOrigin::kUnresolved;
     }},
    {"a name that only begins like it",
     [](Request& r) { r.container.mounts = {HostPath("/var/lib/device-plugin2")}; },
     "hostPathVolumes",
     R"(hostPath volumes (container "container1" mounts host path "/var/lib/device-plugin2"))"},
    {"above it", [](Request& r) { r.container.mounts = {HostPath("/var/lib")}; },
     "hostPathVolumes"},
    {"out of it again",
     [](Request& r) { r.container.mounts = {HostPath("/var/lib/device-plugin/../kubelet")}; },
     "hostPathVolumes"},
    {"not in its shortest form",
     [](Request& r) { r.container.mounts = {HostPath("/var/lib/device-plugin/")}; },
     "hostPathVolumes"},
    {"relative", [](Request& r) { r.container.mounts = {HostPath("var/lib/device-plugin")}; },
     "hostPathVolumes"},
    {"no path at all", [](Request& r) { r.container.mounts = {HostPath("")}; }, "hostPathVolumes"},
    {"something else is behind it",
     [](Request& r) { r.container.mounts = {HostPath("/var/lib/device-plugin/a", "/etc")}; },
     "hostPathVolumes"},
    {"even where that is trusted too: what lies about itself is not",
     [](Request& r) {
       r.container.mounts = {HostPath("/var/lib/device-plugin/a", "/var/lib/device-plugin/b")};
     },
     "hostPathVolumes"},
    {"trusted to be read, and mounted to be written",
     [](Request& r) { r.container.mounts = {HostPath("/srv/pv/1")}; }, "hostPathVolumes"},
    {"trusted to be read, and mounted so",
     [](Request& r) {
       r.container.mounts = {HostPath("/srv/pv/1")};
       r.container.mounts[0].readonly = true;
     }},
    {"one of two",
     [](Request& r) {
       r.container.mounts = {HostPath("/var/lib/device-plugin/a"), HostPath("/etc")};
     },
     "hostPathVolumes", R"(hostPath volumes (container "container1" mounts host path "/etc"))"},
};

// --- restricted
// -------------------------------------------------------------------------------------

constexpr CheckCase kRestrictedRows[] = {
    {"a path of the node", [](Request& r) { r.container.mounts = {HostPath("/etc")}; },
     "restrictedVolumes",
     R"(restricted volume types (container "container1" mounts host path "/etc", of restricted volume type "hostPath"))"},
    {"what nobody looked at",
     [](Request& r) { r.container.mounts = {{.container_path = "/m", .host_path = "/etc"}}; },
     "restrictedVolumes"},
    {"a trusted path",
     [](Request& r) {
       TrustPaths(r);
       r.container.mounts = {HostPath("/var/lib/device-plugin/a")};
     }},
    {"every kind that restricted allows",
     [](Request& r) {
       r.container.mounts = {
           Volume("kubernetes.io~configmap", "a"),
           Volume("kubernetes.io~csi", "b"),
           Volume("kubernetes.io~downward-api", "c"),
           Volume("kubernetes.io~empty-dir", "d"),
           Volume("kubernetes.io~local-volume", "e"),
           Volume("kubernetes.io~projected", "f"),
           Volume("kubernetes.io~secret", "g"),
           {.container_path = "/i", .readonly = true, .image = "i", .origin = MountOrigin::kImage},
           {.container_path = "/etc/hosts", .host_path = "/x", .origin = MountOrigin::kManaged}};
     }},
    {"nfs", [](Request& r) { r.container.mounts = {Volume("kubernetes.io~nfs", "share")}; },
     "restrictedVolumes",
     R"(restricted volume types (volume "share" uses restricted volume type "nfs"))"},
    {"a flexVolume", [](Request& r) { r.container.mounts = {Volume("example.com~lvm", "disk")}; },
     "restrictedVolumes",
     R"(restricted volume types (volume "disk" uses restricted volume type "flexVolume"))"},
    {"several, with a path among them",
     [](Request& r) {
       r.container.mounts = {Volume("kubernetes.io~nfs", "n"), HostPath("/etc"),
                             Volume("kubernetes.io~iscsi", "i")};
     },
     "restrictedVolumes",
     R"(restricted volume types (volume "n" uses restricted volume type "nfs", container "container1" mounts host path "/etc", of restricted volume type "hostPath", volume "i" uses restricted volume type "iscsi"))"},
    {"a PersistentVolume that the operator vouches for",
     [](Request& r) {
       r.spec.trust.persistent_volumes = {"pv-*"};
       r.container.mounts = {Volume("kubernetes.io~nfs", "pv-1"), Volume("example~lvm", "pv-2")};
     }},
    {"another name",
     [](Request& r) {
       r.spec.trust.persistent_volumes = {"pv-*"};
       r.container.mounts = {Volume("kubernetes.io~nfs", "apv-1")};
     },
     "restrictedVolumes"},
    {"a gitRepo is never a PersistentVolume",
     [](Request& r) {
       r.spec.trust.persistent_volumes = {"*"};
       r.container.mounts = {Volume("kubernetes.io~git-repo", "pv-1")};
     },
     "restrictedVolumes",
     R"(restricted volume types (volume "pv-1" uses restricted volume type "gitRepo"))"},
    {"and no name makes a path of the node one",
     [](Request& r) {
       r.spec.trust.persistent_volumes = {"*"};
       r.container.mounts = {HostPath("/etc")};
     },
     "restrictedVolumes"},
};

}  // namespace

std::vector<CheckTable> VolumeTables() {
  return {{"hostPath", Level::kBaseline, Judged::kContainer, kHostPathRows},
          {"trusted paths", Level::kBaseline, Judged::kContainer, kTrustRows, TrustPaths},
          {"restricted", Level::kRestricted, Judged::kContainer, kRestrictedRows}};
}

TEST(ChecksVolumes, Rows) {
  for (const CheckTable& table : VolumeTables()) {
    ExpectRows(table);
  }
}

// The directory that the kubelet gives each volume's plugin, and the name of its type in a
// manifest.
TEST(ChecksVolumes, EachPluginThatRestrictedForbidsIsNamedAsKubernetesNamesIt) {
  const std::pair<const char*, const char*> plugins[] = {
      {"aws-ebs", "awsElasticBlockStore"},
      {"azure-disk", "azureDisk"},
      {"azure-file", "azureFile"},
      {"cephfs", "cephfs"},
      {"cinder", "cinder"},
      {"fc", "fc"},
      {"flocker", "flocker"},
      {"gce-pd", "gcePersistentDisk"},
      {"git-repo", "gitRepo"},
      {"glusterfs", "glusterfs"},
      {"iscsi", "iscsi"},
      {"nfs", "nfs"},
      {"photon-pd", "photonPersistentDisk"},
      {"portworx-volume", "portworxVolume"},
      {"quobyte", "quobyte"},
      {"rbd", "rbd"},
      {"scaleio", "scaleIO"},
      {"storageos", "storageos"},
      {"vsphere-volume", "vsphereVolume"},
  };
  for (const auto& [plugin, type] : plugins) {
    SCOPED_TRACE(plugin);
    Request r = LegalRequest(Level::kRestricted);
    r.container.mounts = {Volume(std::string("kubernetes.io~") + plugin, "v")};
    const Decision decision = OfContainer(r);
    ASSERT_EQ(Ids(decision.violations), "restrictedVolumes");
    EXPECT_EQ(decision.violations[0].detail,
              std::string("volume \"v\" uses restricted volume type \"") + type + "\"");
    r.spec.enforce.level = Level::kBaseline;
    EXPECT_EQ(OfContainer(r).action, Action::kAllow);
  }
}

// A hostPath under a volume's name cannot be hardened away: the container relies on it.
TEST(ChecksVolumes, AreNeverRepaired) {
  for (const Level level : {Level::kBaseline, Level::kRestricted}) {
    Request r = LegalRequest(level);
    r.spec.on_violation.fill(OnViolation::kHarden);
    r.container.mounts = {HostPath("/etc")};
    EXPECT_EQ(OfContainer(r).action, Action::kDeny);
  }
}

}  // namespace sekisho::policy
