// The Pod Security Standards a second time, for comparison with the agent's own rules.
//
// Written from Kubernetes' published standards and from what a kubelet and containerd make of each
// field, not from agent/policy: an error would have to be made twice to stay unseen. It reads the
// protocol's messages, so that the agent's extraction of facts is compared, too. And it is simple:
// no state, no tables of functions, nothing shared with the agent but the protocol.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "runtime/v1/api.pb.h"

namespace sekisho::differential {

// A level and a version of the standards, as a policy asks for it. `latest` is the newest version.
struct Standard {
  bool baseline = false;    // baseline's rules hold: at the levels baseline and restricted
  bool restricted = false;  // restricted's rules hold
  int minor = 0;            // of v1.N

  bool RestrictedSince(int since) const { return restricted && minor >= since; }
};

// What no request says of the node that it is for.
struct Node {
  std::string kubelet_root = "/var/lib/kubelet";
  // Whether its kubelet sends Unconfined only where somebody asked for it.
  bool seccomp_default = false;
  // The volumes that are mounted by a subPath, by name: the plugin's directory, or "" for a
  // hostPath. The path of a subPath does not tell.
  std::map<std::string, std::string> volumes = {};
};

// Of every check that the standard has and that such a request can show: whether it is violated.
// And the same of what no kubelet sends, which the agent refuses under names of its own:
//   * namespace-mismatch: the container's namespaces are not its pod's;
//   * mount-settings: what reaches beyond the container, or means one thing to one runtime and
//     another to the next;
//   * seccomp-localhost-path: a profile outside the directory that Kubernetes keeps them in;
//   * unknown-field: something in a security context or a mount that the protocol does not have;
//   * windows-on-linux: takes the place of windowsHostProcess, which nothing shows on Linux.
using Verdict = std::map<std::string_view, bool>;

Verdict JudgeSandbox(const Standard& standard, const runtime::v1::PodSandboxConfig& pod);

// `pod` is what RunPodSandbox asked for.
Verdict JudgeContainer(const Standard& standard, const Node& node,
                       const runtime::v1::PodSandboxConfig& pod,
                       const runtime::v1::ContainerConfig& container);

}  // namespace sekisho::differential
