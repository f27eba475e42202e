#include "differential/second_anomalies.h"

#include <google/protobuf/message.h>

#include <string>

#include "differential/second_namespaces.h"

namespace sekisho::differential {
namespace {

namespace v1 = runtime::v1;

bool HasUnknownFields(const google::protobuf::Message& message) {
  return !message.GetReflection()->GetUnknownFields(message).empty();
}

bool IsUnknown(const v1::NamespaceOption& options) {
  const v1::UserNamespace& userns = options.userns_options();
  bool unknown =
      HasUnknownFields(options) || HasUnknownFields(userns) ||
      !v1::NamespaceMode_IsValid(options.network()) || !v1::NamespaceMode_IsValid(options.pid()) ||
      !v1::NamespaceMode_IsValid(options.ipc()) || !v1::NamespaceMode_IsValid(userns.mode());
  for (const v1::IDMapping& mapping : userns.uids()) {
    unknown = unknown || HasUnknownFields(mapping);
  }
  for (const v1::IDMapping& mapping : userns.gids()) {
    unknown = unknown || HasUnknownFields(mapping);
  }
  return unknown;
}

bool IsUnknown(const v1::SecurityProfile& profile) {
  return HasUnknownFields(profile) ||
         !v1::SecurityProfile::ProfileType_IsValid(profile.profile_type());
}

bool IsKubeletsProfile(const Node& node, const std::string& path) {
  const std::string directory = node.kubelet_root + "/seccomp/";
  return path.starts_with(directory) && path.size() > directory.size() && path.back() != '/' &&
         path.find("//") == std::string::npos && (path + "/").find("/./") == std::string::npos &&
         (path + "/").find("/../") == std::string::npos;
}

}  // namespace

bool HasUnknown(const v1::PodSandboxConfig& pod) {
  const v1::LinuxSandboxSecurityContext& context = pod.linux().security_context();
  return HasUnknownFields(context) || IsUnknown(context.namespace_options()) ||
         HasUnknownFields(context.selinux_options()) || HasUnknownFields(context.run_as_user()) ||
         IsUnknown(context.seccomp()) || IsUnknown(context.apparmor());
}

bool HasUnknown(const v1::ContainerConfig& container) {
  for (const v1::Mount& mount : container.mounts()) {
    if (HasUnknownFields(mount) || !v1::MountPropagation_IsValid(mount.propagation())) {
      return true;
    }
  }
  const v1::LinuxContainerSecurityContext& context = container.linux().security_context();
  return HasUnknownFields(context) || IsUnknown(context.namespace_options()) ||
         HasUnknownFields(context.capabilities()) || HasUnknownFields(context.selinux_options()) ||
         HasUnknownFields(context.run_as_user()) || IsUnknown(context.seccomp()) ||
         IsUnknown(context.apparmor());
}

// Modes that are not known are all the node's. CONTAINER, POD and TARGET are all within the pod,
// where it is about pids.
bool HasOtherNamespaces(const v1::PodSandboxConfig& pod, const v1::ContainerConfig& container) {
  const v1::NamespaceOption& pods = pod.linux().security_context().namespace_options();
  const v1::NamespaceOption& own = container.linux().security_context().namespace_options();
  const auto differ = [](v1::NamespaceMode one, v1::NamespaceMode other) {
    return one != other && !(IsOfNode(one) && IsOfNode(other));
  };
  return differ(own.network(), pods.network()) || differ(own.ipc(), pods.ipc()) ||
         (IsOfNode(own.pid()) && !IsOfNode(pods.pid())) || !AreUsersEqual(own, pods);
}

// By either field, since a runtime may read either. A deprecated text without a name is no
// Localhost profile, but unconfined.
bool HasForeignProfile(const Node& node, const v1::ContainerConfig& container) {
  static const std::string kLocalhost = "localhost/";
  const v1::LinuxContainerSecurityContext& context = container.linux().security_context();
  const std::string& deprecated = context.seccomp_profile_path();
  return (context.seccomp().profile_type() == v1::SecurityProfile::Localhost &&
          !IsKubeletsProfile(node, context.seccomp().localhost_ref())) ||
         (deprecated.starts_with(kLocalhost) && deprecated != kLocalhost &&
          !IsKubeletsProfile(node, deprecated.substr(kLocalhost.size())));
}

}  // namespace sekisho::differential
