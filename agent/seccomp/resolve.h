// Docker's format -> the format that runtimes read.
#pragma once

#include <string>

#include "caps/cap_set.h"
#include "seccomp/profile.h"

namespace sekisho::seccomp {

// What Docker's conditions are about.
struct Target {
  Arch arch;
  caps::CapSet capabilities;  // that the container has
  KernelVersion kernel;
};

// Of the running machine: uname(2).
KernelVersion RunningKernel();
// "4.8", "6.1.0-13-amd64". {0, 0} for what is no version.
KernelVersion KernelVersionFrom(std::string_view release);

// The rules whose conditions hold for `target`, without their conditions, with the architectures
// that archMap has for it: what Docker itself would make of the profile for this container. A
// profile of the OCI format is returned as it is.
Profile Resolve(const Profile& profile, const Target& target);

// The capabilities that the conditions name: containers that agree in these resolve alike.
caps::CapSet RelevantCapabilities(const Profile& profile);

// What containerd makes of it, which knows nothing of Docker's additions: every rule counts,
// whatever its conditions; `archMap` is not there; a rule with a single `name` names nothing.
Profile AsContainerdReads(Profile profile);

// As JSON of the OCI format, the same bytes for the same profile: sorted as it was written, two
// spaces of indentation, a newline at the end. `profile` must be of the OCI format.
std::string Render(const Profile& profile);

}  // namespace sekisho::seccomp
