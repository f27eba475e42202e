// The repair of one field each. Only repair.cc uses these.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "caps/cri_caps.h"
#include "policy/facts.h"
#include "policy/spec.h"

namespace sekisho::policy {

bool Contains(const std::vector<CheckGroup>& groups, CheckGroup group);

// The three capability lists after everything that is to be done to them.
caps::Lists RepairedCapabilities(const Spec& spec, const ContainerFacts& container,
                                 const std::vector<CheckGroup>& violated);

// Nothing: the profile stays as it is.
std::optional<SecurityProfile> RepairedSeccomp(const Spec& spec, const ContainerFacts& container,
                                               bool violated);

// What a forbidden AppArmor profile becomes.
SecurityProfile RepairedAppArmor(const Spec& spec);

// What forbidden SELinux options become: the control's, or only what Pod Security lets a pod
// choose.
SELinuxOptions RepairedSELinux(const Spec& spec, const std::optional<SELinuxOptions>& options);

// The sysctls that the enforced level or a control forbids.
std::vector<std::string> ForbiddenSysctls(const Spec& spec, const SandboxFacts& sandbox);

}  // namespace sekisho::policy
