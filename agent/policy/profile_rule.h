// The allow-lists of profiles (ProfileRule of controls.h), held against a profile.
#pragma once

#include <string>
#include <string_view>

#include "policy/controls.h"
#include "policy/facts.h"
#include "policy/spec.h"

namespace sekisho::policy {

// Whether `profile` is on the list. An absent one counts as RuntimeDefault, which is what AppArmor
// makes of it; for seccomp, pass what it amounts to. `root`: the directory that Localhost names are
// below, or nothing for AppArmor, whose profiles are no files of a pod's choice.
bool Allows(const ProfileRule& rule, const SecurityProfile& profile, std::string_view root);

// The profile that an entry without a wildcard stands for. "" gives RuntimeDefault.
SecurityProfile ProfileNamed(std::string_view entry, std::string_view root);

// The entry that would allow exactly this profile: "Unconfined", "Localhost/web.json".
std::string EntryOf(const SecurityProfile& profile, std::string_view root);

// What the node attaches.
SecurityProfile ProfileOf(const SeccompTarget& target);

}  // namespace sekisho::policy
