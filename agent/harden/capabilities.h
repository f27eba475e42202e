// Which of root's capabilities the agent keeps (capabilities(7)).
#pragma once

#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "caps/cap_set.h"

namespace sekisho::harden {

struct KeptCapability {
  std::string_view name;  // without the prefix: "SYS_PTRACE"
  std::string_view why;
};

std::span<const KeptCapability> KeptCapabilities();
caps::CapSet KeptSet();

// Takes every other capability out of this thread's permitted, effective, inheritable and ambient
// sets, and out of the bounding set where CAP_SETPCAP lets it. To be called while there is one
// thread. What is not there cannot be dropped: where nothing is to be done, no system call that
// changes capabilities is made, since the packaged unit's filter refuses them.
absl::Status DropCapabilities();

// Whether this process' first thread has none but those kept, and cannot get another one.
bool CapabilitiesAreDropped();

}  // namespace sekisho::harden
