// Pod-wide checks: host namespaces, host ports, sysctls.
#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "policy/checks.h"

namespace sekisho::policy {
namespace {

struct SafeSysctl {
  std::string_view name;
  int since;
};

// Sorted by name. Each is namespaced, and isolated between pods of a node. Names are compared as
// they are sent: the kernel also takes "net/ipv4/…", which upstream forbids.
constexpr auto kSafeSysctls = std::to_array<SafeSysctl>({
    {"kernel.shm_rmid_forced", 0},
    {"net.ipv4.ip_local_port_range", 0},
    {"net.ipv4.ip_local_reserved_ports", 27},
    {"net.ipv4.ip_unprivileged_port_start", 0},
    {"net.ipv4.ping_group_range", 0},
    {"net.ipv4.tcp_fin_timeout", 29},
    {"net.ipv4.tcp_keepalive_intvl", 29},
    {"net.ipv4.tcp_keepalive_probes", 29},
    {"net.ipv4.tcp_keepalive_time", 29},
    {"net.ipv4.tcp_notsent_lowat", 37},
    {"net.ipv4.tcp_rmem", 32},
    {"net.ipv4.tcp_slow_start_after_idle", 37},
    {"net.ipv4.tcp_syncookies", 0},
    {"net.ipv4.tcp_wmem", 32},
});
static_assert(std::ranges::is_sorted(kSafeSysctls, {}, &SafeSysctl::name));

}  // namespace

SharedNamespaces SharedBy(const Subject& subject) {
  const NamespaceOptions& pod = subject.sandbox.namespaces;
  if (subject.IncludesPod()) {
    return {pod.network == NamespaceMode::kNode, pod.pid == NamespaceMode::kNode,
            pod.ipc == NamespaceMode::kNode};
  }
  const NamespaceOptions& own = subject.containers.front().namespaces;
  // POD and TARGET join the pids of the sandbox or of a container in it. In a pod that has the
  // node's pids, those are the node's.
  const bool joins_node = pod.pid == NamespaceMode::kNode && own.pid != NamespaceMode::kContainer;
  return {own.network == NamespaceMode::kNode, joins_node || own.pid == NamespaceMode::kNode,
          own.ipc == NamespaceMode::kNode};
}

std::optional<Finding> HostNamespaces(const Question& question) {
  const SharedNamespaces shared = SharedBy(question.subject);
  std::vector<std::string_view> settings;
  if (shared.network) {
    settings.emplace_back("hostNetwork=true");
  }
  if (shared.pid) {
    settings.emplace_back("hostPID=true");
  }
  if (shared.ipc) {
    settings.emplace_back("hostIPC=true");
  }
  if (settings.empty()) {
    return std::nullopt;
  }
  return Finding{"host namespaces", base::StrJoin(settings, ", ")};
}

std::optional<Finding> HostPorts(const Question& question) {
  const Subject& subject = question.subject;
  std::set<std::string> ports;  // upstream sorts them as text: 10 comes before 9
  std::vector<std::string> names;
  for (const ContainerFacts& container : subject.containers) {
    for (const int32_t port : container.host_ports) {
      ports.insert(std::to_string(port));
    }
    if (!container.host_ports.empty()) {
      names.push_back(container.name);
    }
  }
  // Which container a mapping of the sandbox belongs to is lost; with all containers at hand their
  // annotations say it.
  std::string who = ContainersText(names);
  if (names.empty() && subject.IncludesPod()) {
    for (const int32_t port : subject.sandbox.host_ports) {
      ports.insert(std::to_string(port));
    }
    who = "pod";
  }
  if (ports.empty()) {
    return std::nullopt;
  }
  return Finding{"hostPort", base::StrCat(who, names.size() > 1 ? " use " : " uses ",
                                          ports.size() == 1 ? "hostPort " : "hostPorts ",
                                          base::StrJoin(ports, ", "))};
}

bool IsSafeSysctl(std::string_view name, int minor) {
  const auto* const it = std::ranges::lower_bound(kSafeSysctls, name, {}, &SafeSysctl::name);
  return it != kSafeSysctls.end() && it->name == name && it->since <= minor;
}

std::optional<Finding> Sysctls(const Question& question) {
  const Subject& subject = question.subject;
  if (!subject.IncludesPod()) {
    return std::nullopt;
  }
  std::vector<std::string> forbidden;
  const auto look = [&](const std::string& name) {
    if (!IsSafeSysctl(name, question.minor)) {
      forbidden.push_back(name);
    }
  };
  // On the wire they are a map; only a manifest has the order in which Kubernetes reports them.
  if (subject.declared != nullptr) {
    std::ranges::for_each(subject.declared->sysctls, look);
  } else {
    for (const auto& [name, value] : subject.sandbox.sysctls) {
      look(name);
    }
  }
  if (forbidden.empty()) {
    return std::nullopt;
  }
  return Finding{"forbidden sysctls", base::StrJoin(forbidden, ", ")};
}

}  // namespace sekisho::policy
