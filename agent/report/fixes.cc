// Every check, with what mends it.
#include <algorithm>
#include <array>

#include "report/fix_makers.h"
#include "report/report.h"

namespace sekisho::report {
namespace {

struct Fix {
  std::string_view check;
  FixMaker make;            // null: lines of a manifest do not mend it
  std::string_view advice;  // beside the lines, or in their place
};

constexpr std::string_view kProfileAdvice =
    "The file is the node's: mend or install it there (sekisho seccomp lint). Until then the "
    "runtime's default profile does.";
constexpr std::string_view kVolumeAdvice =
    "emptyDir keeps the data as long as the pod; a persistentVolumeClaim keeps it longer.";
constexpr std::string_view kNoKubelet =
    "No kubelet sends this of a manifest. Find out who talks to the agent's socket, or what of the "
    "node changes the kubelet's requests.";

// Sorted.
constexpr auto kFixes = std::to_array<Fix>({
    {"allowPrivilegeEscalation", FixAllowPrivilegeEscalation, ""},
    {"appArmorProfile", FixAppArmor, ""},
    {"capabilities_baseline", FixCapabilitiesAdded, ""},
    {"capabilities_restricted", FixCapabilitiesRestricted, ""},
    {"cdi-devices", nullptr,
     "List the kind in devices.trustedCDIKinds of the policy, if the node means to hand it out."},
    {"cgroup-settings", nullptr, kNoKubelet},
    {"checkpoint-image", nullptr,
     "Name an image by its reference in a registry, and not by a file of the node."},
    {"control/allowPrivilegeEscalation", FixAllowPrivilegeEscalation, ""},
    {"control/allowedCSIDrivers", FixVolumes, kVolumeAdvice},
    {"control/allowedCapabilities", FixCapabilitiesAdded, ""},
    {"control/allowedFlexVolumes", FixVolumes, kVolumeAdvice},
    {"control/allowedHostPaths", FixVolumes,
     "Or use a path that allowedHostPaths of the policy has; where it says \"unless readOnly\", "
     "readOnly: true in the volumeMount is enough."},
    {"control/allowedProcMountTypes", FixProcMount, ""},
    {"control/allowedUnsafeSysctls", FixSysctls, ""},
    {"control/appArmor", FixControlAppArmor, "Use a profile that the control allows."},
    {"control/defaultAddCapabilities", FixDefaultAddCapabilities,
     "Or drop it by name where the container does not want it."},
    {"control/forbiddenSysctls", FixSysctls, ""},
    {"control/hostIPC", FixHostNamespaces, ""},
    {"control/hostNetwork", FixHostNamespaces, ""},
    {"control/hostPID", FixHostNamespaces, ""},
    {"control/hostPorts", FixHostPorts, "A Service or an Ingress reaches the port without it."},
    {"control/privileged", FixPrivileged, ""},
    {"control/readOnlyRootFilesystem", FixReadOnlyRootFilesystem,
     "What the container writes goes to a volume, such as an emptyDir at /tmp."},
    {"control/requiredDropCapabilities", FixRequiredDropCapabilities, ""},
    {"control/runAsGroup", FixRunAsGroup, ""},
    {"control/runAsUser", FixRunAsUserInRange, ""},
    {"control/runtimeHandlers", nullptr,
     "Set runtimeClassName to a RuntimeClass whose handler runtimeHandlers of the policy has."},
    {"control/seLinux", FixControlSELinux, ""},
    {"control/seccomp", FixControlSeccomp, "Use a profile that the control allows."},
    {"control/supplementalGroups", FixSupplementalGroups, ""},
    {"control/supplementalGroupsPolicy", FixSupplementalGroupsPolicy, ""},
    {"control/volumes", nullptr,
     "Use a volume of a type that volumes of the policy has, such as emptyDir or a "
     "persistentVolumeClaim where it has those."},
    {"devices", nullptr,
     "List the device in devices.trusted of the policy, if the node means to hand it out."},
    {"hostNamespaces", FixHostNamespaces, ""},
    {"hostPathVolumes", FixVolumes, kVolumeAdvice},
    {"hostPorts", FixHostPorts, "A Service or an Ingress reaches the port without it."},
    {"hostProbesAndHostLifecycle", FixHostProbes, ""},
    {"localhost-profile-cannot-start", FixSeccomp, kProfileAdvice},
    {"localhost-profile-docker-format", FixSeccomp, kProfileAdvice},
    {"localhost-profile-floor", FixSeccomp, kProfileAdvice},
    {"localhost-profile-invalid", FixSeccomp, kProfileAdvice},
    {"localhost-profile-missing", FixSeccomp, kProfileAdvice},
    {"localhost-profile-must-deny", FixSeccomp, kProfileAdvice},
    {"localhost-profile-not-pinned", FixSeccomp,
     "The agent cannot write to its state directory: mend that on the node."},
    {"localhost-profile-unconfined", FixSeccomp, kProfileAdvice},
    {"localhost-profile-untrusted", FixSeccomp, kProfileAdvice},
    {"mount-settings", nullptr,
     "Leave mountPropagation at None or HostToContainer. The other settings come from no "
     "manifest."},
    {"namespace-mismatch", nullptr, kNoKubelet},
    {"privileged", FixPrivileged,
     "Add only the capabilities that the container needs, where the level allows them."},
    {"procMount", FixProcMount, ""},
    {"procMount_restricted", FixProcMount, ""},
    {"reserved-labels", nullptr, "Remove the labels that the detail names."},
    {"restrictedVolumes", FixVolumes,
     "emptyDir keeps the data as long as the pod; a persistentVolumeClaim keeps it longer. Where "
     "it "
     "is a claim already, list its PersistentVolume in volumes.trustedPersistentVolumes."},
    {"runAsNonRoot", FixNonRoot, ""},
    {"runAsUser", FixRunAsUser, ""},
    {"seLinuxOptions", FixSELinux, ""},
    {"seccomp-localhost-path", FixSeccomp, kProfileAdvice},
    {"seccompProfile_baseline", FixSeccomp, ""},
    {"seccompProfile_restricted", FixSeccomp, ""},
    {"steering-annotations", nullptr, "Remove the annotations that the detail names."},
    {"sysctls", FixSysctls, ""},
    {"unknown-field", nullptr,
     "The kubelet, or the runtime's protocol, is newer than this agent: use a release of the agent "
     "that knows the field."},
    {"unreadable-annotation", nullptr, kNoKubelet},
    {"windows-on-linux", nullptr, kNoKubelet},
    {"windowsHostProcess", FixWindowsHostProcess, ""},
});
static_assert(std::is_sorted(kFixes.begin(), kFixes.end(),
                             [](const Fix& a, const Fix& b) { return a.check < b.check; }));

const Fix* Find(std::string_view check) {
  const auto* const it =
      std::lower_bound(kFixes.begin(), kFixes.end(), check,
                       [](const Fix& fix, std::string_view id) { return fix.check < id; });
  return it != kFixes.end() && it->check == check ? it : nullptr;
}

}  // namespace

std::optional<ManifestFix> FixFor(std::string_view check, std::string_view detail) {
  const Fix* fix = Find(check);
  if (fix == nullptr || fix->make == nullptr) {
    return std::nullopt;
  }
  const std::optional<Patch> patch = fix->make(detail);
  return patch.has_value() ? std::optional(patch->ToFix()) : std::nullopt;
}

std::string_view AdviceFor(std::string_view check) {
  const Fix* fix = Find(check);
  return fix == nullptr ? "" : fix->advice;
}

}  // namespace sekisho::report
