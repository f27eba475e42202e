// How something is mounted, whatever it is: propagation, labels, ids and options. What may be
// mounted is in checks_volumes_test.cc.
#include <gtest/gtest.h>

#include "unit/policy/check_case.h"

namespace sekisho::policy {
namespace {

MountFacts Volume() {
  return {.container_path = "/data",
          .host_path = "/var/lib/kubelet/pods/5f1c/volumes/kubernetes.io~empty-dir/d",
          .origin = MountOrigin::kVolume,
          .plugin = "kubernetes.io~empty-dir",
          .volume = "d"};
}

MountFacts Image() {
  return {.container_path = "/data",
          .readonly = true,
          .image = "registry.example/data:1",
          .origin = MountOrigin::kImage};
}

constexpr CheckCase kMountRows[] = {
    {"a volume as it comes",
     [](Request& r) {
       r.container.mounts = {Volume(), Image()};
     }},
    {"host to container",
     [](Request& r) {
       r.container.mounts = {Volume()};
       r.container.mounts[0].propagation = MountPropagation::kHostToContainer;
     }},
    {"and back: the API allows it to privileged containers only",
     [](Request& r) {
       r.container.mounts = {Volume()};
       r.container.mounts[0].propagation = MountPropagation::kBidirectional;
     },
     "mount-settings",
     R"(mount settings (container "container1" mounts "/data" with propagation BIDIRECTIONAL))"},
    {"relabelling of a volume",
     [](Request& r) {
       r.container.mounts = {Volume()};
       r.container.mounts[0].selinux_relabel = true;
     }},
    {"relabelling of a path of the node, which a kubelet never asks for",
     [](Request& r) {
       r.spec.trust.host_paths = {{.prefix = "/srv/pv"}};
       r.container.mounts = {{.container_path = "/data",
                              .host_path = "/srv/pv",
                              .selinux_relabel = true,
                              .origin = MountOrigin::kHostPath}};
     },
     "mount-settings",
     R"(mount settings (container "container1" mounts "/data" with relabelling of a path of the node))"},
    {"relabelling of what nobody looked at",
     [](Request& r) {
       r.spec.trust.host_paths = {{.prefix = "/srv/pv"}};
       r.container.mounts = {
           {.container_path = "/data", .host_path = "/srv/pv", .selinux_relabel = true}};
     },
     "mount-settings"},
    {"an image and a path",
     [](Request& r) {
       r.container.mounts = {Image()};
       r.container.mounts[0].host_path = "/etc";
     },
     "mount-settings",
     R"(mount settings (container "container1" mounts "/data" with an image and a host path at once))"},
    {"an image that may be written",
     [](Request& r) {
       r.container.mounts = {Image()};
       r.container.mounts[0].readonly = false;
     },
     "mount-settings",
     R"(mount settings (container "container1" mounts "/data" with an image that is not read-only))"},
    {"the pod's own id mappings",
     [](Request& r) {
       EnterUserNamespace(r);
       r.container.mounts = {Volume()};
       r.container.mounts[0].uid_mappings = OwnUsers().uids;
       r.container.mounts[0].gid_mappings = OwnUsers().gids;
     }},
    {"mappings of users, where the pod has none",
     [](Request& r) {
       r.container.mounts = {Volume()};
       r.container.mounts[0].uid_mappings = OwnUsers().uids;
     },
     "mount-settings",
     R"(mount settings (container "container1" mounts "/data" with user id mappings that are not the pod's))"},
    {"mappings of groups to the node's root",
     [](Request& r) {
       EnterUserNamespace(r);
       r.container.mounts = {Volume()};
       r.container.mounts[0].uid_mappings = OwnUsers().uids;
       r.container.mounts[0].gid_mappings = {{0, 0, 65536}};
     },
     "mount-settings",
     R"(mount settings (container "container1" mounts "/data" with group id mappings that are not the pod's))"},
    {"options that take something away",
     [](Request& r) {
       r.container.mounts = {Volume()};
       r.container.mounts[0].mount_options = {"nosuid", "noexec", "nodev"};
     }},
    {"options that give something, each reported",
     [](Request& r) {
       r.container.mounts = {Volume()};
       r.container.mounts[0].mount_options = {"suid", "nodev", "rshared"};
     },
     "mount-settings",
     R"(mount settings (container "container1" mounts "/data" with mount option "suid", container "container1" mounts "/data" with mount option "rshared"))"},
    {"two options in one text",
     [](Request& r) {
       r.container.mounts = {Volume()};
       r.container.mounts[0].mount_options = {"nodev,suid"};
     },
     "mount-settings"},
};

}  // namespace

std::vector<CheckTable> MountTables() {
  return {{"mounts", Level::kBaseline, Judged::kContainer, kMountRows}};
}

TEST(ChecksMounts, Rows) {
  for (const CheckTable& table : MountTables()) {
    ExpectRows(table);
  }
}

}  // namespace sekisho::policy
