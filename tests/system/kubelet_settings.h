// What the stand-in kubelet is told: by flags and by a KubeletConfiguration.
#pragma once

#include <string>

namespace sekisho::testing {

struct KubeletSettings {
  std::string runtime_endpoint;
  std::string image_endpoint;  // the runtime's where nothing names one
};

// As a kubelet has it: a flag wins over the files of --config-dir, these over the file of --config,
// and what nothing names is containerd's socket. Flags that kubeadm writes are known, and others an
// error. Throws std::runtime_error with what is wrong.
KubeletSettings ReadKubeletSettings(int argc, char** argv);

}  // namespace sekisho::testing
