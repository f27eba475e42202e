#include "policy/localhost_profile.h"

#include <algorithm>

#include "policy/deprecated_profile.h"
#include "policy/profile_rule.h"

namespace sekisho::policy {
namespace {

using State = seccomp::ProfileFacts::State;

// The files that the two fields name; the one that counts first, since that is the current one's
// unless it names none.
std::vector<std::string> NamedFiles(const ContainerFacts& container) {
  std::vector<std::string> paths;
  for (const SecurityProfile& profile :
       {container.seccomp, FromDeprecated(container.seccomp_profile_path)}) {
    if (profile.type == ProfileType::kLocalhost &&
        std::ranges::find(paths, profile.localhost_ref) == paths.end()) {
      paths.push_back(profile.localhost_ref);
    }
  }
  return paths;
}

}  // namespace

bool NamesAFile(const ContainerFacts& container, const Edits& edits) {
  if (edits.seccomp.has_value()) {  // it is written into both fields
    return edits.seccomp->type == ProfileType::kLocalhost;
  }
  return container.seccomp.type == ProfileType::kLocalhost ||
         FromDeprecated(container.seccomp_profile_path).type == ProfileType::kLocalhost;
}

const seccomp::ProfileFacts* ProfileOf(const ContainerFacts& container, const std::string& path) {
  const auto found =
      std::ranges::find_if(container.profiles, [&path](const seccomp::ProfileFacts& profile) {
        return profile.path == path ||
               (!profile.pinned_path.empty() && profile.pinned_path == path);
      });
  return found == container.profiles.end() ? nullptr : &*found;
}

const seccomp::ProfileFacts* ProfileOf(const ContainerFacts& container,
                                       const SecurityProfile& profile) {
  return profile.type == ProfileType::kLocalhost ? ProfileOf(container, profile.localhost_ref)
                                                 : nullptr;
}

std::vector<std::string> ProfilePathsToLookAt(const Spec& spec, const ContainerFacts& edited) {
  if (spec.enforce.level == Level::kPrivileged) {
    return {};
  }
  std::vector<std::string> paths = NamedFiles(edited);
  if (!paths.empty() && spec.missing_profile.has_value()) {
    const std::optional<std::string>& fallback = spec.missing_profile->localhost_path;
    if (fallback.has_value() && std::ranges::find(paths, *fallback) == paths.end()) {
      paths.push_back(*fallback);
    }
  }
  return paths;
}

bool NeedsProfileLook(const Spec& spec, const ContainerFacts& edited) {
  return spec.enforce.level != Level::kPrivileged &&
         std::ranges::any_of(NamedFiles(edited), [&edited](const std::string& path) {
           return ProfileOf(edited, path) == nullptr;
         });
}

SecurityProfile AsFound(const Spec& spec, const ContainerFacts& container,
                        const SecurityProfile& profile) {
  SecurityProfile result = profile;
  const seccomp::ProfileFacts* found = ProfileOf(container, result);
  if (found != nullptr && found->state == State::kMissing && spec.missing_profile.has_value()) {
    result = ProfileOf(*spec.missing_profile);
    found = ProfileOf(container, result);
  }
  if (found != nullptr && found->state == State::kUsable && !found->pinned_path.empty()) {
    result.localhost_ref = found->pinned_path;
  }
  return result;
}

SecurityProfile AsNamed(const ContainerFacts& container, const SecurityProfile& profile) {
  const seccomp::ProfileFacts* found = ProfileOf(container, profile);
  return found == nullptr ? profile : SecurityProfile{profile.type, found->path};
}

bool IsPinned(const ContainerFacts& container, const SecurityProfile& profile) {
  const seccomp::ProfileFacts* found = ProfileOf(container, profile);
  return found != nullptr && found->state == State::kUsable &&
         found->pinned_path == profile.localhost_ref;
}

bool NamesAnotherFile(const ContainerFacts& container, const SecurityProfile& profile) {
  return std::ranges::any_of(NamedFiles(container), [&profile](const std::string& path) {
    return profile.type != ProfileType::kLocalhost || profile.localhost_ref != path;
  });
}

bool SeccompIsIgnored(const ContainerFacts& container) {
  return container.privileged;
}

}  // namespace sekisho::policy
