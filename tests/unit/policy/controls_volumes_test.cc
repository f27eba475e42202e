// Controls of PodSecurityPolicy over what a container mounts.
#include <gtest/gtest.h>

#include "policy/checks.h"
#include "policy/evaluate.h"
#include "policy/volume_types.h"
#include "unit/policy/check_case.h"
#include "unit/policy/control_tables.h"

namespace sekisho::policy {
namespace {

MountFacts HostPath(std::string path, bool readonly = false) {
  return {.container_path = "/mnt",
          .host_path = std::move(path),
          .readonly = readonly,
          .origin = MountOrigin::kHostPath};
}

MountFacts Volume(std::string plugin, std::string name = "v") {
  return {.container_path = "/mnt",
          .host_path = "/var/lib/kubelet/pods/5f1c/volumes/x/v",
          .origin = MountOrigin::kVolume,
          .plugin = std::move(plugin),
          .volume = std::move(name)};
}

MountFacts Csi(std::string driver, bool is_inline) {
  MountFacts mount = Volume("kubernetes.io~csi");
  mount.csi_driver = std::move(driver);
  mount.csi_inline = is_inline;
  return mount;
}

// --- the type of a mount
// ----------------------------------------------------------------------------

TEST(VolumeTypes, OfAMount) {
  const Trust trust{.host_paths = {{.prefix = "/srv/plugin"}}, .persistent_volumes = {"pv-*"}};
  MountFacts managed = HostPath("/var/lib/kubelet/pods/5f1c/etc-hosts");
  managed.origin = MountOrigin::kManaged;
  MountFacts image = HostPath("");
  image.origin = MountOrigin::kImage;
  MountFacts unresolved = Volume("kubernetes.io~secret");
  unresolved.origin = MountOrigin::kUnresolved;
  const struct {
    std::string_view why;
    MountFacts mount;
    std::string_view type;
  } cases[] = {
      {"a file of the kubelet's", managed, ""},
      {"an image", image, "image"},
      {"a path of the node", HostPath("/etc"), "hostPath"},
      {"what nobody looked at", unresolved, "hostPath"},
      {"a path that the policy vouches for", HostPath("/srv/plugin/a"), ""},
      {"emptyDir", Volume("kubernetes.io~empty-dir"), "emptyDir"},
      {"configMap", Volume("kubernetes.io~configmap"), "configMap"},
      {"secret", Volume("kubernetes.io~secret"), "secret"},
      {"downwardAPI", Volume("kubernetes.io~downward-api"), "downwardAPI"},
      {"projected", Volume("kubernetes.io~projected"), "projected"},
      {"a local PersistentVolume", Volume("kubernetes.io~local-volume"), "persistentVolumeClaim"},
      {"inline CSI", Csi("d", true), "csi"},
      {"a claim on CSI", Csi("d", false), "persistentVolumeClaim"},
      {"nfs, inline for all that is known", Volume("kubernetes.io~nfs"), "nfs"},
      {"nfs, a known PersistentVolume", Volume("kubernetes.io~nfs", "pv-1"),
       "persistentVolumeClaim"},
      {"fc", Volume("kubernetes.io~fc"), "fc"},
      {"iscsi", Volume("kubernetes.io~iscsi"), "iscsi"},
      {"gitRepo is never persistent", Volume("kubernetes.io~git-repo", "pv-1"), "gitRepo"},
      {"a secret is never persistent", Volume("kubernetes.io~secret", "pv-1"), "secret"},
      {"flexVolume", Volume("example.com~nas"), "flexVolume"},
      {"flexVolume, a known PersistentVolume", Volume("example.com~nas", "pv-1"),
       "persistentVolumeClaim"},
      {"a plugin of Kubernetes that this build does not know", Volume("kubernetes.io~new"),
       "unknown"},
      {"no plugin at all", Volume(""), "unknown"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(VolumeTypeOf(trust, c.mount), c.type) << c.why;
  }
}

// --- the controls
// -----------------------------------------------------------------------------------

void AllowTypes(Request& r) {
  r.spec.controls.volumes = {"configMap", "csi"};
}

constexpr CheckCase kVolumeRows[] = {
    {"nothing is controlled", [](Request& r) { r.container.mounts = {HostPath("/")}; }},
    {"nothing is mounted", AllowTypes},
    {"types of the list, and what is no volume of the pod",
     [](Request& r) {
       AllowTypes(r);
       r.spec.trust.host_paths = {{.prefix = "/srv/plugin"}};
       MountFacts managed = HostPath("/var/lib/kubelet/pods/5f1c/etc-hosts");
       managed.origin = MountOrigin::kManaged;
       r.container.mounts = {managed, Volume("kubernetes.io~configmap"), Csi("d", true),
                             HostPath("/srv/plugin")};
     }},
    {"another type",
     [](Request& r) {
       AllowTypes(r);
       r.container.mounts = {Volume("kubernetes.io~secret")};
     },
     "control/volumes",
     R"(volumes (container "container1" must not mount "/mnt" of volume type "secret"))"},
    {"a path of the node",
     [](Request& r) {
       AllowTypes(r);
       r.container.mounts = {HostPath("/etc")};
     },
     "control/volumes", R"(volumes (container "container1" must not mount host path "/etc"))"},
    {"every type",
     [](Request& r) {
       r.spec.controls.volumes = {"*"};
       r.container.mounts = {HostPath("/etc"), Volume("kubernetes.io~new"), Csi("", false)};
     }},
    {"no type",
     [](Request& r) {
       r.spec.controls.volumes.emplace();
       r.container.mounts = {Volume("kubernetes.io~empty-dir")};
     },
     "control/volumes"},
    {"a plugin that this build does not know",
     [](Request& r) {
       AllowTypes(r);
       r.container.mounts = {Volume("kubernetes.io~new")};
     },
     "control/volumes"},
    {"a CSI volume that may be inline or not: both must be allowed",
     [](Request& r) {
       AllowTypes(r);
       r.container.mounts = {Csi("", false)};
     },
     "control/volumes"},
    {"the other way round",
     [](Request& r) {
       r.spec.controls.volumes = {"persistentVolumeClaim"};
       r.container.mounts = {Csi("", false)};
     },
     "control/volumes",
     R"(volumes (container "container1" must not mount "/mnt" of volume type "csi"))"},
    {"and with both",
     [](Request& r) {
       r.spec.controls.volumes = {"persistentVolumeClaim", "csi"};
       r.container.mounts = {Csi("", false)};
     }},
    {"a block volume, where claims are allowed",
     [](Request& r) {
       r.spec.controls.volumes = {"persistentVolumeClaim"};
       r.container.devices = {{.host_path = "/var/lib/kubelet/pods/5f1c/volumeDevices/x/pv",
                               .origin = MountOrigin::kVolume}};
     }},
    {"a block volume is a claim",
     [](Request& r) {
       AllowTypes(r);
       r.container.devices = {{.container_path = "/dev/xvda",
                               .host_path = "/var/lib/kubelet/pods/5f1c/volumeDevices/x/pv",
                               .origin = MountOrigin::kVolume}};
     },
     "control/volumes",
     R"(volumes (container "container1" must not mount "/dev/xvda" of volume type "persistentVolumeClaim"))"},
};

void AllowPaths(Request& r) {
  r.spec.controls.allowed_host_paths = {{.path_prefix = "/srv/data"},
                                        {.path_prefix = "/etc", .read_only = true}};
}

constexpr CheckCase kHostPathRows[] = {
    {"the path itself and below it, and read-only where that is demanded",
     [](Request& r) {
       AllowPaths(r);
       r.container.mounts = {HostPath("/srv/data"), HostPath("/srv/data/a/b"),
                             HostPath("/etc/ssl", true), Volume("kubernetes.io~secret")};
     }},
    {"prefixes are of whole components",
     [](Request& r) {
       AllowPaths(r);
       r.container.mounts = {HostPath("/srv/database")};
     },
     "control/allowedHostPaths",
     R"(allowedHostPaths (container "container1" must not mount host path "/srv/database"))"},
    {"above the prefix",
     [](Request& r) {
       AllowPaths(r);
       r.container.mounts = {HostPath("/srv"), HostPath("/")};
     },
     "control/allowedHostPaths"},
    {"not read-only",
     [](Request& r) {
       AllowPaths(r);
       r.container.mounts = {HostPath("/etc/ssl")};
     },
     "control/allowedHostPaths",
     R"(allowedHostPaths (container "container1" must not mount host path "/etc/ssl" unless readOnly))"},
    {"any rule that matches without readOnly is enough",
     [](Request& r) {
       AllowPaths(r);
       r.spec.controls.allowed_host_paths->push_back({.path_prefix = "/etc/ssl"});
       r.container.mounts = {HostPath("/etc/ssl")};
     }},
    {"what is really there counts",
     [](Request& r) {
       AllowPaths(r);
       r.container.mounts = {HostPath("/srv/data/link")};
       r.container.mounts[0].source = "/root";
     },
     "control/allowedHostPaths",
     R"(allowedHostPaths (container "container1" must not mount host path "/srv/data/link" which is "/root"))"},
    {"for good, too",
     [](Request& r) {
       AllowPaths(r);
       r.container.mounts = {HostPath("/var/lib/kubelet/pods/5f1c/volume-subpaths/v/c/0")};
       r.container.mounts[0].source = "/srv/data/a";
     }},
    {"a path that is not clean matches nothing",
     [](Request& r) {
       AllowPaths(r);
       r.spec.controls.allowed_host_paths->push_back({.path_prefix = "/"});
       r.container.mounts = {HostPath("/srv/data/../../etc")};
     },
     "control/allowedHostPaths"},
    {"nor does a relative one",
     [](Request& r) {
       r.spec.controls.allowed_host_paths = {{.path_prefix = "/"}};
       r.container.mounts = {HostPath("etc")};
     },
     "control/allowedHostPaths"},
    {"the whole node",
     [](Request& r) {
       r.spec.controls.allowed_host_paths = {{.path_prefix = "/"}};
       r.container.mounts = {HostPath("/"), HostPath("/etc")};
     }},
    {"nobody looked: judged by what it says",
     [](Request& r) {
       AllowPaths(r);
       r.container.mounts = {HostPath("/opt")};
       r.container.mounts[0].origin = MountOrigin::kUnresolved;
     },
     "control/allowedHostPaths"},
};

constexpr CheckCase kDriverRows[] = {
    {"flexVolumes of the list, and other volumes",
     [](Request& r) {
       r.spec.controls.allowed_flex_volumes = {"example.com/nas", "lone"};
       r.container.mounts = {Volume("example.com~nas"), Volume("lone"),
                             Volume("kubernetes.io~nfs")};
     }},
    {"another flexVolume",
     [](Request& r) {
       r.spec.controls.allowed_flex_volumes = {"example.com/nas"};
       r.container.mounts = {Volume("example.com~nas2")};
     },
     "control/allowedFlexVolumes",
     R"(allowedFlexVolumes (container "container1" must not mount "/mnt" of flexVolume driver "example.com/nas2"))"},
    {"a PersistentVolume that the policy knows",
     [](Request& r) {
       r.spec.controls.allowed_flex_volumes.emplace();
       r.spec.trust.persistent_volumes = {"pv-*"};
       r.container.mounts = {Volume("example.com~nas", "pv-1")};
     }},
    {"CSI drivers of the list, and claims",
     [](Request& r) {
       r.spec.controls.allowed_csi_drivers = {"secrets.csi.example.com"};
       r.container.mounts = {Csi("secrets.csi.example.com", true),
                             Csi("ebs.csi.example.com", false), Volume("kubernetes.io~secret")};
     }},
    {"another CSI driver",
     [](Request& r) {
       r.spec.controls.allowed_csi_drivers = {"secrets.csi.example.com"};
       r.container.mounts = {Csi("host.csi.example.com", true)};
     },
     "control/allowedCSIDrivers",
     R"(allowedCSIDrivers (container "container1" must not mount "/mnt" of CSI driver "host.csi.example.com"))"},
    {"a CSI driver that cannot be read",
     [](Request& r) {
       r.spec.controls.allowed_csi_drivers = {"secrets.csi.example.com"};
       r.container.mounts = {Csi("", false)};
     },
     "control/allowedCSIDrivers",
     R"(allowedCSIDrivers (container "container1" must not mount "/mnt" of a CSI driver that cannot be read))"},
};

}  // namespace

std::vector<CheckTable> ControlVolumeTables() {
  return {
      {"volumes", Level::kPrivileged, Judged::kContainer, kVolumeRows},
      {"host paths", Level::kPrivileged, Judged::kContainer, kHostPathRows},
      {"drivers", Level::kPrivileged, Judged::kContainer, kDriverRows},
  };
}

namespace {

// All that a pod declares counts, mounted or not.
TEST(Controls, OfVolumesInAManifest) {
  Request r = LegalRequest(Level::kPrivileged);
  r.spec.controls.volumes = {"configMap", "ephemeral"};
  r.spec.controls.allowed_csi_drivers.emplace();
  DeclaredPod pod;
  pod.containers.resize(1);
  pod.volumes = {{"a", "configMap"}, {"b", "nfs"}, {"c", "ephemeral"}, {"d", "emptyDir"}};
  const Subject subject{.sandbox = r.sandbox,
                        .containers = {&r.container, 1},
                        .declared = &pod,
                        .scope = Scope::kPod};
  EXPECT_EQ(ViolationsText(ViolationsOf(r.spec, r.spec.enforce, subject)),
            R"(volumes (volumes "b", "d" must not be of type "emptyDir", "nfs"))");
}

}  // namespace
}  // namespace sekisho::policy
