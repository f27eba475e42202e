// What a manifest says beyond what CRI shows, in the policy's words.
#pragma once

#include "manifest/pod.h"
#include "policy/declared.h"

namespace sekisho::manifest {

policy::DeclaredPod DeclaredFrom(const PodManifest& pod);

}  // namespace sekisho::manifest
