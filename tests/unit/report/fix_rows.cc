#include "fix_rows.h"

#include <map>
#include <utility>

namespace sekisho::testing {
namespace {

// One container "app" with this security context.
std::string App(const std::string& context) {
  return "containers: [{name: app, image: i, securityContext: {" + context + "}}]";
}

// Rows that the requests alone say too little of, by check and name.
void SetDeclaredOnly(std::vector<FixRow>& rows) {
  static const std::map<std::pair<std::string, std::string>, const char*> kWhy = {
      {{"hostPathVolumes", "a path that nobody mounts"}, "it is in no request"},
      {{"hostPathVolumes", "two paths"}, "the volumes' names are in no request"},
      {{"hostPorts", "ports of two containers"}, "the sandbox's request does not say whose"},
      {{"privileged", "two of three containers"}, "the sandbox's request does not say which"},
      {{"runAsNonRoot", "the pod says no, one container yes"}, "the user that results is not root"},
      {{"seccompProfile_baseline", "Unconfined"}, "nothing and Unconfined are the same bytes"},
      {{"seccompProfile_baseline", "Unconfined, of the pod"}, "the same"},
      {{"seccompProfile_baseline", "Unconfined, of both"}, "the same"},
      {{"windowsHostProcess", "of a container"}, "it is in no request"},
      {{"windowsHostProcess", "of pod and container"}, "it is in no request"},
  };
  for (FixRow& row : rows) {
    if (const auto why = kWhy.find({row.check, row.name}); why != kWhy.end()) {
      row.declared_only = why->second;
    }
  }
}

std::vector<FixRow> EarlierBaselineRows() {
  return {
      {"one container", "appArmorProfile", App("appArmorProfile: {type: Unconfined}")},
      {"the pod, and the container takes it from there", "appArmorProfile",
       "securityContext: {appArmorProfile: {type: Unconfined}}, containers: [{name: app, image: "
       "i}]"},
      {"the annotation of before there was a field", "appArmorProfile",
       "containers: [{name: app, image: i}]",
       "{container.apparmor.security.beta.kubernetes.io/app: unconfined}"},
      {"pod, container and annotation", "appArmorProfile",
       "securityContext: {appArmorProfile: {type: Unconfined}}, " +
           App("appArmorProfile: {type: Unconfined}"),
       "{container.apparmor.security.beta.kubernetes.io/other: unconfined}"},
      {"one too many", "capabilities_baseline", App("capabilities: {add: [NET_ADMIN]}")},
      {"beside one that may be", "capabilities_baseline",
       App("capabilities: {add: [CHOWN, NET_ADMIN, SYS_TIME], drop: [KILL]}")},
      {"of two containers", "capabilities_baseline",
       "containers: [{name: a, image: i, securityContext: {capabilities: {add: [SYS_ADMIN]}}}, "
       "{name: b-1, image: i, securityContext: {capabilities: {add: [NET_RAW]}}}, {name: c, image: "
       "i}]"},
      {"a name that YAML reads as something else", "capabilities_baseline",
       "containers: [{name: \"null\", image: i, securityContext: {capabilities: {add: [BPF]}}}]"},
      {"the network", "hostNamespaces", "hostNetwork: true, containers: [{name: app, image: i}]"},
      {"all three", "hostNamespaces",
       "hostNetwork: true, hostPID: true, hostIPC: true, containers: [{name: app, image: i}]"},
      {"a path, mounted", "hostPathVolumes",
       "volumes: [{name: data, hostPath: {path: /etc}}], containers: [{name: app, image: i, "
       "volumeMounts: [{name: data, mountPath: /d}]}]"},
      {"a path that nobody mounts", "hostPathVolumes",
       "volumes: [{name: logs, hostPath: {path: /var/log}}, {name: tmp, emptyDir: {}}], "
       "containers: "
       "[{name: app, image: i}]"},
      {"two paths", "hostPathVolumes",
       "volumes: [{name: a, hostPath: {path: /etc}}, {name: b, hostPath: {path: /usr, type: "
       "Directory}}], containers: [{name: app, image: i, volumeMounts: [{name: a, mountPath: /a}, "
       "{name: b, mountPath: /b}]}]"},
  };
}

std::vector<FixRow> LaterBaselineRows() {
  return {
      {"one port", "hostPorts",
       "containers: [{name: app, image: i, ports: [{containerPort: 80, hostPort: 80}]}]"},
      {"ports of two containers", "hostPorts",
       "containers: [{name: a, image: i, ports: [{containerPort: 80, hostPort: 80}, "
       "{containerPort: "
       "443, hostPort: 443}]}, {name: b, image: i, ports: [{containerPort: 9, hostPort: 9}]}]"},
      {"a hook that goes elsewhere", "hostProbesAndHostLifecycle",
       "containers: [{name: app, image: i, lifecycle: {preStop: {httpGet: {host: 10.0.0.1, port: "
       "80}}}}]"},
      {"privileged", "privileged", App("privileged: true")},
      {"two of three containers", "privileged",
       "containers: [{name: a, image: i, securityContext: {privileged: true}}, {name: b, image: "
       "i}, "
       "{name: c, image: i, securityContext: {privileged: true}}]"},
      {"unmasked", "procMount", App("procMount: Unmasked")},
      {"a type", "seLinuxOptions", App("seLinuxOptions: {type: spc_t}")},
      {"of pod and container, with user and role", "seLinuxOptions",
       "securityContext: {seLinuxOptions: {user: u, level: s0}}, " +
           App("seLinuxOptions: {type: spc_t, role: r}")},
      {"Unconfined", "seccompProfile_baseline", App("seccompProfile: {type: Unconfined}")},
      {"Unconfined, of the pod", "seccompProfile_baseline",
       "securityContext: {seccompProfile: {type: Unconfined}}, containers: [{name: app, image: "
       "i}]"},
      {"Unconfined, of both", "seccompProfile_baseline",
       "securityContext: {seccompProfile: {type: Unconfined}}, " +
           App("seccompProfile: {type: Unconfined}")},
      {"Unconfined where the kubelet has a default",
       "seccompProfile_baseline",
       App("seccompProfile: {type: Unconfined}"),
       "{}",
       policy::kLatestMinor,
       {},
       true},
      {"by annotations, before v1.19", "seccompProfile_baseline",
       "containers: [{name: app, image: i}]",
       "{seccomp.security.alpha.kubernetes.io/pod: unconfined, "
       "container.seccomp.security.alpha.kubernetes.io/app: unconfined}",
       18},
      {"one sysctl", "sysctls",
       "securityContext: {sysctls: [{name: kernel.msgmax, value: \"1\"}]}, containers: [{name: "
       "app, "
       "image: i}]"},
      {"beside one that is safe", "sysctls",
       "securityContext: {sysctls: [{name: kernel.msgmax, value: \"1\"}, {name: "
       "net.ipv4.tcp_syncookies, value: \"1\"}, {name: net.core.somaxconn, value: \"9\"}]}, "
       "containers: [{name: app, image: i}]"},
      {"of a container", "windowsHostProcess", App("windowsOptions: {hostProcess: true}")},
      {"of pod and container", "windowsHostProcess",
       "securityContext: {windowsOptions: {hostProcess: true}}, " +
           App("windowsOptions: {hostProcess: true}")},
  };
}

}  // namespace

std::vector<FixRow> BaselineRows() {
  std::vector<FixRow> rows = EarlierBaselineRows();
  const std::vector<FixRow> later = LaterBaselineRows();
  rows.insert(rows.end(), later.begin(), later.end());
  SetDeclaredOnly(rows);
  return rows;
}

std::vector<FixRow> RestrictedRows() {
  std::vector<FixRow> rows = {
      {"not set", "allowPrivilegeEscalation", App("")},
      {"set to true", "allowPrivilegeEscalation", App("allowPrivilegeEscalation: true")},
      {"nothing dropped", "capabilities_restricted", App("")},
      {"ALL dropped, and added again", "capabilities_restricted",
       App("capabilities: {drop: [ALL], add: [CHOWN]}")},
      {"both", "capabilities_restricted", App("capabilities: {drop: [KILL], add: [CHOWN]}")},
      {"each container in its own way", "capabilities_restricted",
       "containers: [{name: a, image: i, securityContext: {capabilities: {drop: [ALL], add: "
       "[CHOWN]}}}, {name: b, image: i, securityContext: {capabilities: {add: "
       "[NET_BIND_SERVICE]}}}, "
       "{name: c, image: i, securityContext: {capabilities: {drop: [ALL]}}}, {name: d, image: i, "
       "securityContext: {capabilities: {drop: [KILL], add: [KILL]}}}]"},
      {"unmasked in users of its own", "procMount_restricted",
       "hostUsers: false, " + App("procMount: Unmasked")},
      {"hostPath", "restrictedVolumes",
       "volumes: [{name: data, hostPath: {path: /etc}}], containers: [{name: app, image: i, "
       "volumeMounts: [{name: data, mountPath: /d}]}]"},
      {"nfs and hostPath, mounted or not", "restrictedVolumes",
       "volumes: [{name: a, nfs: {server: s, path: /}}, {name: b, hostPath: {path: /etc}}, {name: "
       "c, "
       "emptyDir: {}}], containers: [{name: app, image: i, volumeMounts: [{name: a, mountPath: "
       "/a}]}]"},
      {"nothing said", "runAsNonRoot", App("")},
      {"said no", "runAsNonRoot",
       "securityContext: {runAsNonRoot: false}, " + App("runAsNonRoot: false")},
      {"the pod says no, one container yes", "runAsNonRoot",
       "securityContext: {runAsNonRoot: false}, containers: [{name: a, image: i, securityContext: "
       "{runAsNonRoot: true, runAsUser: 5}}]"},
      {"of a container", "runAsUser", App("runAsUser: 0")},
      {"of the pod", "runAsUser",
       "securityContext: {runAsUser: 0}, containers: [{name: app, image: i}]"},
      {"of pod and container", "runAsUser",
       "securityContext: {runAsUser: 0}, " + App("runAsUser: 0")},
      {"nothing said", "seccompProfile_restricted", App("")},
      {"Unconfined", "seccompProfile_restricted", App("seccompProfile: {type: Unconfined}")},
      {"Unconfined, of pod and container", "seccompProfile_restricted",
       "securityContext: {seccompProfile: {type: Unconfined}}, " +
           App("seccompProfile: {type: Unconfined}")},
  };
  SetDeclaredOnly(rows);
  return rows;
}

namespace {

using C = policy::Controls;

// A control's row, with the least that makes it speak.
template <typename Set>
void Add(std::vector<FixRow>& rows, const char* name, const char* check, const std::string& spec,
         Set set) {
  FixRow row{name, std::string("control/") + check, spec};
  set(row.controls);
  rows.push_back(std::move(row));
}

constexpr char kPlain[] = "containers: [{name: app, image: i}]";
constexpr char kHostPath[] =
    "volumes: [{name: data, hostPath: {path: /etc}}], containers: [{name: app, image: i, "
    "volumeMounts: [{name: data, mountPath: /d}]}]";

void AddEarlierControls(std::vector<FixRow>& rows) {
  const std::string plain = kPlain;
  Add(rows, "unset", "allowPrivilegeEscalation", plain,
      [](C& c) { c.forbid_privilege_escalation = true; });
  Add(rows, "one that is not listed", "allowedCapabilities",
      App("capabilities: {add: [KILL, CHOWN]}"), [](C& c) { c.allowed_capabilities = {"CHOWN"}; });
  Add(rows, "a path", "allowedHostPaths", kHostPath, [](C& c) {
    c.allowed_host_paths = {{"/srv", false}};
  });
  Add(rows, "a path that may be read", "allowedHostPaths", kHostPath, [](C& c) {
    c.allowed_host_paths = {{"/etc", true}};
  });
  Add(rows, "unmasked", "allowedProcMountTypes", App("procMount: Unmasked"),
      [](C& c) { c.allowed_proc_mount_types = {"Default"}; });
  Add(rows, "an unsafe one", "allowedUnsafeSysctls",
      "securityContext: {sysctls: [{name: kernel.msgmax, value: \"1\"}]}, " + plain,
      [](C& c) { c.allowed_unsafe_sysctls = std::vector<std::string>{}; });
  Add(rows, "a forbidden one", "forbiddenSysctls",
      "securityContext: {sysctls: [{name: net.ipv4.tcp_syncookies, value: \"1\"}]}, " + plain,
      [](C& c) { c.forbidden_sysctls = {"net.*"}; });
  Add(rows, "Unconfined", "appArmor", App("appArmorProfile: {type: Unconfined}"), [](C& c) {
    c.apparmor = policy::ProfileRule{{"Localhost/web", "RuntimeDefault"}, "RuntimeDefault"};
  });
  Add(rows, "only a profile by name", "appArmor", plain, [](C& c) {
    c.apparmor = policy::ProfileRule{{"Localhost/web"}, ""};
  });
  Add(rows, "Unconfined", "seccomp", App("seccompProfile: {type: Unconfined}"), [](C& c) {
    c.seccomp = policy::ProfileRule{{"RuntimeDefault"}, ""};
  });
}

void AddLaterControls(std::vector<FixRow>& rows) {
  const std::string plain = kPlain;
  Add(rows, "only a file", "seccomp", App("seccompProfile: {type: RuntimeDefault}"), [](C& c) {
    c.seccomp = policy::ProfileRule{{"Localhost/team/web.json"}, ""};
  });
  Add(rows, "one that all should have", "defaultAddCapabilities", plain,
      [](C& c) { c.default_add_capabilities = {"NET_BIND_SERVICE"}; });
  Add(rows, "two, and one is added", "requiredDropCapabilities",
      App("capabilities: {add: [NET_RAW]}"), [](C& c) {
        c.required_drop_capabilities = {"NET_RAW", "MKNOD"};
      });
  Add(rows, "ipc", "hostIPC", "hostIPC: true, " + plain, [](C& c) { c.forbid_host_ipc = true; });
  Add(rows, "network", "hostNetwork", "hostNetwork: true, " + plain,
      [](C& c) { c.forbid_host_network = true; });
  Add(rows, "pids", "hostPID", "hostPID: true, " + plain, [](C& c) { c.forbid_host_pid = true; });
  Add(rows, "a port out of range", "hostPorts",
      "containers: [{name: app, image: i, ports: [{containerPort: 80, hostPort: 80}]}]", [](C& c) {
        c.host_ports = {{8000, 9000}};
      });
  Add(rows, "privileged", "privileged", App("privileged: true"),
      [](C& c) { c.forbid_privileged = true; });
  Add(rows, "writable", "readOnlyRootFilesystem", plain,
      [](C& c) { c.read_only_root_filesystem = true; });
  Add(rows, "none", "runAsGroup", plain, [](C& c) {
    c.run_as_group = policy::IdRule{policy::IdRule::Kind::kMustRunAs, {{3000, 4000}, {5, 5}}};
  });
  Add(rows, "out of range", "runAsUser", App("runAsUser: 7"), [](C& c) {
    c.run_as_user = policy::IdRule{policy::IdRule::Kind::kMustRunAs, {{3000, 4000}}};
  });
  Add(rows, "root", "runAsUser", App("runAsUser: 0"), [](C& c) {
    c.run_as_user = policy::IdRule{policy::IdRule::Kind::kMustRunAsNonRoot, {}};
  });
  Add(rows, "none", "supplementalGroups", plain, [](C& c) {
    c.supplemental_groups = policy::IdRule{policy::IdRule::Kind::kMustRunAs, {{10, 20}}};
  });
  Add(rows, "merge", "supplementalGroupsPolicy", plain,
      [](C& c) { c.strict_supplemental_groups = true; });
  Add(rows, "another label", "seLinux", App("seLinuxOptions: {level: \"s0:c1\"}"), [](C& c) {
    c.selinux = policy::SELinuxOptions{"system_u", "system_r", "container_t", "s0:c1,c2"};
  });
}

}  // namespace

std::vector<FixRow> ControlRows() {
  std::vector<FixRow> rows;
  AddEarlierControls(rows);
  AddLaterControls(rows);
  return rows;
}

}  // namespace sekisho::testing
