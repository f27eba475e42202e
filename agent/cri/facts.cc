#include "cri/facts.h"

#include <algorithm>
#include <string>

#include "base/str_cat.h"
#include "cri/kubelet_annotations.h"
#include "cri/unknown_fields.h"
#include "runtime/v1/api.pb.h"

namespace sekisho::cri {
namespace {

namespace cri_v1 = runtime::v1;

// The kubelet's own; it overwrites whatever a user wrote there.
constexpr std::string_view kConfigSource = "kubernetes.io/config.source";

policy::NamespaceMode ToFact(cri_v1::NamespaceMode mode) {
  switch (mode) {
    case cri_v1::POD:
      return policy::NamespaceMode::kPod;
    case cri_v1::CONTAINER:
      return policy::NamespaceMode::kContainer;
    case cri_v1::TARGET:
      return policy::NamespaceMode::kTarget;
    default:
      // NODE, and every number that the protocol does not have: the widest is assumed.
      return policy::NamespaceMode::kNode;
  }
}

policy::SecurityProfile ToFact(bool present, const cri_v1::SecurityProfile& profile) {
  if (!present) {
    return {};
  }
  switch (profile.profile_type()) {
    case cri_v1::SecurityProfile::RuntimeDefault:
      return {policy::ProfileType::kRuntimeDefault, ""};
    case cri_v1::SecurityProfile::Localhost:
      return {policy::ProfileType::kLocalhost, profile.localhost_ref()};
    default:
      // Unconfined, and every number that the protocol does not have.
      return {policy::ProfileType::kUnconfined, ""};
  }
}

std::vector<policy::IdMapping> ToFact(
    const google::protobuf::RepeatedPtrField<cri_v1::IDMapping>& mappings) {
  std::vector<policy::IdMapping> facts;
  for (const cri_v1::IDMapping& mapping : mappings) {
    facts.push_back({mapping.host_id(), mapping.container_id(), mapping.length()});
  }
  return facts;
}

policy::NamespaceOptions ToFact(const cri_v1::NamespaceOption& options) {
  policy::NamespaceOptions facts;
  facts.network = ToFact(options.network());
  facts.pid = ToFact(options.pid());
  facts.ipc = ToFact(options.ipc());
  facts.target_id = options.target_id();
  if (options.has_userns_options()) {
    facts.userns = {ToFact(options.userns_options().mode()),
                    ToFact(options.userns_options().uids()),
                    ToFact(options.userns_options().gids())};
  }
  return facts;
}

std::optional<policy::SELinuxOptions> ToFact(bool present, const cri_v1::SELinuxOption& options) {
  if (!present) {
    return std::nullopt;
  }
  return policy::SELinuxOptions{options.user(), options.role(), options.type(), options.level()};
}

std::optional<int64_t> ToFact(bool present, const cri_v1::Int64Value& value) {
  return present ? std::optional(value.value()) : std::nullopt;
}

template <typename T, typename Field>
std::vector<T> ToVector(const Field& field) {
  return {field.begin(), field.end()};
}

policy::PodSource SourceOf(const google::protobuf::Map<std::string, std::string>& annotations) {
  const auto it = annotations.find(kConfigSource);
  if (it == annotations.end()) {
    return policy::PodSource::kUnknown;
  }
  if (it->second == "api") {
    return policy::PodSource::kApi;
  }
  return it->second == "file" || it->second == "http" ? policy::PodSource::kStatic
                                                      : policy::PodSource::kUnknown;
}

policy::MountPropagation ToFact(cri_v1::MountPropagation propagation) {
  switch (propagation) {
    case cri_v1::PROPAGATION_PRIVATE:
      return policy::MountPropagation::kPrivate;
    case cri_v1::PROPAGATION_HOST_TO_CONTAINER:
      return policy::MountPropagation::kHostToContainer;
    default:
      // BIDIRECTIONAL, and every number that the protocol does not have: the widest is assumed.
      return policy::MountPropagation::kBidirectional;
  }
}

policy::MountFacts ToFact(const cri_v1::Mount& mount) {
  policy::MountFacts facts;
  facts.container_path = mount.container_path();
  facts.host_path = mount.host_path();
  facts.readonly = mount.readonly();
  facts.selinux_relabel = mount.selinux_relabel();
  facts.propagation = ToFact(mount.propagation());
  facts.uid_mappings = ToFact(mount.uidmappings());
  facts.gid_mappings = ToFact(mount.gidmappings());
  facts.recursive_read_only = mount.recursive_read_only();
  facts.image = mount.image().image();
  facts.mount_options = ToVector<std::string>(mount.mount_options());
  return facts;
}

// Sorted, each once: a protobuf map has no order, and the same request must give the same facts.
void ReadUnifiedKeys(const cri_v1::LinuxContainerResources& resources,
                     std::vector<std::string>& keys) {
  for (const auto& [key, value] : resources.unified()) {
    keys.push_back(key);
  }
  std::ranges::sort(keys);
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
}

// Whether nothing unknown can be in it: said without a walk over its fields, since a pod has many
// mounts and next to none has more than two paths and a flag.
bool IsPlain(const cri_v1::Mount& mount) {
  return mount.GetReflection()->GetUnknownFields(mount).empty() &&
         cri_v1::MountPropagation_IsValid(mount.propagation()) && mount.uidmappings().empty() &&
         mount.gidmappings().empty() && !mount.has_image();
}

// What a container uses of the node beside its security context.
void ReadMountsAndDevices(const cri_v1::ContainerConfig& config, policy::ContainerFacts& facts) {
  facts.mounts.reserve(static_cast<size_t>(config.mounts_size()));
  for (const cri_v1::Mount& mount : config.mounts()) {
    facts.mounts.push_back(ToFact(mount));
    if (!IsPlain(mount)) {
      FindUnknown(mount, "config.mounts", facts.unknown);
    }
  }
  for (const cri_v1::Device& device : config.devices()) {
    policy::DeviceFacts& fact = facts.devices.emplace_back();
    fact.container_path = device.container_path();
    fact.host_path = device.host_path();
    fact.permissions = device.permissions();
    FindUnknown(device, "config.devices", facts.unknown);
  }
  for (const cri_v1::CDIDevice& device : config.cdi_devices()) {
    facts.cdi_devices.push_back(device.name());
    FindUnknown(device, "config.CDI_devices", facts.unknown);
  }
}

void ReadSandboxContext(const cri_v1::LinuxSandboxSecurityContext& context,
                        policy::SandboxFacts& facts) {
  facts.privileged = context.privileged();
  facts.namespaces = ToFact(context.namespace_options());
  facts.selinux = ToFact(context.has_selinux_options(), context.selinux_options());
  facts.run_as_user = ToFact(context.has_run_as_user(), context.run_as_user());
  facts.run_as_group = ToFact(context.has_run_as_group(), context.run_as_group());
  facts.readonly_rootfs = context.readonly_rootfs();
  facts.supplemental_groups = ToVector<int64_t>(context.supplemental_groups());
  facts.seccomp = ToFact(context.has_seccomp(), context.seccomp());
  facts.seccomp_profile_path = context.seccomp_profile_path();
}

void ReadContainerContext(const cri_v1::LinuxContainerSecurityContext& context,
                          policy::ContainerFacts& facts) {
  const cri_v1::Capability& capabilities = context.capabilities();
  facts.privileged = context.privileged();
  facts.capabilities_add = ToVector<std::string>(capabilities.add_capabilities());
  facts.capabilities_drop = ToVector<std::string>(capabilities.drop_capabilities());
  facts.capabilities_ambient = ToVector<std::string>(capabilities.add_ambient_capabilities());
  facts.namespaces = ToFact(context.namespace_options());
  facts.selinux = ToFact(context.has_selinux_options(), context.selinux_options());
  facts.run_as_user = ToFact(context.has_run_as_user(), context.run_as_user());
  facts.run_as_group = ToFact(context.has_run_as_group(), context.run_as_group());
  facts.run_as_username = context.run_as_username();
  facts.readonly_rootfs = context.readonly_rootfs();
  facts.supplemental_groups = ToVector<int64_t>(context.supplemental_groups());
  facts.supplemental_groups_policy = context.supplemental_groups_policy() == cri_v1::Strict
                                         ? policy::SupplementalGroupsPolicy::kStrict
                                         : policy::SupplementalGroupsPolicy::kMerge;
  facts.no_new_privs = context.no_new_privs();
  facts.masked_paths = ToVector<std::string>(context.masked_paths());
  facts.readonly_paths = ToVector<std::string>(context.readonly_paths());
  facts.seccomp = ToFact(context.has_seccomp(), context.seccomp());
  facts.seccomp_profile_path = context.seccomp_profile_path();
  facts.apparmor = ToFact(context.has_apparmor(), context.apparmor());
  facts.apparmor_profile = context.apparmor_profile();
}

}  // namespace

policy::SandboxFacts FactsFrom(const cri_v1::PodSandboxConfig& config,
                               std::string_view runtime_handler, std::string_view path) {
  policy::SandboxFacts facts;
  facts.pod = {config.metadata().name(),       config.metadata().namespace_(),
               config.metadata().uid(),        config.metadata().attempt(),
               SourceOf(config.annotations()), std::string(runtime_handler)};
  ReadSandboxContext(config.linux().security_context(), facts);
  facts.sysctls = {config.linux().sysctls().begin(), config.linux().sysctls().end()};
  facts.annotations = {config.annotations().begin(), config.annotations().end()};
  facts.labels = WithoutKubeletKeys(config.labels());
  ReadUnifiedKeys(config.linux().resources(), facts.unified_keys);
  ReadUnifiedKeys(config.linux().overhead(), facts.unified_keys);
  for (const cri_v1::PortMapping& mapping : config.port_mappings()) {
    if (mapping.host_port() != 0) {
      facts.host_ports.push_back(mapping.host_port());
    }
  }
  facts.cgroup_parent = config.linux().cgroup_parent();
  facts.log_directory = config.log_directory();
  facts.windows_present = config.has_windows();
  FindUnknown(config.linux().security_context(), base::StrCat(path, ".linux.security_context"),
              facts.unknown);
  return facts;
}

policy::ContainerFacts FactsFrom(const cri_v1::ContainerConfig& config) {
  policy::ContainerFacts facts;
  facts.name = config.metadata().name();
  facts.attempt = config.metadata().attempt();
  facts.image = config.image().image();
  facts.user_specified_image = config.image().user_specified_image();
  ReadContainerContext(config.linux().security_context(), facts);
  ReadMountsAndDevices(config, facts);
  ReadAnnotations(config.annotations(), facts);
  facts.labels = WithoutKubeletKeys(config.labels());
  ReadUnifiedKeys(config.linux().resources(), facts.unified_keys);
  facts.oom_score_adj = config.linux().resources().oom_score_adj();
  facts.windows_present = config.has_windows();
  FindUnknown(config.linux().security_context(), "config.linux.security_context", facts.unknown);
  return facts;
}

policy::ContainerFacts FactsFrom(const cri_v1::UpdateContainerResourcesRequest& request) {
  policy::ContainerFacts facts;
  facts.name = request.container_id();
  ReadUnifiedKeys(request.linux(), facts.unified_keys);
  facts.oom_score_adj = request.linux().oom_score_adj();
  facts.annotations = {request.annotations().begin(), request.annotations().end()};
  facts.windows_present = request.has_windows();
  return facts;
}

policy::ContainerFacts FactsFrom(const cri_v1::UpdatePodSandboxResourcesRequest& request) {
  policy::ContainerFacts facts;
  ReadUnifiedKeys(request.overhead(), facts.unified_keys);
  ReadUnifiedKeys(request.resources(), facts.unified_keys);
  // A score below zero protects; which of the two a runtime takes is its own business.
  facts.oom_score_adj =
      std::min(request.overhead().oom_score_adj(), request.resources().oom_score_adj());
  return facts;
}

}  // namespace sekisho::cri
