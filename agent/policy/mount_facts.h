// Plain facts about what a container mounts, and whose it is. Part of the vocabulary of facts.h.
//
// The first half of each struct is the request's, filled by `cri::FactsFrom`. The second half is
// what somebody who looked at the node found out (`mounts::Resolver`), since a path alone proves
// nothing: a hostPath with a subPath arrives as a path below the pod's own directory. What nobody
// looked at stays kUnresolved, and is judged as a path of the node.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sekisho::policy {

// runtime.v1.MountPropagation
enum class MountPropagation { kPrivate = 0, kHostToContainer = 1, kBidirectional = 2 };

enum class MountOrigin {
  kUnresolved,  // nobody looked
  kManaged,     // a file that the kubelet keeps for this pod: etc-hosts, the termination message
  kVolume,      // a volume that the kubelet set up for this pod; `plugin` says of which kind
  kImage,       // an image volume: no path of the node is involved
  kHostPath,    // a path of the node; `source` is what is really there, where that was found out
};

struct IdMapping {
  uint32_t host_id = 0;
  uint32_t container_id = 0;
  uint32_t length = 0;

  friend bool operator==(const IdMapping&, const IdMapping&) = default;
};

// runtime.v1.Mount
struct MountFacts {
  std::string container_path = {};                            // 1
  std::string host_path = {};                                 // 2, exactly as sent
  bool readonly = false;                                      // 3
  bool selinux_relabel = false;                               // 4
  MountPropagation propagation = MountPropagation::kPrivate;  // 5
  std::vector<IdMapping> uid_mappings = {};                   // 6
  std::vector<IdMapping> gid_mappings = {};                   // 7
  bool recursive_read_only = false;                           // 8
  std::string image = {};                       // 9: ImageSpec.image; not empty for an image volume
  std::vector<std::string> mount_options = {};  // 11

  MountOrigin origin = MountOrigin::kUnresolved;
  // kVolume: the plugin's directory name, "kubernetes.io~empty-dir", "kubernetes.io~csi",
  // "vendor~driver" for a flexVolume.
  std::string plugin = {};
  // kVolume: the directory's last element: the pod's volume name, or for a persistent volume the
  // PersistentVolume's name.
  std::string volume = {};
  // kVolume of kubernetes.io~csi, from its vol_data.json: the driver, and whether the pod declares
  // the volume inline (volumeLifecycleMode Ephemeral). Empty and false when that cannot be read.
  std::string csi_driver = {};
  bool csi_inline = false;
  // kHostPath: the path of the node that is really behind it, where that differs from host_path.
  std::string source = {};
  // In words: what led to the origin, where a person would wonder ("a symlink at …", "not in the
  // mount table"). For messages and the audit log.
  std::string remark = {};

  friend bool operator==(const MountFacts&, const MountFacts&) = default;
};

// runtime.v1.Device
struct DeviceFacts {
  std::string container_path = {};  // 1
  std::string host_path = {};       // 2, exactly as sent
  std::string permissions = {};     // 3: any of r, w, m

  // kVolume (a block volume of this pod; `plugin` and `volume` are set) or kHostPath.
  MountOrigin origin = MountOrigin::kUnresolved;
  std::string plugin = {};
  std::string volume = {};
  std::string remark = {};

  friend bool operator==(const DeviceFacts&, const DeviceFacts&) = default;
};

// Copies the second half: what was found out, not what was requested.
void CopyOrigin(const MountFacts& from, MountFacts& to);
void CopyOrigin(const DeviceFacts& from, DeviceFacts& to);

}  // namespace sekisho::policy
