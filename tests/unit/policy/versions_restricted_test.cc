// Every check that restricted adds, in every version: from when to when it finds what is wrong, in
// which words.
#include <gtest/gtest.h>

#include <algorithm>

#include "unit/policy/version_case.h"

namespace sekisho::policy {
namespace {

using enum Level;
using enum Judged;

void DropNothing(Request& r) {
  r.container.capabilities_drop.clear();
}
void NoNewPrivsOff(Request& r) {
  r.container.no_new_privs = false;
}
void RootContainer(Request& r) {
  r.container.run_as_user = 0;
}
void RootPod(Request& r) {
  r.sandbox.run_as_user = 0;
}
void RootContainerOfOwnUsers(Request& r) {
  EnterUserNamespace(r);
  RootContainer(r);
}
void RootPodOfOwnUsers(Request& r) {
  EnterUserNamespace(r);
  RootPod(r);
}
void NoUserOfOwnUsers(Request& r) {
  EnterUserNamespace(r);
  r.container.run_as_user.reset();
}
void WrappingUserOfOwnUsers(Request& r) {
  EnterUserNamespace(r);
  r.container.run_as_user = int64_t{1} << 32;
}

constexpr std::string_view kNonRoot =
    R"(runAsNonRoot != true (pod or container "container1" must set securityContext.runAsNonRoot=true))";
constexpr std::string_view kRoot =
    R"(runAsUser=0 (container "container1" must not set runAsUser=0))";
constexpr std::string_view kRootPod = "runAsUser=0 (pod must not set runAsUser=0)";

constexpr VersionCase kRestrictedCases[] = {
    {"set", "allowPrivilegeEscalation", kRestricted, kContainer, Nothing, kNever},
    {"not set", "allowPrivilegeEscalation", kRestricted, kContainer, NoNewPrivsOff, 8,
     R"(allowPrivilegeEscalation != false (container "container1" must set securityContext.allowPrivilegeEscalation=false))"},
    {"baseline does not mind", "allowPrivilegeEscalation", kBaseline, kContainer, NoNewPrivsOff,
     kNever},
    {"ALL dropped", "capabilities_restricted", kRestricted, kContainer, Nothing, kNever},
    {"nothing dropped", "capabilities_restricted", kRestricted, kContainer, DropNothing, 22,
     R"(unrestricted capabilities (container "container1" must set securityContext.capabilities.drop=["ALL"]))"},
    {"an addition that baseline allows", "capabilities_restricted", kRestricted, kContainer,
     AddChown, 22,
     R"(unrestricted capabilities (container "container1" must not include "CHOWN" in securityContext.capabilities.add))"},
    {"masked", "procMount_restricted", kRestricted, kContainer, EnterUserNamespace, kNever},
    {"unmasked", "procMount_restricted", kRestricted, kContainer, Unmask, 35, kUnmasked},
    {"unmasked in a user namespace", "procMount_restricted", kRestricted, kContainer,
     UnmaskInUserNamespace, 35, kUnmasked},
    {"a path of the node", "restrictedVolumes", kRestricted, kContainer, MountEtc, 0,
     R"(restricted volume types (container "container1" mounts host path "/etc", of restricted volume type "hostPath"))"},
    {"a type", "restrictedVolumes", kRestricted, kContainer, MountNfs, 0,
     R"(restricted volume types (volume "n" uses restricted volume type "nfs"))"},
    {"no volume", "restrictedVolumes", kRestricted, kContainer, Nothing, kNever},
    {"another user", "runAsNonRoot", kRestricted, kContainer, Nothing, kNever},
    {"root", "runAsNonRoot", kRestricted, kContainer, RootContainer, 0, kNonRoot},
    {"root of its own users", "runAsNonRoot", kRestricted, kContainer, RootContainerOfOwnUsers, 0,
     kNonRoot, 34},
    {"the image's user, of its own users", "runAsNonRoot", kRestricted, kContainer,
     NoUserOfOwnUsers, 0, kNonRoot, 34},
    {"a user that is none, of its own users", "runAsNonRoot", kRestricted, kContainer,
     WrappingUserOfOwnUsers, 0, kNonRoot},
    {"another user", "runAsUser", kRestricted, kContainer, Nothing, kNever},
    {"root", "runAsUser", kRestricted, kContainer, RootContainer, 23, kRoot},
    {"the pod's root", "runAsUser", kRestricted, kSandbox, RootPod, 23, kRootPod},
    {"root of its own users", "runAsUser", kRestricted, kContainer, RootContainerOfOwnUsers, 23,
     kRoot, 34},
    {"the pod's root of its own users", "runAsUser", kRestricted, kSandbox, RootPodOfOwnUsers, 23,
     kRootPod, 34},
    {"RuntimeDefault", "seccompProfile_restricted", kRestricted, kContainer, Nothing, kNever},
    {"Unconfined", "seccompProfile_restricted", kRestricted, kContainer, Unconfined, 19,
     R"(seccompProfile (pod or container "container1" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"))"},
};

}  // namespace

std::span<const VersionCase> RestrictedVersions() {
  return kRestrictedCases;
}

TEST(Versions, Restricted) {
  std::ranges::for_each(RestrictedVersions(), ExpectCase);
}

}  // namespace sekisho::policy
