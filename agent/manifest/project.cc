#include "manifest/project.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "base/str_cat.h"
#include "base/utf8.h"
#include "manifest/annotations.h"
#include "manifest/environment.h"
#include "manifest/identity.h"
#include "manifest/resources.h"
#include "manifest/security.h"
#include "manifest/volumes.h"
#include "policy/checks.h"

namespace sekisho::manifest {
namespace {

namespace cri = runtime::v1;
using base::StrCat;

// The kubelet whose list of safe sysctls counts here: 1.36.
constexpr int kKubeletMinor = 36;

cri::Protocol ProtocolOf(const std::string& name) {
  if (name == "UDP") {
    return cri::UDP;
  }
  return name == "SCTP" ? cri::SCTP : cri::TCP;
}

// Of the regular containers alone: a kubelet does not program the others' host ports.
void ProjectPortMappings(const PodSpec& spec, cri::PodSandboxConfig& out) {
  for (const Container& container : spec.containers) {
    if (container.role != ContainerRole::kRegular) {
      continue;
    }
    std::set<std::string> names;
    for (const ContainerPort& port : DefaultedPorts(spec, container)) {
      // Ports without a name are told apart by everything else.
      const std::string name = port.name.empty() ? StrCat(port.protocol, "-", port.host_ip, ":",
                                                          port.container_port, ":", port.host_port)
                                                 : port.name;
      if (!names.insert(name).second) {
        continue;
      }
      cri::PortMapping& to = *out.add_port_mappings();
      to.set_protocol(ProtocolOf(port.protocol));
      to.set_container_port(port.container_port);
      to.set_host_port(port.host_port);
      to.set_host_ip(port.host_ip);
    }
  }
}

// What the host name has at most: HOST_NAME_MAX without what may not stand at its end.
std::string Hostname(const PodSpec& spec, const std::string& pod_name) {
  constexpr size_t kLongest = 63;
  std::string name = spec.hostname.empty() ? pod_name : spec.hostname;
  if (name.size() > kLongest) {
    name.resize(kLongest);
    while (name.ends_with('-') || name.ends_with('.')) {
      name.pop_back();
    }
  }
  return name;
}

template <typename Labels>
void SetPodLabels(const Identity& identity, Labels& labels) {
  labels["io.kubernetes.pod.name"] = identity.name;
  labels["io.kubernetes.pod.namespace"] = identity.namespace_;
  labels["io.kubernetes.pod.uid"] = identity.uid;
}

void ProjectSandboxConfig(const PodManifest& pod, const Options& options, const Identity& identity,
                          cri::PodSandboxConfig& out) {
  out.mutable_metadata()->set_name(identity.name);
  out.mutable_metadata()->set_namespace_(identity.namespace_);
  out.mutable_metadata()->set_uid(identity.uid);
  if (!pod.spec.host_network) {
    out.set_hostname(Hostname(pod.spec, identity.name));
  }
  out.set_log_directory(StrCat(options.pod_logs_dir, "/", identity.namespace_, "_", identity.name,
                               "_", identity.uid));
  ProjectPortMappings(pod.spec, out);
  // The kubelet's own keys last: they win.
  out.mutable_labels()->insert(pod.labels.begin(), pod.labels.end());
  SetPodLabels(identity, *out.mutable_labels());
  auto& annotations = *out.mutable_annotations();
  annotations.insert(pod.annotations.begin(), pod.annotations.end());
  annotations["kubernetes.io/config.source"] =
      options.static_node_name.has_value() ? "file" : "api";
  if (options.static_node_name.has_value()) {
    annotations["kubernetes.io/config.hash"] = identity.uid;
  }
  cri::LinuxPodSandboxConfig& linux_config = *out.mutable_linux();
  linux_config.set_cgroup_parent(CgroupParent(pod.spec, identity.uid));
  linux_config.mutable_overhead();
  ProjectPodResources(pod.spec, *linux_config.mutable_resources());
  ProjectSandboxSecurity(pod, options, *linux_config.mutable_security_context());
  if (pod.spec.security_context.has_value()) {
    for (const Sysctl& sysctl : pod.spec.security_context->sysctls) {
      (*linux_config.mutable_sysctls())[sysctl.name] = sysctl.value;
    }
  }
}

// "SIGTERM" -> SIGNAL_SIGTERM, "SIGRTMIN+1" -> SIGNAL_SIGRTMINPLUS1.
cri::Signal SignalOf(const std::string& name, std::vector<std::string>& remarks) {
  std::string value = StrCat("SIGNAL_", name);
  if (const size_t sign = value.find_first_of("+-"); sign != std::string::npos) {
    value.replace(sign, 1, value[sign] == '+' ? "PLUS" : "MINUS");
  }
  cri::Signal signal = cri::SIGNAL_RUNTIME_DEFAULT;
  if (!name.empty() && !cri::Signal_Parse(value, &signal)) {
    remarks.push_back(StrCat("stopSignal is no signal: ", name));
  }
  return signal;
}

void ProjectProcess(const PodManifest& pod, const Identity& identity, const Container& container,
                    std::map<std::string, std::string>& variables, cri::ContainerConfig& out,
                    std::vector<std::string>& remarks) {
  for (auto& [name, value] : EnvironmentOf(pod, identity, container)) {
    cri::KeyValue& variable = *out.add_envs();
    variable.set_key(name);
    variable.set_value(value);
    variables[name] = value;
  }
  for (const std::string& word : container.command) {
    out.add_command(Expand(word, variables));
  }
  for (const std::string& word : container.args) {
    out.add_args(Expand(word, variables));
  }
  out.set_working_dir(container.working_dir);
  out.set_stdin(container.stdin);
  out.set_stdin_once(container.stdin_once);
  out.set_tty(container.tty);
  out.set_stop_signal(SignalOf(container.stop_signal, remarks));
}

void ProjectContainer(const PodManifest& pod, const Options& options, const Identity& identity,
                      const Container& container, const std::string& sandbox_id,
                      cri::ContainerConfig& out, std::vector<std::string>& remarks) {
  out.mutable_metadata()->set_name(container.name);
  out.mutable_image()->set_image(container.image);
  out.mutable_image()->set_user_specified_image(container.image);
  out.set_log_path(StrCat(container.name, "/0.log"));
  SetPodLabels(identity, *out.mutable_labels());
  (*out.mutable_labels())["io.kubernetes.container.name"] = container.name;
  ProjectContainerAnnotations(pod.spec, container, out);
  std::map<std::string, std::string> variables;
  ProjectProcess(pod, identity, container, variables, out, remarks);
  cri::LinuxContainerConfig& linux_config = *out.mutable_linux();
  ProjectContainerResources(pod.spec, container, *linux_config.mutable_resources());
  cri::LinuxContainerSecurityContext& security = *linux_config.mutable_security_context();
  ProjectContainerSecurity(pod, container, options, sandbox_id, security, remarks);
  ProjectMounts(pod, identity, container, variables,
                MappedUserNamespace(security.namespace_options()), out, remarks);
  ProjectDevices(pod.spec, identity, container, out, remarks);
}

std::vector<std::string> SandboxRemarks(const PodManifest& pod, const Options& options) {
  std::vector<std::string> remarks;
  if (!pod.spec.os_name.empty() && pod.spec.os_name != "linux") {
    remarks.push_back(StrCat("spec.os.name is ", pod.spec.os_name, ", and this is a Linux node"));
  }
  if (pod.spec.security_context.has_value()) {
    for (const Sysctl& sysctl : pod.spec.security_context->sysctls) {
      std::string name = sysctl.name;
      std::replace(name.begin(), name.end(), '/', '.');
      if (!policy::IsSafeSysctl(name, kKubeletMinor)) {
        remarks.push_back(StrCat("the sysctl ", sysctl.name,
                                 " is not safe: the kubelet needs --allowed-unsafe-sysctls"));
      }
    }
  }
  if (options.static_node_name.has_value() && !pod.spec.service_account_name.empty()) {
    remarks.emplace_back("a static pod cannot have a serviceAccountName");
  }
  return remarks;
}

// Remarks quote what stands in the manifest.
void MakePrintable(std::vector<std::string>& remarks) {
  for (std::string& remark : remarks) {
    remark = base::Printable(remark);
  }
}

}  // namespace

Requests Project(const PodManifest& pod, const Options& options) {
  const Identity identity = IdentityOf(pod, options);
  Requests requests;
  cri::PodSandboxConfig& sandbox = *requests.sandbox.mutable_config();
  ProjectSandboxConfig(pod, options, identity, sandbox);
  requests.sandbox.set_runtime_handler(pod.spec.runtime_class_name);
  requests.sandbox_remarks = SandboxRemarks(pod, options);
  const std::string sandbox_id = MadeUpHex(identity.uid, 64);
  for (const Container& container : pod.spec.containers) {
    cri::CreateContainerRequest& request = requests.containers.emplace_back();
    request.set_pod_sandbox_id(sandbox_id);
    *request.mutable_sandbox_config() = sandbox;
    ProjectContainer(pod, options, identity, container, sandbox_id, *request.mutable_config(),
                     requests.remarks.emplace_back());
    MakePrintable(requests.remarks.back());
  }
  MakePrintable(requests.sandbox_remarks);
  return requests;
}

}  // namespace sekisho::manifest
