#include "golden/kubelet_cases.h"

#include <cstdint>
#include <functional>
#include <utility>

namespace sekisho::testing {
namespace {

namespace cri_v1 = runtime::v1;

using Pod = cri_v1::PodSandboxConfig;
using Container = cri_v1::ContainerConfig;
using PodEdit = std::function<void(Pod&)>;
using ContainerEdit = std::function<void(Container&)>;

// --- the parts of a request that the cases change ------------------------------------------------

cri_v1::LinuxSandboxSecurityContext& ContextOf(Pod& pod) {
  return *pod.mutable_linux()->mutable_security_context();
}

cri_v1::LinuxContainerSecurityContext& ContextOf(Container& container) {
  return *container.mutable_linux()->mutable_security_context();
}

cri_v1::NamespaceOption& NamespacesOf(Pod& pod) {
  return *ContextOf(pod).mutable_namespace_options();
}

void AddCapability(const char* name, Container& container) {
  ContextOf(container).mutable_capabilities()->add_add_capabilities(name);
}

void AddMount(const std::string& host_path, const char* container_path, bool readonly,
              Container& container) {
  cri_v1::Mount& mount = *container.add_mounts();
  mount.set_host_path(host_path);
  mount.set_container_path(container_path);
  mount.set_readonly(readonly);
}

// What makes a pod pass `restricted`, and nothing more.
void MakeJustRestricted(Container& container) {
  MakeRestricted(container);
  ContextOf(container).clear_readonly_rootfs();
  ContextOf(container).clear_run_as_group();
}

// Where the kubelet keeps a volume of the pod.
std::string Volume(const char* plugin_and_name) {
  const PodOptions pod;
  return pod.kubelet_root + "/pods/" + pod.uid + "/volumes/kubernetes.io~" + plugin_and_name;
}

void AddServiceAccountToken(Container& container) {
  AddMount(Volume("projected/kube-api-access-4284x"),
           "/var/run/secrets/kubernetes.io/serviceaccount", true, container);
}

constexpr uint32_t kFirstHostId = 1534787584;
constexpr uint32_t kIdsOfAPod = 65536;

void SetMapping(cri_v1::IDMapping& mapping) {
  mapping.set_host_id(kFirstHostId);
  mapping.set_length(kIdsOfAPod);
}

// --- the pods, as a list of edits to a plain one -------------------------------------------------

struct ContainerRow {
  const char* name;
  ContainerEdit edit = {};
};

struct Row {
  const char* name;
  const char* remark;
  PodEdit edit = {};
  std::vector<ContainerRow> containers = {{"c"}};
};

// Static pods of a kubelet without an API server.
std::vector<Row> StaticPods() {
  return {
      {.name = "plain",
       .remark = "Says nothing of security. Seccomp unset is Unconfined on the wire, so baseline "
                 "hardens what admission would let through; runAsUser=0 is the image's root."},
      {.name = "restricted",
       .remark = "Meets restricted. Its drop [ALL] already drops NET_RAW.",
       .edit =
           [](Pod& pod) {
             ContextOf(pod).mutable_run_as_user()->set_value(1000);
             ContextOf(pod).mutable_run_as_group()->set_value(1000);
             ContextOf(pod).add_supplemental_groups(2000);  // fsGroup
           },
       .containers = {{"c",
                       [](Container& container) {
                         MakeRestricted(container);
                         ContextOf(container).add_supplemental_groups(2000);
                       }}}},
      {.name = "privileged",
       .remark = "A privileged container. The sandbox says so too, and is judged first.",
       .edit = [](Pod& pod) { ContextOf(pod).set_privileged(true); },
       .containers = {{"c",
                       [](Container& container) { ContextOf(container).set_privileged(true); }}}},
      {.name = "caps",
       .remark = "Adds NET_ADMIN and SYS_TIME. Its sysctl is one of the safe ones.",
       .edit =
           [](Pod& pod) {
             (*pod.mutable_linux()->mutable_sysctls())["kernel.shm_rmid_forced"] = "0";
             ContextOf(pod).add_supplemental_groups(3000);
           },
       .containers = {{"c",
                       [](Container& container) {
                         AddCapability("NET_ADMIN", container);
                         AddCapability("SYS_TIME", container);
                         ContextOf(container).mutable_capabilities()->add_drop_capabilities(
                             "CHOWN");
                         ContextOf(container).add_supplemental_groups(3000);
                       }}}},
      {.name = "hostns",
       .remark = "hostNetwork, hostPID and hostIPC, which are the whole pod's.",
       .edit =
           [](Pod& pod) {
             NamespacesOf(pod).set_network(cri_v1::NODE);
             NamespacesOf(pod).set_pid(cri_v1::NODE);
             NamespacesOf(pod).set_ipc(cri_v1::NODE);
             pod.clear_hostname();
           }},
      {.name = "hostpath",
       .remark = "A hostPath volume and two emptyDirs. The standards forbid the hostPath from "
                 "baseline on; mounts are not judged yet (docs/limits.md), so these verdicts are "
                 "milder than admission's.",
       .containers = {{"c",
                       [](Container& container) {
                         AddMount("/srv/demo", "/h", true, container);
                         AddMount(Volume("empty-dir/e"), "/e", false, container);
                         AddMount(Volume("empty-dir/m"), "/m", false, container);
                       }}}},
      {.name = "unconfined",
       .remark = "seccomp and AppArmor Unconfined, both in so many words. Seccomp is repaired, as "
                 "it looks like one that was left unset; AppArmor is refused.",
       .containers = {{"c",
                       [](Container& container) {
                         ContextOf(container).mutable_apparmor()->set_profile_type(
                             cri_v1::SecurityProfile::Unconfined);
                         ContextOf(container).set_apparmor_profile("unconfined");
                       }}}},
      {.name = "localhost-seccomp",
       .remark = "A seccomp profile of the node, which is left as it is.",
       .containers = {{"c",
                       [](Container& container) {
                         cri_v1::SecurityProfile& seccomp = *ContextOf(container).mutable_seccomp();
                         seccomp.set_profile_type(cri_v1::SecurityProfile::Localhost);
                         seccomp.set_localhost_ref("/var/lib/kubelet/seccomp/allow.json");
                       }}}},
      {.name = "runtimedefault-container",
       .remark = "RuntimeDefault and allowPrivilegeEscalation=false, but root with capabilities.",
       .containers = {{"c",
                       [](Container& container) {
                         ContextOf(container).mutable_seccomp()->set_profile_type(
                             cri_v1::SecurityProfile::RuntimeDefault);
                         ContextOf(container).set_no_new_privs(true);
                       }}}},
      {.name = "nonroot-image",
       .remark = "Meets restricted with the user of its image: runAsNonRoot without runAsUser.",
       .containers = {{"c", MakeJustRestricted}}},
      {.name = "burstable",
       .remark = "Plain, but for limits and a hostPort, which baseline forbids for the whole pod.",
       .edit =
           [](Pod& pod) {
             cri_v1::PortMapping& port = *pod.add_port_mappings();
             port.set_container_port(8080);
             port.set_host_port(18080);
           },
       .containers = {{"c",
                       [](Container& container) {
                         (*container.mutable_annotations())["io.kubernetes.container.ports"] =
                             R"([{"hostPort":18080,"containerPort":8080,"protocol":"TCP"}])";
                         cri_v1::LinuxContainerResources& resources =
                             *container.mutable_linux()->mutable_resources();
                         resources.set_cpu_shares(51);
                         resources.set_memory_limit_in_bytes(64 << 20);
                         resources.set_oom_score_adj(999);
                       }}}},
      {.name = "guaranteed",
       .remark = "Plain, but for limits, which no check looks at.",
       .containers = {{"c",
                       [](Container& container) {
                         cri_v1::LinuxContainerResources& resources =
                             *container.mutable_linux()->mutable_resources();
                         resources.set_cpu_shares(102);
                         resources.set_cpu_quota(10000);
                         resources.set_memory_limit_in_bytes(64 << 20);
                         resources.set_oom_score_adj(-997);
                       }}}},
      {.name = "multi",
       .remark = "An init container, a sidecar and a container that share their pids. Each is "
                 "judged like any other container.",
       .edit = [](Pod& pod) { NamespacesOf(pod).set_pid(cri_v1::POD); },
       .containers = {{"i"},
                      {"side"},
                      {"c",
                       [](Container& container) {
                         container.set_stdin(true);
                         container.set_tty(true);
                       }}}},
  };
}

// Pods that came from an API server, with a token of their service account.
std::vector<Row> ClusterPods() {
  return {
      {.name = "cluster/good",
       .remark = "A Deployment's pod that meets restricted.",
       .edit = [](Pod& pod) { ContextOf(pod).mutable_run_as_user()->set_value(1000); },
       .containers = {{"c",
                       [](Container& container) {
                         MakeJustRestricted(container);
                         AddServiceAccountToken(container);
                       }}}},
      {.name = "cluster/plain",
       .remark = "Says nothing of security, and got an ephemeral container for debugging that sees "
                 "the pids of the other and adds SYS_PTRACE.",
       .containers = {{"c", AddServiceAccountToken},
                      {"dbg",
                       [](Container& container) {
                         AddCapability("SYS_PTRACE", container);
                         cri_v1::NamespaceOption& namespaces =
                             *ContextOf(container).mutable_namespace_options();
                         namespaces.set_pid(cri_v1::TARGET);
                         namespaces.set_target_id("container-c");
                       }}}},
      {.name = "cluster/userns",
       .remark =
           "hostUsers: false. Its root is nobody on the node, so restricted does not mind the "
           "user (since Kubernetes 1.35).",
       .edit =
           [](Pod& pod) {
             cri_v1::UserNamespace& users = *NamespacesOf(pod).mutable_userns_options();
             users.set_mode(cri_v1::POD);
             SetMapping(*users.add_uids());
             SetMapping(*users.add_gids());
           },
       .containers = {{"c",
                       [](Container& container) {
                         AddServiceAccountToken(container);
                         for (cri_v1::Mount& mount : *container.mutable_mounts()) {
                           SetMapping(*mount.add_uidmappings());
                           SetMapping(*mount.add_gidmappings());
                         }
                       }}}},
  };
}

KubeletCase FromRow(const Row& row, const std::string& namespace_, const std::string& source) {
  KubeletCase result{.name = row.name, .remark = row.remark, .pod = {}, .containers = {}};
  result.pod.namespace_ = namespace_;
  result.pod.source = source;
  result.pod.edit = row.edit;
  for (const ContainerRow& container : row.containers) {
    result.containers.push_back({.name = container.name, .edit = container.edit});
  }
  return result;
}

}  // namespace

std::vector<KubeletCase> KubeletCases() {
  std::vector<KubeletCase> cases;
  for (const Row& row : StaticPods()) {
    cases.push_back(FromRow(row, "default", "file"));
  }
  for (const Row& row : ClusterPods()) {
    cases.push_back(FromRow(row, "shop", "api"));
  }
  return cases;
}

}  // namespace sekisho::testing
