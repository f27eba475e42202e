// One container of a pod, of any role.
#pragma once

#include "manifest/fields.h"
#include "manifest/pod.h"

namespace sekisho::manifest {

Container ReadContainer(const Fields& fields, ContainerRole role);

}  // namespace sekisho::manifest
