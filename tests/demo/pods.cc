#include "demo/pods.h"

#include "support/docker_profile.h"
#include "support/request_builders.h"
#include "support/seccomp_profiles.h"

namespace sekisho::demo {
namespace {

namespace cri_v1 = runtime::v1;

cri_v1::LinuxContainerSecurityContext& ContextOf(cri_v1::ContainerConfig& config) {
  return *config.mutable_linux()->mutable_security_context();
}

void MakeSandboxPrivileged(cri_v1::PodSandboxConfig& config) {
  config.mutable_linux()->mutable_security_context()->set_privileged(true);
}

void ShareHostPids(cri_v1::PodSandboxConfig& config) {
  config.mutable_linux()->mutable_security_context()->mutable_namespace_options()->set_pid(
      cri_v1::NODE);
}

void MakePrivileged(cri_v1::ContainerConfig& config) {
  ContextOf(config).set_privileged(true);
  ContextOf(config).clear_masked_paths();
  ContextOf(config).clear_readonly_paths();
}

void MountTheNodesEtc(cri_v1::ContainerConfig& config) {
  cri_v1::Mount& mount = *config.add_mounts();
  mount.set_host_path("/etc");
  mount.set_container_path("/host/etc");
}

void AddCapabilities(cri_v1::ContainerConfig& config) {
  ContextOf(config).mutable_capabilities()->add_add_capabilities("SYS_ADMIN");
  // containerd takes any case, so Sekisho must too.
  ContextOf(config).mutable_capabilities()->add_add_capabilities("net_raw");
}

std::function<void(cri_v1::ContainerConfig&)> WithProfile(const std::string& name) {
  return [name](cri_v1::ContainerConfig& config) {
    cri_v1::SecurityProfile& seccomp = *ContextOf(config).mutable_seccomp();
    seccomp.set_profile_type(cri_v1::SecurityProfile::Localhost);
    seccomp.set_localhost_ref(name);  // the demo puts the node's directory before it
  };
}

}  // namespace

std::string PolicyText() {
  return R"(apiVersion: sekisho.io/v1alpha1
kind: NodePolicy
defaults: {enforce: baseline, audit: restricted, warn: restricted}
harden:
  seccomp: {unconfined: RuntimeDefault}
  capabilities: {drop: [NET_RAW]}
rules:
- match: {namespaces: [payments]}
  enforce: restricted
- match: {namespaces: [builds]}
  harden: {seccomp: {unconfined: {localhost: no-mkdir.json}}}
exemptions:
- match: {namespaces: [kube-system], source: static}
  reason: control plane static pods
)";
}

std::map<std::string, std::string> Profiles() {
  return {{kNodeProfile, testing::RuntimeDefaultWithout({"mkdir", "mkdirat"})},
          {kWeakProfile, testing::RuntimeDefaultWith({"bpf", "mount"})},
          {kDockerFile, testing::kDockerProfile}};
}

std::vector<Pod> Pods() {
  const std::vector<std::string> mkdir = {"/bin/mkdir", "/tmp/made"};
  return {
      {.namespace_ = "shop",
       .name = "web",
       .asks = "nothing: no seccomp profile, the image's user, the default capabilities",
       .outcome = Outcome::kHardened,
       .kernel = {.has_capability = "CHOWN", .lacks_capability = "NET_RAW"},
       .proof = mkdir},
      {.namespace_ = "builds",
       .name = "job",
       .asks = "seccomp Unconfined, where this node attaches a profile of its own without mkdir",
       .outcome = Outcome::kHardened,
       .kernel = {.has_capability = "CHOWN", .lacks_capability = "NET_RAW"},
       .proof = mkdir,
       .proof_succeeds = false},
      {.namespace_ = "payments",
       .name = "api",
       .asks = "user 1000, no capabilities, no privilege escalation, seccomp RuntimeDefault",
       .outcome = Outcome::kAllowed,
       .container = testing::MakeRestricted,
       .kernel = {.no_new_privs = 1, .uid = 1000, .lacks_capability = "CHOWN"}},
      {.namespace_ = "payments",
       .name = "web",
       .asks = "nothing, as the first pod",
       .outcome = Outcome::kRefused},
      {.namespace_ = "shop",
       .name = "root",
       .asks = "a privileged container",
       .outcome = Outcome::kRefused,
       .sandbox = MakeSandboxPrivileged,
       .container = MakePrivileged},
      {.namespace_ = "shop",
       .name = "spy",
       .asks = "the host's processes (hostPID)",
       .outcome = Outcome::kRefused,
       .sandbox = ShareHostPids},
      {.namespace_ = "shop",
       .name = "caps",
       .asks = "the capabilities SYS_ADMIN and net_raw",
       .outcome = Outcome::kRefused,
       .container = AddCapabilities},
      {.namespace_ = "shop",
       .name = "thief",
       .asks = "the node's /etc (a hostPath volume)",
       .outcome = Outcome::kRefused,
       .container = MountTheNodesEtc},
      {.namespace_ = "shop",
       .name = "weak",
       .asks = "seccomp Localhost with-mount.json: a file that permits bpf and mount, too",
       .outcome = Outcome::kRefused,
       .container = WithProfile(kWeakProfile)},
      {.namespace_ = "shop",
       .name = "docker",
       .asks = "seccomp Localhost for-docker.json, in Docker's format: with SYS_ADMIN, unshare(2)",
       .outcome = Outcome::kHardened,
       .container = WithProfile(kDockerFile),
       .kernel = {.lacks_capability = "SYS_ADMIN"},
       .proof = {"/bin/unshare", "-U", "/bin/true"},
       .proof_succeeds = false},
      {.namespace_ = "payments",
       .name = "liar",
       .asks = "nothing, but its CreateContainer claims to be of kube-system, which is exempt",
       .outcome = Outcome::kRefused,
       .claimed_namespace = "kube-system"},
      {.namespace_ = "shop",
       .name = "web",
       .asks = "as kubectl debug does: a container in the first pod that shares its processes",
       .outcome = Outcome::kHardened,
       .joins_first_pod = true,
       .kernel = {.lacks_capability = "NET_RAW"}},
      {.namespace_ = "kube-system",
       .name = "etcd",
       .asks = "a privileged container, as a static pod of the exempt control plane",
       .outcome = Outcome::kAllowed,
       .sandbox = MakeSandboxPrivileged,
       .container = MakePrivileged,
       .kernel = {.seccomp = 0, .has_capability = "NET_RAW"}},
  };
}

}  // namespace sekisho::demo
