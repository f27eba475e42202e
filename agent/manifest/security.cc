#include "manifest/security.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "base/str_cat.h"
#include "manifest/identity.h"
#include "manifest/profiles.h"

namespace sekisho::manifest {
namespace {

namespace cri = runtime::v1;
using base::StrCat;

// The uid that stands for "an image that does not run as root": the one of distroless images.
constexpr int64_t kSomeNonRootUser = 65532;
// Where a kubelet begins to hand out ids to pods, and how many each gets.
constexpr uint32_t kIdsPerPod = 65536;

constexpr std::array<const char*, 12> kMaskedPaths = {
    "/proc/asound",      "/proc/acpi",          "/proc/interrupts", "/proc/kcore",
    "/proc/keys",        "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
    "/proc/sched_debug", "/proc/scsi",          "/sys/firmware",    "/sys/devices/virtual/powercap",
};
constexpr std::array<const char*, 5> kReadonlyPaths = {
    "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
};

void ProjectNamespaces(const PodSpec& spec, const Options& options, cri::NamespaceOption& out) {
  out.set_network(spec.host_network ? cri::NODE : cri::POD);
  out.set_ipc(spec.host_ipc ? cri::NODE : cri::POD);
  out.set_pid(spec.host_pid ? cri::NODE : spec.share_process_namespace ? cri::POD : cri::CONTAINER);
  if (!options.user_namespaces) {
    return;
  }
  cri::UserNamespace& userns = *out.mutable_userns_options();
  if (spec.host_users.value_or(true)) {
    userns.set_mode(cri::NODE);
    return;
  }
  userns.set_mode(cri::POD);
  for (cri::IDMapping* mapping : {userns.add_uids(), userns.add_gids()}) {
    mapping->set_host_id(kIdsPerPod);
    mapping->set_length(kIdsPerPod);
  }
}

void Project(const SeLinuxOptions& options, cri::SELinuxOption& out) {
  out.set_user(options.user);
  out.set_role(options.role);
  out.set_type(options.type);
  out.set_level(options.level);
}

cri::SupplementalGroupsPolicy GroupsPolicy(const PodSecurityContext& context) {
  return context.supplemental_groups_policy == "Strict" ? cri::Strict : cri::Merge;
}

template <typename Out>
void ProjectGroups(const PodSecurityContext& context, Out& out) {
  if (context.fs_group.has_value()) {
    out.add_supplemental_groups(*context.fs_group);
  }
  for (const int64_t group : context.supplemental_groups) {
    out.add_supplemental_groups(group);
  }
  out.set_supplemental_groups_policy(GroupsPolicy(context));
}

struct ImageUser {
  std::optional<int64_t> uid;
  std::string name;
};

// As the runtime reports an image's USER: the part before a colon, as a number where it is one.
ImageUser Read(const std::string& user) {
  const std::string_view name = std::string_view(user).substr(0, user.find(':'));
  int64_t uid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), uid);
  if (name.empty()) {
    return {.uid = 0, .name = {}};
  }
  if (error == std::errc() && end == name.data() + name.size()) {
    return {.uid = uid, .name = {}};
  }
  return {.uid = std::nullopt, .name = std::string(name)};
}

void ProjectUser(const PodSecurityContext& pod, const SecurityContext& container,
                 const Options& options, cri::LinuxContainerSecurityContext& out,
                 std::vector<std::string>& remarks) {
  const auto run_as_user =
      container.run_as_user.has_value() ? container.run_as_user : pod.run_as_user;
  const auto run_as_group =
      container.run_as_group.has_value() ? container.run_as_group : pod.run_as_group;
  const bool non_root = container.run_as_non_root.value_or(pod.run_as_non_root.value_or(false));
  if (run_as_group.has_value()) {
    out.mutable_run_as_group()->set_value(*run_as_group);
  }
  if (run_as_user.has_value()) {
    out.mutable_run_as_user()->set_value(*run_as_user);
    if (non_root && *run_as_user == 0) {
      remarks.emplace_back("runAsNonRoot is true, and runAsUser is 0");
    }
    return;
  }
  ImageUser image{.uid = non_root ? kSomeNonRootUser : 0, .name = {}};
  if (options.image_user.has_value()) {
    image = Read(*options.image_user);
  }
  if (image.uid.has_value()) {
    out.mutable_run_as_user()->set_value(*image.uid);
  }
  out.set_run_as_username(image.name);
  if (non_root && image.uid == 0) {
    remarks.emplace_back("runAsNonRoot is true, and the image runs as root");
  } else if (non_root && !image.uid.has_value()) {
    remarks.push_back(StrCat("runAsNonRoot is true, and the image names its user (", image.name,
                             ") instead of giving a number"));
  }
}

