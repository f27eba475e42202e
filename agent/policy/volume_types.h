// Which type of volume of a pod is behind a mount.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "policy/mount_facts.h"
#include "policy/spec.h"

namespace sekisho::policy {

inline constexpr std::string_view kHostPathType = "hostPath";
inline constexpr std::string_view kClaimType = "persistentVolumeClaim";
inline constexpr std::string_view kCsiType = "csi";
inline constexpr std::string_view kFlexVolumeType = "flexVolume";

// The key of the volume's source in a pod: "emptyDir", "nfs", "hostPath", …
//   * persistentVolumeClaim: what comes through a claim only (generic ephemeral volumes included),
//     or what looks inline, but is a PersistentVolume that the policy vouches for by name;
//   * "unknown": a plugin that this build does not know;
//   * nothing: no volume of the pod: the kubelet's own files, paths that the policy vouches for.
std::string_view VolumeTypeOf(const Trust& trust, const MountFacts& mount);

// The types that such a policy can name, sorted: all that VolumeTypeOf gives, and those of plugins
// that are gone. Without "unknown".
std::span<const std::string_view> VolumeTypes();

// "vendor/driver" of a flexVolume's directory; nothing for a plugin of Kubernetes' own.
std::string FlexDriver(std::string_view plugin);

// Whether a csi volume is inline or comes through a claim: its vol_data.json could not be read.
bool IsUnreadCsi(const MountFacts& mount);

}  // namespace sekisho::policy
