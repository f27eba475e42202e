#include "cri/facts.h"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/str_cat.h"
#include "cri/unknown_fields.h"
#include "runtime/v1/api.pb.h"

namespace sekisho::cri {
namespace {

namespace cri_v1 = runtime::v1;

// The annotations are the kubelet's own; it overwrites whatever a user wrote there.
constexpr std::string_view kConfigSource = "kubernetes.io/config.source";
constexpr std::string_view kContainerPorts = "io.kubernetes.container.ports";
constexpr size_t kPortsAnnotationBytesMax = size_t{256} << 10;

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

// The kubelet writes its container's ports there as JSON. False when that cannot be read.
bool ReadHostPorts(const std::string& annotation, std::vector<int32_t>& host_ports) {
  if (annotation.size() > kPortsAnnotationBytesMax) {
    return false;
  }
  const nlohmann::json ports =
      nlohmann::json::parse(annotation, /*cb=*/nullptr, /*allow_exceptions=*/false);
  if (!ports.is_array()) {
    return false;
  }
  for (const nlohmann::json& port : ports) {
    if (!port.is_object()) {
      return false;
    }
    const auto host_port = port.find("hostPort");
    if (host_port == port.end()) {
      continue;
    }
    if (!host_port->is_number_integer()) {
      return false;
    }
    const auto number = host_port->get<int64_t>();
    if (!std::in_range<int32_t>(number)) {
      return false;
    }
    if (number != 0) {
      host_ports.push_back(static_cast<int32_t>(number));
    }
  }
  return true;
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
  const auto ports = config.annotations().find(kContainerPorts);
  facts.ports_annotation_unreadable =
      ports != config.annotations().end() && !ReadHostPorts(ports->second, facts.host_ports);
  facts.windows_present = config.has_windows();
  FindUnknown(config.linux().security_context(), "config.linux.security_context", facts.unknown);
  return facts;
}

}  // namespace sekisho::cri
