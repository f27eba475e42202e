// The layout of a pod's directory, as every kubelet makes it below <root>/pods/<uid>. A path of
// this shape may be what it says; any other is not. Decided by text alone.
#pragma once

#include <string>
#include <string_view>

#include "mounts/resolver.h"

namespace sekisho::mounts {

inline constexpr std::string_view kCsiPlugin = "kubernetes.io~csi";
inline constexpr std::string_view kHostPathPlugin = "kubernetes.io~host-path";

enum class Shape {
  kNone,         // not the kubelet's
  kManagedFile,  // etc-hosts, or containers/<this container>/<8 hex digits>
  kVolume,       // volumes/<plugin>/<volume>, and volumes/kubernetes.io~csi/<volume>/mount
  kSubPath,      // volume-subpaths/<volume>/<this container>/<index>
  kDevice,       // volumeDevices/<plugin>/<volume>
};

struct Place {
  Shape shape = Shape::kNone;
  std::string plugin = {};  // kVolume and kDevice
  std::string volume = {};  // kVolume, kSubPath and kDevice
  std::string below = {};   // the path below <root>/pods, clean: "<uid>/volumes/…"
  // kNone: why, where the path alone does not tell.
  std::string remark = {};
};

// A plugin's name with "/" written as "~": "kubernetes.io~empty-dir", "vendor~driver". Never
// host-path: a kubelet makes no directory for it.
bool IsPluginDirectory(std::string_view name);

// Where below volumes/ a plugin puts what a container mounts: "<plugin>/<volume>" or, for CSI,
// "<plugin>/<volume>/mount".
std::string VolumeDirectory(std::string_view plugin, std::string_view volume);

Place PlaceOfMount(std::string_view kubelet_root, const Asker& asker, std::string_view host_path,
                   std::string_view container_path);
Place PlaceOfDevice(std::string_view kubelet_root, const Asker& asker, std::string_view host_path);

}  // namespace sekisho::mounts
