// Baseline: host namespaces, host ports, preStop hosts, privileged, sysctls.
//
// Texts are letter for letter what Kubernetes prints for a pod with the same fault, but that a node
// sees one container at a time and so names one, and that for a sandbox it can only say "pod".
#include <gtest/gtest.h>

#include "unit/policy/check_case.h"

namespace sekisho::policy {
namespace {

constexpr CheckCase kContainerRows[] = {
    {"as it comes", [](Request&) {}},
    {"privileged", [](Request& r) { r.container.privileged = true; }, "privileged",
     R"(privileged (container "container1" must not set securityContext.privileged=true))"},
    {"the sandbox's privileged flag is about another container",
     [](Request& r) { r.sandbox.privileged = true; }},
    {"the node's network",
     [](Request& r) {
       r.sandbox.namespaces.network = r.container.namespaces.network = NamespaceMode::kNode;
     },
     "hostNamespaces", "host namespaces (hostNetwork=true)"},
    {"the node's pids",
     [](Request& r) {
       r.sandbox.namespaces.pid = r.container.namespaces.pid = NamespaceMode::kNode;
     },
     "hostNamespaces", "host namespaces (hostPID=true)"},
    {"the node's IPC",
     [](Request& r) {
       r.sandbox.namespaces.ipc = r.container.namespaces.ipc = NamespaceMode::kNode;
     },
     "hostNamespaces", "host namespaces (hostIPC=true)"},
    {"pids shared within the pod",
     [](Request& r) {
       r.sandbox.namespaces.pid = r.container.namespaces.pid = NamespaceMode::kPod;
     }},
    {"the pids of another container",
     [](Request& r) {
       r.container.namespaces.pid = NamespaceMode::kTarget;
       r.container.namespaces.target_id = "4d2e";
     }},
    {"a pod of the node's pids: so has a container that targets another",
     [](Request& r) {
       r.sandbox.namespaces.pid = NamespaceMode::kNode;
       r.container.namespaces.pid = NamespaceMode::kTarget;
       r.container.namespaces.target_id = "4d2e";
     },
     "hostNamespaces", "host namespaces (hostPID=true)"},
    {"a pod of the node's pids: POD means the pod's, which are the node's",
     [](Request& r) {
       r.sandbox.namespaces.pid = NamespaceMode::kNode;
       r.container.namespaces.pid = NamespaceMode::kPod;
     },
     "hostNamespaces", "host namespaces (hostPID=true)"},
    {"a pod of the node's pids, and a container with its own",
     [](Request& r) { r.sandbox.namespaces.pid = NamespaceMode::kNode; }},
    {"a port of the node",
     [](Request& r) {
       r.container.name = "initcontainer1";
       r.container.host_ports = {12346};
     },
     "hostPorts", R"(hostPort (container "initcontainer1" uses hostPort 12346))"},
    {"several: sorted as text, each once",
     [](Request& r) {
       r.container.host_ports = {9, 443, 10, 9};
     },
     "hostPorts", R"(hostPort (container "container1" uses hostPorts 10, 443, 9))"},
    {"a port that no kubelet would send", [](Request& r) { r.container.host_ports = {-1}; },
     "hostPorts", R"(hostPort (container "container1" uses hostPort -1))"},
    {"a preStop handler that calls a host",
     [](Request& r) { r.container.pre_stop_hosts = {"127.0.0.1"}; }, "hostProbesAndHostLifecycle",
     R"(probe or lifecycle host (container "container1" uses probe or lifecycle host "127.0.0.1"))"},
    {"two hosts: sorted",
     [](Request& r) {
       r.container.pre_stop_hosts = {"b.example", "a.example"};
     },
     "hostProbesAndHostLifecycle",
     R"(probe or lifecycle host (container "container1" uses probe or lifecycle hosts "a.example", "b.example"))"},
    {"the name stands as it is, quotes and all",
     [](Request& r) {
       r.container.name = "a\"b";
       r.container.privileged = true;
     },
     "privileged", R"(privileged (container "a"b" must not set securityContext.privileged=true))"},
};

constexpr CheckCase kSandboxRows[] = {
    {"as it comes", [](Request&) {}},
    {"one host namespace", [](Request& r) { r.sandbox.namespaces.ipc = NamespaceMode::kNode; },
     "hostNamespaces", "host namespaces (hostIPC=true)"},
    {"all of them, in Kubernetes' order",
     [](Request& r) {
       r.sandbox.namespaces.ipc = NamespaceMode::kNode;
       r.sandbox.namespaces.pid = NamespaceMode::kNode;
       r.sandbox.namespaces.network = NamespaceMode::kNode;
     },
     "hostNamespaces", "host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)"},
    {"a port of the node: which container's is not known here",
     [](Request& r) { r.sandbox.host_ports = {12345}; }, "hostPorts",
     "hostPort (pod uses hostPort 12345)"},
    {"several ports",
     [](Request& r) {
       r.sandbox.host_ports = {9, 10, 9};
     },
     "hostPorts", "hostPort (pod uses hostPorts 10, 9)"},
    {"privileged", [](Request& r) { r.sandbox.privileged = true; }, "privileged",
     "privileged (pod must not set securityContext.privileged=true)"},
    {"privileged, where some rule allows it to one of the containers",
     [](Request& r) {
       r.sandbox.privileged = true;
       r.spec.privileged_decided_per_container = true;
     }},
    {"every safe sysctl",
     [](Request& r) {
       r.sandbox.sysctls = {{"kernel.shm_rmid_forced", "0"},
                            {"net.ipv4.ip_local_port_range", "1024 65535"},
                            {"net.ipv4.ip_local_reserved_ports", "30000-32767"},
                            {"net.ipv4.ip_unprivileged_port_start", "0"},
                            {"net.ipv4.ping_group_range", "1 0"},
                            {"net.ipv4.tcp_fin_timeout", "60"},
                            {"net.ipv4.tcp_keepalive_intvl", "75"},
                            {"net.ipv4.tcp_keepalive_probes", "9"},
                            {"net.ipv4.tcp_keepalive_time", "7200"},
                            {"net.ipv4.tcp_notsent_lowat", "1"},
                            {"net.ipv4.tcp_rmem", "4096 131072 6291456"},
                            {"net.ipv4.tcp_slow_start_after_idle", "1"},
                            {"net.ipv4.tcp_syncookies", "0"},
                            {"net.ipv4.tcp_wmem", "4096 16384 4194304"}};
     }},
    {"another sysctl",
     [](Request& r) {
       r.sandbox.sysctls = {{"othersysctl", "other"}};
     },
     "sysctls", "forbidden sysctls (othersysctl)"},
    {"a safe one with slashes: the kernel takes it, Kubernetes forbids it",
     [](Request& r) {
       r.sandbox.sysctls = {{"net/ipv4/tcp_syncookies", "0"}};
     },
     "sysctls", "forbidden sysctls (net/ipv4/tcp_syncookies)"},
    {"a safe name and more",
     [](Request& r) {
       r.sandbox.sysctls = {{"net.ipv4.tcp_syncookies.x", "0"}};
     },
     "sysctls"},
    {"a name without any letter",
     [](Request& r) {
       r.sandbox.sysctls = {{"", "0"}};
     },
     "sysctls"},
    {"several, safe ones left out",
     [](Request& r) {
       r.sandbox.sysctls = {
           {"vm.swappiness", "0"}, {"net.ipv4.tcp_syncookies", "0"}, {"kernel.msgmax", "1"}};
     },
     "sysctls", "forbidden sysctls (kernel.msgmax, vm.swappiness)"},
};

}  // namespace

std::vector<CheckTable> BaselineTables() {
  return {{"container", Level::kBaseline, Judged::kContainer, kContainerRows},
          {"sandbox", Level::kBaseline, Judged::kSandbox, kSandboxRows}};
}

TEST(ChecksBaseline, Rows) {
  for (const CheckTable& table : BaselineTables()) {
    ExpectRows(table);
  }
}

}  // namespace sekisho::policy
