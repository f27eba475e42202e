#include "config/spec_entries.h"

#include <optional>
#include <vector>

namespace sekisho::config {
namespace {

template <typename Entry>
size_t Count(const std::vector<Entry>& list) {
  return list.size();
}
size_t Count(const policy::IdRule& rule) {
  return rule.ranges.size();
}
size_t Count(const policy::ProfileRule& rule) {
  return rule.allowed.size();
}
template <typename List>
size_t Count(const std::optional<List>& list) {
  return list.has_value() ? Count(*list) : 0;
}

template <typename... Lists>
size_t Sum(const Lists&... lists) {
  return (Count(lists) + ...);
}

}  // namespace

size_t EntriesOf(const policy::Spec& spec) {
  const policy::Controls& controls = spec.controls;
  return Sum(spec.harden.drop_capabilities, spec.localhost.must_deny, spec.trust.host_paths,
             spec.trust.persistent_volumes, spec.trust.devices, spec.trust.cdi_kinds,
             spec.annotations.allow, spec.annotations.strip, spec.annotations.deny) +
         Sum(controls.host_ports, controls.volumes, controls.allowed_host_paths,
             controls.allowed_flex_volumes, controls.allowed_csi_drivers, controls.run_as_user,
             controls.run_as_group, controls.supplemental_groups, controls.default_add_capabilities,
             controls.required_drop_capabilities, controls.allowed_capabilities,
             controls.allowed_proc_mount_types, controls.apparmor, controls.seccomp,
             controls.forbidden_sysctls, controls.allowed_unsafe_sysctls,
             controls.allowed_runtime_handlers);
}

}  // namespace sekisho::config
