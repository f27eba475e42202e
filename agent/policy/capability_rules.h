// Which capabilities a container may add and must drop. Shared by the checks and their repair.
#pragma once

#include <string_view>

#include "policy/controls.h"
#include "policy/facts.h"

namespace sekisho::policy {

// By the levels.
bool IsBaselineAddition(std::string_view name);
bool IsRestrictedAddition(std::string_view name);
// From this version on restricted has a rule of its own; before it, baseline's holds there too.
inline constexpr int kRestrictedCapabilitiesSince = 22;

// By the controls. Added names are compared letter for letter, as Kubernetes does, dropped ones as
// containerd reads them.
//
// allowedCapabilities, with what defaultAddCapabilities adds.
bool IsAllowedByControls(const Controls& controls, std::string_view name);
// defaultAddCapabilities: neither added by this very name, nor dropped by the pod (alone or with
// ALL), who then does not want it.
bool LacksDefault(const ContainerFacts& container, std::string_view name);
// requiredDropCapabilities: some runtime could grant it. ALL must be in the list as such, and
// leaves room for additions by name.
bool LacksRequiredDrop(const ContainerFacts& container, std::string_view name);

}  // namespace sekisho::policy
