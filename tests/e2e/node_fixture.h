// One real node a test, with a namespace a level.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "caps/cap_set.h"
#include "support/node.h"
#include "support/seccomp_profiles.h"

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
- match: {namespaces: [masked]}
  onViolation: {procMount: harden}
- match: {namespaces: [sysctls]}
  onViolation: {sysctls: harden}
- match: {namespaces: [controlled]}
  controls: {readOnlyRootFilesystem: true, requiredDropCapabilities: [MKNOD]}
  onViolation: {readOnlyRootFilesystem: harden, requiredDropCapabilities: harden}
- match: {namespaces: [repaired]}
  enforce: restricted
  onViolation: {allowPrivilegeEscalation: harden, capabilities: harden}
)";

class NodeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string missing = MissingForContainers(); !missing.empty()) {
      GTEST_SKIP() << missing;
    }
    node_ = std::make_unique<Node>(kNodePolicy);
    // What proves that this very file is in force.
    node_->AddSeccompProfile("no-mkdir.json", RuntimeDefaultWithout({"mkdir", "mkdirat"}));
    ASSERT_EQ(node_->Start(), "");
    containerd_ = &node_->containerd();
    sekisho_ = &node_->sekisho();
    client_ = &node_->kubelet();
    direct_ = &node_->direct();
  }
  void TearDown() override {
    if (direct_ != nullptr) {
      const absl::Status removed = direct_->RemoveAllPods();
      EXPECT_TRUE(removed.ok()) << removed;
    }
  }

  // Pods differ in name and uid, as a kubelet's do.
  PodOptions PodIn(const std::string& namespace_) {
    return node_->NewPod(namespace_, "pod-" + std::to_string(++pods_));
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
    const std::optional<ProcStatus> status = node_->StatusOf(container_id);
    EXPECT_TRUE(status.has_value()) << "the kernel knows no process of " << container_id;
    return status.value_or(ProcStatus{});
  }
  // The mounts that the container sees, proc(5).
  std::string MountsOf(const std::string& container_id) {
    const absl::StatusOr<pid_t> pid = direct_->PidOf(container_id);
    EXPECT_TRUE(pid.ok()) << pid.status();
    return ReadText("/proc/" + std::to_string(pid.value_or(-1)) + "/mountinfo");
  }
  std::string PidNamespaceOf(const std::string& container_id) {
    return node_->NamespaceOf(container_id, "pid");
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

  std::unique_ptr<Node> node_;
  // Parts of it.
  PrivateContainerd* containerd_ = nullptr;
  SekishoProcess* sekisho_ = nullptr;
  CriClient* client_ = nullptr;  // as the kubelet is: through Sekisho
  CriClient* direct_ = nullptr;  // past it, to look
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
