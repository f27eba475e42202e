// The part of RandomFacts about what lies beside the security context: mounts, devices,
// annotations, labels, cgroups, images, and what an operator vouches for of them.
#include <array>

#include "policy/steering_annotations.h"
#include "unit/policy/random_facts.h"

namespace sekisho::policy {
namespace {

const auto kPaths = std::to_array<std::string>(
    {"/etc", "/srv/pv/1", "/srv/pv", "/srv/pv2", "/srv/pv/../x", "srv/pv", "/", "",
     "/var/lib/kubelet/pods/5f1c/volumes/kubernetes.io~empty-dir/d"});

const auto kPlugins = std::to_array<std::string>({"kubernetes.io~empty-dir", "kubernetes.io~csi",
                                                  "kubernetes.io~nfs", "kubernetes.io~git-repo",
                                                  "kubernetes.io~secret", "vendor~driver", ""});

const auto kOptions =
    std::to_array<std::string>({"nodev", "nosuid", "noexec", "suid", "rshared", ""});

const auto kKeys = std::to_array<std::string>(
    {"app", "run.oci.handler", "run.oci.hooks.stdout", "cdi.k8s.io/x", "org.criu.config",
     "devices.noderesource.dev/pod", "io.kubernetes.container.hash", ""});

const auto kLabels = std::to_array<std::string>(
    {"app", "containerd.io/x", "io.cri-containerd.kind", "io.kubernetes.pod.name"});

const auto kUnified = std::to_array<std::string>({"memory.min", "memory.high", "cpu.max", ""});

const auto kImages = std::to_array<std::string>(
    {"registry.example/web:1", "sha256:0a", "/tmp/c.tar", "./c.tar", "c.tar", ""});

}  // namespace

MountFacts RandomFacts::Mount() {
  MountFacts mount;
  mount.container_path = "/m";
  mount.origin = static_cast<MountOrigin>(Below(5));
  mount.readonly = Chance(50);
  if (mount.origin == MountOrigin::kImage) {
    mount.image = OneOf(kImages);
    mount.readonly = Chance(80);
  } else {
    mount.host_path = OneOf(kPaths);
  }
  if (mount.origin == MountOrigin::kVolume) {
    mount.plugin = OneOf(kPlugins);
    mount.volume = Chance(50) ? "pv-1" : "data";
  }
  if (Chance(10)) {
    mount.source = "/etc";
  }
  if (Chance(20)) {
    mount.propagation = static_cast<MountPropagation>(Below(3));
  }
  if (Chance(20)) {
    mount.mount_options = {OneOf(kOptions)};
  }
  if (Chance(10)) {
    mount.uid_mappings = Chance(50) ? Userns().uids : OwnUsers().uids;
    mount.gid_mappings = Chance(50) ? Userns().gids : OwnUsers().gids;
  }
  mount.selinux_relabel = Chance(20);
  return mount;
}

std::map<std::string, std::string> RandomFacts::Annotations() {
  std::map<std::string, std::string> annotations;
  for (uint32_t left = 1 + Below(3); left > 0; --left) {
    annotations[OneOf(kKeys)] = "x";
  }
  return annotations;
}

void RandomFacts::BreakMounts(ContainerFacts& container) {
  if (Chance(75)) {
    container.mounts.push_back(Mount());
  } else {
    container.devices.push_back({.container_path = "/dev/x",
                                 .host_path = Chance(50) ? "/dev/kvm" : "/dev/mem",
                                 .permissions = "rw",
                                 .origin = static_cast<MountOrigin>(Below(5))});
  }
}

void RandomFacts::BreakBackDoors(ContainerFacts& container) {
  switch (Below(9)) {
    case 0:
      container.cdi_devices = {Chance(50) ? "vendor.com/gpu=0" : "gpu"};
      break;
    case 1:
    case 2:
      container.annotations = Annotations();
      break;
    case 3:
      container.labels[OneOf(kLabels)] = "x";
      break;
    case 4:
      container.unified_keys = {OneOf(kUnified), OneOf(kUnified)};
      break;
    case 5:
      container.oom_score_adj = static_cast<int64_t>(Below(8)) - 1001;
      break;
    case 6:
      container.pre_stop_hosts = {Chance(50) ? "127.0.0.1" : "bad.host"};
      break;
    case 7:
      container.image = OneOf(kImages);
      container.image_is_file = Chance(30);
      break;
    default:
      container.ports_annotation_unreadable = Chance(50);
      container.pre_stop_annotation_unreadable = Chance(50);
      container.windows_present = Chance(30);
      break;
  }
}

void RandomFacts::BreakBackDoors(SandboxFacts& sandbox) {
  switch (Below(6)) {
    case 0:
    case 1:
      sandbox.annotations.merge(Annotations());
      break;
    case 2:
      sandbox.labels[OneOf(kLabels)] = "x";
      break;
    case 3:
      sandbox.unified_keys = {OneOf(kUnified)};
      break;
    case 4:
      sandbox.cgroup_parent = OneOf(std::to_array<std::string>(
          {"", "/", "/kubepods/pod5f1c", "/kubepods/pod6a00", "/system.slice"}));
      break;
    default:
      sandbox.windows_present = Chance(30);
      sandbox.unknown.resize(Chance(50) ? 1 : 0);
      break;
  }
}

// What the operator allows, and what is taken out of requests: in all combinations.
void RandomFacts::Vouch(Spec& spec) {
  if (Chance(40)) {
    spec.annotations.strip = OneOf(std::to_array<std::vector<std::string>>(
        {{"*"}, {"run.oci.*"}, {"run.oci.*", "cdi.k8s.io/*"}, {"app"}, AllSteeringPatterns()}));
  }
  if (Chance(30)) {
    spec.annotations.allow = OneOf(
        std::to_array<std::vector<std::string>>({{"run.oci.handler"}, {"cdi.k8s.io/*"}, {"*"}}));
  }
  if (Chance(20)) {
    spec.annotations.deny.clear();
  }
  if (Chance(50)) {
    spec.trust.host_paths = {{"/srv/pv", Chance(50)}};
  }
  if (Chance(50)) {
    spec.trust.persistent_volumes = {"pv-*"};
  }
  if (Chance(50)) {
    spec.trust.devices = {"/dev/kvm"};
  }
  if (Chance(50)) {
    spec.trust.cdi_kinds = {"vendor.com/gpu"};
  }
}

}  // namespace sekisho::policy