void ProjectTarget(const PodManifest& pod, const Container& container,
                   const std::string& sandbox_id, cri::NamespaceOption& out,
                   std::vector<std::string>& remarks) {
  const std::string& target = container.target_container_name;
  if (container.role != ContainerRole::kEphemeral || target.empty()) {
    return;
  }
  out.set_pid(cri::TARGET);
  out.set_target_id(MadeUpHex(StrCat(sandbox_id, "/", target), 64));
  const auto& all = pod.spec.containers;
  if (std::none_of(all.begin(), all.end(), [&](const Container& each) {
        return each.role != ContainerRole::kEphemeral && each.name == target;
      })) {
    remarks.push_back(StrCat("targetContainerName names no container of the pod: ", target));
  }
}

}  // namespace

const cri::UserNamespace* MappedUserNamespace(const cri::NamespaceOption& options) {
  return options.has_userns_options() && options.userns_options().mode() == cri::POD
             ? &options.userns_options()
             : nullptr;
}

void ProjectSandboxSecurity(const PodManifest& pod, const Options& options,
                            cri::LinuxSandboxSecurityContext& out) {
  // The API server gives every pod a securityContext, and a kubelet its static pods.
  const PodSecurityContext context = pod.spec.security_context.value_or(PodSecurityContext{});
  ProjectNamespaces(pod.spec, options, *out.mutable_namespace_options());
  if (context.se_linux_options.has_value()) {
    Project(*context.se_linux_options, *out.mutable_selinux_options());
  }
  if (context.run_as_user.has_value()) {
    out.mutable_run_as_user()->set_value(*context.run_as_user);
  }
  if (context.run_as_group.has_value()) {
    out.mutable_run_as_group()->set_value(*context.run_as_group);
  }
  ProjectGroups(context, out);
  const auto& containers = pod.spec.containers;
  out.set_privileged(std::any_of(containers.begin(), containers.end(), [](const Container& each) {
    return each.security_context.has_value() && each.security_context->privileged.value_or(false);
  }));
  // Whatever the pod asks for: the pod's own process is the runtime's, not the user's.
  out.mutable_seccomp()->set_profile_type(cri::SecurityProfile::RuntimeDefault);
}

void ProjectContainerSecurity(const PodManifest& pod, const Container& container,
                              const Options& options, const std::string& sandbox_id,
                              cri::LinuxContainerSecurityContext& out,
                              std::vector<std::string>& remarks) {
  const PodSecurityContext pod_context = pod.spec.security_context.value_or(PodSecurityContext{});
  const SecurityContext own = container.security_context.value_or(SecurityContext{});
  if (own.capabilities.has_value()) {
    cri::Capability& capabilities = *out.mutable_capabilities();
    capabilities.mutable_add_capabilities()->Assign(own.capabilities->add.begin(),
                                                    own.capabilities->add.end());
    capabilities.mutable_drop_capabilities()->Assign(own.capabilities->drop.begin(),
                                                     own.capabilities->drop.end());
  }
  out.set_privileged(own.privileged.value_or(false));
  ProjectNamespaces(pod.spec, options, *out.mutable_namespace_options());
  ProjectTarget(pod, container, sandbox_id, *out.mutable_namespace_options(), remarks);
  if (own.se_linux_options.has_value()) {
    Project(*own.se_linux_options, *out.mutable_selinux_options());
  } else if (pod_context.se_linux_options.has_value()) {
    Project(*pod_context.se_linux_options, *out.mutable_selinux_options());
  }
  ProjectUser(pod_context, own, options, out, remarks);
  out.set_readonly_rootfs(own.read_only_root_filesystem.value_or(false));
  ProjectGroups(pod_context, out);
  out.set_no_new_privs(!own.allow_privilege_escalation.value_or(true));
  if (own.proc_mount != "Unmasked") {
    out.mutable_masked_paths()->Assign(kMaskedPaths.begin(), kMaskedPaths.end());
    out.mutable_readonly_paths()->Assign(kReadonlyPaths.begin(), kReadonlyPaths.end());
  }
  ProjectSeccomp(pod_context, own, options, out, remarks);
  ProjectAppArmor(pod, pod_context, container, out, remarks);
}

}  // namespace sekisho::manifest
