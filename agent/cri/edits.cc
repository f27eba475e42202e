#include "cri/edits.h"

#include <string>
#include <vector>

#include "policy/deprecated_profile.h"
#include "runtime/v1/api.pb.h"

namespace sekisho::cri {
namespace {

namespace cri_v1 = runtime::v1;

void Set(const policy::SecurityProfile& from, cri_v1::SecurityProfile& to) {
  switch (from.type) {
    case policy::ProfileType::kRuntimeDefault:
      to.set_profile_type(cri_v1::SecurityProfile::RuntimeDefault);
      break;
    case policy::ProfileType::kLocalhost:
      to.set_profile_type(cri_v1::SecurityProfile::Localhost);
      break;
    case policy::ProfileType::kAbsent:
    case policy::ProfileType::kUnconfined:
      to.set_profile_type(cri_v1::SecurityProfile::Unconfined);
      break;
  }
  to.set_localhost_ref(from.localhost_ref);
}

void Set(const policy::SELinuxOptions& from, cri_v1::SELinuxOption& to) {
  to.set_user(from.user);
  to.set_role(from.role);
  to.set_type(from.type);
  to.set_level(from.level);
}

void Remove(const std::vector<std::string>& keys,
            google::protobuf::Map<std::string, std::string>& from) {
  for (const std::string& key : keys) {
    from.erase(key);
  }
}

// Whether there is an edit of the security context: one that is not must not be given an empty one.
bool TouchesContext(policy::Edits edits) {
  edits.remove_annotations.clear();
  return !edits.empty();
}

void Set(const std::vector<std::string>& from,
         google::protobuf::RepeatedPtrField<std::string>& to) {
  to.Assign(from.begin(), from.end());
}

void ApplyCapabilities(const policy::Edits& edits, cri_v1::LinuxContainerSecurityContext& context) {
  if (!edits.capabilities_add && !edits.capabilities_drop && !edits.capabilities_ambient) {
    return;  // an empty message where there was none would be one field too many
  }
  cri_v1::Capability& capabilities = *context.mutable_capabilities();
  if (edits.capabilities_add) {
    Set(*edits.capabilities_add, *capabilities.mutable_add_capabilities());
  }
  if (edits.capabilities_drop) {
    Set(*edits.capabilities_drop, *capabilities.mutable_drop_capabilities());
  }
  if (edits.capabilities_ambient) {
    Set(*edits.capabilities_ambient, *capabilities.mutable_add_ambient_capabilities());
  }
}

void ApplyToContext(const policy::Edits& edits, cri_v1::LinuxContainerSecurityContext& context) {
  if (edits.seccomp) {
    Set(*edits.seccomp, *context.mutable_seccomp());
    if (!context.seccomp_profile_path().empty()) {
      context.set_seccomp_profile_path(policy::ToDeprecated(*edits.seccomp));
    }
  }
  if (edits.apparmor) {
    Set(*edits.apparmor, *context.mutable_apparmor());
    if (!context.apparmor_profile().empty()) {
      context.set_apparmor_profile(policy::ToDeprecated(*edits.apparmor));
    }
  }
  ApplyCapabilities(edits, context);
  if (edits.no_new_privs) {
    context.set_no_new_privs(*edits.no_new_privs);
  }
  if (edits.masked_paths) {
    Set(*edits.masked_paths, *context.mutable_masked_paths());
  }
  if (edits.readonly_paths) {
    Set(*edits.readonly_paths, *context.mutable_readonly_paths());
  }
  if (edits.readonly_rootfs) {
    context.set_readonly_rootfs(*edits.readonly_rootfs);
  }
  if (edits.selinux) {
    Set(*edits.selinux, *context.mutable_selinux_options());
  }
}

}  // namespace

void Apply(const policy::Edits& edits, cri_v1::ContainerConfig& config) {
  Remove(edits.remove_annotations, *config.mutable_annotations());
  if (TouchesContext(edits)) {
    ApplyToContext(edits, *config.mutable_linux()->mutable_security_context());
  }
}

void Apply(const policy::SandboxEdits& edits, cri_v1::PodSandboxConfig& config) {
  Remove(edits.remove_annotations, *config.mutable_annotations());
  if (!edits.remove_sysctls.empty() && config.has_linux()) {
    Remove(edits.remove_sysctls, *config.mutable_linux()->mutable_sysctls());
  }
  if (edits.selinux) {
    Set(*edits.selinux,
        *config.mutable_linux()->mutable_security_context()->mutable_selinux_options());
  }
}

}  // namespace sekisho::cri
