// The spec of a pod.
#pragma once

#include "manifest/fields.h"
#include "manifest/pod.h"

namespace sekisho::manifest {

PodSpec ReadPodSpec(const Fields& fields);

}  // namespace sekisho::manifest
