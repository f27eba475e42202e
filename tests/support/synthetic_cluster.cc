#include "support/synthetic_cluster.h"

#include <array>

#include "base/str_cat.h"

namespace sekisho::testing {
namespace {

using base::StrCat;
using policy::ContainerFacts;
using policy::MountFacts;
using policy::MountOrigin;
using policy::NamespaceMode;
using policy::ProfileType;
using policy::SandboxFacts;

constexpr std::string_view kSafe = "bcdfghjklmnpqrstvwxz2456789";
constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kKubelet = "/var/lib/kubelet/";
constexpr std::string_view kNodeName = "worker-3";

bool Has(const Workload& workload, Trait trait) {
  return (workload.traits & trait) != 0;
}

std::vector<Workload> MakeWorkloads() {
  std::vector<Workload> all = {
      {"kube-system",
       "kube-proxy",
       Owner::kDaemonSet,
       {"kube-proxy"},
       kPrivileged | kHostNetwork,
       2},
      {"kube-system",
       "kube-apiserver",
       Owner::kStatic,
       {"kube-apiserver"},
       kHostNetwork | kHostPath,
       1},
      {"kube-system", "coredns", Owner::kDeployment, {"coredns"}, kUnconfined, 4},
      {"monitoring",
       "node-exporter",
       Owner::kDaemonSet,
       {"node-exporter"},
       kHostNetwork | kHostPath | kHostPort,
       6},
      {"monitoring",
       "prometheus",
       Owner::kStatefulSet,
       {"prometheus", "config-reloader"},
       kRestricted,
       4},
      {"payments", "api", Owner::kDeployment, {"api", "envoy"}, kRestricted | kOwnProfile, 30},
      {"payments", "ledger", Owner::kStatefulSet, {"ledger"}, kRestricted, 10},
      {"payments", "migrate", Owner::kCronJob, {"migrate"}, kRoot | kUnconfined, 8},
      {"shop", "web", Owner::kDeployment, {"app", "nginx", "log-shipper"}, kUnconfined, 60},
      {"shop", "search", Owner::kDeployment, {"search"}, kRestricted, 30},
      {"shop", "vpn", Owner::kDeployment, {"vpn"}, kNetAdmin | kUnconfined, 6},
      {"shop", "cache", Owner::kStatefulSet, {"redis"}, kUnconfined | kBadSysctl, 6},
      {"legacy", "monolith", Owner::kDeployment, {"tomcat"}, kRoot | kUnconfined | kHostPath, 20},
      {"legacy", "ftp", Owner::kDeployment, {"ftpd"}, kRoot | kHostPort | kUnconfined, 8},
      {"legacy", "scanner", Owner::kDeployment, {"scanner"}, kOwnProfile | kMissingProfile, 6},
      {"ci", "runner", Owner::kDeployment, {"build", "dind"}, kPrivileged | kUnconfined, 25},
      {"ci", "lint", Owner::kCronJob, {"lint"}, kRestricted, 40},
      {"dev", "playground", Owner::kDeployment, {"shell"}, kRoot, 20},
      {"batch", "report", Owner::kCronJob, {"report"}, kUnconfined, 50},
      {"batch", "backup", Owner::kCronJob, {"backup"}, kHostPath | kRoot, 12},
  };
  for (int team = 1; team <= 12; ++team) {
    const std::string name = StrCat("team-", team);
    all.push_back({name, "frontend", Owner::kDeployment, {"app"}, kRestricted, 10});
    all.push_back({name,
                   "backend",
                   Owner::kDeployment,
                   {"app", "proxy"},
                   team % 3 == 0 ? kUnconfined | kRoot : kUnconfined,
                   10});
  }
  return all;
}

std::string PodName(const Workload& workload, Dice& dice) {
  const std::string_view name = workload.name;
  switch (workload.owner) {
    case Owner::kDeployment:
      // A few templates, each with its hash.
      return StrCat(name, "-",
                    Dice(name.size() * 251 + static_cast<unsigned char>(name[0]) + dice.Below(3))
                        .Text(10, kSafe),
                    "-", dice.Text(5, kSafe));
    case Owner::kStatefulSet:
      return StrCat(name, "-", dice.Below(5));
    case Owner::kDaemonSet:
      return StrCat(name, "-", dice.Text(5, kSafe));
    case Owner::kCronJob:
      return StrCat(name, "-", 29389000 + dice.Below(1440), "-", dice.Text(5, kSafe));
    case Owner::kStatic:
      break;
  }
  return StrCat(name, "-", kNodeName);
}

MountFacts VolumeOf(const SandboxFacts& sandbox, std::string_view plugin, std::string_view name,
                    std::string_view at, bool readonly) {
  MountFacts mount;
  mount.container_path = at;
  mount.host_path = StrCat(kKubelet, "pods/", sandbox.pod.uid, "/volumes/", plugin, "/", name);
  mount.readonly = readonly;
  mount.origin = MountOrigin::kVolume;
  mount.plugin = plugin;
  mount.volume = name;
  return mount;
}

MountFacts ManagedFile(const SandboxFacts& sandbox, std::string_view file, std::string_view at) {
  MountFacts mount;
  mount.container_path = at;
  mount.host_path = StrCat(kKubelet, "pods/", sandbox.pod.uid, "/", file);
  mount.origin = MountOrigin::kManaged;
  return mount;
}

void AddMounts(const Workload& workload, const SandboxFacts& sandbox, ContainerFacts& container) {
  container.mounts.push_back(VolumeOf(sandbox, "kubernetes.io~projected", "kube-api-access-7xk2p",
                                      "/var/run/secrets/kubernetes.io/serviceaccount", true));
  container.mounts.push_back(
      VolumeOf(sandbox, "kubernetes.io~configmap", "config", "/etc/app", true));
  container.mounts.push_back(VolumeOf(sandbox, "kubernetes.io~secret", "tls", "/etc/tls", true));
  container.mounts.push_back(VolumeOf(sandbox, "kubernetes.io~empty-dir", "tmp", "/tmp", false));
  if (workload.owner == Owner::kStatefulSet) {
    container.mounts.push_back(VolumeOf(sandbox, "kubernetes.io~csi",
                                        "pvc-0e5b7a9c-53f1-4f6e-9b56-0c5b8a7f2d11/mount", "/data",
                                        false));
    container.mounts.back().csi_driver = "ebs.csi.aws.com";
  }
  if (Has(workload, kHostPath)) {
    MountFacts mount;
    mount.container_path = "/host/log";
    mount.host_path = "/var/log";
    mount.readonly = true;
    mount.origin = MountOrigin::kHostPath;
    container.mounts.push_back(mount);
  }
  container.mounts.push_back(ManagedFile(sandbox, "etc-hosts", "/etc/hosts"));
  container.mounts.push_back(ManagedFile(
      sandbox, StrCat("containers/", container.name, "/8f1c2d3e"), "/dev/termination-log"));
}

void SetSeccomp(const Workload& workload, ContainerFacts& container) {
  container.seccomp = {Has(workload, kUnconfined) || container.privileged
                           ? ProfileType::kUnconfined
                           : ProfileType::kRuntimeDefault,
                       ""};
  if (!Has(workload, kOwnProfile)) {
    return;
  }
  container.seccomp = {ProfileType::kLocalhost,
                       StrCat(kKubelet, "seccomp/", workload.name, ".json")};
  seccomp::ProfileFacts profile{.path = container.seccomp.localhost_ref};
  if (!Has(workload, kMissingProfile)) {
    profile.state = seccomp::ProfileFacts::State::kUsable;
    profile.digest = "4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a";
    profile.pinned_path = StrCat("/var/lib/sekisho/seccomp/", profile.digest, ".json");
  }
  container.profiles.push_back(profile);
}

}  // namespace

std::string Dice::Text(size_t count, std::string_view alphabet) {
  std::string text;
  for (size_t i = 0; i < count; ++i) {
    text += alphabet[Below(alphabet.size())];
  }
  return text;
}

const std::vector<Workload>& SyntheticWorkloads() {
  static const std::vector<Workload> kAll = MakeWorkloads();
  return kAll;
}

std::optional<policy::PodSecurityLabels> SyntheticLabels(std::string_view namespace_name) {
  if (namespace_name == "payments" || namespace_name == "team-1") {
    return policy::PodSecurityLabels{.enforce = "restricted"};
  }
  if (namespace_name == "dev" || namespace_name.starts_with("team-")) {
    return policy::PodSecurityLabels{.enforce = "baseline", .warn = "restricted"};
  }
  return policy::PodSecurityLabels{};
}

SandboxFacts SyntheticSandbox(const Workload& workload, Dice& dice) {
  SandboxFacts sandbox;
  sandbox.pod.name = PodName(workload, dice);
  sandbox.pod.namespace_ = workload.namespace_;
  sandbox.pod.uid = StrCat(dice.Text(8, kHex), "-", dice.Text(4, kHex), "-4", dice.Text(3, kHex),
                           "-9", dice.Text(3, kHex), "-", dice.Text(12, kHex));
  const bool is_static = workload.owner == Owner::kStatic;
  sandbox.pod.source = is_static ? policy::PodSource::kStatic : policy::PodSource::kApi;
  sandbox.privileged = Has(workload, kPrivileged);
  sandbox.namespaces.pid = NamespaceMode::kContainer;
  sandbox.namespaces.network =
      Has(workload, kHostNetwork) ? NamespaceMode::kNode : NamespaceMode::kPod;
  sandbox.seccomp = {ProfileType::kRuntimeDefault, ""};
  if (Has(workload, kRestricted)) {
    sandbox.supplemental_groups = {2000};
  }
  if (Has(workload, kBadSysctl)) {
    sandbox.sysctls = {{"net.core.somaxconn", "4096"}};
  }
  if (Has(workload, kHostPort)) {
    sandbox.host_ports = {9100};
  }
  sandbox.annotations = {{"kubernetes.io/config.seen", "2026-11-20T06:00:00Z"},
                         {"kubernetes.io/config.source", is_static ? "file" : "api"},
                         {"prometheus.io/scrape", "true"}};
  sandbox.labels = {{"app.kubernetes.io/name", workload.name}, {"pod-template-hash", "6d4cf56db6"}};
  sandbox.cgroup_parent = StrCat("/kubepods.slice/kubepods-burstable.slice/pod", sandbox.pod.uid);
  sandbox.log_directory =
      StrCat("/var/log/pods/", workload.namespace_, "_", sandbox.pod.name, "_", sandbox.pod.uid);
  return sandbox;
}

ContainerFacts SyntheticContainer(const Workload& workload, const std::string& name,
                                  const SandboxFacts& sandbox) {
  ContainerFacts container;
  container.name = name;
  container.user_specified_image =
      StrCat("registry.example/", workload.namespace_, "/", name, ":1.4");
  container.image = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef";
  container.namespaces = sandbox.namespaces;
  container.privileged = Has(workload, kPrivileged) && name == workload.containers.back();
  if (Has(workload, kRestricted)) {
    container.capabilities_drop = {"ALL"};
    container.no_new_privs = true;
    container.run_as_user = 10001;
    container.supplemental_groups = {2000};
    container.readonly_rootfs = true;
  }
  if (Has(workload, kRoot)) {
    container.run_as_user = 0;
  }
  if (Has(workload, kNetAdmin)) {
    container.capabilities_add = {"NET_ADMIN"};
  }
  if (!container.privileged) {
    container.masked_paths = {"/proc/asound",
                              "/proc/acpi",
                              "/proc/kcore",
                              "/proc/keys",
                              "/proc/latency_stats",
                              "/proc/timer_list",
                              "/proc/timer_stats",
                              "/proc/sched_debug",
                              "/proc/scsi",
                              "/sys/firmware",
                              "/sys/devices/virtual/powercap"};
    container.readonly_paths = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
                                "/proc/sysrq-trigger"};
  }
  SetSeccomp(workload, container);
  if (Has(workload, kHostPort)) {
    container.host_ports = {9100};
  }
  container.termination_message_path = "/dev/termination-log";
  container.oom_score_adj = 985;
  AddMounts(workload, sandbox, container);
  return container;
}

}  // namespace sekisho::testing
