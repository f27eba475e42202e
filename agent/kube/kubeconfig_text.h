// A kubeconfig to be written: the way back from Credentials.
#pragma once

#include <string>

#include "kube/credentials.h"

namespace sekisho::kube {

// One file with everything in it, which names no other: whoever reads it never gets one server's
// authority and another one's token. JSON, which is YAML as well. Holds what `credentials` hold,
// secrets included.
std::string KubeconfigText(const Credentials& credentials);

}  // namespace sekisho::kube
