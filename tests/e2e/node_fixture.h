// A node with everything real but the kubelet: containerd, runc, Sekisho, the kernel.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "caps/cap_set.h"
#include "support/cri_client.h"
#include "support/isolation.h"
#include "support/private_containerd.h"
#include "support/proc_status.h"
#include "support/sekisho_process.h"
#include "support/temp_dir.h"

namespace sekisho::testing {

// One namespace a level, with the hardening that the shipped policy has.
inline constexpr char kNodePolicy[] = R"(
apiVersion: sekisho.io/v1alpha1
kind: NodePolicy
defaults: {enforce: baseline, audit: restricted, warn: restricted}
harden:
  seccomp: {unconfined: RuntimeDefault}
  capabilities: {drop: [NET_RAW]}
rules:
- match: {namespaces: [privileged]}
  enforce: privileged
- match: {namespaces: [restricted]}
  enforce: restricted
- match: {namespaces: [no-mkdir]}
  harden: {seccomp: {unconfined: {localhost: no-mkdir.json}}}
- match: {namespaces: [stripped]}
  onViolation: {capabilities: harden}
- match: {namespaces: [repaired]}
  enforce: restricted
  onViolation: {allowPrivilegeEscalation: harden, capabilities: harden}
)";

// Everything is allowed but to make a directory: what proves that this very file is in force.
inline constexpr char kNoMkdir[] = R"({
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1}]
})";

class NodeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string missing = MissingForContainers(); !missing.empty()) {
      GTEST_SKIP() << missing;
    }
    containerd_ = std::make_unique<PrivateContainerd>(dir_.path());
    ASSERT_EQ(containerd_->Start(), "");
    ASSERT_EQ(containerd_->ImportImages(), "");
    std::filesystem::create_directories(dir_.File("kubelet/seccomp"));
    WriteText(dir_.File("kubelet/seccomp/no-mkdir.json"), kNoMkdir);
    sekisho_ = std::make_unique<SekishoProcess>(SekishoOptions{
        .dir = agent_dir_.path(),
        .upstream_socket = containerd_->socket(),
        .policy = kNodePolicy,
        .kubelet_root = dir_.File("kubelet"),
    });
    ASSERT_TRUE(sekisho_->Start()) << sekisho_->Log();
    client_ = std::make_unique<CriClient>(sekisho_->socket());
    direct_ = std::make_unique<CriClient>(containerd_->socket());
  }
  void TearDown() override {
    if (direct_ != nullptr) {
      EXPECT_TRUE(direct_->RemoveAllPods().ok());
    }
  }

  // Pods differ in name and uid, as a kubelet's do.
  PodOptions PodIn(const std::string& namespace_) {
    PodOptions pod;
    pod.name = "pod-" + std::to_string(++pods_);
    pod.namespace_ = namespace_;
    pod.uid = "5f0c8a7e-3b1d-4c52-9a36-00000000000" + std::to_string(pods_);
    pod.kubelet_root = dir_.File("kubelet");
    pod.log_root = dir_.File("pod-logs");
    pod.cgroup_root = CgroupRoot();
    return pod;
  }

  // What the kernel says of the one container of a new pod. Fails the test when it does not run.
  ProcStatus StatusOfRunning(const PodOptions& pod, const ContainerOptions& container) {
    return StatusOf(RunContainer(pod, container));
  }
  std::string RunContainer(const PodOptions& pod, const ContainerOptions& container) {
    const absl::StatusOr<std::string> sandbox = client_->RunPod(pod);
    EXPECT_TRUE(sandbox.ok()) << sandbox.status();
    if (!sandbox.ok()) {
      return "";
    }
    const absl::StatusOr<std::string> id = client_->Run(*sandbox, pod, container);
    EXPECT_TRUE(id.ok()) << id.status();
    return id.value_or("");
  }
  ProcStatus StatusOf(const std::string& container_id) {
    const absl::StatusOr<pid_t> pid = direct_->PidOf(container_id);
    EXPECT_TRUE(pid.ok()) << pid.status();
    const std::optional<ProcStatus> status = ReadProcStatus(pid.value_or(-1));
    EXPECT_TRUE(status.has_value()) << "the kernel knows no process " << pid.value_or(-1);
    return status.value_or(ProcStatus{});
  }
  std::string PidNamespaceOf(const std::string& container_id) {
    return NamespaceOf(direct_->PidOf(container_id).value_or(-1), "pid");
  }
  size_t CountContainers() {
    runtime::v1::ListContainersResponse response;
    EXPECT_TRUE(
        direct_->Call("ListContainers", runtime::v1::ListContainersRequest(), response).ok());
    return static_cast<size_t>(response.containers_size());
  }
  size_t CountSandboxes() {
    runtime::v1::ListPodSandboxResponse response;
    EXPECT_TRUE(
        direct_->Call("ListPodSandbox", runtime::v1::ListPodSandboxRequest(), response).ok());
    return static_cast<size_t>(response.items_size());
  }

  TempDir dir_;
  TempDir agent_dir_;
  std::unique_ptr<PrivateContainerd> containerd_;
  std::unique_ptr<SekishoProcess> sekisho_;
  std::unique_ptr<CriClient> client_;  // as the kubelet is: through Sekisho
  std::unique_ptr<CriClient> direct_;  // past it, to look
  int pods_ = 0;
};

// What containerd gives a container that asks for nothing: moby's fourteen.
inline caps::CapSet DefaultCaps() {
  return caps::CapSet::Of({"CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW",
                           "SETGID", "SETUID", "SETFCAP", "SETPCAP", "NET_BIND_SERVICE",
                           "SYS_CHROOT", "KILL", "AUDIT_WRITE"});
}
inline caps::CapSet WithoutNetRaw() {
  return DefaultCaps().Without(*caps::NumberOf("NET_RAW"));
}

}  // namespace sekisho::testing
