// The deprecated spelling of a profile: fields 9 (AppArmor) and 10 (seccomp) of
// LinuxContainerSecurityContext, which some runtimes still read.
#pragma once

#include <string>
#include <string_view>

#include "policy/facts.h"

namespace sekisho::policy {

// What such a text asks for. kAbsent: it is empty. What no runtime promises to understand counts as
// Unconfined.
SecurityProfile FromDeprecated(std::string_view text);

// The text that asks for `profile`; "" for kAbsent.
std::string ToDeprecated(const SecurityProfile& profile);

}  // namespace sekisho::policy
