// Table rows about versions: from when to when a check finds a request wrong, and in which words.
#pragma once

#include <span>
#include <string_view>

#include "unit/policy/check_case.h"

namespace sekisho::policy {

inline constexpr int kNever = kLatestMinor + 1;

// One request that `id` finds wrong from one version to another, both included, and at no other.
struct VersionCase {
  std::string_view why;
  std::string_view id;
  Level level;
  Judged judged;
  void (*edit)(Request&);
  int from;
  std::string_view text = {};  // empty for what is never wrong
  int to = kLatestMinor;
};

// By file: versions_<level>_test.cc.
std::span<const VersionCase> BaselineVersions();
std::span<const VersionCase> RestrictedVersions();

Decision JudgeAt(const VersionCase& c, Version version);
// What the check says, as Kubernetes prints it; empty when it finds nothing.
std::string TextOf(const Decision& decision, std::string_view id);
// Holds a row against the checks, at every version there is.
void ExpectCase(const VersionCase& c);

// --- edits and texts that both levels use
// -----------------------------------------------------------

inline void Nothing(Request&) {}
inline void AddChown(Request& r) {
  r.container.capabilities_add = {"CHOWN"};
}
inline void MountEtc(Request& r) {
  r.container.mounts = {
      {.container_path = "/m", .host_path = "/etc", .origin = MountOrigin::kHostPath}};
}
inline void MountNfs(Request& r) {
  r.container.mounts = {{.container_path = "/m",
                         .host_path = "/var/lib/kubelet/pods/5f1c/volumes/kubernetes.io~nfs/n",
                         .origin = MountOrigin::kVolume,
                         .plugin = "kubernetes.io~nfs",
                         .volume = "n"}};
}
inline void UnmaskInUserNamespace(Request& r) {
  EnterUserNamespace(r);
  Unmask(r);
}
inline void Unconfined(Request& r) {
  r.container.seccomp = {ProfileType::kUnconfined, ""};
}

inline constexpr std::string_view kUnmasked =
    R"(procMount (container "container1" must not set securityContext.procMount to "Unmasked"))";

}  // namespace sekisho::policy
