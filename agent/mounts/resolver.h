// Whose is this mount: a volume that the kubelet set up for this very pod, or a path of the node?
//
// A path alone proves nothing. A hostPath volume with a subPath reaches CRI as a path below the
// pod's own directory; a symlink or a bind mount can stand where a volume should be. So a path is
// first matched, component by component, against the layout that a kubelet makes, and then what is
// really there is looked up: with openat2(2) that follows no symlink, and in the mount table
// (proc(5), mountinfo: major:minor and root).
//
// What matches nothing, cannot be looked up or does not exist is a path of the node: kHostPath,
// with the reason in `remark`. There is no other error.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "policy/mount_facts.h"

namespace sekisho::mounts {

// The mount table of the agent's own mount namespace.
inline constexpr std::string_view kOwnMountTable = "/proc/self/mountinfo";

// Who asks. `pod_uid` is the recorded one, never the request's.
struct Asker {
  std::string pod_uid;
  std::string container;  // ContainerMetadata.name
  // The annotation io.kubernetes.container.terminationMessagePath; empty when there is none.
  std::string termination_message_path;
};

// What is known of a volume where no node can be looked at.
struct KnownVolume {
  std::string plugin = {};      // "kubernetes.io~empty-dir"; empty for a hostPath
  std::string host_path = {};   // of a hostPath
  std::string csi_driver = {};  // of an inline CSI volume
};

class Resolver {
 public:
  struct Options {
    // The kubelet's --root-dir, spelt as the kubelet spells it (config key kubelet.rootDirectory).
    std::string kubelet_root = "/var/lib/kubelet";
    // Mount tables to read, the first readable one counts. The agent's own: the paths are opened in
    // its own mount namespace, too, and it receives what the kubelet mounts as long as that
    // namespace is the node's or a slave of it (as systemd makes it). What does not arrive there
    // makes a subPath a path of the node. That of process 1 would need CAP_SYS_PTRACE, and is
    // another one where kubelet and runtime run in a mount namespace of their own.
    std::vector<std::string> mount_tables = {std::string(kOwnMountTable)};
    // False for requests that were recorded elsewhere: then the path's shape is all there is, what
    // lies below volume-subpaths, and is not in known_volumes, is taken for a volume of unknown
    // kind (`plugin` empty), and `remark` says so. Never in the daemon.
    bool look_at_node = true;
    // Only without look_at_node: the pod's volumes, by the name that stands in their path.
    std::map<std::string, KnownVolume> known_volumes = {};
  };

  explicit Resolver(Options options);

  // Fill in the second half of each struct. Read-only; no state is kept between calls.
  void Resolve(const Asker& asker, std::vector<policy::MountFacts>& mounts) const;
  void Resolve(const Asker& asker, std::vector<policy::DeviceFacts>& devices) const;

  const Options& options() const { return options_; }

 private:
  Options options_;
};

}  // namespace sekisho::mounts
