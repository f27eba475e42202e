#include "manifest/declared.h"

#include <optional>

namespace sekisho::manifest {
namespace {

// PodSecurityContext and SecurityContext have these of the same names.
template <typename Context>
policy::DeclaredContext ContextFrom(const std::optional<Context>& context) {
  policy::DeclaredContext out;
  if (!context.has_value()) {
    return out;
  }
  if (context->seccomp_profile.has_value()) {
    out.seccomp_type = context->seccomp_profile->type;
  }
  if (context->app_armor_profile.has_value()) {
    out.apparmor_type = context->app_armor_profile->type;
  }
  if (const auto& options = context->se_linux_options; options.has_value()) {
    out.selinux = policy::SELinuxOptions{.user = options->user,
                                         .role = options->role,
                                         .type = options->type,
                                         .level = options->level};
  }
  out.run_as_non_root = context->run_as_non_root;
  out.run_as_user = context->run_as_user;
  if (context->windows_options.has_value()) {
    out.host_process = context->windows_options->host_process;
  }
  return out;
}

void AddHosts(const std::optional<Handler>& handler, std::vector<std::string>& hosts) {
  if (!handler.has_value()) {
    return;
  }
  if (handler->http_get.has_value() && !handler->http_get->host.empty()) {
    hosts.push_back(handler->http_get->host);
  }
  if (handler->tcp_socket.has_value() && !handler->tcp_socket->host.empty()) {
    hosts.push_back(handler->tcp_socket->host);
  }
}

policy::DeclaredContainer ContainerFrom(const Container& container) {
  policy::DeclaredContainer out;
  out.context = ContextFrom(container.security_context);
  if (container.security_context.has_value()) {
    out.proc_mount = container.security_context->proc_mount;
  }
  for (const auto* handler :
       {&container.liveness_probe, &container.readiness_probe, &container.startup_probe,
        &container.post_start, &container.pre_stop}) {
    AddHosts(*handler, out.probe_hosts);
  }
  return out;
}

}  // namespace

policy::DeclaredPod DeclaredFrom(const PodManifest& pod) {
  policy::DeclaredPod out;
  out.context = ContextFrom(pod.spec.security_context);
  out.windows = pod.spec.os_name == "windows";
  out.host_users = pod.spec.host_users;
  if (pod.spec.security_context.has_value()) {
    for (const Sysctl& sysctl : pod.spec.security_context->sysctls) {
      out.sysctls.push_back(sysctl.name);
    }
  }
  for (const Volume& volume : pod.spec.volumes) {
    out.volumes.push_back({.name = volume.name, .type = volume.type, .path = volume.path});
  }
  for (const Container& container : pod.spec.containers) {
    out.containers.push_back(ContainerFrom(container));
  }
  return out;
}

}  // namespace sekisho::manifest
