// The fixes, one function a check: from a violation's detail to what has to be set.
#pragma once

#include <optional>
#include <string_view>

#include "report/patch.h"

namespace sekisho::report {

// Nothing where the detail does not say enough for lines that are right.
using FixMaker = std::optional<Patch> (*)(std::string_view detail);

// fix_pods.cc: what is a pod's.
std::optional<Patch> FixHostNamespaces(std::string_view detail);
std::optional<Patch> FixHostPorts(std::string_view detail);
std::optional<Patch> FixHostProbes(std::string_view detail);
std::optional<Patch> FixSysctls(std::string_view detail);
std::optional<Patch> FixVolumes(std::string_view detail);
std::optional<Patch> FixSupplementalGroups(std::string_view detail);
std::optional<Patch> FixSupplementalGroupsPolicy(std::string_view detail);

// fix_containers.cc: what is a container's.
std::optional<Patch> FixPrivileged(std::string_view detail);
std::optional<Patch> FixAllowPrivilegeEscalation(std::string_view detail);
std::optional<Patch> FixReadOnlyRootFilesystem(std::string_view detail);
std::optional<Patch> FixProcMount(std::string_view detail);
std::optional<Patch> FixCapabilitiesAdded(std::string_view detail);
std::optional<Patch> FixCapabilitiesRestricted(std::string_view detail);
std::optional<Patch> FixDefaultAddCapabilities(std::string_view detail);
std::optional<Patch> FixRequiredDropCapabilities(std::string_view detail);
std::optional<Patch> FixNonRoot(std::string_view detail);
std::optional<Patch> FixRunAsUser(std::string_view detail);
std::optional<Patch> FixRunAsUserInRange(std::string_view detail);
std::optional<Patch> FixRunAsGroup(std::string_view detail);
std::optional<Patch> FixWindowsHostProcess(std::string_view detail);

// fix_profiles.cc: what a container runs under.
std::optional<Patch> FixAppArmor(std::string_view detail);
std::optional<Patch> FixSeccomp(std::string_view detail);
std::optional<Patch> FixSELinux(std::string_view detail);
std::optional<Patch> FixControlAppArmor(std::string_view detail);
std::optional<Patch> FixControlSeccomp(std::string_view detail);
std::optional<Patch> FixControlSELinux(std::string_view detail);

}  // namespace sekisho::report
