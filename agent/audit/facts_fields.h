// Under which key each field of the policy's facts stands in the audit log: one table, read by the
// writer and by the reader.
//
// Keys are the members' names in lowerCamelCase, and stay for ever. A struct that gets another
// member no longer compiles here until it has its line in the table (or is said to be left out).
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <utility>

#include "audit/decided_facts.h"
#include "policy/facts.h"
#include "policy/namespace_labels.h"

namespace sekisho::audit {

template <typename Owner, typename Value>
struct Field {
  std::string_view key;
  Value Owner::*member;
};
template <typename Owner, typename Value>
Field(const char*, Value Owner::*) -> Field<Owner, Value>;

// kAll: a tuple of Fields, in the order in which they are written. kLeftOut: how many members have
// none.
template <typename T>
struct FieldsOf {};

// kNames: each enumerator by its name.
template <typename E>
struct EnumNames {};
template <typename E>
struct EnumName {
  E value;
  std::string_view name;
};

template <>
struct EnumNames<policy::NamespaceMode> {
  using E = policy::NamespaceMode;
  static constexpr std::array<EnumName<E>, 4> kNames = {
      {{E::kPod, "pod"}, {E::kContainer, "container"}, {E::kNode, "node"}, {E::kTarget, "target"}}};
};
template <>
struct EnumNames<policy::ProfileType> {
  using E = policy::ProfileType;
  static constexpr std::array<EnumName<E>, 4> kNames = {{{E::kAbsent, "absent"},
                                                         {E::kRuntimeDefault, "runtimeDefault"},
                                                         {E::kUnconfined, "unconfined"},
                                                         {E::kLocalhost, "localhost"}}};
};
template <>
struct EnumNames<policy::SupplementalGroupsPolicy> {
  using E = policy::SupplementalGroupsPolicy;
  static constexpr std::array<EnumName<E>, 2> kNames = {
      {{E::kMerge, "merge"}, {E::kStrict, "strict"}}};
};
template <>
struct EnumNames<policy::MountPropagation> {
  using E = policy::MountPropagation;
  static constexpr std::array<EnumName<E>, 3> kNames = {{{E::kPrivate, "private"},
                                                         {E::kHostToContainer, "hostToContainer"},
                                                         {E::kBidirectional, "bidirectional"}}};
};
template <>
struct EnumNames<policy::MountOrigin> {
  using E = policy::MountOrigin;
  static constexpr std::array<EnumName<E>, 5> kNames = {{{E::kUnresolved, "unresolved"},
                                                         {E::kManaged, "managed"},
                                                         {E::kVolume, "volume"},
                                                         {E::kImage, "image"},
                                                         {E::kHostPath, "hostPath"}}};
};
template <>
struct EnumNames<seccomp::ProfileFacts::State> {
  using E = seccomp::ProfileFacts::State;
  static constexpr std::array<EnumName<E>, 5> kNames = {{{E::kUsable, "usable"},
                                                         {E::kMissing, "missing"},
                                                         {E::kUntrusted, "untrusted"},
                                                         {E::kInvalid, "invalid"},
                                                         {E::kNotPinned, "notPinned"}}};
};

template <>
struct FieldsOf<policy::SecurityProfile> {
  using T = policy::SecurityProfile;
  static constexpr size_t kLeftOut = 0;
  static constexpr auto kAll =
      std::tuple{Field{"type", &T::type}, Field{"localhostRef", &T::localhost_ref}};
};

template <>
struct FieldsOf<policy::IdMapping> {
  using T = policy::IdMapping;
  static constexpr size_t kLeftOut = 0;
  static constexpr auto kAll =
      std::tuple{Field{"hostId", &T::host_id}, Field{"containerId", &T::container_id},
                 Field{"length", &T::length}};
};

template <>
struct FieldsOf<policy::UserNamespace> {
  using T = policy::UserNamespace;
  static constexpr size_t kLeftOut = 0;
  static constexpr auto kAll =
      std::tuple{Field{"mode", &T::mode}, Field{"uids", &T::uids}, Field{"gids", &T::gids}};
};

template <>
struct FieldsOf<policy::NamespaceOptions> {
  using T = policy::NamespaceOptions;
  static constexpr size_t kLeftOut = 0;
  static constexpr auto kAll =
      std::tuple{Field{"network", &T::network}, Field{"pid", &T::pid}, Field{"ipc", &T::ipc},
                 Field{"targetId", &T::target_id}, Field{"userns", &T::userns}};
};

template <>
struct FieldsOf<policy::SELinuxOptions> {
  using T = policy::SELinuxOptions;
  static constexpr size_t kLeftOut = 0;
  static constexpr auto kAll = std::tuple{Field{"user", &T::user}, Field{"role", &T::role},
                                          Field{"type", &T::type}, Field{"level", &T::level}};
};

template <>
struct FieldsOf<policy::UnknownField> {
  using T = policy::UnknownField;
  static constexpr size_t kLeftOut = 0;
  static constexpr auto kAll = std::tuple{Field{"path", &T::path}};
};

template <>
struct FieldsOf<policy::MountFacts> {
  using T = policy::MountFacts;
  static constexpr size_t kLeftOut = 0;
  static constexpr auto kAll = std::tuple{Field{"containerPath", &T::container_path},
                                          Field{"hostPath", &T::host_path},
                                          Field{"readonly", &T::readonly},
                                          Field{"selinuxRelabel", &T::selinux_relabel},
                                          Field{"propagation", &T::propagation},
                                          Field{"uidMappings", &T::uid_mappings},
                                          Field{"gidMappings", &T::gid_mappings},
                                          Field{"recursiveReadOnly", &T::recursive_read_only},
                                          Field{"image", &T::image},
                                          Field{"mountOptions", &T::mount_options},
                                          Field{"origin", &T::origin},
                                          Field{"plugin", &T::plugin},
                                          Field{"volume", &T::volume},
                                          Field{"csiDriver", &T::csi_driver},
                                          Field{"csiInline", &T::csi_inline},
                                          Field{"source", &T::source},
                                          Field{"remark", &T::remark}};
};

template <>
struct FieldsOf<policy::DeviceFacts> {
  using T = policy::DeviceFacts;
  static constexpr size_t kLeftOut = 0;
  static constexpr auto kAll = std::tuple{Field{"containerPath", &T::container_path},
                                          Field{"hostPath", &T::host_path},
                                          Field{"permissions", &T::permissions},
                                          Field{"origin", &T::origin},
                                          Field{"plugin", &T::plugin},
                                          Field{"volume", &T::volume},
                                          Field{"remark", &T::remark}};
};

template <>
struct FieldsOf<seccomp::ProfileFacts> {
  using T = seccomp::ProfileFacts;
  static constexpr size_t kLeftOut = 0;
  static constexpr auto kAll = std::tuple{Field{"path", &T::path},
                                          Field{"state", &T::state},
                                          Field{"fault", &T::fault},
                                          Field{"pinnedPath", &T::pinned_path},
                                          Field{"digest", &T::digest},
                                          Field{"dockerFormat", &T::docker_format},
                                          Field{"refusedDockerFormat", &T::refused_docker_format},
                                          Field{"unconfinedInDisguise", &T::unconfined_in_disguise},
                                          Field{"beyondFloor", &T::beyond_floor},
                                          Field{"mustDenyAllowed", &T::must_deny_allowed},
                                          Field{"refusedButNeeded", &T::refused_but_needed}};
};

template <>
struct FieldsOf<policy::SandboxFacts> {
  using T = policy::SandboxFacts;
  static constexpr size_t kLeftOut = 1;  // pod: the line has it
  static constexpr auto kAll = std::tuple{Field{"privileged", &T::privileged},
                                          Field{"namespaces", &T::namespaces},
                                          Field{"selinux", &T::selinux},
                                          Field{"runAsUser", &T::run_as_user},
                                          Field{"runAsGroup", &T::run_as_group},
                                          Field{"readonlyRootfs", &T::readonly_rootfs},
                                          Field{"supplementalGroups", &T::supplemental_groups},
                                          Field{"seccomp", &T::seccomp},
                                          Field{"seccompProfilePath", &T::seccomp_profile_path},
                                          Field{"sysctls", &T::sysctls},
                                          Field{"annotations", &T::annotations},
                                          Field{"labels", &T::labels},
                                          Field{"hostPorts", &T::host_ports},
                                          Field{"unifiedKeys", &T::unified_keys},
                                          Field{"cgroupParent", &T::cgroup_parent},
                                          Field{"logDirectory", &T::log_directory},
                                          Field{"windowsPresent", &T::windows_present},
                                          Field{"unknown", &T::unknown}};
};

template <>
struct FieldsOf<policy::ContainerFacts> {
  using T = policy::ContainerFacts;
  static constexpr size_t kLeftOut = 0;
  static constexpr auto kAll =
      std::tuple{Field{"name", &T::name},
                 Field{"attempt", &T::attempt},
                 Field{"image", &T::image},
                 Field{"userSpecifiedImage", &T::user_specified_image},
                 Field{"privileged", &T::privileged},
                 Field{"capabilitiesAdd", &T::capabilities_add},
                 Field{"capabilitiesDrop", &T::capabilities_drop},
                 Field{"capabilitiesAmbient", &T::capabilities_ambient},
                 Field{"namespaces", &T::namespaces},
                 Field{"selinux", &T::selinux},
                 Field{"runAsUser", &T::run_as_user},
                 Field{"runAsGroup", &T::run_as_group},
                 Field{"runAsUsername", &T::run_as_username},
                 Field{"readonlyRootfs", &T::readonly_rootfs},
                 Field{"supplementalGroups", &T::supplemental_groups},
                 Field{"noNewPrivs", &T::no_new_privs},
                 Field{"maskedPaths", &T::masked_paths},
                 Field{"readonlyPaths", &T::readonly_paths},
                 Field{"seccomp", &T::seccomp},
                 Field{"seccompProfilePath", &T::seccomp_profile_path},
                 Field{"apparmor", &T::apparmor},
                 Field{"apparmorProfile", &T::apparmor_profile},
                 Field{"supplementalGroupsPolicy", &T::supplemental_groups_policy},
                 Field{"hostPorts", &T::host_ports},
                 Field{"portsAnnotationUnreadable", &T::ports_annotation_unreadable},
                 Field{"preStopHosts", &T::pre_stop_hosts},
                 Field{"preStopAnnotationUnreadable", &T::pre_stop_annotation_unreadable},
                 Field{"mounts", &T::mounts},
                 Field{"devices", &T::devices},
                 Field{"cdiDevices", &T::cdi_devices},
                 Field{"annotations", &T::annotations},
                 Field{"labels", &T::labels},
                 Field{"terminationMessagePath", &T::termination_message_path},
                 Field{"unifiedKeys", &T::unified_keys},
                 Field{"oomScoreAdj", &T::oom_score_adj},
                 Field{"imageIsFile", &T::image_is_file},
                 Field{"profiles", &T::profiles},
                 Field{"windowsPresent", &T::windows_present},
                 Field{"unknown", &T::unknown}};
};

template <>
struct FieldsOf<policy::PodSecurityLabels> {
  using T = policy::PodSecurityLabels;
  static constexpr size_t kLeftOut = 0;
  static constexpr auto kAll =
      std::tuple{Field{"enforce", &T::enforce}, Field{"enforceVersion", &T::enforce_version},
                 Field{"audit", &T::audit},     Field{"auditVersion", &T::audit_version},
                 Field{"warn", &T::warn},       Field{"warnVersion", &T::warn_version}};
};

template <>
struct FieldsOf<DecidedFacts> {
  using T = DecidedFacts;
  static constexpr size_t kLeftOut = 0;
  static constexpr auto kAll = std::tuple{
      Field{"sandbox", &T::sandbox}, Field{"container", &T::container}, Field{"labels", &T::labels},
      Field{"complete", &T::complete}, Field{"profileQuestion", &T::profile_question}};
};

// How many members a struct has: as many as it can be initialised with.
struct Anything {
  template <typename T>
  operator T() const {  // NOLINT(google-explicit-constructor)
    return T();
  }
};
template <typename T, size_t... kIndex>
constexpr bool CanHold(std::index_sequence<kIndex...> /*members*/) {
  return requires {
    T{(static_cast<void>(kIndex), Anything())...};
  };
}
template <typename T, size_t kSoFar = 0>
constexpr size_t MembersOf() {
  if constexpr (CanHold<T>(std::make_index_sequence<kSoFar + 1>())) {
    return MembersOf<T, kSoFar + 1>();
  } else {
    return kSoFar;
  }
}

// Somebody added a member to a struct of facts: a decision cannot be made again without it. Give it
// its key in the table above.
template <typename T>
constexpr bool kIsWhole = std::tuple_size_v<decltype(FieldsOf<T>::kAll)> + FieldsOf<T>::kLeftOut ==
                          MembersOf<T>();
static_assert(kIsWhole<policy::SecurityProfile>);
static_assert(kIsWhole<policy::IdMapping>);
static_assert(kIsWhole<policy::UserNamespace>);
static_assert(kIsWhole<policy::NamespaceOptions>);
static_assert(kIsWhole<policy::SELinuxOptions>);
static_assert(kIsWhole<policy::UnknownField>);
static_assert(kIsWhole<policy::MountFacts>);
static_assert(kIsWhole<policy::DeviceFacts>);
static_assert(kIsWhole<seccomp::ProfileFacts>);
static_assert(kIsWhole<policy::SandboxFacts>);
static_assert(kIsWhole<policy::ContainerFacts>);
static_assert(kIsWhole<policy::PodSecurityLabels>);
static_assert(kIsWhole<DecidedFacts>);

}  // namespace sekisho::audit
