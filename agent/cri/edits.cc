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

}  // namespace

void Apply(const policy::Edits& edits, cri_v1::ContainerConfig& config) {
  if (edits.empty()) {
    return;
  }
  cri_v1::LinuxContainerSecurityContext& context =
      *config.mutable_linux()->mutable_security_context();
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
}

}  // namespace sekisho::cri
