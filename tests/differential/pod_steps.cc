#include <array>
#include <string>

#include "differential/request_steps.h"

namespace sekisho::differential {
namespace {

namespace v1 = runtime::v1;

v1::LinuxSandboxSecurityContext& PodContext(Request& request) {
  return *request.pod.mutable_linux()->mutable_security_context();
}

v1::NamespaceOption& NamespacesOfPod(Request& request) {
  return *PodContext(request).mutable_namespace_options();
}

v1::NamespaceOption& NamespacesOfContainer(Request& request) {
  return *request.container.mutable_linux()
              ->mutable_security_context()
              ->mutable_namespace_options();
}

// 4 is no mode of the protocol.
v1::NamespaceMode AnyMode(Random& random) {
  return static_cast<v1::NamespaceMode>(random.OneOf(std::to_array({0, 1, 2, 2, 2, 3, 4})));
}

void SetMode(Random& random, v1::NamespaceOption& options) {
  const v1::NamespaceMode mode = AnyMode(random);
  switch (random.Below(3)) {
    case 0:
      options.set_network(mode);
      break;
    case 1:
      options.set_pid(mode);
      break;
    default:
      options.set_ipc(mode);
      break;
  }
}

// As a kubelet does it: the container repeats what the pod says.
void ShareNamespaces(Random& random, Request& request) {
  SetMode(random, NamespacesOfPod(request));
  NamespacesOfContainer(request) = NamespacesOfPod(request);
}

void ChangeNamespacesOfPod(Random& random, Request& request) {
  SetMode(random, NamespacesOfPod(request));
}

void ChangeNamespacesOfContainer(Random& random, Request& request) {
  SetMode(random, NamespacesOfContainer(request));
}

void AddMapping(Random& random, google::protobuf::RepeatedPtrField<v1::IDMapping>& mappings) {
  v1::IDMapping& mapping = *mappings.Add();
  mapping.set_host_id(random.Chance(80) ? 65536 + 65536 * random.Below(3)
                                        : random.OneOf(std::to_array<uint32_t>(
                                              {0, 1, 1000, 65535, 65536, 65537, UINT32_MAX})));
  mapping.set_container_id(random.Chance(90) ? 0 : random.Below(3));
  mapping.set_length(random.Chance(90) ? 65536 : random.Below(2));
}

void SetUserns(Random& random, v1::UserNamespace& userns) {
  userns.Clear();
  userns.set_mode(random.Chance(85) ? v1::POD : AnyMode(random));
  for (uint32_t left = random.Chance(90) ? 1 : random.Below(3); left > 0; --left) {
    AddMapping(random, *userns.mutable_uids());
  }
  for (uint32_t left = random.Chance(90) ? 1 : random.Below(3); left > 0; --left) {
    AddMapping(random, *userns.mutable_gids());
  }
}

// In whole, as a kubelet does it.
void GiveUserns(Random& random, Request& request) {
  SetUserns(random, *NamespacesOfPod(request).mutable_userns_options());
  *NamespacesOfContainer(request).mutable_userns_options() =
      NamespacesOfPod(request).userns_options();
}

void ChangeUsernsOfPod(Random& random, Request& request) {
  if (random.Chance(20)) {
    NamespacesOfPod(request).clear_userns_options();
    return;
  }
  SetUserns(random, *NamespacesOfPod(request).mutable_userns_options());
}

void ChangeUsernsOfContainer(Random& random, Request& request) {
  if (random.Chance(20)) {
    NamespacesOfContainer(request).clear_userns_options();
    return;
  }
  SetUserns(random, *NamespacesOfContainer(request).mutable_userns_options());
}

void LeaveOutOfPod(Random& random, Request& request) {
  switch (random.Below(5)) {
    case 0:
      request.pod.clear_linux();
      break;
    case 1:
      request.pod.mutable_linux()->clear_security_context();
      break;
    case 2:
      PodContext(request).clear_namespace_options();
      break;
    case 3:
      request.pod.clear_metadata();
      break;
    default:
      request.pod.clear_annotations();
      break;
  }
}

void SetUserOfPod(Random& random, Request& request) {
  PodContext(request).mutable_run_as_user()->set_value(
      random.OneOf(std::to_array<int64_t>({0, 0, 0, 1, 1000, -1, 4294967296})));
}

void SetPrivilegedPod(Random& /*random*/, Request& request) {
  PodContext(request).set_privileged(true);
}

void SetLabelOfPod(Random& random, Request& request) {
  v1::SELinuxOption& options = *PodContext(request).mutable_selinux_options();
  options.set_type(random.OneOf(std::to_array<const char*>(
      {"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t", "spc_t",
       "Container_t", "container_t ", "unconfined_t"})));
  options.set_level(random.Chance(50) ? "s0:c1,c2" : "");
  options.set_user(random.Chance(15) ? "system_u" : "");
  options.set_role(random.Chance(15) ? "system_r" : "");
}

void MapPorts(Random& random, Request& request) {
  for (uint32_t left = 1 + random.Below(3); left > 0; --left) {
    v1::PortMapping& port = *request.pod.add_port_mappings();
    port.set_container_port(8080);
    port.set_host_port(random.OneOf(std::to_array({0, 0, 0, 80, 65535, -1, 1, 70000})));
  }
}

void SetSysctls(Random& random, Request& request) {
  static constexpr auto kNames = std::to_array<const char*>({"kernel.shm_rmid_forced",
                                                             "net.ipv4.ip_local_port_range",
                                                             "net.ipv4.tcp_syncookies",
                                                             "net.ipv4.ping_group_range",
                                                             "net.ipv4.ip_unprivileged_port_start",
                                                             "net.ipv4.ip_local_reserved_ports",
                                                             "net.ipv4.tcp_keepalive_time",
                                                             "net.ipv4.tcp_fin_timeout",
                                                             "net.ipv4.tcp_keepalive_intvl",
                                                             "net.ipv4.tcp_keepalive_probes",
                                                             "net.ipv4.tcp_rmem",
                                                             "net.ipv4.tcp_wmem",
                                                             "net.ipv4.tcp_slow_start_after_idle",
                                                             "net.ipv4.tcp_notsent_lowat",
                                                             "net/ipv4/tcp_syncookies",
                                                             "net.ipv4.tcp_syncookies ",
                                                             "net.ipv4.tcp",
                                                             "net.ipv4.TCP_SYNCOOKIES",
                                                             "net.ipv4.*",
                                                             "kernel.msgmax",
                                                             "net.ipv4.tcp_mem",
                                                             "net.ipv6.tcp_rmem",
                                                             ""});
  for (uint32_t left = random.Chance(80) ? 1 : 1 + random.Below(3); left > 0; --left) {
    (*request.pod.mutable_linux()->mutable_sysctls())[random.OneOf(kNames)] = "1";
  }
}

void AnnotateProfile(Random& random, Request& request) {
  static constexpr auto kKeys = std::to_array<const char*>(
      {"container.apparmor.security.beta.kubernetes.io/web",
       "container.apparmor.security.beta.kubernetes.io/other",
       "container.apparmor.security.beta.kubernetes.io/",
       "container.apparmor.security.beta.kubernetes.io",
       "container.AppArmor.security.beta.kubernetes.io/web",
       "apparmor.security.beta.kubernetes.io/web", "seccomp.security.alpha.kubernetes.io/pod",
       "seccomp.security.alpha.kubernetes.io/pods",
       "container.seccomp.security.alpha.kubernetes.io/web",
       "container.seccomp.security.alpha.kubernetes.io/other",
       "container.seccomp.security.alpha.kubernetes.io"});
  static constexpr auto kValues = std::to_array<const char*>(
      {"", "runtime/default", "docker/default", "localhost/web", "localhost/", "localhost",
       "unconfined", "Unconfined", "RuntimeDefault", "runtime/default ", "Runtime/Default"});
  (*request.pod.mutable_annotations())[random.OneOf(kKeys)] = random.OneOf(kValues);
}

void AddWindowsToPod(Random& random, Request& request) {
  v1::WindowsPodSandboxConfig& windows = *request.pod.mutable_windows();
  if (random.Chance(50)) {
    windows.mutable_security_context()->set_host_process(true);
  }
}

// What a later version of the protocol may say there.
void AddUnknownToPod(Random& random, Request& request) {
  google::protobuf::Message* const messages[] = {&PodContext(request), &NamespacesOfPod(request),
                                                 NamespacesOfPod(request).mutable_userns_options(),
                                                 PodContext(request).mutable_selinux_options(),
                                                 PodContext(request).mutable_seccomp()};
  google::protobuf::Message& message = *random.OneOf(messages);
  message.GetReflection()->MutableUnknownFields(&message)->AddVarint(5000, 1);
}

constexpr auto kPodChanges = std::to_array<Change>({
    {"namespaces shared", ShareNamespaces},
    {"pod's namespaces", ChangeNamespacesOfPod},
    {"container's namespaces", ChangeNamespacesOfContainer},
    {"user namespace", GiveUserns},
    {"user namespace once more", GiveUserns},  // half of what the newest versions say is about it
    {"pod's user namespace", ChangeUsernsOfPod},
    {"container's user namespace", ChangeUsernsOfContainer},
    {"messages of the pod left out", LeaveOutOfPod},
    {"pod's run_as_user", SetUserOfPod},
    {"pod's privileged", SetPrivilegedPod},
    {"pod's SELinux options", SetLabelOfPod},
    {"port_mappings", MapPorts},
    {"sysctls", SetSysctls},
    {"sysctls once more", SetSysctls},  // it takes the right name in the right version
    {"sysctls a third time", SetSysctls},
    {"annotation of a profile", AnnotateProfile},
    {"pod's windows message", AddWindowsToPod},
    {"unknown field in the pod", AddUnknownToPod},
});

}  // namespace

std::span<const Change> PodChanges() {
  return kPodChanges;
}

}  // namespace sekisho::differential
