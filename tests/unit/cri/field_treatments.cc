#include "unit/cri/field_treatments.h"

namespace sekisho::cri {
namespace {

using enum Treatment;

constexpr char kGroupsPolicy[] =
    "whether the image's /etc/group counts is in no check of any level; to be judged with a "
    "control on groups, if there is one";

constexpr FieldTreatment kRows[] = {
    {"LinuxSandboxSecurityContext.namespace_options", kJudgedByItsFields},
    {"LinuxSandboxSecurityContext.selinux_options", kJudged},
    {"LinuxSandboxSecurityContext.run_as_user", kJudged},
    {"LinuxSandboxSecurityContext.run_as_group", kJudged},
    {"LinuxSandboxSecurityContext.readonly_rootfs", kJudged},
    {"LinuxSandboxSecurityContext.supplemental_groups", kJudged},
    {"LinuxSandboxSecurityContext.supplemental_groups_policy", kHarmless, kGroupsPolicy},
    {"LinuxSandboxSecurityContext.privileged", kJudged},
    {"LinuxSandboxSecurityContext.seccomp", kJudged},
    {"LinuxSandboxSecurityContext.apparmor", kHarmless,
     "confines the pause process, which runs nobody's code; each container has its own"},
    {"LinuxSandboxSecurityContext.seccomp_profile_path", kJudged},

    {"LinuxContainerSecurityContext.capabilities", kJudgedByItsFields},
    {"LinuxContainerSecurityContext.privileged", kJudged},
    {"LinuxContainerSecurityContext.namespace_options", kJudgedByItsFields},
    {"LinuxContainerSecurityContext.selinux_options", kJudged},
    {"LinuxContainerSecurityContext.run_as_user", kJudged},
    {"LinuxContainerSecurityContext.run_as_group", kJudged},
    {"LinuxContainerSecurityContext.run_as_username", kJudged},
    {"LinuxContainerSecurityContext.readonly_rootfs", kJudged},
    {"LinuxContainerSecurityContext.supplemental_groups", kJudged},
    {"LinuxContainerSecurityContext.supplemental_groups_policy", kHarmless, kGroupsPolicy},
    {"LinuxContainerSecurityContext.no_new_privs", kJudged},
    {"LinuxContainerSecurityContext.masked_paths", kJudged},
    {"LinuxContainerSecurityContext.readonly_paths", kJudged},
    {"LinuxContainerSecurityContext.seccomp", kJudged},
    {"LinuxContainerSecurityContext.apparmor", kJudged},
    {"LinuxContainerSecurityContext.apparmor_profile", kJudged},
    {"LinuxContainerSecurityContext.seccomp_profile_path", kJudged},

    {"NamespaceOption.network", kJudged},
    {"NamespaceOption.pid", kJudged},
    {"NamespaceOption.ipc", kJudged},
    {"NamespaceOption.target_id", kJudged},
    {"NamespaceOption.userns_options", kJudged},
    {"UserNamespace.mode", kJudged},
    {"UserNamespace.uids", kJudged},
    {"UserNamespace.gids", kJudged},
    {"IDMapping.host_id", kJudged},
    {"IDMapping.container_id", kJudged},
    {"IDMapping.length", kJudged},
    {"Capability.add_capabilities", kJudged},
    {"Capability.drop_capabilities", kJudged},
    {"Capability.add_ambient_capabilities", kJudged},
    {"SELinuxOption.user", kJudged},
    {"SELinuxOption.role", kJudged},
    {"SELinuxOption.type", kJudged},
    {"SELinuxOption.level", kJudged},
    {"SecurityProfile.profile_type", kJudged},
    {"SecurityProfile.localhost_ref", kJudged, "of the type Localhost, the only one that reads it",
     "", "profile_type: Localhost"},
    {"Int64Value.value", kJudged},

    {"PodSandboxConfig.metadata", kJudgedByItsFields},
    {"PodSandboxConfig.hostname", kHarmless, "a name in the pod's own UTS namespace"},
    {"PodSandboxConfig.log_directory", kJudged},
    {"PodSandboxConfig.dns_config", kHarmless, "the pod's own resolv.conf"},
    {"PodSandboxConfig.port_mappings", kJudgedByItsFields},
    {"PodSandboxConfig.labels", kLaterOrOpen,
     "users' text, but containerd gives a meaning to some prefixes of its own"},
    {"PodSandboxConfig.annotations", kJudged, "", "annotations { key: 'a' value: 'b' }"},
    {"PodSandboxConfig.linux", kJudgedByItsFields},
    {"PodSandboxConfig.windows", kPresence,
     "it has no business on a Linux node, whatever is in it"},
    {"LinuxPodSandboxConfig.cgroup_parent", kJudged},
    {"LinuxPodSandboxConfig.security_context", kJudgedByItsFields},
    {"LinuxPodSandboxConfig.sysctls", kJudged, "", "sysctls { key: 'a' value: 'b' }"},
    {"LinuxPodSandboxConfig.overhead", kHarmless, "informs the runtime, and limits nobody"},
    {"LinuxPodSandboxConfig.resources", kLaterOrOpen,
     "limits of the pod's cgroup; no level is about them"},
    {"PodSandboxMetadata.name", kJudged},
    {"PodSandboxMetadata.uid", kJudged},
    {"PodSandboxMetadata.namespace", kJudged},
    {"PodSandboxMetadata.attempt", kJudged},
    {"PortMapping.protocol", kHarmless, "a host port is one, whatever is spoken on it"},
    {"PortMapping.container_port", kHarmless, "in the pod's own network namespace"},
    {"PortMapping.host_port", kJudged},
    {"PortMapping.host_ip", kHarmless, "a host port is one on every address, loopback included"},

    {"ContainerConfig.metadata", kJudgedByItsFields},
    {"ContainerConfig.image", kJudgedByItsFields},
    {"ContainerConfig.command", kHarmless, "what runs is the pod's business; it runs confined"},
    {"ContainerConfig.args", kHarmless, "what runs is the pod's business; it runs confined"},
    {"ContainerConfig.working_dir", kHarmless, "a path in the container"},
    {"ContainerConfig.envs", kHarmless, "for the container's process alone; never logged"},
    {"ContainerConfig.mounts", kLaterOrOpen,
     "OPEN: hostPath volumes, propagation, relabelling and id mappings are not judged, so neither "
     "hostPathVolumes nor restrictedVolumes is enforced"},
    {"ContainerConfig.devices", kLaterOrOpen, "OPEN: any device of the node can be passed in"},
    {"ContainerConfig.labels", kCrossChecked,
     "those that name the pod and the container; others are open, as the sandbox's are",
     "labels { key: 'io.kubernetes.pod.name' value: 'x' }"},
    {"ContainerConfig.annotations", kJudged,
     "io.kubernetes.container.ports alone. OPEN: preStop hooks, and what a runtime or a plugin of "
     "it reads there (cdi.k8s.io/ and others)",
     "annotations { key: 'io.kubernetes.container.ports' value: '[{\"hostPort\":80}]' }"},
    {"ContainerConfig.log_path", kCrossChecked, "must stay below the pod's log directory"},
    {"ContainerConfig.stdin", kHarmless, "a stream of the container's process"},
    {"ContainerConfig.stdin_once", kHarmless, "a stream of the container's process"},
    {"ContainerConfig.tty", kHarmless, "a terminal of the container's own devpts"},
    {"ContainerConfig.linux", kJudgedByItsFields},
    {"ContainerConfig.windows", kPresence, "it has no business on a Linux node, whatever is in it"},
    {"ContainerConfig.CDI_devices", kLaterOrOpen,
     "OPEN: a CDI device is whatever its file on the node says, mounts and hooks included"},
    {"ContainerConfig.stop_signal", kHarmless, "is sent to the container's own process"},
    {"LinuxContainerConfig.resources", kLaterOrOpen,
     "OPEN: no level is about limits, but oom_score_adj -1000 and any key of `unified` pass"},
    {"LinuxContainerConfig.security_context", kJudgedByItsFields},
    {"ContainerMetadata.name", kJudged},
    {"ContainerMetadata.attempt", kJudged},
    {"ImageSpec.image", kJudged},
    {"ImageSpec.annotations", kLaterOrOpen, "are about pulling; a runtime may read them here too"},
    {"ImageSpec.user_specified_image", kJudged},
    {"ImageSpec.runtime_handler", kLaterOrOpen,
     "which handler's copy of the image; the sandbox's handler decides what runs it"},
    {"ImageSpec.image_ref", kLaterOrOpen,
     "another name of the image; not known to be what a runtime runs"},
};

}  // namespace

std::span<const FieldTreatment> FieldTreatments() {
  return kRows;
}

}  // namespace sekisho::cri
