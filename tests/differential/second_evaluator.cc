#include "differential/second_evaluator.h"

#include <cstdlib>
#include <set>

#include "differential/second_anomalies.h"
#include "differential/second_namespaces.h"
#include "differential/second_profiles.h"
#include "differential/second_volumes.h"

namespace sekisho::differential {
namespace {

namespace v1 = runtime::v1;

using Context = v1::LinuxContainerSecurityContext;

// Absent messages read as empty ones, which is right for a namespace: POD is the zero value, and
// what containerd gives.
bool SharesNodeNamespace(const v1::NamespaceOption& options) {
  return IsOfNode(options.network()) || IsOfNode(options.pid()) || IsOfNode(options.ipc());
}

// POD and TARGET are the pids of the sandbox or of another container in it: the node's, where the
// pod has those.
bool JoinsNodePids(const v1::PodSandboxConfig& pod, const v1::NamespaceOption& options) {
  return IsOfNode(pod.linux().security_context().namespace_options().pid()) &&
         options.pid() != v1::CONTAINER;
}

// hostPort is forbidden unless 0 or unset; a negative one is not 0.
bool HasHostPort(const v1::PodSandboxConfig& pod) {
  for (const v1::PortMapping& port : pod.port_mappings()) {
    if (port.host_port() != 0) {
      return true;
    }
  }
  return false;
}

// Go's JSON as a kubelet writes it: no spaces, quotes inside of texts escaped.
bool HasHostPort(const v1::ContainerConfig& container) {
  const auto found = container.annotations().find("io.kubernetes.container.ports");
  if (found == container.annotations().end()) {
    return false;
  }
  static const std::string kKey = "\"hostPort\":";
  const std::string& json = found->second;
  for (size_t at = json.find(kKey); at != std::string::npos; at = json.find(kKey, at + 1)) {
    if (std::atol(json.c_str() + at + kKey.size()) != 0) {
      return true;
    }
  }
  return false;
}

// The host of httpGet or tcpSocket, any but "". A header called Host is another key.
bool HasPreStopHost(const v1::ContainerConfig& container) {
  const auto found = container.annotations().find("io.kubernetes.container.preStopHandler");
  if (found == container.annotations().end()) {
    return false;
  }
  static const std::string kKey = "\"host\":\"";
  const size_t at = found->second.find(kKey);
  return at != std::string::npos && found->second[at + kKey.size()] != '"';
}

bool IsSysctlAllowed(const std::string& name, int minor) {
  static const std::map<std::string, int> kSince = {
      {"kernel.shm_rmid_forced", 0},
      {"net.ipv4.ip_local_port_range", 0},
      {"net.ipv4.tcp_syncookies", 0},
      {"net.ipv4.ping_group_range", 0},
      {"net.ipv4.ip_unprivileged_port_start", 0},
      {"net.ipv4.ip_local_reserved_ports", 27},
      {"net.ipv4.tcp_keepalive_time", 29},
      {"net.ipv4.tcp_fin_timeout", 29},
      {"net.ipv4.tcp_keepalive_intvl", 29},
      {"net.ipv4.tcp_keepalive_probes", 29},
      {"net.ipv4.tcp_rmem", 32},
      {"net.ipv4.tcp_wmem", 32},
      {"net.ipv4.tcp_slow_start_after_idle", 37},
      {"net.ipv4.tcp_notsent_lowat", 37},
  };
  const auto found = kSince.find(name);
  return found != kSince.end() && minor >= found->second;
}

bool HasForbiddenSysctl(const v1::PodSandboxConfig& pod, int minor) {
  for (const auto& [name, value] : pod.linux().sysctls()) {
    if (!IsSysctlAllowed(name, minor)) {
      return true;
    }
  }
  return false;
}

// A user namespace of the pod's own. POD is the zero value, so an empty message proves nothing; and
// no kubelet hands out ids below 65536, which are the node's own. A mapping of no ids maps nothing;
// one beyond the last id is the kernel's to refuse.
bool MapsToHighIds(const Mappings& mappings) {
  for (const v1::IDMapping& mapping : mappings) {
    if (mapping.host_id() < 65536 || mapping.length() == 0) {
      return false;
    }
  }
  return !mappings.empty();
}

bool IsOwnUserNamespace(const v1::NamespaceOption& options) {
  return options.has_userns_options() && options.userns_options().mode() == v1::POD &&
         MapsToHighIds(options.userns_options().uids()) &&
         MapsToHighIds(options.userns_options().gids());
}

bool InUserNamespace(const v1::PodSandboxConfig& pod) {
  return IsOwnUserNamespace(pod.linux().security_context().namespace_options());
}

// containerd refuses a container whose mappings are not its sandbox's.
bool InUserNamespace(const v1::PodSandboxConfig& pod, const Context& context) {
  const v1::NamespaceOption& options = context.namespace_options();
  return InUserNamespace(pod) && IsOwnUserNamespace(options) &&
         AreUsersEqual(options, pod.linux().security_context().namespace_options());
}

template <typename Allowed>
bool AddsOtherThan(const Context& context, Allowed is_allowed) {
  for (const std::string& name : context.capabilities().add_capabilities()) {
    if (!is_allowed(name)) {
      return true;
    }
  }
  // What no kubelet sets and some runtimes honour: as if it were added.
  for (const std::string& name : context.capabilities().add_ambient_capabilities()) {
    if (!is_allowed(name)) {
      return true;
    }
  }
  return false;
}

// As they are written: `chown` and CAP_CHOWN work in containerd, and are not on the list.
bool BreaksBaselineCapabilities(const Context& context) {
  static const std::set<std::string> kAllowed = {
      "AUDIT_WRITE",      "CHOWN",   "DAC_OVERRIDE", "FOWNER",  "FSETID", "KILL",      "MKNOD",
      "NET_BIND_SERVICE", "SETFCAP", "SETGID",       "SETPCAP", "SETUID", "SYS_CHROOT"};
  return AddsOtherThan(context, [](const std::string& name) { return kAllowed.contains(name); });
}

bool BreaksRestrictedCapabilities(const Context& context) {
  bool drops_all = false;
  for (const std::string& name : context.capabilities().drop_capabilities()) {
    drops_all = drops_all || name == "ALL";
  }
  return !drops_all ||
         AddsOtherThan(context, [](const std::string& name) { return name == "NET_BIND_SERVICE"; });
}

template <typename Paths>
bool HoldsAll(const Paths& paths, const std::set<std::string>& wanted) {
  std::set<std::string> missing = wanted;
  for (const std::string& path : paths) {
    missing.erase(path);
  }
  return missing.empty();
}

// An absent list masks nothing. The lists of kubelets differ; these paths are in all of them.
bool IsProcUnmasked(const Context& context) {
  static const std::set<std::string> kMasked = {"/proc/kcore", "/proc/keys", "/proc/timer_list",
                                                "/proc/sched_debug", "/sys/firmware"};
  static const std::set<std::string> kReadonly = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
                                                  "/proc/sysrq-trigger"};
  return !HoldsAll(context.masked_paths(), kMasked) ||
         !HoldsAll(context.readonly_paths(), kReadonly);
}

// Absent is the image's user, whoever that is; a name overrides the number, and may be root's.
bool MayRunAsRoot(const Context& context) {
  return !context.has_run_as_user() || context.run_as_user().value() == 0 ||
         !context.run_as_username().empty();
}

// No user: runtimes have taken such numbers for 0, in a user namespace or out of it.
bool IsNoUser(const Context& context) {
  return context.run_as_user().value() < 0 || context.run_as_user().value() > 2147483647;
}

void JudgeProfiles(const Standard& standard, const Node& node, const v1::PodSandboxConfig& pod,
                   const Context& context, Verdict& verdict) {
  verdict["appArmorProfile"] = IsAppArmorForbidden(context);
  verdict["seLinuxOptions"] = IsSELinuxForbidden(pod, context, standard.minor);
  if (standard.RestrictedSince(35)) {
    verdict["procMount_restricted"] = IsProcUnmasked(context);
  } else {
    verdict["procMount"] =
        IsProcUnmasked(context) && !(standard.minor >= 35 && InUserNamespace(pod, context));
  }
  if (standard.RestrictedSince(19)) {
    verdict["seccompProfile_restricted"] = IsSeccompUnconfined(context);
  } else if (standard.minor >= 19) {
    // Without seccompDefault a kubelet sends Unconfined for what baseline allows, unset.
    verdict["seccompProfile_baseline"] = IsSeccompUnconfined(context) && node.seccomp_default;
  }
}

void JudgeRestricted(const Standard& standard, const v1::PodSandboxConfig& pod,
                     const Context& context, Verdict& verdict) {
  const bool relaxed = standard.minor >= 35 && InUserNamespace(pod, context);
  verdict["runAsNonRoot"] = IsNoUser(context) || (MayRunAsRoot(context) && !relaxed);
  if (standard.minor >= 8) {
    verdict["allowPrivilegeEscalation"] = !context.no_new_privs();
  }
  if (standard.minor >= 23) {
    verdict["runAsUser"] =
        context.has_run_as_user() && context.run_as_user().value() == 0 && !relaxed;
  }
}

}  // namespace

