// Controls of PodSecurityPolicy that either allow a thing or not, and what holds of all controls.
// The others: controls_ids_test.cc, controls_profiles_test.cc, controls_volumes_test.cc.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "policy/checks.h"
#include "policy/evaluate.h"
#include "policy/policy.h"
#include "unit/policy/check_case.h"
#include "unit/policy/control_tables.h"

namespace sekisho::policy {
namespace {

// At privileged nothing else is looked at.
constexpr Level kLevel = Level::kPrivileged;

constexpr CheckCase kSandboxRows[] = {
    {"nothing is controlled, whatever is asked",
     [](Request& r) {
       r.sandbox.privileged = true;
       r.sandbox.namespaces = {NamespaceMode::kNode, NamespaceMode::kNode, NamespaceMode::kNode, "",
                               std::nullopt};
       r.sandbox.host_ports = {80};
       r.sandbox.sysctls = {{"kernel.msgmax", "1"}};
       r.sandbox.supplemental_groups = {0};
     }},
    {"everything is controlled, and nothing is asked",
     [](Request& r) {
       Controls& c = r.spec.controls;
       c.forbid_privileged = c.forbid_host_network = c.forbid_host_pid = c.forbid_host_ipc = true;
       c.host_ports.emplace();
       c.allowed_unsafe_sysctls.emplace();
       c.forbidden_sysctls = {"*"};
       c.allowed_runtime_handlers = {""};
       c.supplemental_groups = {IdRule::Kind::kMayRunAs, {{1, 2}}};
       c.strict_supplemental_groups = true;  // the containers', not the sandbox's
     }},
    {"privileged",
     [](Request& r) {
       r.spec.controls.forbid_privileged = true;
       r.sandbox.privileged = true;
     },
     "control/privileged", "privileged (pod must not set securityContext.privileged=true)"},
    {"privileged, when a rule for one container may still allow it",
     [](Request& r) {
       r.spec.controls.forbid_privileged = true;
       r.spec.privileged_decided_per_container = true;
       r.sandbox.privileged = true;
     }},
    {"each of the node's namespaces, by its own control",
     [](Request& r) {
       r.spec.controls.forbid_host_network = r.spec.controls.forbid_host_ipc = true;
       r.sandbox.namespaces = {NamespaceMode::kNode, NamespaceMode::kNode, NamespaceMode::kNode, "",
                               std::nullopt};
     },
     "control/hostIPC control/hostNetwork", "hostNetwork (pod must not set hostNetwork=true)"},
    {"the node's pids",
     [](Request& r) {
       r.spec.controls.forbid_host_pid = true;
       r.sandbox.namespaces.pid = NamespaceMode::kNode;
     },
     "control/hostPID", "hostPID (pod must not set hostPID=true)"},
    {"the node's IPC",
     [](Request& r) {
       r.spec.controls.forbid_host_ipc = true;
       r.sandbox.namespaces.ipc = NamespaceMode::kNode;
     },
     "control/hostIPC", "hostIPC (pod must not set hostIPC=true)"},
    {"ports at both ends of a range, and of one port",
     [](Request& r) {
       r.spec.controls.host_ports = {{8000, 8010}, {443, 443}};
       r.sandbox.host_ports = {8000, 8010, 443};
     }},
    {"ports beside the ranges, by number",
     [](Request& r) {
       r.spec.controls.host_ports = {{8000, 8010}, {443, 443}};
       r.sandbox.host_ports = {8011, 443, 7999, 8000, 8011};
     },
     "control/hostPorts", "hostPorts (pod must not use hostPorts 7999, 8011)"},
    {"no ports at all",
     [](Request& r) {
       r.spec.controls.host_ports.emplace();
       r.sandbox.host_ports = {80};
     },
     "control/hostPorts", "hostPorts (pod must not use hostPort 80)"},
    {"a forbidden sysctl is forbidden, safe or allowed",
     [](Request& r) {
       r.spec.controls.forbidden_sysctls = {"net.ipv4.tcp_*", "kernel.msgmax"};
       r.spec.controls.allowed_unsafe_sysctls = {"*"};
       r.sandbox.sysctls = {{"kernel.msgmax", "1"},
                            {"kernel.msgmaxi", "1"},
                            {"net.ipv4.tcp_syncookies", "1"},
                            {"net.ipv4.ip_local_port_range", "1"}};
     },
     "control/forbiddenSysctls",
     "forbiddenSysctls (pod must not set sysctls \"kernel.msgmax\", \"net.ipv4.tcp_syncookies\")"},
    {"what is neither safe nor allowed",
     [](Request& r) {
       r.spec.controls.allowed_unsafe_sysctls = {"kernel.shm*", "kernel.msgmax"};
       r.sandbox.sysctls = {{"kernel.shmmax", "1"},
                            {"kernel.msgmax", "1"},
                            {"kernel.sem", "1"},
                            {"net.ipv4.tcp_syncookies", "1"}};
     },
     "control/allowedUnsafeSysctls",
     "allowedUnsafeSysctls (pod must not set sysctl \"kernel.sem\")"},
    {"no unsafe ones at all: an empty list, or none beside a list of forbidden ones",
     [](Request& r) {
       r.spec.controls.forbidden_sysctls = {"net.*"};
       r.sandbox.sysctls = {{"kernel.sem", "1"}};
     },
     "control/allowedUnsafeSysctls"},
    {"with slashes it is another name",
     [](Request& r) {
       r.spec.controls.allowed_unsafe_sysctls.emplace();
       r.sandbox.sysctls = {{"net/ipv4/tcp_syncookies", "1"}};
     },
     "control/allowedUnsafeSysctls"},
    {"safe is what the enforced version calls so",
     [](Request& r) {
       r.spec.enforce.version.minor = 28;
       r.spec.controls.allowed_unsafe_sysctls.emplace();
       r.sandbox.sysctls = {{"net.ipv4.tcp_fin_timeout", "1"},
                            {"net.ipv4.ip_local_reserved_ports", "1"}};
     },
     "control/allowedUnsafeSysctls",
     "allowedUnsafeSysctls (pod must not set sysctl \"net.ipv4.tcp_fin_timeout\")"},
    {"a runtime handler of the list",
     [](Request& r) {
       r.spec.controls.allowed_runtime_handlers = {"kata", "runc"};
       r.sandbox.pod.runtime_handler = "runc";
     }},
    {"another one",
     [](Request& r) {
       r.spec.controls.allowed_runtime_handlers = {"kata", "runc"};
       r.sandbox.pod.runtime_handler = "kat";
     },
     "control/runtimeHandlers", "runtimeHandlers (pod must not use runtime handler \"kat\")"},
    {"the default one, where it is not on the list",
     [](Request& r) { r.spec.controls.allowed_runtime_handlers = {"kata"}; },
     "control/runtimeHandlers"},
    {"groups of the pod",
     [](Request& r) {
       r.spec.controls.supplemental_groups = {IdRule::Kind::kMayRunAs, {{1, 2}, {5, 5}}};
       r.sandbox.supplemental_groups = {1, 3, 5};
     },
     "control/supplementalGroups",
     "supplementalGroups (pod must run with supplementalGroups (and fsGroup) of 1-2, 5)"},
};

constexpr CheckCase kContainerRows[] = {
    {"nothing is controlled, whatever is asked",
     [](Request& r) {
       r.container.privileged = true;
       r.container.no_new_privs = false;
       r.container.namespaces.network = r.container.namespaces.ipc = NamespaceMode::kNode;
       r.container.host_ports = {80};
       r.container.run_as_user = 0;
       r.container.run_as_username = "root";
       Unmask(r);
     }},
    {"privileged",
     [](Request& r) {
       r.spec.controls.forbid_privileged = true;
       r.container.privileged = true;
     },
     "control/privileged",
     "privileged (container \"container1\" must not set securityContext.privileged=true)"},
    {"a namespace of the node that the sandbox does not have",
     [](Request& r) {
       r.spec.controls.forbid_host_network = true;
       r.container.namespaces.network = NamespaceMode::kNode;
     },
     "control/hostNetwork", "hostNetwork (pod must not set hostNetwork=true)"},
    {"and another",
     [](Request& r) {
       r.spec.controls.forbid_host_ipc = true;
       r.container.namespaces.ipc = NamespaceMode::kNode;
     },
     "control/hostIPC", "hostIPC (pod must not set hostIPC=true)"},
    {"the node's pids, by way of the pod's",
     [](Request& r) {
       r.spec.controls.forbid_host_pid = true;
       r.sandbox.namespaces.pid = NamespaceMode::kNode;
       r.container.namespaces.pid = NamespaceMode::kPod;
     },
     "control/hostPID", "hostPID (pod must not set hostPID=true)"},
    {"a port of an init container",
     [](Request& r) {
       r.spec.controls.host_ports = {{1, 79}};
       r.container.host_ports = {80, -1};
     },
     "control/hostPorts", "hostPorts (container \"container1\" must not use hostPorts -1, 80)"},
    {"privilege escalation",
     [](Request& r) {
       r.spec.controls.forbid_privilege_escalation = true;
       r.container.no_new_privs = false;
     },
     "control/allowPrivilegeEscalation",
     "allowPrivilegeEscalation (container \"container1\" must set "
     "securityContext.allowPrivilegeEscalation=false)"},
    {"a root filesystem that can be written to",
     [](Request& r) { r.spec.controls.read_only_root_filesystem = true; },
     "control/readOnlyRootFilesystem",
     "readOnlyRootFilesystem (container \"container1\" must set "
     "securityContext.readOnlyRootFilesystem=true)"},
    {"one that cannot",
     [](Request& r) {
       r.spec.controls.read_only_root_filesystem = true;
       r.container.readonly_rootfs = true;
     }},
    {"an unmasked /proc",
     [](Request& r) {
       r.spec.controls.allowed_proc_mount_types = {"Default"};
       Unmask(r);
     },
     "control/allowedProcMountTypes",
     "allowedProcMountTypes (container \"container1\" must not set securityContext.procMount to "
     "\"Unmasked\")"},
    {"no list of types is the same",
     [](Request& r) {
       r.spec.controls.allowed_proc_mount_types.emplace();
       Unmask(r);
     },
     "control/allowedProcMountTypes"},
    {"where that is allowed",
     [](Request& r) {
       r.spec.controls.allowed_proc_mount_types = {"Default", "Unmasked"};
       Unmask(r);
     }},
    {"the groups policy", [](Request& r) { r.spec.controls.strict_supplemental_groups = true; },
     "control/supplementalGroupsPolicy",
     "supplementalGroupsPolicy (pod of container \"container1\" must set "
     "securityContext.supplementalGroupsPolicy to \"Strict\")"},
    {"the groups policy, met",
     [](Request& r) {
       r.spec.controls.strict_supplemental_groups = true;
       r.container.supplemental_groups_policy = SupplementalGroupsPolicy::kStrict;
     }},
};

std::vector<CheckTable> AllControlTables() {
  std::vector<CheckTable> tables = {
      {"sandbox", kLevel, Judged::kSandbox, kSandboxRows},
      {"container", kLevel, Judged::kContainer, kContainerRows},
  };
  for (const auto& more : {ControlIdTables(), ControlProfileTables(), ControlVolumeTables()}) {
    tables.insert(tables.end(), more.begin(), more.end());
  }
  return tables;
}

TEST(Controls, EachRow) {
  for (const CheckTable& table : AllControlTables()) {
    ExpectRows(table);
  }
}

// A control that is added without a row, or whose message nobody wrote down, shows up here.
TEST(Controls, EachHasARowWithItsTextWhereverItIsLookedAt) {
  std::set<std::string> worded;
  const auto look = [](std::string_view id, bool at_sandbox) {
    return std::string(id) + (at_sandbox ? " of a sandbox" : " of a container");
  };
  for (const CheckTable& table : AllControlTables()) {
    for (const CheckCase& row : table.rows) {
      for (const Violation& violation : Judge(table, row, kLevel).violations) {
        if (Text(violation) == row.text) {
          worded.insert(look(violation.check, table.judged == Judged::kSandbox));
        }
      }
    }
  }
  std::vector<std::string_view> ids;
  for (const Check& check : Checks()) {
    if (check.kind != CheckKind::kControl) {
      continue;
    }
    ids.push_back(check.id);
    EXPECT_TRUE(check.id.starts_with("control/")) << check.id;
    EXPECT_EQ(worded.contains(look(check.id, true)), check.at_sandbox) << check.id;
    EXPECT_EQ(worded.contains(look(check.id, false)), check.at_container) << check.id;
  }
  EXPECT_EQ(ids.size(), 25u);
  EXPECT_TRUE(std::ranges::is_sorted(ids));
}

// --- beside the levels
// ------------------------------------------------------------------------------

TEST(Controls, AddToTheLevelAndSaySo) {
  Request r = LegalRequest(Level::kBaseline);
  r.spec.controls.forbid_privileged = true;
  r.spec.controls.read_only_root_filesystem = true;
  r.container.privileged = true;
  EXPECT_EQ(OfContainer(r).message,
            "violates PodSecurity \"baseline:latest\": privileged (container \"container1\" must "
            "not set securityContext.privileged=true); violates node policy: privileged (container "
            "\"container1\" must not set securityContext.privileged=true), readOnlyRootFilesystem "
            "(container \"container1\" must set securityContext.readOnlyRootFilesystem=true)");
}

TEST(Controls, AreNotOfTheAuditAndWarnLevels) {
  Request r = LegalRequest(Level::kBaseline);
  r.spec.controls.read_only_root_filesystem = true;
  r.spec.audit = r.spec.warn = r.spec.enforce;
  const Decision decision = OfContainer(r);
  EXPECT_EQ(Ids(decision.violations), "control/readOnlyRootFilesystem");
  EXPECT_TRUE(decision.audit.empty());
  EXPECT_TRUE(decision.warn.empty());
}

TEST(Controls, EndWhereAnExemptionHolds) {
  Spec spec;
  spec.controls.read_only_root_filesystem = true;
  Exemption exemption;
  exemption.match.namespaces = {"shop"};
  const Policy policy(spec, {}, {exemption});
  const Request r = LegalRequest(Level::kBaseline);
  EXPECT_EQ(policy.ForContainer(r.sandbox.pod, "container1", {})->controls, Controls());
}

// A whole pod at once, as a manifest shows it: what the pod asks for is said once.
TEST(Controls, OfAManifest) {
  Request r = LegalRequest(Level::kPrivileged);
  r.spec.controls.host_ports.emplace();
  r.spec.controls.supplemental_groups = {IdRule::Kind::kMayRunAs, {{1, 2}}};
  r.sandbox.host_ports = {80, 81};
  r.sandbox.supplemental_groups = r.container.supplemental_groups = {7};
  r.container.host_ports = {80};
  ContainerFacts other = r.container;
  other.name = "other";
  const std::vector<ContainerFacts> containers = {r.container, other};
  const Subject subject{
      .sandbox = r.sandbox, .containers = containers, .declared = nullptr, .scope = Scope::kPod};
  EXPECT_EQ(ViolationsText(ViolationsOf(r.spec, r.spec.enforce, subject)),
            "hostPorts (containers \"container1\", \"other\" must not use hostPorts 80, 81), "
            "supplementalGroups (containers \"container1\", \"other\" must run with "
            "supplementalGroups (and fsGroup) of 1-2)");
}

}  // namespace
}  // namespace sekisho::policy
