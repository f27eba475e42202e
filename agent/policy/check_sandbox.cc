// Pod-wide checks: host namespaces, host ports, the privileged flag, sysctls, the pod's user.
#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "policy/checks.h"

namespace sekisho::policy {
namespace {

// The safe sysctls of `latest`, sorted. Each is namespaced, and isolated between pods of a node.
// Names are compared as they are sent: the kernel also takes "net/ipv4/…", which upstream forbids.
constexpr auto kSafeSysctls = std::to_array<std::string_view>({
    "kernel.shm_rmid_forced",               // 1.0
    "net.ipv4.ip_local_port_range",         // 1.0
    "net.ipv4.ip_local_reserved_ports",     // 1.27
    "net.ipv4.ip_unprivileged_port_start",  // 1.0
    "net.ipv4.ping_group_range",            // 1.0
    "net.ipv4.tcp_fin_timeout",             // 1.29
    "net.ipv4.tcp_keepalive_intvl",         // 1.29
    "net.ipv4.tcp_keepalive_probes",        // 1.29
    "net.ipv4.tcp_keepalive_time",          // 1.29
    "net.ipv4.tcp_notsent_lowat",           // 1.37
    "net.ipv4.tcp_rmem",                    // 1.32
    "net.ipv4.tcp_slow_start_after_idle",   // 1.37
    "net.ipv4.tcp_syncookies",              // 1.0
    "net.ipv4.tcp_wmem",                    // 1.32
});
static_assert(std::ranges::is_sorted(kSafeSysctls));

std::optional<Finding> HostNamespaces(const NamespaceOptions& namespaces, NamespaceMode pid) {
  std::vector<std::string_view> shared;
  if (namespaces.network == NamespaceMode::kNode) {
    shared.emplace_back("hostNetwork=true");
  }
  if (pid == NamespaceMode::kNode) {
    shared.emplace_back("hostPID=true");
  }
  if (namespaces.ipc == NamespaceMode::kNode) {
    shared.emplace_back("hostIPC=true");
  }
  if (shared.empty()) {
    return std::nullopt;
  }
  return Finding{"host namespaces", base::StrJoin(shared, ", ")};
}

// Upstream sorts ports as text: 10 comes before 9.
std::optional<Finding> HostPorts(const std::string& who, const std::vector<int32_t>& ports) {
  std::set<std::string> sorted;
  for (const int32_t port : ports) {
    sorted.insert(std::to_string(port));
  }
  if (sorted.empty()) {
    return std::nullopt;
  }
  return Finding{"hostPort",
                 base::StrCat(who, sorted.size() == 1 ? " uses hostPort " : " uses hostPorts ",
                              base::StrJoin(sorted, ", "))};
}

}  // namespace

std::optional<Finding> SandboxHostNamespaces(const Spec&, const SandboxFacts& sandbox) {
  return HostNamespaces(sandbox.namespaces, sandbox.namespaces.pid);
}

std::optional<Finding> ContainerHostNamespaces(const Spec&, const SandboxFacts& sandbox,
                                               const ContainerFacts& container) {
  // POD and TARGET join the pids of the sandbox or of a container in it. In a pod that has the
  // node's pids, those are the node's.
  const bool joins_node = sandbox.namespaces.pid == NamespaceMode::kNode &&
                          container.namespaces.pid != NamespaceMode::kContainer;
  return HostNamespaces(container.namespaces,
                        joins_node ? NamespaceMode::kNode : container.namespaces.pid);
}

std::optional<Finding> SandboxHostPorts(const Spec&, const SandboxFacts& sandbox) {
  // Which container a mapping belongs to is lost at this point.
  return HostPorts("pod", sandbox.host_ports);
}

std::optional<Finding> ContainerHostPorts(const Spec&, const SandboxFacts&,
                                          const ContainerFacts& container) {
  return HostPorts(Quoted(container), container.host_ports);
}

std::optional<Finding> SandboxPrivileged(const Spec& spec, const SandboxFacts& sandbox) {
  if (!sandbox.privileged || spec.privileged_decided_per_container) {
    return std::nullopt;
  }
  return Finding{"privileged", "pod must not set securityContext.privileged=true"};
}

std::optional<Finding> SandboxSysctls(const Spec&, const SandboxFacts& sandbox) {
  std::vector<std::string_view> forbidden;
  for (const auto& [name, value] : sandbox.sysctls) {
    if (!std::ranges::binary_search(kSafeSysctls, name)) {
      forbidden.push_back(name);
    }
  }
  if (forbidden.empty()) {
    return std::nullopt;
  }
  return Finding{"forbidden sysctls", base::StrJoin(forbidden, ", ")};
}

std::optional<Finding> SandboxRunAsUser(const Spec&, const SandboxFacts& sandbox) {
  const bool in_user_namespace = [&sandbox] {
    ContainerFacts as_the_pod;
    as_the_pod.namespaces = sandbox.namespaces;
    return InUserNamespace(sandbox, as_the_pod);
  }();
  if (sandbox.run_as_user != 0 || in_user_namespace) {
    return std::nullopt;
  }
  return Finding{"runAsUser=0", "pod must not set runAsUser=0"};
}

}  // namespace sekisho::policy
