// `sekisho kubeconfig`: a ServiceAccount's token, carried from its pod to the agent of the node.
//
// The agent runs on the node, where nobody renews a token for it. A container of the DaemonSet has
// one that the kubelet renews, and no other right than to write this one file.
#pragma once

#include <string>

namespace sekisho::app {

struct KubeconfigOptions {
  // Holds `token` and `ca.crt`, as Kubernetes mounts them.
  std::string from = "/var/run/secrets/kubernetes.io/serviceaccount";
  std::string to;
  std::string server;  // "": as the environment of a pod says
  bool watch = false;
};

// Writes the file (0600, as a whole), and with `watch` again each time that the source has changed,
// until SIGTERM or SIGINT; SIGHUP makes it look at once. A source that cannot be read leaves the
// file as it is, and is said. The process's exit code: 0 written (or told to stop watching), 1 not.
int KeepKubeconfig(const KubeconfigOptions& options);

}  // namespace sekisho::app
