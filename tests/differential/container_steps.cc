#include <array>
#include <string>

#include "differential/request_steps.h"

namespace sekisho::differential {
namespace {

namespace v1 = runtime::v1;

using Texts = google::protobuf::RepeatedPtrField<std::string>;

v1::LinuxContainerSecurityContext& ContextOf(Request& request) {
  return *request.container.mutable_linux()->mutable_security_context();
}

void LeaveOutOfContainer(Random& random, Request& request) {
  switch (random.Below(5)) {
    case 0:
      request.container.clear_linux();
      break;
    case 1:
      request.container.mutable_linux()->clear_security_context();
      break;
    case 2:
      ContextOf(request).clear_namespace_options();
      break;
    case 3:
      request.container.clear_metadata();
      break;
    default:
      ContextOf(request).clear_capabilities();
      break;
  }
}

void SetPrivilegedContainer(Random& /*random*/, Request& request) {
  ContextOf(request).set_privileged(true);
}

// As Kubernetes writes them, as containerd takes them as well, and none at all.
const char* AnyCapability(Random& random) {
  static constexpr auto kOfKubernetes = std::to_array<const char*>(
      {"AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD",
       "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"});
  static constexpr auto kOthers = std::to_array<const char*>({"NET_RAW",
                                                              "SYS_ADMIN",
                                                              "ALL",
                                                              "all",
                                                              "All",
                                                              "CAP_ALL",
                                                              "chown",
                                                              "Chown",
                                                              "CAP_CHOWN",
                                                              "cap_net_bind_service",
                                                              "net_bind_service",
                                                              "CAP_NET_BIND_SERVICE",
                                                              "NET_BIND_SERVICE ",
                                                              "NET_BIND",
                                                              "BPF",
                                                              "*",
                                                              "",
                                                              "SYS_PTRACE",
                                                              "AUDIT_READ",
                                                              "DAC_READ_SEARCH"});
  return random.Chance(50) ? random.OneOf(kOfKubernetes) : random.OneOf(kOthers);
}

void AddCapabilities(Random& random, Request& request) {
  v1::Capability& capabilities = *ContextOf(request).mutable_capabilities();
  for (uint32_t left = 1 + random.Below(2); left > 0; --left) {
    capabilities.add_add_capabilities(random.Chance(30) ? "NET_BIND_SERVICE"
                                                        : AnyCapability(random));
  }
}

void AddAmbientCapabilities(Random& random, Request& request) {
  ContextOf(request).mutable_capabilities()->add_add_ambient_capabilities(AnyCapability(random));
}

void DropCapabilities(Random& random, Request& request) {
  v1::Capability& capabilities = *ContextOf(request).mutable_capabilities();
  capabilities.clear_drop_capabilities();
  for (uint32_t left = random.Below(3); left > 0; --left) {
    capabilities.add_drop_capabilities(random.Chance(30) ? "ALL" : AnyCapability(random));
  }
}

// 3 and 9 are no types of the protocol.
void SetProfile(Random& random, v1::SecurityProfile& profile, const char* localhost_ref) {
  profile.set_profile_type(static_cast<v1::SecurityProfile::ProfileType>(
      random.OneOf(std::to_array({0, 0, 1, 1, 1, 2, 2, 3, 9}))));
  profile.set_localhost_ref(localhost_ref);
}

const char* AnyDeprecatedProfile(Random& random) {
  return random.OneOf(std::to_array<const char*>(
      {"", "unconfined", "runtime/default", "docker/default", "localhost/web", "localhost/",
       "localhost//var/lib/kubelet/seccomp/web.json", "Unconfined", "UNCONFINED", "RuntimeDefault",
       "runtime/default ", "localhost", "web"}));
}

const char* AnyFile(Random& random) {
  return random.OneOf(std::to_array<const char*>(
      {"", "web.json", "/etc/web.json", "/var/lib/kubelet/seccomp", "/var/lib/kubelet/seccomp/",
       "/var/lib/kubelet/seccomp/a/b.json", "/var/lib/kubelet/seccomp//web.json",
       "/var/lib/kubelet/seccomp/./web.json", "/var/lib/kubelet/seccomp/../pki/web.json",
       "/var/lib/kubelet/seccomp/..", "/var/lib/kubelet/seccomp/..web.json",
       "/var/lib/kubelet/seccomp/web.json/", "/var/lib/kubelet/seccomps/web.json"}));
}

void SetSeccomp(Random& random, Request& request) {
  if (random.Chance(30)) {
    ContextOf(request).clear_seccomp();
    return;
  }
  SetProfile(random, *ContextOf(request).mutable_seccomp(),
             random.Chance(50) ? "/var/lib/kubelet/seccomp/web.json" : AnyFile(random));
}

void SetSeccompPath(Random& random, Request& request) {
  if (random.Chance(50)) {
    ContextOf(request).clear_seccomp();
  }
  ContextOf(request).set_seccomp_profile_path(AnyDeprecatedProfile(random));
}

void SetAppArmor(Random& random, Request& request) {
  SetProfile(random, *ContextOf(request).mutable_apparmor(), random.Chance(80) ? "web" : "");
}

void SetAppArmorText(Random& random, Request& request) {
  ContextOf(request).set_apparmor_profile(AnyDeprecatedProfile(random));
}

void SetLabelOfContainer(Random& random, Request& request) {
  v1::SELinuxOption& options = *ContextOf(request).mutable_selinux_options();
  options.set_type(random.OneOf(std::to_array<const char*>(
      {"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t", "spc_t",
       "CONTAINER_T", "container", "svirt_lxc_net_t"})));
  options.set_level(random.Chance(50) ? "s0" : "");
  options.set_user(random.Chance(15) ? "unconfined_u" : "");
  options.set_role(random.Chance(15) ? "object_r" : "");
}

void ChangePaths(Random& random, Texts& paths) {
  const int count = paths.size();
  switch (random.Below(5)) {
    case 0:
      paths.Clear();
      break;
    case 1:
    case 2:  // one is missing
      if (count > 0) {
        paths.SwapElements(static_cast<int>(random.Below(static_cast<uint32_t>(count))), count - 1);
        paths.RemoveLast();
      }
      break;
    case 3:  // one is written in another way
      if (count > 0) {
        *paths.Mutable(static_cast<int>(random.Below(static_cast<uint32_t>(count)))) += "/";
      }
      break;
    default:
      *paths.Add() =
          random.OneOf(std::to_array<const char*>({"/proc/kcore", "/secret", "/proc", ""}));
      break;
  }
}

void ChangeMaskedPaths(Random& random, Request& request) {
  ChangePaths(random, *ContextOf(request).mutable_masked_paths());
}

void ChangeReadonlyPaths(Random& random, Request& request) {
  ChangePaths(random, *ContextOf(request).mutable_readonly_paths());
}

// What a kubelet sends for procMount: Unmasked.
void Unmask(Random& /*random*/, Request& request) {
  ContextOf(request).clear_masked_paths();
  ContextOf(request).clear_readonly_paths();
}

void AllowPrivilegeEscalation(Random& /*random*/, Request& request) {
  ContextOf(request).set_no_new_privs(false);
}

void SetUserOfContainer(Random& random, Request& request) {
  if (random.Chance(20)) {
    ContextOf(request).clear_run_as_user();
    return;
  }
  ContextOf(request).mutable_run_as_user()->set_value(random.OneOf(std::to_array<int64_t>(
      {0, 0, 0, 1, 65535, 2147483647, 2147483648, 4294967296, -1, INT64_MIN, INT64_MAX})));
}

void SetUserName(Random& random, Request& request) {
  ContextOf(request).set_run_as_username(
      random.OneOf(std::to_array<const char*>({"", "root", "0", "0:0", "1000", "nobody"})));
}

void AnnotatePorts(Random& random, Request& request) {
  std::string json;
  for (uint32_t left = 1 + random.Below(3); left > 0; --left) {
    json += json.empty() ? "[" : ",";
    json += R"({"name":"hostPort",)";
    if (random.Chance(50)) {
      json += R"("hostPort":)";
      json += random.OneOf(std::to_array<const char*>({"0", "0", "80", "-1", "65535", "9"}));
      json += ",";
    }
    json += R"("containerPort":8080,"protocol":"TCP"})";
  }
  (*request.container.mutable_annotations())["io.kubernetes.container.ports"] = json + "]";
}

void AnnotatePreStop(Random& random, Request& request) {
  static constexpr auto kHandlers = std::to_array<const char*>({
      R"({"httpGet":{"path":"/x","port":8080,"host":"bad.host","scheme":"HTTP"}})",
      R"({"httpGet":{"path":"/x","port":8080,"scheme":"HTTP"}})",
      R"({"httpGet":{"port":"web","host":"127.0.0.1"}})",
      R"({"httpGet":{"port":1,"httpHeaders":[{"name":"Host","value":"bad.host"}]}})",
      R"({"tcpSocket":{"port":8080,"host":"::1"}})",
      R"({"tcpSocket":{"port":8080}})",
      R"({"httpGet":{"port":8080,"host":""}})",
      R"({"exec":{"command":["sh","-c","echo '{\"host\":\"x\"}'"]}})",
      R"({"sleep":{"seconds":5}})",
  });
  (*request.container.mutable_annotations())["io.kubernetes.container.preStopHandler"] =
      random.OneOf(kHandlers);
}

void AddWindowsToContainer(Random& random, Request& request) {
  v1::WindowsContainerConfig& windows = *request.container.mutable_windows();
  if (random.Chance(50)) {
    windows.mutable_security_context()->set_host_process(true);
  }
}

void AddUnknownToContainer(Random& random, Request& request) {
  google::protobuf::Message* const messages[] = {&ContextOf(request),
                                                 ContextOf(request).mutable_capabilities(),
                                                 ContextOf(request).mutable_namespace_options(),
                                                 ContextOf(request).mutable_selinux_options(),
                                                 ContextOf(request).mutable_seccomp(),
                                                 ContextOf(request).mutable_apparmor()};
  google::protobuf::Message& message = *random.OneOf(messages);
  message.GetReflection()->MutableUnknownFields(&message)->AddVarint(5000, 1);
}

constexpr auto kContainerChanges = std::to_array<Change>({
    {"messages of the container left out", LeaveOutOfContainer},
    {"container's privileged", SetPrivilegedContainer},
    {"capabilities added", AddCapabilities},
    {"ambient capabilities added", AddAmbientCapabilities},
    {"capabilities dropped", DropCapabilities},
    {"seccomp", SetSeccomp},
    {"seccomp_profile_path", SetSeccompPath},
    {"apparmor", SetAppArmor},
    {"apparmor_profile", SetAppArmorText},
    {"container's SELinux options", SetLabelOfContainer},
    {"masked_paths", ChangeMaskedPaths},
    {"readonly_paths", ChangeReadonlyPaths},
    {"both lists of paths empty", Unmask},
    {"no_new_privs", AllowPrivilegeEscalation},
    {"container's run_as_user", SetUserOfContainer},
    {"run_as_username", SetUserName},
    {"annotation of ports", AnnotatePorts},
    {"annotation of preStop", AnnotatePreStop},
    {"container's windows message", AddWindowsToContainer},
    {"unknown field in the container", AddUnknownToContainer},
});

}  // namespace

std::span<const Change> ContainerChanges() {
  return kContainerChanges;
}

}  // namespace sekisho::differential
