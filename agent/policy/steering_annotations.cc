#include "policy/steering_annotations.h"

#include <algorithm>
#include <array>

namespace sekisho::policy {
namespace {

constexpr auto kCdi = std::to_array<std::string_view>({"cdi.k8s.io/*"});
constexpr auto kContainerd = std::to_array<std::string_view>({
    "io.containerd.cri.runtime-handler",     // the snapshotter that unpacks the image
    "io.containerd.runc.v2.group",           // joins another pod's shim
    "io.kubernetes.cri.untrusted-workload",  // switches the runtime
});
constexpr auto kCriO = std::to_array<std::string_view>({
    "*.crio.io",
    "io.kubernetes.cri-o.*",
});
constexpr auto kCriu = std::to_array<std::string_view>({"org.criu.*"});
constexpr auto kCrun = std::to_array<std::string_view>({"run.oci.*"});
constexpr auto kGvisor = std::to_array<std::string_view>({"dev.gvisor.*"});
constexpr auto kKata = std::to_array<std::string_view>({"io.katacontainers.*"});
// Each plain, and with "/pod" or "/container.<name>" behind it.
constexpr auto kNri = std::to_array<std::string_view>({
    "*.noderesource.dev",
    "*.noderesource.dev/*",
    "*.nri.containerd.io",
    "*.nri.containerd.io/*",
    "*.nri.io",
    "*.nri.io/*",
});
constexpr auto kSystemd = std::to_array<std::string_view>({"org.systemd.property.*"});

constexpr auto kGroups = std::to_array<AnnotationGroup>({
    {"cdi", "CDI devices by annotation: any change to the OCI configuration", kCdi},
    {"containerd", "containerd's choice of runtime, shim and snapshotter", kContainerd},
    {"cri-o", "CRI-O's own settings, devices and user namespaces among them", kCriO},
    {"criu", "CRIU's configuration file, read as root", kCriu},
    {"crun", "crun's handlers, hooks, groups and seccomp overrides", kCrun},
    {"gvisor", "gVisor's sandbox flags and shared mounts", kGvisor},
    {"kata", "Kata's hypervisor, kernel and configuration paths", kKata},
    {"nri", "NRI plugins that inject devices, mounts, limits and sysctls", kNri},
    {"systemd", "properties of the container's systemd unit", kSystemd},
});
static_assert(std::ranges::is_sorted(kGroups, {}, &AnnotationGroup::name));

}  // namespace

std::span<const AnnotationGroup> AnnotationGroups() {
  return kGroups;
}

std::vector<std::string> AllSteeringPatterns() {
  std::vector<std::string> patterns;
  for (const AnnotationGroup& group : kGroups) {
    patterns.insert(patterns.end(), group.patterns.begin(), group.patterns.end());
  }
  return patterns;
}

}  // namespace sekisho::policy
