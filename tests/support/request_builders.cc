#include "support/request_builders.h"

namespace sekisho::testing {
namespace {

namespace cri_v1 = runtime::v1;

// What kubelets of the last years mask and write-protect, as `procMount: Default`.
constexpr const char* kMasked[] = {
    "/proc/asound",     "/proc/acpi",        "/proc/interrupts",
    "/proc/kcore",      "/proc/keys",        "/proc/latency_stats",
    "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug",
    "/proc/scsi",       "/sys/firmware",     "/sys/devices/virtual/powercap"};
constexpr const char* kReadonly[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
                                     "/proc/sysrq-trigger"};

template <typename Labels>
void SetPodLabels(const PodOptions& pod, Labels& labels) {
  labels["io.kubernetes.pod.name"] = pod.name;
  labels["io.kubernetes.pod.namespace"] = pod.namespace_;
  labels["io.kubernetes.pod.uid"] = pod.uid;
}

void SetNamespaces(cri_v1::NamespaceOption& options) {
  options.set_pid(cri_v1::CONTAINER);
  options.mutable_userns_options()->set_mode(cri_v1::NODE);
}

void AddMount(const std::string& host_path, const std::string& container_path,
              cri_v1::ContainerConfig& config) {
  cri_v1::Mount& mount = *config.add_mounts();
  mount.set_container_path(container_path);
  mount.set_host_path(host_path);
}

void SetSecurityContext(cri_v1::LinuxContainerSecurityContext& context) {
  SetNamespaces(*context.mutable_namespace_options());
  context.mutable_run_as_user()->set_value(0);
  context.mutable_seccomp()->set_profile_type(cri_v1::SecurityProfile::Unconfined);
  for (const char* path : kMasked) {
    context.add_masked_paths(path);
  }
  for (const char* path : kReadonly) {
    context.add_readonly_paths(path);
  }
}

cri_v1::ContainerConfig Config(const PodOptions& pod, const ContainerOptions& container) {
  cri_v1::ContainerConfig config;
  config.mutable_metadata()->set_name(container.name);
  config.mutable_image()->set_image(container.image);
  config.mutable_image()->set_user_specified_image(container.user_specified_image);
  config.mutable_command()->Assign(container.command.begin(), container.command.end());
  config.set_log_path(container.name + "/0.log");
  SetPodLabels(pod, *config.mutable_labels());
  (*config.mutable_labels())["io.kubernetes.container.name"] = container.name;
  auto& annotations = *config.mutable_annotations();
  annotations["io.kubernetes.container.hash"] = "dd609c43";
  annotations["io.kubernetes.container.restartCount"] = "0";
  annotations["io.kubernetes.container.terminationMessagePath"] = "/dev/termination-log";
  annotations["io.kubernetes.container.terminationMessagePolicy"] = "File";
  annotations["io.kubernetes.pod.terminationGracePeriod"] = "30";
  cri_v1::KeyValue& env = *config.add_envs();
  env.set_key("SECRET_TOKEN");
  env.set_value("hunter2-\xff-not-text");
  auto& resources = *config.mutable_linux()->mutable_resources();
  resources.set_cpu_period(100000);
  resources.set_cpu_shares(2);
  resources.set_oom_score_adj(1000);
  SetSecurityContext(*config.mutable_linux()->mutable_security_context());
  if (container.with_kubelet_mounts) {
    const std::string pod_dir = pod.kubelet_root + "/pods/" + pod.uid;
    AddMount(pod_dir + "/etc-hosts", "/etc/hosts", config);
    AddMount(pod_dir + "/containers/" + container.name + "/ef9da2f4", "/dev/termination-log",
             config);
  }
  return config;
}

}  // namespace

cri_v1::PodSandboxConfig SandboxConfig(const PodOptions& pod) {
  cri_v1::PodSandboxConfig config;
  cri_v1::PodSandboxMetadata& metadata = *config.mutable_metadata();
  metadata.set_name(pod.name);
  metadata.set_namespace_(pod.namespace_);
  metadata.set_uid(pod.uid);
  config.set_hostname(pod.name);
  config.set_log_directory(pod.log_root + "/" + pod.namespace_ + "_" + pod.name + "_" + pod.uid);
  SetPodLabels(pod, *config.mutable_labels());
  auto& annotations = *config.mutable_annotations();
  annotations["kubernetes.io/config.seen"] = "2026-01-01T00:00:00.000000000Z";
  annotations["kubernetes.io/config.source"] = pod.source;
  cri_v1::LinuxPodSandboxConfig& linux_config = *config.mutable_linux();
  linux_config.set_cgroup_parent(pod.cgroup_root + "/pod" + pod.uid);
  linux_config.mutable_overhead();
  linux_config.mutable_resources()->set_cpu_shares(2);
  SetNamespaces(*linux_config.mutable_security_context()->mutable_namespace_options());
  linux_config.mutable_security_context()->mutable_seccomp();  // type 0: RuntimeDefault
  if (pod.edit) {
    pod.edit(config);
  }
  return config;
}

cri_v1::RunPodSandboxRequest RunPodSandbox(const PodOptions& pod) {
  cri_v1::RunPodSandboxRequest request;
  *request.mutable_config() = SandboxConfig(pod);
  request.set_runtime_handler(pod.runtime_handler);
  return request;
}

cri_v1::CreateContainerRequest CreateContainer(const std::string& sandbox_id, const PodOptions& pod,
                                               const ContainerOptions& container) {
  cri_v1::CreateContainerRequest request;
  request.set_pod_sandbox_id(sandbox_id);
  *request.mutable_config() = Config(pod, container);
  // A container shares what its pod shares; the kubelet repeats it.
  *request.mutable_sandbox_config() = SandboxConfig(pod);
  *request.mutable_config()
       ->mutable_linux()
       ->mutable_security_context()
       ->mutable_namespace_options() =
      request.sandbox_config().linux().security_context().namespace_options();
  if (container.edit) {
    container.edit(*request.mutable_config());
  }
  return request;
}

void MakeRestricted(cri_v1::ContainerConfig& config) {
  auto& context = *config.mutable_linux()->mutable_security_context();
  context.mutable_capabilities()->clear_drop_capabilities();
  context.mutable_capabilities()->add_drop_capabilities("ALL");
  context.set_no_new_privs(true);
  context.set_readonly_rootfs(true);
  context.mutable_run_as_user()->set_value(1000);
  context.mutable_run_as_group()->set_value(1000);
  context.mutable_seccomp()->set_profile_type(cri_v1::SecurityProfile::RuntimeDefault);
}

}  // namespace sekisho::testing