Verdict JudgeSandbox(const Standard& standard, const v1::PodSandboxConfig& pod) {
  Verdict verdict;
  if (!standard.baseline) {
    return verdict;
  }
  const v1::LinuxSandboxSecurityContext& context = pod.linux().security_context();
  verdict["appArmorProfile"] = HasForbiddenAppArmorAnnotation(pod);
  verdict["hostNamespaces"] = SharesNodeNamespace(context.namespace_options());
  verdict["hostPorts"] = HasHostPort(pod);
  verdict["privileged"] = context.privileged();
  verdict["seLinuxOptions"] = IsSELinuxForbidden(context.selinux_options(), standard.minor);
  verdict["sysctls"] = HasForbiddenSysctl(pod, standard.minor);
  verdict["unknown-field"] = HasUnknown(pod);
  verdict["windows-on-linux"] = pod.has_windows();
  if (standard.minor < 19) {
    verdict["seccompProfile_baseline"] = HasForbiddenSeccompAnnotation(pod);
  }
  if (standard.RestrictedSince(23)) {
    // The wrapper is there only where the pod says so: it is never the image's user.
    verdict["runAsUser"] = context.has_run_as_user() && context.run_as_user().value() == 0 &&
                           !(standard.minor >= 35 && InUserNamespace(pod));
  }
  return verdict;
}

