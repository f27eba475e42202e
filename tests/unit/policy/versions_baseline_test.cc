// Every check of baseline, in every version: from when to when it finds what is wrong, in which
// words. Sysctls, which are a list of names, are in versions_test.cc.
#include <gtest/gtest.h>

#include <algorithm>

#include "unit/policy/version_case.h"

namespace sekisho::policy {
namespace {

using enum Level;
using enum Judged;

void AddNetRaw(Request& r) {
  r.container.capabilities_add = {"NET_RAW"};
}
void PreStopHost(Request& r) {
  r.container.pre_stop_hosts = {"bad.host"};
}
void EngineType(Request& r) {
  r.container.selinux = {"", "", "container_engine_t", ""};
}
void EngineTypeOfPod(Request& r) {
  r.sandbox.selinux = {"", "", "container_engine_t", ""};
}
void SpcType(Request& r) {
  r.container.selinux = {"", "", "spc_t", ""};
}
void KvmType(Request& r) {
  r.container.selinux = {"", "", "container_kvm_t", ""};
}
void UnconfinedByRequest(Request& r) {
  Unconfined(r);
  r.spec.node.kubelet_seccomp_default = true;
}
void UnconfinedDenied(Request& r) {
  Unconfined(r);
  r.spec.harden.deny_unconfined = true;
}
void SeccompAnnotation(Request& r) {
  r.sandbox.annotations = {{"container.seccomp.security.alpha.kubernetes.io/container1", ""}};
}
void SeccompAnnotationAllowed(Request& r) {
  r.sandbox.annotations = {{"seccomp.security.alpha.kubernetes.io/pod", "docker/default"}};
}

constexpr std::string_view kAdditions =
    R"(non-default capabilities (container "container1" must not include "NET_RAW" in securityContext.capabilities.add))";
constexpr std::string_view kUnconfined =
    R"(seccompProfile (container "container1" must not set securityContext.seccompProfile.type to "Unconfined"))";
constexpr std::string_view kSeccompAnnotation =
    R"(seccompProfile (forbidden annotation container.seccomp.security.alpha.kubernetes.io/container1=""))";
constexpr std::string_view kPreStop =
    R"(probe or lifecycle host (container "container1" uses probe or lifecycle host "bad.host"))";
constexpr std::string_view kEngine =
    R"(seLinuxOptions (container "container1" set forbidden securityContext.seLinuxOptions: type "container_engine_t"))";

constexpr VersionCase kBaselineCases[] = {
    {"no annotation", "appArmorProfile", kBaseline, kSandbox, Nothing, kNever},
    {"an unconfined container", "appArmorProfile", kBaseline, kContainer,
     [](Request& r) {
       r.container.apparmor = {ProfileType::kUnconfined, ""};
     },
     0,
     R"(forbidden AppArmor profile (container "container1" must not set AppArmor profile type to "Unconfined"))"},
    {"an unconfined annotation", "appArmorProfile", kBaseline, kSandbox,
     [](Request& r) {
       r.sandbox.annotations = {{"container.apparmor.security.beta.kubernetes.io/c", "unconfined"}};
     },
     0,
     R"(forbidden AppArmor profile (annotation must not set AppArmor profile type to "container.apparmor.security.beta.kubernetes.io/c="unconfined""))"},
    {"an addition", "capabilities_baseline", kBaseline, kContainer, AddNetRaw, 0, kAdditions},
    {"one of the list", "capabilities_baseline", kBaseline, kContainer, AddChown, kNever},
    {"at restricted, until that has its own", "capabilities_baseline", kRestricted, kContainer,
     AddNetRaw, 0, kAdditions, 21},
    {"one of the list, at restricted", "capabilities_baseline", kRestricted, kContainer, AddChown,
     kNever},
    {"its own namespaces", "hostNamespaces", kBaseline, kSandbox, Nothing, kNever},
    {"the node's", "hostNamespaces", kBaseline, kSandbox,
     [](Request& r) { r.sandbox.namespaces.pid = NamespaceMode::kNode; }, 0,
     "host namespaces (hostPID=true)"},
    {"a path of the node", "hostPathVolumes", kBaseline, kContainer, MountEtc, 0,
     R"(hostPath volumes (container "container1" mounts host path "/etc"))"},
    {"another volume", "hostPathVolumes", kBaseline, kContainer, MountNfs, kNever},
    {"at restricted, which always had its own", "hostPathVolumes", kRestricted, kContainer,
     MountEtc, kNever},
    {"no port", "hostPorts", kBaseline, kContainer, Nothing, kNever},
    {"a port", "hostPorts", kBaseline, kContainer,
     [](Request& r) { r.container.host_ports = {80}; }, 0,
     R"(hostPort (container "container1" uses hostPort 80))"},
    {"a preStop host", "hostProbesAndHostLifecycle", kBaseline, kContainer, PreStopHost, 34,
     kPreStop},
    {"at restricted", "hostProbesAndHostLifecycle", kRestricted, kContainer, PreStopHost, 34,
     kPreStop},
    {"no preStop host", "hostProbesAndHostLifecycle", kBaseline, kContainer, Nothing, kNever},
    {"not privileged", "privileged", kBaseline, kContainer, Nothing, kNever},
    {"privileged", "privileged", kBaseline, kContainer,
     [](Request& r) { r.container.privileged = true; }, 0,
     R"(privileged (container "container1" must not set securityContext.privileged=true))"},
    {"masked", "procMount", kBaseline, kContainer, Nothing, kNever},
    {"unmasked", "procMount", kBaseline, kContainer, Unmask, 0, kUnmasked},
    {"unmasked in a user namespace", "procMount", kBaseline, kContainer, UnmaskInUserNamespace, 0,
     kUnmasked, 34},
    {"unmasked, at restricted", "procMount", kRestricted, kContainer, Unmask, 0, kUnmasked, 34},
    {"unmasked in a user namespace, at restricted", "procMount", kRestricted, kContainer,
     UnmaskInUserNamespace, 0, kUnmasked, 34},
    {"a type that 1.31 allowed", "seLinuxOptions", kBaseline, kContainer, EngineType, 0, kEngine,
     30},
    {"the same at restricted", "seLinuxOptions", kRestricted, kContainer, EngineType, 0, kEngine,
     30},
    {"the same of the pod", "seLinuxOptions", kBaseline, kSandbox, EngineTypeOfPod, 0,
     R"(seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "container_engine_t"))",
     30},
    {"a type that none allows", "seLinuxOptions", kBaseline, kContainer, SpcType, 0,
     R"(seLinuxOptions (container "container1" set forbidden securityContext.seLinuxOptions: type "spc_t"))"},
    {"a type that all allow", "seLinuxOptions", kBaseline, kContainer, KvmType, kNever},
    {"a field, while annotations counted", "seccompProfile_baseline", kBaseline, kContainer,
     UnconfinedByRequest, 19, kUnconfined},
    {"the same, where it can mean unset", "seccompProfile_baseline", kBaseline, kContainer,
     Unconfined, kNever},
    {"the same, where the operator refuses it in every version", "seccompProfile_baseline",
     kBaseline, kContainer, UnconfinedDenied, 0, kUnconfined},
    {"an annotation, until fields counted", "seccompProfile_baseline", kBaseline, kSandbox,
     SeccompAnnotation, 0, kSeccompAnnotation, 18},
    {"the same at restricted, which had no rule of its own", "seccompProfile_baseline", kRestricted,
     kSandbox, SeccompAnnotation, 0, kSeccompAnnotation, 18},
    {"an annotation that is allowed", "seccompProfile_baseline", kBaseline, kSandbox,
     SeccompAnnotationAllowed, kNever},
    {"at restricted, where annotations counted", "seccompProfile_baseline", kRestricted, kContainer,
     UnconfinedByRequest, kNever},
};

}  // namespace

std::span<const VersionCase> BaselineVersions() {
  return kBaselineCases;
}

TEST(Versions, Baseline) {
  std::ranges::for_each(BaselineVersions(), ExpectCase);
}

}  // namespace sekisho::policy
