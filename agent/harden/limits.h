// Resource limits (getrlimit(2)) that the agent sets itself.
#pragma once

#include <sys/resource.h>

#include <span>

#include "absl/status/status.h"

namespace sekisho::harden {

struct ResourceLimit {
  __rlimit_resource_t resource;
  const char* name;
  rlim_t most;
  const char* why;
};

// What is lowered, soft and hard, never raised.
std::span<const ResourceLimit> ResourceLimits();

// Lowers what is above its limit, and raises the soft limit of open files to the hard one: each
// connection, call and watch holds one, and the shell's usual 1024 is soon used up. A limit that is
// low enough is not set again, because the packaged unit refuses setrlimit(2) and has these limits
// itself. The first error; the other limits are set all the same.
absl::Status LowerLimits();

bool CoreDumpsAreOff();

}  // namespace sekisho::harden
