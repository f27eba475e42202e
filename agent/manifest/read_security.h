// securityContext, of a pod and of a container.
#pragma once

#include "manifest/fields.h"
#include "manifest/pod.h"

namespace sekisho::manifest {

PodSecurityContext ReadPodSecurityContext(const Fields& fields);
SecurityContext ReadSecurityContext(const Fields& fields);

}  // namespace sekisho::manifest
