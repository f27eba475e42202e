// Our own checks: requests that no kubelet sends, and what this build cannot read.
#include <gtest/gtest.h>

#include "unit/policy/check_case.h"

namespace sekisho::policy {
namespace {

constexpr CheckCase kContainerRows[] = {
    {"an unknown field",
     [](Request& r) {
       r.container.unknown = {{"config.linux.security_context: unknown field 42"}};
     },
     "unknown-field",
     "unrecognised security field (config.linux.security_context: unknown field 42)"},
    {"several",
     [](Request& r) {
       r.container.unknown = {{"a: unknown field 1"}, {"b: value 9"}};
     },
     "unknown-field", "unrecognised security field (a: unknown field 1, b: value 9)"},
    {"the sandbox's unknown fields were refused with it",
     [](Request& r) { r.sandbox.unknown = {{"a: unknown field 1"}}; }},
    {"a windows message", [](Request& r) { r.container.windows_present = true; },
     "windows-on-linux", "windows settings on a Linux node (the windows message must not be set)"},
    {"the sandbox's windows message was refused with it",
     [](Request& r) { r.sandbox.windows_present = true; }},
    {"ports that cannot be read",
     [](Request& r) { r.container.ports_annotation_unreadable = true; }, "unreadable-annotation",
     R"(unreadable annotation (container "container1": io.kubernetes.container.ports is not a list of ports))"},
    {"a preStop handler that cannot be read",
     [](Request& r) { r.container.pre_stop_annotation_unreadable = true; }, "unreadable-annotation",
     R"(unreadable annotation (container "container1": io.kubernetes.container.preStopHandler is not a handler))"},
    {"neither of the two",
     [](Request& r) {
       r.container.ports_annotation_unreadable = true;
       r.container.pre_stop_annotation_unreadable = true;
     },
     "unreadable-annotation",
     R"(unreadable annotation (container "container1": io.kubernetes.container.ports is not a list of ports; io.kubernetes.container.preStopHandler is not a handler))"},
};

constexpr CheckCase kNamespaceRows[] = {
    {"the node's network, where the pod has its own",
     [](Request& r) { r.container.namespaces.network = NamespaceMode::kNode; },
     "hostNamespaces namespace-mismatch", "host namespaces (hostNetwork=true)"},
    {"the pod has the node's network: its containers do not have another",
     [](Request& r) { r.sandbox.namespaces.network = NamespaceMode::kNode; }, "namespace-mismatch",
     R"(namespaces that differ from the pod's (container "container1": network))"},
    {"a mode that means nothing for a network",
     [](Request& r) { r.container.namespaces.network = NamespaceMode::kContainer; },
     "namespace-mismatch"},
    {"the node's IPC, where the pod has its own",
     [](Request& r) { r.container.namespaces.ipc = NamespaceMode::kNode; },
     "hostNamespaces namespace-mismatch", "host namespaces (hostIPC=true)"},
    {"the pod has the node's IPC",
     [](Request& r) { r.sandbox.namespaces.ipc = NamespaceMode::kNode; }, "namespace-mismatch",
     R"(namespaces that differ from the pod's (container "container1": ipc))"},
    {"the node's pids, where the pod has its own",
     [](Request& r) { r.container.namespaces.pid = NamespaceMode::kNode; },
     "hostNamespaces namespace-mismatch", "host namespaces (hostPID=true)"},
    {"pids of the pod beside containers with their own",
     [](Request& r) { r.container.namespaces.pid = NamespaceMode::kPod; }},
    {"several, in one list",
     [](Request& r) {
       r.sandbox.namespaces.network = NamespaceMode::kNode;
       r.sandbox.namespaces.ipc = NamespaceMode::kNode;
       r.sandbox.namespaces.userns = OwnUsers();
     },
     "namespace-mismatch",
     R"(namespaces that differ from the pod's (container "container1": network, ipc, userns_options))"},
    {"a user namespace that only the container has",
     [](Request& r) { r.container.namespaces.userns = OwnUsers(); }, "namespace-mismatch",
     R"(namespaces that differ from the pod's (container "container1": userns_options))"},
    {"a user namespace that only the pod has",
     [](Request& r) { r.sandbox.namespaces.userns = OwnUsers(); }, "namespace-mismatch",
     R"(namespaces that differ from the pod's (container "container1": userns_options))"},
    {"other ids than the pod's",
     [](Request& r) {
       EnterUserNamespace(r);
       r.container.namespaces.userns->gids[0].host_id += 65536;
     },
     "namespace-mismatch"},
    {"the same user namespace", EnterUserNamespace},
    {"NODE and no message are both the node's users",
     [](Request& r) {
       r.sandbox.namespaces.userns = UserNamespace{NamespaceMode::kNode, {}, {}};
     }},
    {"an empty message is of mode POD, and so not the same as none",
     [](Request& r) { r.container.namespaces.userns.emplace(); }, "namespace-mismatch"},
};

constexpr CheckCase kSandboxRows[] = {
    {"an unknown field",
     [](Request& r) { r.sandbox.unknown = {{"config.linux.security_context: unknown field 42"}}; },
     "unknown-field",
     "unrecognised security field (config.linux.security_context: unknown field 42)"},
    {"a windows message", [](Request& r) { r.sandbox.windows_present = true; }, "windows-on-linux",
     "windows settings on a Linux node (the windows message must not be set)"},
};

}  // namespace

std::vector<CheckTable> IntegrityTables() {
  return {{"container", Level::kBaseline, Judged::kContainer, kContainerRows},
          {"namespaces", Level::kBaseline, Judged::kContainer, kNamespaceRows},
          {"sandbox", Level::kBaseline, Judged::kSandbox, kSandboxRows}};
}

TEST(ChecksIntegrity, Rows) {
  for (const CheckTable& table : IntegrityTables()) {
    ExpectRows(table);
  }
}

}  // namespace sekisho::policy