Verdict JudgeContainer(const Standard& standard, const Node& node, const v1::PodSandboxConfig& pod,
                       const v1::ContainerConfig& container) {
  Verdict verdict;
  if (!standard.baseline) {
    return verdict;
  }
  const Context& context = container.linux().security_context();
  verdict["hostNamespaces"] = SharesNodeNamespace(context.namespace_options()) ||
                              JoinsNodePids(pod, context.namespace_options());
  verdict["hostPorts"] = HasHostPort(container);
  verdict["privileged"] = context.privileged();
  verdict["windows-on-linux"] = container.has_windows();
  verdict["namespace-mismatch"] = HasOtherNamespaces(pod, container);
  verdict["seccomp-localhost-path"] = HasForeignProfile(node, container);
  verdict["unknown-field"] = HasUnknown(container);
  if (standard.minor >= 34) {
    verdict["hostProbesAndHostLifecycle"] = HasPreStopHost(container);
  }
  if (standard.RestrictedSince(22)) {
    verdict["capabilities_restricted"] = BreaksRestrictedCapabilities(context);
  } else {
    verdict["capabilities_baseline"] = BreaksBaselineCapabilities(context);
  }
  const Volumes volumes = VolumesOf(node, pod, container);
  verdict["mount-settings"] = volumes.odd_settings;
  if (standard.restricted) {
    verdict["restrictedVolumes"] = volumes.host_path || volumes.restricted_type;
    JudgeRestricted(standard, pod, context, verdict);
  } else {
    verdict["hostPathVolumes"] = volumes.host_path;
  }
  JudgeProfiles(standard, node, pod, context, verdict);
  return verdict;
}

}  // namespace sekisho::differential
