// Reading the allow-lists of profiles: controls.seccomp and controls.appArmor.
#pragma once

#include <optional>
#include <string_view>

#include "config/profile_name.h"
#include "config/yaml_reader.h"
#include "policy/controls.h"

namespace sekisho::config {

struct ProfileRuleFile {
  policy::ProfileRule rule;
  // Where the profile of rule.fallback was written, when it is a Localhost one.
  std::optional<ProfileName> localhost;
};

enum class ProfileKind { kSeccomp, kAppArmor };

// {allowedProfiles, defaultProfile}. Without a default it is RuntimeDefault where that is allowed,
// and otherwise the first profile of the list that is named without a wildcard; "" where there is
// none. Never Unconfined: nothing is hardened by that.
std::optional<ProfileRuleFile> ReadProfileRule(const Value& value, Reader& reader,
                                               ProfileKind kind);

}  // namespace sekisho::config
